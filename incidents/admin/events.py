"""What integrations sent, as it came, and what became of it."""

from __future__ import annotations

import json

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from incidents.actions import inbox
from incidents.models import Event
from incidents.sources import SourceError, reading
from teams.admin.by_table import TableAdmin

# Characters of a body that a page shows.
MOST_SHOWN = 20_000


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

    @admin.action(description="Send again", permissions=["view"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        sent = [inbox.replay(event) for event in queryset.order_by("pk")]
        self.message_user(
            request, f"Sent {len(sent)} again. What becomes of them is here in a moment.", messages.SUCCESS
        )

    @admin.display(description="what became of it")
    def became(self, event: Event) -> SafeString | str:
        """Incidents by link, and what else was done."""
        outcome = event.outcome
        links = [(word, pk) for word in ("opened", "attached", "resolved") for pk in outcome.get(word, ())]
        words = {"opened": "opened", "attached": "joined", "resolved": "recovery told to"}
        linked = format_html_join(
            ", ",
            '{} <a href="{}">INC-{}</a>',
            ((words[word], reverse("incidents:incident", args=[pk]), pk) for word, pk in links[:10]),
        )
        said = [f"{len(links) - 10} more"] if len(links) > 10 else []
        said += [f"{outcome[name]} {word}" for name, word in COUNTED.items() if outcome.get(name)]
        said += [f"{act['did']} {act.get('incident') or 'of nothing that is known'}" for act in outcome.get("acts", ())]
        said += [f"heartbeat {name or 'without a name'}" for name in outcome.get("heartbeats", ())]
        said += [f"change {pk}" for pk in outcome.get("changes", ())]
        return format_html("{}{}{}", linked, ", " if links and said else "", ", ".join(said)) or "–"

    @admin.display(description="problems")
    def problems(self, event: Event) -> str:
        told = [f"{each['field']}: {each['message']}" for each in event.outcome.get("problems", ())]
        return "; ".join([*told, *([f"waits: {event.outcome['waits']}"] if event.outcome.get("waits") else [])]) or "–"

    @admin.display(description="body")
    def shown(self, event: Event) -> SafeString:
        body = bytes(event.body)
        try:
            text = json.dumps(reading.decode(body), indent=2, ensure_ascii=False)
        except SourceError:
            text = body.decode(errors="replace")
        return format_html('<pre class="wb-body">{}</pre>', text[:MOST_SHOWN])

    class Media:
        css = {"all": ("teams/admin.css",)}


COUNTED = {"repeats": "repeated", "unknown": "recovered that did not fire"}
