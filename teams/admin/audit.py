from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from teams.admin.by_table import crud, person
from teams.admin.signing import SigningAdmin
from teams.audit import streams
from teams.models import AuditStream


class StreamForm(forms.ModelForm[AuditStream]):
    new_secret = forms.CharField(
        required=False,
        min_length=16,
        max_length=200,
        strip=True,
        label="Secret",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Signs what a webhook gets. Empty: stays as it is; a new webhook gets one, which is shown once. "
        "After a change the former one signs as well, until you drop it.",
    )

    class Meta:
        model = AuditStream
        fields = ("name", "kind", "url", "active")


@admin.register(AuditStream)
class AuditStreamAdmin(SigningAdmin):
    verbs = crud(streams.VERB, streams.VERB)
    form = StreamForm
    list_display = ("name", "kind", "url", "active", "last_sent_at", "state")
    list_filter = ("kind", "active")
    search_fields = ("name", "url")
    ordering = ("name",)
    drop = streams.drop_former_secret
    actions = ("send_test", *SigningAdmin.actions)
    readonly_fields = ("state", "waiting", "last_sent_at", "last_error", "last_error_at")
    fieldsets = (
        (
            None,
            {
                "fields": ("name", "kind", "url", "new_secret", "active"),
                "description": "Every event of the audit log is sent here as it is written, those of private "
                "incidents included, at least once; each carries its number, so that what comes twice is known again.",
            },
        ),
        ("How it goes", {"fields": ("state", "waiting", "last_sent_at", "last_error", "last_error_at")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: AuditStream | None = None) -> Any:
        return self.fieldsets if obj else self.fieldsets[:1]

    @admin.display(description="state")
    def state(self, stream: AuditStream) -> str:
        if not stream.active:
            return "switched off"
        if stream.failures:
            return f"out of reach, {stream.failures} {'tries' if stream.failures > 1 else 'try'} so far"
        return "works" if stream.last_sent_at else "nothing sent yet"

    @admin.display(description="events waiting")
    def waiting(self, stream: AuditStream) -> int:
        return stream.lines.filter(sent_at=None).count()

    def save_model(self, request: HttpRequest, obj: AuditStream, form: Any, change: bool) -> None:
        made = streams.keep(obj, by=person(request), secret=form.cleaned_data.get("new_secret", ""))
        self.show_secret(request, obj, made)

    @admin.action(description="Send a test event", permissions=["change"])
    def send_test(self, request: HttpRequest, queryset: QuerySet[AuditStream]) -> None:
        for stream in queryset:
            streams.test(stream, by=person(request))
        self.message_user(request, "On its way. “How it goes” of each stream says in a few seconds whether it arrived.")
