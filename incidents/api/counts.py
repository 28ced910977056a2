"""How many there are of what a person may see."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import clock, phases
from incidents.api.base import IncidentApi
from incidents.models import ActionItem, Incident
from incidents.serializers.reviewed import Counts


class CountsApi(IncidentApi):
    verbs = {"retrieve": "incident.view"}
    pagination_class = None

    @extend_schema(operation_id="counts", responses=Counts)
    def retrieve(self, request: Request) -> Response:
        """Open and active incidents, late updates, and action items."""
        return self.answer(Counts, {"incidents": self._incidents(), "action_items": self._items()})

    def _incidents(self) -> dict[str, Any]:
        opened, now = self.visible().open(), timezone.now()
        active = Q(phase__in=phases.ACTIVE)
        mine = Incident.objects.filter(participants=self.me).values("pk")
        found: dict[str, Any] = opened.aggregate(
            open=Count("pk"),
            active=Count("pk", filter=active),
            unacknowledged=Count("pk", filter=Q(phase=phases.Phase.DETECT, acknowledged_at=None)),
            updates_overdue=Count("pk", filter=active & Q(next_update_due_at__lt=clock.minute(now))),
            mine=Count("pk", filter=Q(pk__in=mine)),
        )
        by_phase = dict(opened.order_by().values_list("phase").annotate(n=Count("pk")))
        by_severity = dict(opened.order_by().values_list("severity").annotate(n=Count("pk")))
        return {
            **found,
            "by_phase": {p.value: by_phase.get(p, 0) for p in phases.OPEN},
            "by_severity": {str(level or "unknown"): n for level, n in by_severity.items()},
        }

    def _items(self) -> dict[str, int]:
        late = Q(due_on__lt=timezone.now().date())
        mine = Q(owner=self.me)
        rows = ActionItem.objects.visible_to(self.me).open()
        found: dict[str, int] = rows.aggregate(
            open=Count("pk"),
            overdue=Count("pk", filter=late),
            mine=Count("pk", filter=mine),
            mine_overdue=Count("pk", filter=mine & late),
        )
        return found
