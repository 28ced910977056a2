"""What of this room is in the audit log. What was told to readers is not: updates and deliveries are their own
history, and so is a component's status."""

from __future__ import annotations

from comms.models import (
    Approval,
    Component,
    ComponentGroup,
    Drill,
    PageLogo,
    PageMaintenance,
    PageRole,
    StatusPage,
    Subscriber,
    UpdateTemplate,
)
from teams.audit import tracked
from teams.audit.tracked import Tracked

tracked.track(
    [
        Tracked(StatusPage, "{name}", exclude=("updated_at", "changed")),
        Tracked(PageRole, "{user}, {role} of {page__name}", about=("page", "user")),
        Tracked(PageLogo, "{page__name}, {variant}", about=("page",), exclude=("data", "icon")),
        Tracked(ComponentGroup, "{page__name} · {name}", about=("page",)),
        Tracked(
            Component, "{page__name} · {name}", about=("page", "service", "team"), exclude=("status", "updated_at")
        ),
        Tracked(UpdateTemplate, "{name}", about=("page",)),
        Tracked(
            Approval,
            "An update on {update__page_incident__page__name}",
            about=("update__page_incident__page", "asked_by", "answered_by"),
            exclude=("remind_at",),
        ),
        Tracked(
            PageMaintenance,
            "{page__name} · {title}",
            about=("page",),
            exclude=("due_at", "remind_at", "sequence", "created_at", "updated_at"),
        ),
        Tracked(
            Drill,
            "{schedule__team__name} · {schedule__name}",
            about=("schedule", "schedule__team"),
            exclude=("created_at",),
        ),
        # Readers come and go by themselves by the thousand; only what staff did to them is kept.
        Tracked(
            Subscriber,
            "{email} of {page__name}",
            about=("page",),
            # An endpoint may hold a key to somebody's chat.
            exclude=("endpoint", "endpoint_mark", "former_secret", "digest_at"),
            by_people=True,
        ),
    ]
)
