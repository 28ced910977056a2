from django.urls import path, register_converter
from django.urls.converters import StringConverter

from comms.contacts import views as contacts
from comms.models.page import LANGUAGES
from comms.views import (
    badge,
    console,
    digests,
    drill_answers,
    drills,
    faces,
    feeds,
    ledger,
    metrics,
    public,
    push,
    simulate,
    statusjson,
    subscriptions,
    twilio,
)


class Language(StringConverter):
    """A code of a language that pages are offered in."""

    regex = "|".join(code for code, _ in LANGUAGES)


register_converter(Language, "language")

app_name = "comms"
urlpatterns = [
    path("status/", public.page, name="page"),
    path("status/<slug:slug>/", public.page, name="page"),
    path("status/<slug:slug>/history/", public.history, name="history"),
    path("status/<slug:slug>/incidents/<slug:uid>/", public.page_incident, name="page_incident"),
    path("status/<slug:slug>/badge.svg", badge.badge, name="badge"),
    path("status/<slug:slug>/subscribe/", subscriptions.subscribe, name="subscribe"),
    path("status/<slug:slug>/widget/", faces.widget, name="widget"),
    path("status/<slug:slug>/widget.js", faces.widget_js, name="widget_js"),
    path("status/<slug:slug>/theme.css", faces.theme_css, name="theme"),
    path("status/<slug:slug>/logo-<slug:variant>.png", faces.logo, name="logo"),
    path("status/<slug:slug>/icon.png", faces.icon, name="icon"),
    path("status/<slug:slug>/api/v2/<path:name>.json", statusjson.answer, name="page_api"),
    path("status/<slug:slug>/history.<slug:kind>", feeds.history, name="page_feed"),
    # Below a page nothing but its languages has a name of two letters.
    path("status/<slug:slug>/<language:lang>/", public.page, name="page_in"),
    path("status/<slug:slug>/<language:lang>/history/", public.history, name="history_in"),
    path("status/<slug:slug>/<language:lang>/incidents/<slug:uid>/", public.page_incident, name="page_incident_in"),
    path("status/<slug:slug>/<language:lang>/badge.svg", badge.badge, name="badge_in"),
    path("status/<slug:slug>/<language:lang>/subscribe/", subscriptions.subscribe, name="subscribe_in"),
    path("status/<slug:slug>/<language:lang>/widget/", faces.widget, name="widget_in"),
    path("status/<slug:slug>/<language:lang>/history.<slug:kind>", feeds.history, name="page_feed_in"),
    path("api/v2/<path:name>.json", statusjson.answer, name="api"),
    path("history.<slug:kind>", feeds.history, name="feed"),
    path("subscriptions/<str:token>/", subscriptions.subscription, name="subscription"),
    path("unsubscribe/<str:token>/", subscriptions.unsubscribe, name="unsubscribe"),
    path("account/contact/", contacts.home, name="contacts"),
    path("account/contact/add/", contacts.add, name="contact_add"),
    path("account/contact/push/", push.subscribe, name="push_subscribe"),
    path("push/renew/", push.renew, name="push_renew"),
    path("sw.js", push.worker, name="push_worker"),
    path("manifest.webmanifest", push.manifest, name="manifest"),
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
    path("drills/", drills.drill_list, name="drills"),
    path("drills/new/", drills.drill_new, name="drill_new"),
    path("drills/<int:pk>/", drills.drill_page, name="drill"),
    path("drills/<int:pk>/cancel/", drills.drill_cancel, name="drill_cancel"),
    path("drills/<int:pk>/remind/", drills.drill_remind, name="drill_remind"),
    path("drills/<int:pk>/report.csv", drills.drill_file, name="drill_csv"),
    path("drills/answer/<str:token>/", drill_answers.answer, name="drill_answer"),
    path("drills/answer/<str:token>/confirm/", drill_answers.confirm, name="drill_confirm"),
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
