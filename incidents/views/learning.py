"""What was learned: postmortems by words and factors, and the factors that recur."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from incidents import learning
from incidents.forms.factors import LearningForm
from incidents.models import ActionItem
from incidents.presenters import learning as pictures
from incidents.views.common import Request, console
from teams.console import zone_of

PER_PAGE = 20
MOST_ITEMS = 20


@require_safe
@console("incident.view")
def learned(request: Request) -> HttpResponse:
    """Published postmortems of incidents that this person may see, and what contributed to them, month by month."""
    form = LearningForm(request.GET)
    zone = ZoneInfo(zone_of(request))
    months = pictures.months(timezone.now().astimezone(zone), form.months)
    first = pictures.begins(months[0], zone)
    chosen = _month(form.asked.get("month") or "")
    within = (pictures.begins(chosen, zone), pictures.ends(chosen, zone)) if chosen else None
    all_months = learning.postmortems(form, learning.among(form, request.user, first))
    listed = learning.postmortems(form, learning.among(form, request.user, first, month=within))
    rows = learning.recurring(all_months, zone)
    tag = form.asked.get("tag")
    items = ActionItem.objects.open().filter(factor__tags=tag, factor__postmortem__in=listed.order_by().values("pk"))
    context = {
        "filter_form": form,
        "page": Paginator(learning.with_factors(listed), PER_PAGE).get_page(request.GET.get("page")),
        "picture": pictures.picture(rows, months),
        "tag": tag,
        "month": chosen,
        "items": items.select_related("incident", "owner").order_by("due_on", "pk")[:MOST_ITEMS] if tag else [],
        "narrowed": form.narrowed,
    }
    return render(request, "incidents/learning/page.html", context)


def _month(key: str) -> date | None:
    return date.fromisoformat(f"{key}-01") if key else None
