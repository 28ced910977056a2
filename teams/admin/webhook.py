"""Webhooks that steps of escalation policies call."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from teams import outward
from teams.actions import webhooks
from teams.admin.by_table import TableAdmin, crud
from teams.models import User, Webhook


class WebhookForm(forms.ModelForm[Webhook]):
    url = forms.CharField(
        label="Address",
        max_length=500,
        widget=forms.URLInput(attrs={"class": "vURLField"}),
        help_text="https. What it gets is signed as Standard Webhooks has it, with the secret that is shown once.",
    )
    renew = forms.BooleanField(
        required=False,
        label="Make a new secret",
        help_text="It is shown once. The former one signs as well, until you drop it.",
    )

    class Meta:
        model = Webhook
        fields = ("team", "name", "url")

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"]).strip()
        try:
            outward.parse(url, ("https",))
        except outward.Unsafe as unsafe:
            raise forms.ValidationError(str(unsafe)) from None
        return url


@admin.register(Webhook)
class WebhookAdmin(TableAdmin):
    verbs = crud("roster.change", "roster.change")
    within = "team"
    form = WebhookForm
    list_display = ("name", "team", "created_at")
    list_filter = (("team", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("team",)
    search_fields = ("name", "team__name")
    search_help_text = "Webhook or team"
    ordering = ("team__name", "name")
    actions = ("drop_former_secrets",)

    def get_fields(self, request: HttpRequest, obj: Webhook | None = None) -> Any:
        return ("team", "name", "url", "renew") if obj else ("team", "name", "url")

    def save_model(self, request: HttpRequest, obj: Webhook, form: Any, change: bool) -> None:
        made = webhooks.keep_webhook(obj, by=_person(request), renew=bool(form.cleaned_data.get("renew")))
        if made:
            self.message_user(
                request,
                format_html(
                    'Copy the secret of {} now, it is never shown again: <code class="wb-secret">{}</code>', obj, made
                ),
                messages.WARNING,
            )

    @admin.action(description="Drop the former secrets", permissions=["change"])
    def drop_former_secrets(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        for webhook in queryset:
            webhooks.drop_former_secret(webhook, by=_person(request))
        self.message_user(request, "Only the present secrets sign from now on.")


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
