"""Addresses to which tools send, with their key: answered at `config.door`, past what is for people."""

from django.urls import path

from incidents import ingest

urlpatterns = [
    path("integrations/v1/alertmanager/<str:key>/", ingest.alertmanager_webhook, name="alertmanager"),
    path("integrations/v1/events/<str:key>/<uuid:public_id>/", ingest.event_state, name="event_state"),
    path("v2/change/enqueue", ingest.change_events, name="change_events"),
]
