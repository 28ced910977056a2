"""The API's addresses, under `/api/v1/`."""

from typing import Any

from django.urls import URLPattern, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from comms import api as comms
from comms.drills.api import Drills
from comms.maintenance.api import PlannedMaintenances
from comms.paging import api as paging
from comms.subscribers.api import SubscriberImports, Subscribers
from incidents.api import (
    attachments,
    boards,
    counts,
    deck,
    detection,
    duties,
    exercises,
    health,
    incidents,
    mitigations,
    playbooks,
    promises,
    quiet,
    review,
    roles,
    setup,
    tasks,
    timeline,
    together,
    verbs,
    ways,
    witness,
    writing,
)
from incidents.phases import VERBS
from teams import permits
from teams.api import (
    audit,
    calendars,
    fairness,
    invitations,
    overrides,
    people,
    rosters,
    schedules,
    services,
    swaps,
    time_off,
)
from teams.api import warnings as roster_warnings

app_name = "api"


class Nowhere(APIView):
    """Any other address: a problem rather than a page."""

    schema = None
    authentication_classes = []
    permission_classes = [AllowAny]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound("There is no such address. The API is described at /api/v1/docs/.")

    def get(self, request: Request, **_: Any) -> Response:
        raise NotFound


def _at(route: str, view: Any, name: str, **methods: str) -> URLPattern:
    made: URLPattern = path(route, view.as_view(methods), name=name)
    return made


OPEN = permits.open_to("public.read")
_ONE = "incidents/<int:incident_id>/"

urlpatterns = [
    path("schema/", OPEN(SpectacularAPIView.as_view()), name="schema"),
    path("docs/", OPEN(SpectacularSwaggerSplitView.as_view(url_name="api:schema")), name="docs"),
    _at("me/", people.MeApi, "me", get="retrieve"),
    _at("me/shifts/", people.MeApi, "me_shifts", get="shifts"),
    _at("me/contact-methods/", paging.MyMethods, "me_contact_methods", get="list"),
    _at("me/notification-rules/", paging.MyRules, "me_notification_rules", get="list"),
    _at("paging/simulate/", paging.Simulate, "paging_simulate", post="create"),
    _at("exercises/", exercises.Exercises, "exercises", get="list", post="create"),
    _at("exercises/<int:pk>/", exercises.Exercises, "exercise", get="retrieve"),
    *(
        _at(f"exercises/<int:pk>/{verb}/", exercises.Exercises, f"exercise_{verb}", post=verb)
        for verb in ("start", "pause", "forward", "speed", "stop", "debrief")
    ),
    _at("scenarios/", exercises.Scenarios, "scenarios", get="list"),
    _at("drills/", Drills, "drills", get="list", post="create"),
    _at("drills/<int:pk>/", Drills, "drill", get="retrieve"),
    _at("drills/<int:pk>/cancel/", Drills, "drill_cancel", post="cancel"),
    _at("me/paging-ledger/", paging.MyPagingLedger, "me_paging_ledger", get="list"),
    _at("me/pages/", detection.MyPages, "me_pages", get="list"),
    _at("tokens/", people.Tokens, "tokens", get="list", post="create"),
    _at("tokens/<int:pk>/", people.Tokens, "token", delete="revoke"),
    _at("invitations/", invitations.Invitations, "invitations", get="list", post="create"),
    _at("invitations/<int:pk>/", invitations.Invitations, "invitation", delete="revoke"),
    _at("invitations/<int:pk>/resend/", invitations.Invitations, "invitation_resend", post="resend"),
    _at("calendar-feeds/", calendars.Feeds, "calendar_feeds", get="list", post="create"),
    _at("calendar-feeds/<int:pk>/", calendars.Feeds, "calendar_feed", delete="revoke"),
    _at("users/", people.People, "users", get="list"),
    _at("counts/", counts.CountsApi, "counts", get="retrieve"),
    _at("audit/", audit.Audit, "audit", get="list"),
    _at("audit/export.csv", audit.Audit, "audit_csv", get="export_csv"),
    _at("audit/export.jsonl", audit.Audit, "audit_jsonl", get="export_jsonl"),
    # Rosters
    _at("teams/", rosters.Teams, "teams", get="list"),
    _at("teams/<slug:slug>/", rosters.Teams, "team", get="retrieve"),
    _at("services/", services.Services, "services", get="list", post="create"),
    _at(
        "services/<slug:slug>/",
        services.Services,
        "service",
        get="retrieve",
        patch="partial_update",
        delete="destroy",
    ),
    _at("services/export.yaml", services.ServiceFiles, "services_yaml", get="export"),
    # Below a hyphen, so that a service may be called “import”.
    _at("services/-/health/", health.ServicesHealth, "services_health", get="list"),
    _at("services/-/import/", services.ServiceFiles, "services_import", post="bring_in"),
    _at("services/<slug:slug>/dependencies/", services.Services, "service_dependencies", get="dependencies"),
    _at(
        "services/<slug:slug>/metrics/",
        witness.ServiceMetrics,
        "service_metrics",
        get="list",
        post="create",
    ),
    _at(
        "services/<slug:slug>/metrics/<int:pk>/",
        witness.ServiceMetrics,
        "service_metric",
        get="retrieve",
        patch="partial_update",
        delete="destroy",
    ),
    _at("playbooks/", playbooks.Playbooks, "playbooks", get="list", post="create"),
    _at("playbooks/<int:pk>/", playbooks.Playbooks, "playbook", get="retrieve", patch="partial_update"),
    _at("playbooks/<int:pk>/retire/", playbooks.Playbooks, "playbook_retire", post="retire"),
    _at("playbooks/<int:pk>/take-back/", playbooks.Playbooks, "playbook_take_back", post="take_back"),
    _at(f"{_ONE}playbooks/", playbooks.Runs, "playbook_runs", get="list", post="create"),
    _at(f"{_ONE}playbooks/<int:pk>/put-away/", playbooks.Runs, "playbook_run_put_away", post="put_away"),
    _at(f"{_ONE}playbooks/<int:pk>/steps/<int:position>/", playbooks.Runs, "playbook_run_step", post="settle"),
    _at("mitigation-cards/", deck.Cards, "mitigation_cards", get="list", post="create"),
    _at("mitigation-cards/<int:pk>/", deck.Cards, "mitigation_card", get="retrieve", patch="partial_update"),
    _at("mitigation-cards/<int:pk>/approve/", deck.Cards, "mitigation_card_approve", post="approve"),
    _at("mitigation-cards/<int:pk>/retire/", deck.Cards, "mitigation_card_retire", post="retire"),
    _at("mitigation-cards/<int:pk>/take-back/", deck.Cards, "mitigation_card_take_back", post="take_back"),
    _at("roles/", rosters.Roles, "roles", get="list"),
    _at("role-policies/", duties.RolePolicies, "role_policies", get="list"),
    _at("severities/", incidents.Severities, "severities", get="list"),
    _at("on-call/", schedules.OnCall, "on_call", get="list"),
    _at("schedules/", schedules.Schedules, "schedules", get="list", post="create"),
    _at(
        "schedules/<int:pk>/",
        schedules.Schedules,
        "schedule",
        get="retrieve",
        patch="partial_update",
        delete="destroy",
    ),
    _at("schedules/<int:pk>/shifts/", schedules.Schedules, "shifts", get="shifts"),
    _at("schedules/<int:pk>/who/", schedules.Schedules, "who", get="who"),
    _at("schedules/<int:pk>/preview/", schedules.Schedules, "schedule_preview", post="preview"),
    _at("schedules/<int:schedule_id>/versions/", schedules.Versions, "schedule_versions", get="list"),
    _at("schedules/<int:schedule_id>/layers/", schedules.Layers, "layers", get="list", post="create"),
    _at(
        "schedules/<int:schedule_id>/layers/<int:pk>/",
        schedules.Layers,
        "layer",
        get="retrieve",
        patch="partial_update",
        delete="destroy",
    ),
    _at("schedules/<int:schedule_id>/layers/<int:pk>/withdraw/", schedules.Layers, "layer_withdraw", post="withdraw"),
    _at("schedules/<int:schedule_id>/overrides/", overrides.Overrides, "overrides", get="list", post="create"),
    _at("schedules/<int:schedule_id>/overrides/<int:pk>/", overrides.Overrides, "override", delete="remove"),
    _at("schedules/<int:pk>/fairness/", fairness.Fairness, "fairness", get="of_schedule"),
    _at("schedules/<int:pk>/proposed-start/", fairness.Fairness, "proposed_start", post="propose"),
    _at("teams/<slug:slug>/fairness/", fairness.Fairness, "team_fairness", get="of_team"),
    _at(
        "schedules/<int:schedule_id>/calendar/",
        calendars.ScheduleCalendar,
        "schedule_calendar",
        get="retrieve",
        put="update",
        delete="remove",
    ),
    _at(
        "schedules/<int:schedule_id>/calendar/refresh/",
        calendars.ScheduleCalendar,
        "schedule_calendar_refresh",
        post="refresh",
    ),
    _at("schedules/<int:schedule_id>/swaps/", swaps.Swaps, "schedule_swaps", post="create"),
    _at("swaps/", swaps.Swaps, "swaps", get="list"),
    _at("swaps/<int:pk>/", swaps.Swaps, "swap", get="retrieve"),
    _at("swaps/<int:pk>/accept/", swaps.Swaps, "swap_accept", post="accept"),
    _at("swaps/<int:pk>/decline/", swaps.Swaps, "swap_decline", post="decline"),
    _at("swaps/<int:pk>/withdraw/", swaps.Swaps, "swap_withdraw", post="withdraw"),
    _at("swaps/<int:pk>/undo/", swaps.Swaps, "swap_undo", post="undo"),
    _at("time-off/", time_off.TimesOff, "times_off", get="list", post="create"),
    _at("time-off/<int:pk>/", time_off.TimesOff, "time_off", get="retrieve", patch="partial_update", delete="remove"),
    _at("time-off/<int:pk>/cover/", time_off.TimesOff, "time_off_cover", get="cover"),
    _at("escalation-policies/", rosters.Policies, "policies", get="list"),
    _at("escalation-policies/<int:pk>/", rosters.Policies, "policy", get="retrieve"),
    _at("roster-warnings/", roster_warnings.RosterWarnings, "roster_warnings", get="list"),
    # Incidents
    _at("search/", boards.Search, "search", get="find"),
    _at("exports/", boards.Exports, "exports", get="list", post="create"),
    _at("exports/<str:uid>/", boards.Exports, "export", get="retrieve"),
    _at("exports/<str:uid>/file/", boards.Exports, "export_file", get="file"),
    _at("exports/<str:uid>/cancel/", boards.Exports, "export_cancel", post="cancel"),
    _at("saved-filters/", boards.SavedFilters, "saved_filters", get="list", post="create"),
    _at(
        "saved-filters/<str:uid>/",
        boards.SavedFilters,
        "saved_filter",
        patch="partial_update",
        delete="destroy",
    ),
    _at("incidents/", incidents.Incidents, "incidents", get="list", post="create"),
    _at("incident-types/", incidents.Types, "incident_types", get="list"),
    _at("custom-fields/", incidents.CustomFields, "custom_fields", get="list"),
    path(
        "incidents/<int:incident_id>/",
        incidents.OneIncident.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="incident",
    ),
    _at(f"{_ONE}acknowledge/", incidents.OneIncident, "acknowledge", post="acknowledge"),
    _at(f"{_ONE}severity/", incidents.OneIncident, "severity", post="severity"),
    _at(f"{_ONE}verbs/", verbs.Verbs, "verbs", get="list"),
    *(
        path(f"{_ONE}verbs/{verb.name}/", verbs.verb_view(verb), name=f"incident_{verb.name}")
        for verb in VERBS.values()
    ),
    _at(f"{_ONE}verbs/<str:verb>/", verbs.Verbs, "verb_unknown", get="unknown", post="unknown"),
    _at(f"{_ONE}timeline/", timeline.Timeline, "timeline", get="list", post="create"),
    _at(f"{_ONE}timeline/<int:pk>/correct/", timeline.Timeline, "correct", post="correct"),
    _at(f"{_ONE}pins/", timeline.Pins, "pins", get="list", post="create"),
    _at(f"{_ONE}pins/<int:pk>/", timeline.Pins, "pin", delete="remove"),
    _at(f"{_ONE}commands/", timeline.Commands, "commands", get="list", post="run"),
    _at(f"{_ONE}attachments/", attachments.Attachments, "attachments", get="list", post="create"),
    _at(f"{_ONE}attachments/<int:pk>/", attachments.Attachments, "attachment", get="retrieve"),
    _at(f"{_ONE}attachments/<int:pk>/content/", attachments.Attachments, "attachment_content", get="content"),
    _at(f"{_ONE}attachments/<int:pk>/remove/", attachments.Attachments, "attachment_remove", post="remove"),
    _at(f"{_ONE}seats/", roles.Seats, "seats", get="list"),
    _at(f"{_ONE}seats/<int:pk>/accept/", roles.Seats, "seat_accept", post="accept"),
    _at(f"{_ONE}seats/<int:pk>/decline/", roles.Seats, "seat_decline", post="decline"),
    _at(f"{_ONE}seats/<int:pk>/leave/", roles.Seats, "seat_leave", post="leave"),
    _at(f"{_ONE}roles/<slug:role>/hand-over/", roles.Seats, "role_handover", get="handover"),
    _at(f"{_ONE}duties/", duties.Duties, "duties", get="list"),
    _at(f"{_ONE}duties/<int:pk>/tick/", duties.Duties, "duty_tick", post="tick"),
    _at(f"{_ONE}reminders/", duties.Reminders, "reminders", get="list"),
    _at(f"{_ONE}reminders/snooze/", duties.Reminders, "reminder_snooze", post="snooze"),
    _at(f"{_ONE}roles/<slug:role>/take/", roles.Seats, "role_take", post="take"),
    _at(f"{_ONE}roles/<slug:role>/offer/", roles.Seats, "role_offer", post="offer"),
    _at(f"{_ONE}roles/<slug:role>/relieve/", roles.Seats, "role_relieve", post="relieve"),
    _at(f"{_ONE}mitigations/", mitigations.Mitigations, "mitigations", get="list", post="create"),
    _at(f"{_ONE}mitigations/<int:pk>/call-again/", mitigations.Mitigations, "mitigation_call_again", post="call_again"),
    _at(f"{_ONE}mitigations/<int:pk>/extend/", mitigations.Mitigations, "mitigation_extend", post="extend"),
    _at(f"{_ONE}mitigations/<int:pk>/<slug:verb>/", mitigations.Mitigations, "mitigation_verb", post="perform"),
    _at(f"{_ONE}tasks/", tasks.Tasks, "tasks", get="list", post="create"),
    _at(f"{_ONE}tasks/<int:pk>/<slug:verb>/", tasks.Tasks, "task_verb", post="perform"),
    _at(f"{_ONE}metrics/", witness.Metrics, "metrics", get="list", post="create"),
    _at(f"{_ONE}metrics/try/", witness.Metrics, "metrics_try", post="try_out"),
    _at(f"{_ONE}metrics/<int:pk>/", witness.Metrics, "metric", get="retrieve", delete="remove"),
    _at(f"{_ONE}metrics/<int:pk>/points/", witness.MetricPoints, "metric_points", get="list"),
    _at(f"{_ONE}teams/", together.TeamRequests, "team_requests", get="list", post="create"),
    _at(f"{_ONE}teams/<int:pk>/<slug:verb>/", together.TeamRequests, "team_request_verb", post="perform"),
    _at(f"{_ONE}relations/", together.Relations, "relations", get="list", post="create"),
    _at(f"{_ONE}relations/<int:pk>/", together.Relations, "relation", delete="remove"),
    _at(f"{_ONE}split/", together.Splits, "split", post="create"),
    _at(f"{_ONE}followers/", together.Followers, "followers", get="list"),
    _at(f"{_ONE}follow/", together.Followers, "follow", post="follow"),
    _at(f"{_ONE}rooms/", together.Rooms, "rooms", get="retrieve", patch="update"),
    _at(f"{_ONE}alerts/", detection.Alerts, "alerts", get="list"),
    _at(f"{_ONE}alerts/move/", detection.Alerts, "alerts_move", post="move"),
    _at(f"{_ONE}alerts/undo-move/", detection.Alerts, "alerts_undo_move", post="undo"),
    _at(f"{_ONE}recovery/accept/", detection.Recovery, "recovery_accept", post="accept"),
    _at(f"{_ONE}recovery/decline/", detection.Recovery, "recovery_decline", post="decline"),
    _at(f"{_ONE}changes/", detection.ChangesBefore, "changes_before", get="list"),
    _at(f"{_ONE}changes/<int:pk>/mark/", ways.Ways, "change_mark", post="mark"),
    _at(f"{_ONE}changes/<int:pk>/roll-back/", ways.Ways, "change_roll_back", post="roll_back"),
    _at(f"{_ONE}ways/", ways.Ways, "ways", get="retrieve"),
    _at(f"{_ONE}changes/identify/", detection.ChangesBefore, "identify_change", post="identify"),
    _at(f"{_ONE}pages/", detection.Pages, "pages", get="list"),
    _at(f"{_ONE}paging-ledger/", paging.PagingLedger, "paging_ledger", get="list"),
    _at(f"{_ONE}escalation-runs/", detection.Runs, "runs", get="list"),
    _at(f"{_ONE}updates/", comms.Updates, "updates", get="list", post="create"),
    _at(f"{_ONE}updates/<int:pk>/", comms.Updates, "update", get="retrieve", patch="partial_update"),
    _at(f"{_ONE}updates/<int:pk>/release/", comms.Updates, "update_release", post="release"),
    _at(f"{_ONE}updates/<int:pk>/withdraw/", comms.Updates, "update_withdraw", post="withdraw"),
    _at(f"{_ONE}updates/<int:pk>/ask/", comms.Updates, "update_ask", post="ask"),
    _at(f"{_ONE}updates/<int:pk>/approve/", comms.Updates, "update_approve", post="approve"),
    _at(f"{_ONE}updates/<int:pk>/send-back/", comms.Updates, "update_send_back", post="send_back"),
    _at(f"{_ONE}updates/<int:pk>/bypass/", comms.Updates, "update_bypass", post="bypass"),
    _at(f"{_ONE}updates/<int:pk>/correct/", comms.Updates, "update_correct", post="correct"),
    _at(
        f"{_ONE}updates/<int:pk>/deliveries/",
        comms.UpdateDeliveries,
        "update_deliveries",
        get="list_deliveries",
    ),
    _at(
        f"{_ONE}updates/<int:pk>/resend/",
        comms.UpdateDeliveries,
        "update_resend",
        post="resend",
    ),
    _at(f"{_ONE}postmortem/", review.PostmortemApi, "postmortem", get="retrieve", patch="partial_update"),
    _at(f"{_ONE}postmortem/seen/", review.PostmortemApi, "postmortem_seen", post="seen"),
    _at(f"{_ONE}postmortem/comments/", writing.Comments, "postmortem_comments", get="list", post="create"),
    _at(f"{_ONE}postmortem/comments/<int:pk>/settle/", writing.Comments, "postmortem_comment_settle", post="settle"),
    _at(f"{_ONE}postmortem/sections/<slug:key>/", writing.Sections, "postmortem_section", patch="partial_update"),
    _at(f"{_ONE}postmortem/sections/<slug:key>/versions/", writing.Sections, "postmortem_section_versions", get="list"),
    _at(
        f"{_ONE}postmortem/sections/<slug:key>/versions/<int:number>/restore/",
        writing.Sections,
        "postmortem_section_restore",
        post="restore",
    ),
    _at(f"{_ONE}postmortem/<slug:verb>/", review.PostmortemApi, "postmortem_verb", post="perform"),
    _at(
        f"{_ONE}action-items/",
        review.IncidentActionItems,
        "incident_action_items",
        get="list",
        post="create",
    ),
    _at("tasks/", tasks.AllTasks, "all_tasks", get="list"),
    _at("promises/", promises.Promises, "promises", get="list"),
    _at("promises/score/", promises.Score, "promises_score", get="retrieve"),
    _at("estimates/", promises.Estimates, "estimates", get="list"),
    _at("silences/", quiet.Silences, "silences", get="list", post="create"),
    _at("silences/<int:pk>/", quiet.Silences, "silence", get="retrieve", patch="partial_update"),
    _at("silences/<int:pk>/end/", quiet.Silences, "silence_end", post="end"),
    _at("maintenance-windows/", quiet.Maintenances, "maintenance_windows", get="list", post="create"),
    _at(
        "maintenance-windows/<int:pk>/",
        quiet.Maintenances,
        "maintenance_window",
        get="retrieve",
        patch="partial_update",
    ),
    _at("maintenance-windows/<int:pk>/end/", quiet.Maintenances, "maintenance_window_end", post="end"),
    _at("routing-rules/", setup.RoutingRules, "routing_rules", get="list"),
    _at("integrations/", setup.Integrations, "integrations", get="list"),
    _at("alerts/", detection.AllAlerts, "all_alerts", get="list"),
    _at("alerts/<uuid:public_id>/", detection.AllAlerts, "alert", get="retrieve"),
    _at("changes/", detection.Changes, "changes", get="list"),
    _at("postmortem-templates/", writing.PostmortemTemplates, "postmortem_templates", get="list"),
    _at("postmortem-templates/<int:pk>/", writing.PostmortemTemplates, "postmortem_template", get="retrieve"),
    _at(
        "postmortem-templates/<int:pk>/versions/",
        writing.PostmortemTemplateVersions,
        "postmortem_template_versions",
        get="list",
    ),
    _at("action-items/", review.ActionItems, "action_items", get="list"),
    _at("action-items/<int:pk>/", review.ActionItems, "action_item", get="retrieve", patch="partial_update"),
    _at("action-items/<int:pk>/settle/", review.ActionItems, "action_item_settle", post="settle"),
    # Communication
    _at("status-pages/", comms.StatusPages, "status_pages", get="list"),
    _at("status-pages/<slug:slug>/", comms.StatusPages, "status_page", get="retrieve"),
    _at("page-incidents/", comms.PageIncidents, "page_incidents", get="list"),
    _at("planned-maintenance/", PlannedMaintenances, "planned_maintenances", get="list", post="create"),
    _at(
        "planned-maintenance/<slug:uid>/",
        PlannedMaintenances,
        "planned_maintenance",
        get="retrieve",
        patch="partial_update",
    ),
    *(
        _at(f"planned-maintenance/<slug:uid>/{verb}/", PlannedMaintenances, f"planned_maintenance_{verb}", post=verb)
        for verb in ("start", "verify", "complete", "cancel", "extend", "tell")
    ),
    _at("components/", comms.Components, "components", get="list"),
    _at("subscribers/", Subscribers, "subscribers", get="list", post="create"),
    _at("subscribers/export.csv", Subscribers, "subscribers_csv", get="export_csv"),
    _at("subscribers/<int:pk>/", Subscribers, "subscriber", get="retrieve", delete="destroy"),
    _at("subscribers/<int:pk>/events/", Subscribers, "subscriber_events", get="events"),
    _at("subscribers/<int:pk>/deliveries/", Subscribers, "subscriber_deliveries", get="deliveries"),
    _at("subscribers/<int:pk>/ask/", Subscribers, "subscriber_ask", post="ask"),
    _at("subscribers/<int:pk>/unsubscribe/", Subscribers, "unsubscribe", post="unsubscribe"),
    _at("subscriber-imports/", SubscriberImports, "subscriber_imports", get="list", post="create"),
    _at("subscriber-imports/<int:pk>/", SubscriberImports, "subscriber_import", get="retrieve"),
    _at("subscriber-imports/<int:pk>/problems/", SubscriberImports, "subscriber_import_problems", get="problems"),
    re_path(r"^.*$", OPEN(Nowhere.as_view()), name="nowhere"),
]
