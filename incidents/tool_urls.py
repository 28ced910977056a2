"""Addresses to which tools send, with their key: answered at `config.door`, past what is for people."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from incidents import ingest, ingest_trackers, opsgenie


class Rest(StringConverter):
    """Whatever comes after an address, line breaks included: names of alerts and jobs are their tools'."""

    regex = r"[\s\S]+"


register_converter(Rest, "rest")

urlpatterns = [
    path("integrations/v1/events/<str:key>/<uuid:public_id>/", ingest.event_state, name="event_state"),
    path("integrations/v1/tracker/<str:key>/", ingest_trackers.receive, name="tracker_hook"),
    path("integrations/v1/<slug:name>/<str:key>/", ingest.receive, name="receive"),
    # A redirect to the address with its slash would lose what was sent.
    path("integrations/v1/<slug:name>/<str:key>", ingest.receive, name="receive_bare"),
    path("integrations/v1/<slug:name>/<str:key>/<rest:path>", ingest.receive, name="receive_at"),
    path("v2/enqueue", ingest.pagerduty, name="pagerduty"),
    path("v2/change/enqueue", ingest.change_events, name="change_events"),
    path("v2/alerts", opsgenie.alerts, name="opsgenie_alerts"),
    path("v2/alerts/requests/<uuid:request_id>", opsgenie.request, name="opsgenie_request"),
    path("v2/alerts/<rest:path>", opsgenie.alert, name="opsgenie_alert"),
    path("v2/heartbeats/<rest:path>", opsgenie.heartbeat, name="opsgenie_heartbeat"),
]
