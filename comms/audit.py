"""What of this room is in the audit log. What was told to readers is not: updates and deliveries are their own
history, and so is a component's status."""

from __future__ import annotations

from comms.models import Component, ComponentGroup, Drill, PageLogo, PageRole, StatusPage, Subscriber
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
        Tracked(
            Drill,
            "{schedule__team__name} · {schedule__name}",
            about=("schedule", "schedule__team"),
            exclude=("created_at",),
        ),
        # Readers come and go by themselves by the thousand; only what staff did to them is kept.
        Tracked(Subscriber, "{email} of {page__name}", about=("page",), by_people=True),
    ]
)
