from django.urls import path

from comms.contacts import views as contacts
from comms.views import console, digests, feeds, ledger, metrics, public, simulate, statusjson, subscriptions, twilio

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
    path("account/contact/", contacts.home, name="contacts"),
    path("account/contact/add/", contacts.add, name="contact_add"),
    path("account/contact/test/", contacts.test_mail, name="contact_test_mail"),
    path("account/contact/quiet/", contacts.quiet, name="contact_quiet"),
    path("account/contact/rules/<slug:urgency>/", contacts.rules, name="contact_rules"),
    path("account/contact/<int:pk>/verify/", contacts.verify, name="contact_verify"),
    path("account/contact/<int:pk>/<slug:verb>/", contacts.act, name="contact_do"),
    path("channels/twilio/sms/", twilio.sms, name="twilio_sms"),
    path("channels/twilio/voice/<slug:kind>/<str:token>/", twilio.voice, name="twilio_voice"),
    path("channels/twilio/status/", twilio.status, name="twilio_status"),
    path("on-call/pages/", ledger.mine, name="my_pages"),
    path("paging/simulate/", simulate.page, name="simulate"),
    path("metrics", metrics.metrics, name="metrics"),
    path("digests/<str:token>/", digests.digest, name="digest"),
    path("digests/<str:token>/acknowledge/", digests.acknowledge, name="digest_acknowledge"),
    path("postmortems/<slug:slug>/", public.postmortem, name="postmortem"),
    path("incidents/<int:pk>/paging/", ledger.page, name="ledger"),
    path("incidents/<int:pk>/updates/", console.compose, name="compose"),
    path("incidents/<int:pk>/updates/panel/", console.panel, name="panel"),
    path("incidents/<int:pk>/updates/preview/", console.preview, name="preview"),
    path("incidents/<int:pk>/updates/<slug:uid>/edit/", console.edit, name="edit_update"),
    path("incidents/<int:pk>/updates/<slug:uid>/withdraw/", console.withdraw, name="withdraw_update"),
]
