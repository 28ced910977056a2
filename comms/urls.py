from django.urls import path

from comms.views import console, digests, feeds, metrics, public, statusjson, subscriptions

app_name = "comms"
urlpatterns = [
    path("status/", public.page, name="page"),
    path("status/<slug:slug>/", public.page, name="page"),
    path("status/<slug:slug>/history/", public.history, name="history"),
    path("status/<slug:slug>/incidents/<slug:uid>/", public.page_incident, name="page_incident"),
    path("status/<slug:slug>/subscribe/", subscriptions.subscribe, name="subscribe"),
    path("status/<slug:slug>/api/v2/<path:name>.json", statusjson.answer, name="page_api"),
    path("status/<slug:slug>/history.<slug:kind>", feeds.history, name="page_feed"),
    path("api/v2/<path:name>.json", statusjson.answer, name="api"),
    path("history.<slug:kind>", feeds.history, name="feed"),
    path("subscriptions/<str:token>/", subscriptions.subscription, name="subscription"),
    path("unsubscribe/<str:token>/", subscriptions.unsubscribe, name="unsubscribe"),
    path("metrics", metrics.metrics, name="metrics"),
    path("digests/<str:token>/", digests.digest, name="digest"),
    path("digests/<str:token>/acknowledge/", digests.acknowledge, name="digest_acknowledge"),
    path("postmortems/<slug:slug>/", public.postmortem, name="postmortem"),
    path("incidents/<int:pk>/updates/", console.compose, name="compose"),
    path("incidents/<int:pk>/updates/panel/", console.panel, name="panel"),
    path("incidents/<int:pk>/updates/preview/", console.preview, name="preview"),
    path("incidents/<int:pk>/updates/<slug:uid>/edit/", console.edit, name="edit_update"),
    path("incidents/<int:pk>/updates/<slug:uid>/withdraw/", console.withdraw, name="withdraw_update"),
]
