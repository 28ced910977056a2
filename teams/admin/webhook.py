"""Webhooks that steps of escalation policies call."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from teams.actions import webhooks
from teams.admin.by_table import crud, person
from teams.admin.signing import SigningAdmin
from teams.models import Webhook


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


@admin.register(Webhook)
class WebhookAdmin(SigningAdmin):
    verbs = crud("roster.change", "roster.change")
    within = "team"
    form = WebhookForm
    list_display = ("name", "team", "created_at")
    list_filter = (("team", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("team",)
    search_fields = ("name", "team__name")
    search_help_text = "Webhook or team"
    ordering = ("team__name", "name")
    drop = webhooks.drop_former_secret

    def get_fields(self, request: HttpRequest, obj: Webhook | None = None) -> Any:
        return ("team", "name", "url", "renew") if obj else ("team", "name", "url")

    def save_model(self, request: HttpRequest, obj: Webhook, form: Any, change: bool) -> None:
        made = webhooks.keep_webhook(obj, by=person(request), renew=bool(form.cleaned_data.get("renew")))
        self.show_secret(request, obj, made)
