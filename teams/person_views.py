"""One's own data, and what administrators do when somebody asks what is kept of them or wants it gone."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from teams import dossier, erasure
from teams.console import Request, console
from teams.forms import field_of
from teams.models import User


class EraseForm(forms.Form):
    """Which names to replace, and the username, typed."""

    keys = forms.MultipleChoiceField(
        required=False,
        label="Replace wherever it stands",
        widget=forms.CheckboxSelectMultiple,
        help_text="Whole words in every text, in capitals or not. Leave out what is a common word or somebody else's "
        "name, too; it then stays in the texts.",
    )
    confirm = forms.CharField(
        max_length=150,
        label="Username of this person",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def __init__(self, person: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = erasure.names_of(person)
        found = erasure.count(names)
        keys = field_of(self, "keys", forms.MultipleChoiceField)
        keys.choices = [(n.key, f"{n.text} ({n.what}, in {found[n.key]} rows)") for n in names]
        keys.initial = [n.key for n in names if n.usual]
        self.fields["confirm"].help_text = f"Type {person.username} to confirm."


@console("self.view")
@require_safe
def my_data(request: HttpRequest) -> HttpResponse:
    return render(request, "teams/people/my_data.html")


@console("self.view")
@require_POST
def export_mine(request: HttpRequest) -> HttpResponse:
    user = cast("Request", request).user
    return cast("HttpResponse", dossier.export(user, by=user, request=request))


@console("person.erase")
@require_POST
def export(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    return cast("HttpResponse", dossier.export(person, by=cast("Request", request).user, request=request))


@console("person.erase")
def erase(request: HttpRequest, pk: int) -> HttpResponse:
    """What erasing somebody means, and the button for it."""
    person, by = get_object_or_404(User, pk=pk), cast("Request", request).user
    erasure.require(person, by=by)
    why_not = erasure.refusal(person, by=by)
    form = None if why_not else EraseForm(person, request.POST if request.method == "POST" else None)
    if form is not None and form.is_valid():
        given = form.cleaned_data
        try:
            rows = erasure.erase(person, by=by, confirm=given["confirm"], keys=given["keys"], request=request)
        except ValidationError as refused:
            form.add_error("confirm" if hasattr(refused, "error_dict") else None, " ".join(refused.messages))
        else:
            person.refresh_from_db()
            messages.success(request, f"{person.name} it is from now on. The name stood in {rows} rows.")
            return redirect("teams:erase", pk=pk)
    context = {"person": person, "form": form, "why_not": why_not}
    return render(request, "teams/people/erase.html", context, status=422 if form is not None and form.errors else 200)
