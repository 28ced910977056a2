"""How the console does something: show a form, call one action with it, and show what came of it.

The same address serves a dialog (htmx) and a plain page. A refusal shows the form again with everything typed and
all that is missing; where somebody else was faster, it says so and keeps what was typed in sight.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget, trigger_client_event

from incidents.forms import ActForm
from incidents.guards import Blocker
from incidents.models import Incident
from incidents.presenters import fixes
from incidents.problems import Blocked
from incidents.views.common import Request

OVERTAKEN = (
    "wrong_phase",
    "wrong_state",
    "offer_over",
    "not_yours",
    "not_held",
    "severity_same",
    "incident_over",
    "seat_taken",
    "already_removed",
)
Call = Callable[[dict[str, Any], bool], str]


@dataclass(frozen=True, slots=True)
class Act:
    """What the form of an action says. `folded` names fields that stand behind "More", `anyway` the field that takes
    the reason of an override. `also` is a second button, as (name, label)."""

    heading: str
    submit: str
    back: str
    explains: str = ""
    folded: tuple[str, ...] = ()
    anyway: str = ""
    danger: bool = False
    also: tuple[str, str] = ("", "")
    template: str = "incidents/act/form.html"
    context: dict[str, Any] = field(default_factory=dict)


def run(
    request: Request,
    incident: Incident | None,
    act: Act,
    make: Callable[[Any], ActForm],
    call: Call,
    *,
    known: Sequence[Blocker] = (),
) -> HttpResponse:
    """GET shows the form with the blockers `known` before anything is typed; POST calls and tells.

    `call` gets what was typed and whether to override, and returns what to say of it. It raises Blocked.
    """
    if request.method != "POST":
        form = make(None)
        return show(request, incident, act, form, [b for b in known if not _answers(form, b)])
    form = make(request.POST)
    if not form.is_valid():
        return show(request, incident, act, form, [], status=422)
    wanted = "override" in request.POST
    override = wanted and (not act.anyway or bool(form.cleaned_data.get(act.anyway)))
    given = dict(form.cleaned_data)
    try:
        said = call(given, override)
    except Blocked as blocked:
        if blocked.blockers[0].code in OVERTAKEN:
            return overtaken(request, incident, act, blocked, form)
        left = form.take(blocked.blockers)
        if wanted and not override and act.anyway in form.fields:
            form.add_error(act.anyway, "Say why this can't wait. The reason is kept on the timeline.")
        return show(request, incident, act, form, left, status=409)
    return done(request, incident, said, act.back)


def _answers(form: ActForm, blocker: Blocker) -> bool:
    """Whether typing answers it, so that the form need not open with a complaint. A tick is too easily set."""
    field = form.fields.get(blocker.field)
    return field is not None and not isinstance(field, forms.BooleanField)


def show(
    request: Request,
    incident: Incident | None,
    act: Act,
    form: ActForm,
    blockers: Sequence[Blocker],
    *,
    status: int = 200,
) -> HttpResponse:
    """The form as a dialog's body or as a page."""
    # A reason is asked for only where it is all that is missing, beside what the form itself can supply.
    supplied = all(b.overridable or _answers(form, b) for b in blockers)
    overridable = bool(act.anyway) and supplied and any(b.overridable for b in blockers)
    if overridable:
        form[act.anyway].label = "Do it anyway, because …"
        form.fields[act.anyway].required = True
    visible = [f for f in form if not f.is_hidden]
    if overridable:
        # The reason belongs beside the button that needs it.
        visible = [f for f in visible if f.name != act.anyway]
    fields = [f for f in visible if f.name not in act.folded]
    folded = [f for f in visible if f.name in act.folded]
    for name in form.needs:
        form.fields[name].required = True
    labels = [str(f.label).rstrip("?") for f in folded]
    context = {
        "folded_label": ", ".join([*labels[:1], *(label[:1].lower() + label[1:] for label in labels[1:])]),
        "incident": incident,
        "act": act,
        "form": form,
        "fields": fields,
        "folded": folded,
        "folded_open": any(f.errors or (form.is_bound and f.value()) for f in folded),
        "anyway": form[act.anyway] if overridable and act.anyway in form.fields else None,
        "problems": fixes.problems(incident, blockers),
        "action": request.get_full_path(),
        "dialog": bool(request.htmx),
        **act.context,
    }
    return render(request, act.template if request.htmx else "incidents/act/page.html", context, status=status)


def overtaken(
    request: Request, incident: Incident | None, act: Act, blocked: Blocked, form: ActForm | None = None
) -> HttpResponse:
    """Somebody else was faster: say what happened, keep what was typed, and bring the page up to date."""
    typed = []
    for bound in form or ():
        value = bound.value()
        if isinstance(value, str) and len(value.strip()) > 3 and "text" in type(bound.field.widget).__name__.lower():
            typed.append((bound.label, value))
    context = {
        "incident": incident,
        "act": act,
        "blockers": blocked.blockers,
        "typed": typed,
        "dialog": bool(request.htmx),
    }
    if not request.htmx:
        return render(request, "incidents/act/overtaken_page.html", context, status=409)
    response = render(request, "incidents/act/overtaken.html", context, status=409)
    if incident is not None and _on_page_of(request, incident):
        from incidents.views.incident import regions

        response.write(regions(request, incident.pk))
    return retarget(response, "#dialog-body")


def done(request: Request, incident: Incident | None, said: str, back: str, *, focus: bool = True) -> HttpResponse:
    """It is done: the page's changed parts for a dialog on that page, else the page itself."""
    if request.htmx and incident is not None and _on_page_of(request, incident):
        from incidents.views.incident import regions

        body = regions(request, incident.pk, said=said, focus=focus)
        response = reswap(HttpResponse(body), "none")
        trigger_client_event(response, "incident-changed")
        return trigger_client_event(response, "close-dialog")
    if said:
        messages.success(request, said)
    return HttpResponseClientRedirect(back) if request.htmx else redirect(back)


def refused(request: Request, incident: Incident, blocked: Blocked, back: str) -> HttpResponse:
    """A button without a form was refused: say it on the page."""
    text = " ".join(b.message for b in blocked.blockers)
    if request.htmx and _on_page_of(request, incident):
        from incidents.views.incident import regions

        body = regions(request, incident.pk, said=text, tone="warning")
        return trigger_client_event(reswap(HttpResponse(body), "none"), "incident-changed")
    messages.warning(request, text)
    return HttpResponseClientRedirect(back) if request.htmx else redirect(back)


def _on_page_of(request: Request, incident: Incident) -> bool:
    """Whether the browser shows the incident's own page, of which parts can be replaced."""
    return urlsplit(request.htmx.current_url or "").path == incident.get_absolute_url()
