"""The administration's door: who enters is the table's to say, and how one signs in is the console's."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.http import urlencode

from teams import permits


class Administration(admin.AdminSite):
    site_header = "Watchbill administration"
    site_title = "Watchbill administration"
    index_title = "Everything that is set up once: people, teams and rosters, alerts, the status page"
    site_url = "/"
    empty_value_display = "none"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Pages of libraries that the table knows nothing of stay out."""
        if hasattr(admin_class, "verbs"):
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        return permits.may_somewhere(request.user, "admin.enter")

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The console's own page, so that every door asks for the same."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied(str(permits.refusal(request.user, "admin.enter")))
        wanted = request.GET.get("next") or resolve_url("admin:index")
        return redirect(f"{resolve_url('account_login')}?{urlencode({'next': wanted})}")

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return redirect("account_logout")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return redirect("account_change_password")
