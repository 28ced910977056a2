"""The public wording of a postmortem, written beside what the public would read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from comms.models import PageIncident, StatusPage
from comms.postmortems import worded
from comms.snapshot import serializer
from incidents.actions import postmortem as actions
from incidents.forms import ActForm, LongField
from incidents.models import Incident, Postmortem
from incidents.problems import Blocked
from teams import permits
from teams.console import Request, console


class WordingForm(ActForm):
    """What the public reads, and whether it does."""

    all_optional = True

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    public = forms.BooleanField(
        required=False, label="Public", help_text="Once the postmortem is published, everybody can read this."
    )
    public_title = forms.CharField(required=False, max_length=200, label="Title", help_text="Empty: as it is inside.")
    public_as_written = forms.BooleanField(
        required=False,
        label="Without a wording, the sections are public as they are",
        help_text="Read them as a stranger would first. People stand there by their roles.",
    )

    def __init__(self, found: Postmortem, data: Any = None) -> None:
        names = ("version", "public", "public_title", "public_wording", "public_as_written")
        super().__init__(data, initial={name: getattr(found, name) for name in names})
        self.fields["public_wording"] = LongField(
            keep=f"public-wording-{found.pk}",
            rows=14,
            label="Public wording",
            help_text="Markdown. What happened, whom it hit, what you did, and what changes.",
        )
        self.order_fields(["public", "public_title", "public_wording"])


def _found(request: Request, pk: int) -> Postmortem:
    incident = get_object_or_404(Incident.objects.visible_to(request.user).with_faces(), pk=pk)
    permits.require(request.user, request.verb, incident)
    found = get_object_or_404(Postmortem.objects.prefetch_related("sections"), incident=incident)
    found.incident = incident
    return found


def _preview(found: Postmortem, form: WordingForm) -> dict[str, Any]:
    """What the public would read of what was typed."""
    for name in ("public", "public_title", "public_wording", "public_as_written"):
        if name in getattr(form, "cleaned_data", {}):
            setattr(found, name, form.cleaned_data[name])
    title, sections = worded(found)
    told = PageIncident.objects.told().filter(incident=found.incident, page__audience=StatusPage.Audience.PUBLIC)
    return {
        "shown": serializer.postmortem(found, title, sections),
        "on": [each.page for each in told.select_related("page")],
        "reads": found.public and bool(sections),
    }


@console("review.write")
def public_wording(request: Request, pk: int) -> HttpResponse:
    """Write what the public would read of a postmortem; that it does takes `update.publish`."""
    found = _found(request, pk)
    form = WordingForm(found, request.POST if request.method == "POST" else None)
    status, blockers = 200, []
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit(pk, by=request.user, **form.cleaned_data)
        except Blocked as blocked:
            blockers, status = form.take(blocked.blockers), 409
        else:
            messages.success(request, "Saved.")
            return redirect(found.get_absolute_url())
    elif form.errors:
        status = 422
    context = {
        "incident": found.incident,
        "postmortem": found,
        "form": form,
        "blockers": blockers,
        "editable": found.is_editable,
        **_preview(found, form),
    }
    return render(request, "comms/public_wording.html", context, status=status)


@console("review.write")
@require_POST
def public_wording_preview(request: Request, pk: int) -> HttpResponse:
    """What the public would read of what is typed at this moment."""
    found = _found(request, pk)
    form = WordingForm(found, request.POST)
    form.is_valid()
    return render(request, "comms/_wording_preview.html", _preview(found, form) | {"form": form})
