"""One's own API tokens."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from teams import permits, tokens
from teams.account.forms import TokenFilter, TokenForm
from teams.console import Request, console
from teams.models import ApiToken, User

PAGE = 25


def narrowed(found: QuerySet[ApiToken], form: TokenFilter) -> QuerySet[ApiToken]:
    """`found` as the filter asks. A value that makes no sense is left out."""
    asked = form.cleaned_data if form.is_valid() else {}
    if words := asked.get("q", "").strip():
        found = found.filter(Q(name__icontains=words) | Q(hint__startswith=words[:8]))
    states = ApiToken.objects.in_state(asked.get("state", ""), timezone.now())
    return found.filter(pk__in=states.values("pk")) if asked.get("state") else found


def listed(request: Request, found: QuerySet[ApiToken]) -> dict[str, Any]:
    """What the table of tokens needs."""
    form = TokenFilter(request.GET)
    page = Paginator(narrowed(found.select_related("made_by"), form), PAGE).get_page(request.GET.get("page"))
    return {"filter_form": form, "page": page, "searched": bool(request.GET.get("q") or request.GET.get("state"))}


@console("self.view")
@require_safe
def token_list(request: Request) -> HttpResponse:
    return render(request, "teams/tokens/list.html", listed(request, ApiToken.objects.filter(user=request.user)))


@console("self.tokens")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def token_new(request: Request) -> HttpResponse:
    return make(request, request.user)


def make(request: Request, owner: User) -> HttpResponse:
    """The form for a token of `owner`; what it makes is shown in the answer, and never again."""
    form = TokenForm(
        request.POST if request.method == "POST" else None,
        scopes=tokens.usable_scopes(owner, by=request.user),
        may_last=tokens.may_last(),
    )
    context = {"form": form, "owner": owner, "back": tokens.url_of(owner)}
    if request.method == "POST" and form.is_valid():
        try:
            token, raw = tokens.issue(by=request.user, owner=owner, request=request, **form.given())
        except ValidationError as refusal:
            form.refuse(refusal.message_dict)
        else:
            return render(request, "teams/tokens/made.html", context | {"token": token, "raw": raw})
    return render(request, "teams/tokens/form.html", context, status=422 if form.errors else 200)


@console("self.tokens", POST="self.tokens")
@require_POST
def token_revoke(request: Request, pk: int) -> HttpResponse:
    """Revoke one's own token, or one of a service account for who keeps those."""
    found = ApiToken.objects.filter(Q(user=request.user) | Q(user__is_service=True)).select_related("user")
    token = get_object_or_404(found, pk=pk)
    if token.user.is_service:
        permits.require(request.user, "token.service")
    tokens.revoke(token.pk, by=request.user, request=request)
    messages.success(request, f"“{token.name}” is revoked. Whatever uses it is refused from now on.")
    return redirect(tokens.url_of(token.user))
