"""Service accounts and their tokens, for who keeps them."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Max, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from teams import service_accounts
from teams.account.forms import AccountFilter, AccountForm, RoleForm
from teams.account.tokens import PAGE, listed, make
from teams.console import Request, console
from teams.models import User


def _account(pk: int) -> User:
    return get_object_or_404(User, pk=pk, is_service=True)


@console("organization.view")
@require_safe
def account_list(request: Request) -> HttpResponse:
    form = AccountFilter(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    now = timezone.now()
    live = Q(api_tokens__revoked_at=None) & (Q(api_tokens__expires_at=None) | Q(api_tokens__expires_at__gt=now))
    accounts = User.objects.filter(is_service=True).order_by("first_name", "username")
    found = accounts.annotate(tokens=Count("api_tokens", filter=live), used=Max("api_tokens__last_used_at"))
    if asked.get("state") != "all":
        found = found.filter(is_active=asked.get("state") != "off")
    if words := asked.get("q", "").strip():
        found = found.filter(Q(first_name__icontains=words) | Q(username__icontains=words))
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    searched = bool(request.GET.get("q") or request.GET.get("state"))
    return render(
        request, "teams/service_accounts/list.html", {"filter_form": form, "page": page, "searched": searched}
    )


@console("token.service")
@require_http_methods(["GET", "HEAD", "POST"])
def account_new(request: Request) -> HttpResponse:
    form = AccountForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            account = service_accounts.make(by=request.user, request=request, **form.cleaned_data)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, f"{account} is made. Make its first token.")
            return redirect("teams:service_account", account.pk)
    return render(request, "teams/service_accounts/new.html", {"form": form}, status=422 if form.errors else 200)


@console("organization.view")
@require_safe
def account_page(request: Request, pk: int) -> HttpResponse:
    account = _account(pk)
    role = RoleForm(initial={"role": account.role})
    context = {"account": account, "role_form": role} | listed(request, account.api_tokens.all())
    return render(request, "teams/service_accounts/account.html", context)


@console("token.service")
@require_POST
def account_role(request: Request, pk: int) -> HttpResponse:
    account = _account(pk)
    try:
        account = service_accounts.change_role(pk, by=request.user, role=request.POST.get("role", ""), request=request)
        messages.success(request, f"{account} is {account.get_role_display().lower()} from now on.")
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return redirect("teams:service_account", account.pk)


@console("token.service")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def account_token(request: Request, pk: int) -> HttpResponse:
    return make(request, get_object_or_404(User, pk=pk, is_service=True, is_active=True))


@console("token.service")
@require_POST
def account_off(request: Request, pk: int) -> HttpResponse:
    account = service_accounts.switch_off(_account(pk).pk, by=request.user, request=request)
    messages.success(request, f"{account} is switched off, and its tokens are refused from now on.")
    return redirect("teams:service_account", account.pk)
