"""What of this room is in the audit log. Incidents themselves are not: their timeline is their history."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from incidents.models import (
    ActionPhrase,
    Change,
    CoachPhrase,
    CustomField,
    FactorTag,
    FigureDefinition,
    Heartbeat,
    Incident,
    IncidentType,
    Integration,
    IntegrationKey,
    Maintenance,
    MetricCheck,
    MitigationCard,
    Playbook,
    PlaybookStep,
    PostmortemTemplate,
    RoleDuty,
    RolePolicy,
    RoutingRule,
    Scenario,
    Severity,
    Silence,
    TemplateVersion,
    Tracker,
    TrackerPerson,
    WallLink,
)
from teams.audit import reading, tracked
from teams.audit.tracked import Tracked

tracked.track(
    [
        Tracked(Integration, "{name}", about=("team", "service"), exclude=("last_used_at",)),
        Tracked(IntegrationKey, "{hint}…", about=("integration",), exclude=("digest", "last_used_at")),
        Tracked(
            Heartbeat, "{name}", about=("integration",), exclude=("last_seen_at", "due_at", "is_late"), by_people=True
        ),
        Tracked(RoutingRule, "{name}", about=("team", "service", "policy")),
        Tracked(Silence, "{reason}", about=("team",)),
        Tracked(Maintenance, "{title}", about=("team",)),
        Tracked(MetricCheck, "{title} of {service__name}", about=("service", "service__team"), exclude=("url",)),
        Tracked(
            Tracker,
            "{name}",
            about=("team",),
            exclude=(
                *("host", "hook_digest", "hook_key", "webhook_secret"),
                *("told_at", "quiet_until", "attempts", "seen_until", "etag"),
                *("poll_due_at", "leased_until", "worked_at", "error", "paused_at"),
            ),
        ),
        Tracked(TrackerPerson, "{login}", about=("tracker", "user"), by_people=True),
        Tracked(WallLink, "{name}", exclude=("digest", "last_used_at")),
        Tracked(
            MitigationCard,
            "{title} of {service__name}",
            about=("service", "service__team"),
            exclude=("last_tried_at", "last_drilled_at"),
        ),
        Tracked(Playbook, "{title}", about=("team",)),
        Tracked(PlaybookStep, "{playbook__title}, step {position}", about=("playbook", "playbook__team")),
        Tracked(PostmortemTemplate, "{name}"),
        Tracked(TemplateVersion, "{template__name}, version {number}", about=("template",)),
        Tracked(IncidentType, "{name}"),
        Tracked(CustomField, "{label}"),
        Tracked(ActionPhrase, "{words}"),
        Tracked(CoachPhrase, "{slug}", exclude=("shipped_as",)),
        Tracked(FactorTag, "{name}"),
        Tracked(FigureDefinition, "{title}"),
        Tracked(Scenario, "{title}"),
        Tracked(RoleDuty, "{text}"),
        Tracked(RolePolicy, "{name}", about=("team", "service")),
        Tracked(Severity, "SEV{level} {label}"),
    ]
)
# Deploys that tools sent; an admin may only remove one.
tracked.KEEP_THEMSELVES.add(Change)


@reading.incidents_for
def visible(user: Any) -> QuerySet[Incident]:
    """What somebody may know of: events that tell of other incidents are hidden from them."""
    return Incident.objects.visible_to(user)
