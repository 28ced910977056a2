"""What becomes of a review: that nothing follows, what would have helped, and whether an item is still relevant."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from incidents import hindsight
from incidents.actions import concluding, counterfactuals, relevance
from incidents.actions.deadlines import latest_day
from incidents.forms import ActForm, ReasonForm
from incidents.forms.following import HindsightForm, RelevantForm
from incidents.links import item_from_token
from incidents.models import ActionItem
from incidents.problems import Blocked
from incidents.views.acting import Act, run
from incidents.views.common import Request, console, find
from teams import permits

CHOSEN = {
    "done": ("It is done:", "What shows that it is done?"),
    "dropped": ("No longer relevant:", "Why will it not be done?"),
}
SAID = {
    "keep": "It stays, with its new day.",
    "done": "It is done.",
    "dropped": "It will not be done; the reason is kept.",
}


@require_http_methods(["GET", "POST"])
@console("review.write")
def no_items(request: Request, pk: int) -> HttpResponse:
    """Decide that no action item is needed."""
    incident = find(request, pk)

    def call(given: dict[str, Any], _override: bool) -> str:
        concluding.decide_none(pk, by=request.user, reason=given["reason"])
        return "Decided: nothing follows from it."

    back = reverse("incidents:postmortem", args=[pk]) + "#action-items"
    explains = "By somebody other than the postmortem's owner. The reason stays on the timeline."
    act = Act("No action items needed", "Decide it", back, explains)
    return run(request, incident, act, lambda data: ReasonForm("Why does nothing follow?", data), call)


@require_http_methods(["GET", "POST"])
@console("review.write")
def counterfactual(request: Request, pk: int) -> HttpResponse:
    """What would have helped, had it been done by then: open items and earlier mitigations of incidents like it."""
    incident = find(request, pk)
    asked = hindsight.of(incident, request.user)
    forms: list[HindsightForm] = []

    def make(data: Any) -> ActForm:
        forms.append(HindsightForm(asked, data))
        return forms[-1]

    def call(given: dict[str, Any], _override: bool) -> str:
        answers = forms[-1].answers()
        counterfactuals.answer(pk, answers, by=request.user, none=given["none"], note=given["note"])
        return "Written down."

    act = Act(
        "What would have helped?",
        "Write it down",
        reverse("incidents:postmortem", args=[pk]) + "#action-items",
        "Had it been done by then: what would have prevented this, shown it sooner, or shortened it?",
        template="incidents/act/hindsight.html",
        context={"asked": asked},
    )
    return run(request, incident, act, make, call)


@require_http_methods(["GET", "POST"])
@console("review.write")
def relevant(request: Request, pk: int) -> HttpResponse:
    """Whether an item is still relevant, asked in the console."""
    rows = ActionItem.objects.visible_to(request.user).select_related("incident__severity", "owner")
    item = get_object_or_404(rows, pk=pk)
    incident = find(request, item.incident_id)

    def call(given: dict[str, Any], _override: bool) -> str:
        said = given["answer"] or "keep"
        relevance.answer(pk, said, by=request.user, due_on=given["due_on"], note=given["note"])
        return SAID[said]

    act = Act(
        f"Still relevant? {item.title}",
        "",
        reverse("incidents:action_items"),
        template="incidents/act/relevant.html",
        context={"item": item},
    )
    return run(request, incident, act, lambda data: RelevantForm(item, _proposed(item), data), call)


@permits.open_to("link.use")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def asked(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the mail that asks an item's owner. GET shows the buttons, so that a mail scanner that follows links
    answers nothing; POST answers in the owner's name."""
    item = item_from_token(token)
    if item is None or item.owner is None:
        return render(request, "incidents/action_items/asked_gone.html", status=404)
    form = RelevantForm(item, _proposed(item), request.POST if request.method == "POST" else None)
    # What was chosen in the mail; only what goes with it is asked then.
    chosen = request.GET.get("answer", "")
    heading, asks = CHOSEN.get(chosen, ("Still relevant?", ""))
    if asks:
        form.fields["note"].label, form.fields["note"].help_text = asks, ""
    said = ""
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            given = form.cleaned_data
            try:
                answer = given["answer"] or "keep"
                relevance.answer(item.pk, answer, by=item.owner, due_on=given["due_on"], note=given["note"])
                said, status = SAID[answer], 200
            except Blocked as blocked:
                form.refuse(blocked)
                status = 409
    context = {"item": item, "form": form, "said": said, "chosen": chosen if asks else "", "heading": heading}
    return render(request, "incidents/action_items/asked.html", context, status=status)


def _proposed(item: ActionItem) -> date:
    """A day from today on: what its severity allows for its priority, or two weeks."""
    severity = item.incident.severity
    return latest_day(timezone.localdate(), severity.action_days if severity else 10, item.priority)
