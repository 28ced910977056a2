"""Whether paging does what it promises, asked of the rows themselves: nothing that should page is without a time at
which it is looked at again, and nothing that is due is late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from comms.models import Bundle, Delivery
from incidents.models import EscalationRun, Incident
from incidents.phases import Phase

# Later than this is late: longer than any sweep, lease or pause of a page that goes as it should.
LATE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Pulse:
    """What was found at one moment. `lost`: incidents that nobody has answered and that nothing will page for. The
    others are late by more than `LATE`: runs, messages that call somebody, and digests. `waiting` is for how many
    seconds the oldest due page has waited, 0 for none."""

    lost: int
    runs: int
    calls: int
    digests: int
    waiting: float

    @property
    def well(self) -> bool:
        return not (self.lost or self.runs or self.calls or self.digests)

    @property
    def text(self) -> str:
        """What is wrong, in words; empty where all is well."""
        told = {
            "incidents that nobody answered and that nothing will page for": self.lost,
            "escalation runs late": self.runs,
            "pages late": self.calls,
            "digests late": self.digests,
        }
        return ", ".join(f"{count} {what}" for what, count in told.items() if count)


def lost(now: datetime) -> QuerySet[Incident]:
    """Incidents in Detect that nobody has answered, without a run that will look again and without a reason why the
    last one ended. Empty, or something is broken."""
    runs = EscalationRun.objects.own().filter(incident=OuterRef("pk"))
    last = runs.order_by("-pk")
    ended = Q(last_state__in=[EscalationRun.State.STOPPED, EscalationRun.State.EXHAUSTED])
    return (
        Incident.objects.filter(phase=Phase.DETECT, acknowledged_at=None, created_at__lt=now - LATE, drill=False)
        .exclude(Exists(runs.filter(due_at__isnull=False)))
        .annotate(last_state=Subquery(last.values("state")[:1]))
        .filter(Q(last_state=None) | ~ended)
    )


def look(now: datetime) -> Pulse:
    """Everything at `now`. Five queries, each on an index of what waits."""
    late = now - LATE
    calls = Delivery.objects.filter(kind__in=Delivery.CALLS)
    due = calls.filter(Q(state="queued", due_at__lte=now) | Q(state="sending", lease_until__lte=now))
    oldest = due.order_by("due_at").values_list("due_at", flat=True).first()
    return Pulse(
        lost=lost(now).count(),
        runs=EscalationRun.objects.due(late).count(),
        # What a relay or a provider has refused so far is late by its own fault, and waits between its tries.
        calls=calls.filter(
            Q(state="queued", due_at__lte=late, attempts=0) | Q(state="sending", lease_until__lte=late)
        ).count(),
        digests=Bundle.objects.due(late).count(),
        waiting=max(0.0, (now - oldest).total_seconds()) if oldest else 0.0,
    )
