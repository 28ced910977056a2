from django.urls import path

from incidents import tool_urls
from incidents.views import (
    action_items,
    files,
    incident,
    lists,
    mitigations,
    notes,
    pages,
    postmortems,
    roles,
    services,
    verbs,
)

app_name = "incidents"
urlpatterns = [
    path("", lists.home, name="home"),
    path("incidents/", lists.incident_list, name="list"),
    path("incidents/new/", verbs.new, name="new"),
    path("services/", services.service_list, name="services"),
    # Below a hyphen, so that a service may be called “map”.
    path("services/-/map/", services.service_map_page, name="service_map"),
    path("services/<slug:slug>/", services.service_page, name="service"),
    path("incidents/<int:pk>/", incident.page, name="incident"),
    path("incidents/<int:pk>/live/", incident.live, name="live"),
    path("incidents/<int:pk>/do/<slug:verb>/", verbs.verb, name="verb"),
    path("incidents/<int:pk>/acknowledge/", verbs.acknowledge, name="acknowledge"),
    path("incidents/<int:pk>/severity/", verbs.severity, name="severity"),
    path("incidents/<int:pk>/facts/", verbs.facts, name="facts"),
    path("incidents/<int:pk>/notes/", notes.note, name="note"),
    path("incidents/<int:pk>/entries/<int:entry>/correct/", notes.correct, name="correct"),
    path("incidents/<int:pk>/attachments/<int:attachment>/remove/", files.remove, name="attachment_remove"),
    path("files/<str:uid>/<str:name>", files.content, name="file"),
    path("files/<str:uid>/preview/<str:name>", files.preview, name="file_preview"),
    path("incidents/<int:pk>/mitigations/new/", mitigations.propose, name="propose"),
    path("incidents/<int:pk>/mitigations/<int:mitigation>/<slug:verb>/", mitigations.move, name="mitigation"),
    path("incidents/<int:pk>/changes/<int:change>/", mitigations.suspect, name="suspect"),
    path("incidents/<int:pk>/roles/<slug:role>/", roles.seat, name="role"),
    path("incidents/<int:pk>/roles/<slug:role>/<slug:verb>/", roles.fill, name="role_verb"),
    path("incidents/<int:pk>/seats/<int:seat>/<slug:verb>/", roles.answer, name="seat"),
    path("incidents/<int:pk>/postmortem/", postmortems.read, name="postmortem"),
    path("incidents/<int:pk>/postmortem/edit/", postmortems.edit, name="postmortem_edit"),
    path("incidents/<int:pk>/postmortem/do/<slug:verb>/", postmortems.move, name="postmortem_verb"),
    path("incidents/<int:pk>/action-items/new/", action_items.add, name="action_item_new"),
    path("action-items/", action_items.action_item_list, name="action_items"),
    path("action-items/<int:pk>/", action_items.edit, name="action_item"),
    path("action-items/<int:pk>/settle/", action_items.settle, name="action_item_settle"),
    path("pages/<str:token>/", pages.page, name="page"),
    path("pages/<str:token>/acknowledge/", pages.acknowledge, name="page_acknowledge"),
    *tool_urls.urlpatterns,
]
