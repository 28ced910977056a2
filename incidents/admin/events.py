"""What integrations sent, as it came, and what became of it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from incidents.actions import integrations
from incidents.models import Event
from incidents.presenters import events as shown
from teams.admin.by_table import TableAdmin, person


@admin.register(Event)
class EventAdmin(TableAdmin):
    """The events of a week, the newest first. Sending one again is the only thing that can be done to it."""

    verbs = {"view": "integration.change"}
    within = "integration__team"
    list_display = ("received_at", "integration", "source", "state", "became", "problems")
    list_filter = ("state", "source", ("integration", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("integration__team",)
    search_fields = ("public_id", "integration__name")
    date_hierarchy = "received_at"
    list_per_page = 50
    show_full_result_count = False
    actions = ("send_again",)
    fields = (
        "integration",
        "source",
        "state",
        "received_at",
        "ended_at",
        "became",
        "problems",
        "attempts",
        "path",
        "headers",
        "query",
        "shown",
        "public_id",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        found: QuerySet[Event] = super().get_queryset(request)
        return found.select_related("integration__team")

    def get_fields(self, request: HttpRequest, obj: Event | None = None) -> Any:
        """Without the request itself, where it may be what a private incident came of."""
        hidden = obj is not None and not obj.integration.shows_bodies_to(request.user)
        return [name for name in self.fields if not (hidden and name in ("path", "headers", "query", "shown"))]

    @admin.action(description="Send again", permissions=["view"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        sent = [integrations.send_again(event, by=person(request)) for event in queryset.order_by("pk")]
        self.message_user(
            request, f"Sent {len(sent)} again. What becomes of them is here in a moment.", messages.SUCCESS
        )

    @admin.display(description="what became of it")
    def became(self, event: Event) -> SafeString | str:
        """Incidents by link, and what else was done."""
        parts = (
            (said.before, " ", format_html('<a href="{}">{}</a>', said.url, said.name) if said.url else said.name)
            for said in shown.became(event)
        )
        return format_html_join(", ", "{}{}{}", parts) or "–"

    @admin.display(description="problems")
    def problems(self, event: Event) -> str:
        return "; ".join(shown.problems(event)) or "–"

    @admin.display(description="body")
    def shown(self, event: Event) -> SafeString:
        return format_html('<pre class="wb-body">{}</pre>', shown.body(event))

    class Media:
        css = {"all": ("teams/admin.css",)}
