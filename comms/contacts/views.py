"""How one is paged: contact methods, rules by urgency, quiet hours, and a test."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from comms.actions import contacts, push
from comms.contacts.forms import SUCH_AS, CodeForm, MethodForm, QuietForm, RuleFormSet, rules_of
from comms.models import Delivery
from teams import phonebook
from teams.console import Request, console
from teams.contacts import habits_of
from teams.models import ContactMethod, User
from teams.notifying import Habits, plan

Kind = ContactMethod.Kind
VERBS = ("code", "remove", "on", "off", "test")
URGENCIES = {"high": "High urgency", "low": "Low urgency"}
# Where the buttons of a method lead back to.
HOME = "comms:contacts"


@console("self.change")
@require_safe
def home(request: Request) -> HttpResponse:
    return _page(request)


def _page(request: Request, status: int = 200, *, rules: tuple[str, Any] | None = None, **forms: Any) -> HttpResponse:
    """`rules`: an urgency and its rows as they were typed, where they were refused."""
    user = request.user
    methods = list(user.contact_methods.all())
    habits = habits_of([user])[user.pk]
    typed = dict([rules] if rules else [])
    shown = [
        (name, title, typed.get(name) or _formset(user, methods, name), _story(user, habits, methods, name))
        for name, title in URGENCIES.items()
    ]
    tests = Delivery.objects.filter(
        user=user, kind=Delivery.Kind.TEST, created_at__gte=timezone.now() - timedelta(hours=1)
    )
    return render(
        request,
        "comms/contacts/home.html",
        {
            "methods": methods,
            "push_key": push.key().public,
            "known_browsers": " ".join(
                phonebook.endpoint_mark(m.address) for m in methods if m.kind == Kind.PUSH and m.verified_at
            ),
            "form": MethodForm(),
            "such_as": [(kind.label, SUCH_AS[kind]) for kind in Kind if kind in SUCH_AS],
            "code_form": CodeForm(),
            "quiet_form": QuietForm(initial={"quiet_from": user.quiet_from, "quiet_until": user.quiet_until}),
            "rules": shown,
            "tests": tests.select_related("method").order_by("-pk")[:5],
            **forms,
        },
        status=status,
    )


def _formset(user: User, methods: list[ContactMethod], urgency: str, data: Any = None) -> Any:
    given = {"user": user, "methods": methods}
    return RuleFormSet(data, prefix=urgency, initial=rules_of(user, urgency), form_kwargs=given)


def _story(user: User, habits: Habits, methods: list[ContactMethod], urgency: str) -> list[tuple[int, str]]:
    """(minutes after the page, through what) of a page at this moment, the quiet hours left out."""
    now = timezone.now()
    names = {method.pk: method.named for method in methods}
    planned = plan(habits, urgency, now)
    first = planned[0].at if urgency == "low" and habits.quiet is not None else now
    return [
        (int((each.at - first).total_seconds() // 60), names.get(each.method, f"E-mail to {user.email}"))  # type: ignore[call-overload]
        for each in planned
    ]


@console("self.change")
@require_POST
def add(request: Request) -> HttpResponse:
    form = MethodForm(request.POST)
    if form.is_valid():
        try:
            made, secret = contacts.add(request.user, by=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            form.refused(refusal)
        else:
            if secret:
                messages.warning(request, f"Copy the secret that signs it now, it is never shown again: {secret}")
            messages.success(request, f"A code is on its way to {made}. Type it in below, and it counts.")
            return redirect(HOME)
    return _page(request, 422, form=form)


@console("self.change")
@require_POST
def verify(request: Request, pk: int) -> HttpResponse:
    method = _mine(request, pk)
    form = CodeForm(request.POST)
    if form.is_valid():
        try:
            contacts.verify(method, form.cleaned_data["code"], by=request.user)
        except ValidationError as refusal:
            form.refused(refusal)
        else:
            messages.success(request, f"{method} counts from now on: pages of high urgency go there at once.")
            return redirect(HOME)
    return _page(request, 422, code_form=form, code_for=method.pk)


@console("self.change")
@require_POST
def act(request: Request, pk: int, verb: str) -> HttpResponse:
    """`verb`: code, remove, on, off or test."""
    method, user = _mine(request, pk), request.user
    if verb not in VERBS:
        raise Http404
    try:
        if verb == "code":
            contacts.send_code(method, by=user)
            messages.success(request, f"A new code is on its way to {method}.")
        elif verb == "remove":
            contacts.remove(method, by=user)
            messages.success(request, f"{method} is gone, and the rules that used it.")
        elif verb == "test":
            contacts.test(user, method, by=user)
            messages.success(request, f"A test page is on its way to {method}. Its result shows below.")
        else:
            contacts.turn(method, on=verb == "on", by=user)
            messages.success(request, f"{method} is turned {verb}.")
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return redirect(HOME)


@console("self.change")
@require_POST
def test_mail(request: Request) -> HttpResponse:
    try:
        contacts.test(request.user, None, by=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, f"A test page is on its way to {request.user.email}. Its result shows below.")
    return redirect(HOME)


@console("self.change")
@require_http_methods(["POST"])
def rules(request: Request, urgency: str) -> HttpResponse:
    user = request.user
    if urgency not in URGENCIES:
        raise Http404
    formset = _formset(user, list(user.contact_methods.all()), urgency, request.POST)
    if formset.is_valid():
        wanted = [form.rule for form in formset if form.rule is not None]
        try:
            contacts.set_rules(user, urgency, wanted, by=user)
        except ValidationError as refusal:
            formset.non_form_errors().extend(refusal.messages)
        else:
            messages.success(request, f"{URGENCIES[urgency]}: this is how you hear of it from now on.")
            return redirect(HOME)
    return _page(request, 422, rules=(urgency, formset))


@console("self.change")
@require_POST
def quiet(request: Request) -> HttpResponse:
    form = QuietForm(request.POST)
    if form.is_valid():
        try:
            contacts.set_quiet(
                request.user, form.cleaned_data["quiet_from"], form.cleaned_data["quiet_until"], by=request.user
            )
        except ValidationError as refusal:
            form.refused(refusal)
        else:
            messages.success(request, "Your quiet hours are kept.")
            return redirect(HOME)
    return _page(request, 422, quiet_form=form)


def _mine(request: Request, pk: int) -> ContactMethod:
    return get_object_or_404(request.user.contact_methods.all(), pk=pk)
