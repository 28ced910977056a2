"""What rows have in common whose messages are signed with a secret that is shown once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from teams.admin.by_table import TableAdmin, person


class SigningAdmin(TableAdmin):
    """`drop(row, by=…)` is the action that forgets a row's former secret."""

    drop: ClassVar[Callable[..., None]]
    actions: Any = ("drop_former_secrets",)

    def show_secret(self, request: HttpRequest, row: Any, secret: str) -> None:
        """Show a secret that was just made; nothing where none was."""
        if secret:
            text = 'Copy the secret of {} now, it is never shown again: <code class="wb-secret">{}</code>'
            self.message_user(request, format_html(text, row, secret), messages.WARNING)

    @admin.action(description="Drop the former secrets", permissions=["change"])
    def drop_former_secrets(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            type(self).drop(row, by=person(request))
        self.message_user(request, "Only the present secrets sign from now on.")
