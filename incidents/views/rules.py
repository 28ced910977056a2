"""The pages of routing rules: the list in its order, the form, and trying both with an alert."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incidents.actions import rules
from incidents.forms.routing import RuleFilter, RuleForm
from incidents.forms.trying import TryForm
from incidents.models import RoutingRule
from incidents.presenters import rules as shown
from incidents.views.common import Request, console
from teams import permits
from teams.console import zone_of


@require_safe
@console("routing.view")
def rule_list(request: Request) -> HttpResponse:
    form = RuleFilter(request.GET)
    found = form.narrow(RoutingRule.objects.with_targets().with_matches())
    searched = bool(form.cleaned_data.get("q", "").strip())
    return render(
        request,
        "incidents/rules/list.html",
        {
            "filter_form": form,
            "lines": shown.lines(found),
            "searched": searched,
            "may_change": permits.may(request.user, "routing.change"),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@console("routing.change")
def rule_new(request: Request) -> HttpResponse:
    last = RoutingRule.objects.order_by("-position").values_list("position", flat=True).first() or 0
    return _edit(request, RoutingRule(position=last + 1))


@require_http_methods(["GET", "HEAD", "POST"])
@console("routing.change")
def rule_edit(request: Request, pk: int) -> HttpResponse:
    return _edit(request, get_object_or_404(RoutingRule.objects.with_matches(), pk=pk))


def _edit(request: Request, rule: RoutingRule) -> HttpResponse:
    """Three buttons send the same form: save it, try an alert with it as it stands, or give it more rows."""
    zone = zone_of(request)
    pressed = next((name for name in ("more", "try") if name in request.POST), "")
    data = request.POST.copy() if request.method == "POST" else None
    if data is not None and pressed == "more":
        data["labels-TOTAL_FORMS"] = str(_count(data.get("labels-TOTAL_FORMS", "")) + 1)
    form = RuleForm(data, rule=rule, zone=zone)
    trying = TryForm(data if pressed == "try" else None, user=request.user, zone=zone)
    results = None
    if data is not None and pressed == "more":
        form.without_errors()
    elif data is not None and form.is_valid():
        try:
            if not pressed:
                kept = rules.keep(rule if rule.pk else None, by=request.user, **form.given())
                messages.success(request, f"“{kept}” is kept. Alerts that come from now on go by it.")
                return redirect("incidents:rules")
            edited = rules.apply(rule, form.given())
            if trying.is_valid():
                at = trying.moment(timezone.now())
                results = shown.tried(trying.reports, trying.comes_to, at, user=request.user, edited=edited)
        except ValidationError as refusal:
            form.refused(refusal)
    elif pressed == "try":
        trying.is_valid()
    wrong = bool(form.errors or any(form.labels.errors) or trying.errors)
    context = {"form": form, "rule": rule, "trying": trying, "results": results, "at": trying.when}
    return render(request, "incidents/rules/edit.html", context, status=422 if wrong else 200)


def _count(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 4 else 0


@require_http_methods(["GET", "HEAD", "POST"])
@console("routing.view")
def try_out(request: Request) -> HttpResponse:
    """By POST, since an alert can be long and hold what no log should."""
    trying = TryForm(request.POST if request.method == "POST" else None, user=request.user, zone=zone_of(request))
    results = None
    if request.method == "POST" and trying.is_valid():
        at = trying.moment(timezone.now())
        results = shown.tried(trying.reports, trying.comes_to, at, user=request.user)
    context = {"trying": trying, "results": results, "at": trying.when}
    return render(request, "incidents/rules/try.html", context, status=422 if trying.errors else 200)


@require_POST
@console("routing.change")
def rule_move(request: Request, pk: int, way: str) -> HttpResponse:
    if way not in ("up", "down"):
        raise Http404
    rule = get_object_or_404(RoutingRule, pk=pk)
    rules.move(rule.pk, up=way == "up", by=request.user)
    if request.htmx:
        return rule_moved(request, rule, way)
    messages.success(request, f"“{rule}” is asked {'earlier' if way == 'up' else 'later'} now.")
    return redirect("incidents:rules")


def rule_moved(request: Request, rule: RoutingRule, way: str) -> HttpResponse:
    """The rows in their new order, and a word of it for who does not see them."""
    found = RoutingRule.objects.with_targets().with_matches()
    said = f"“{rule}” moved {way}."
    context = {"lines": shown.lines(found), "may_change": True, "said": said}
    return render(request, "incidents/rules/_table.html", context)


@require_POST
@console("routing.change")
def rule_remove(request: Request, pk: int) -> HttpResponse:
    rule = get_object_or_404(RoutingRule, pk=pk)
    try:
        rules.remove(rule.pk, by=request.user)
        messages.success(request, f"“{rule}” is removed. Incidents that it opened stay as they are.")
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return redirect("incidents:rules")
