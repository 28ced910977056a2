"""Admin pages that show what comes of the form while it is filled in, and rows that are numbered from 1."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse

from teams.admin.by_table import TableAdmin


class Refusable(forms.ModelForm[Any]):
    """A form that shows what an action has refused: `refused` has the errors of each form of the page by its prefix,
    from the attempt before. What was typed stays."""

    refused: ClassVar[dict[str, ValidationError]] = {}

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc] # the stubs leave it out
        error = self.refused.get(self.prefix or "")
        if error is None:
            return
        for name, said in (error.message_dict if hasattr(error, "error_dict") else {"": error.messages}).items():
            self.add_error(name if name in self.fields else None, said)


class RowRefused(Exception):
    """An action refuses what the form with this prefix asks for."""

    def __init__(self, prefix: str, error: ValidationError) -> None:
        super().__init__(prefix, error)
        self.prefix, self.error = prefix, error


class NumberedForm(Refusable):
    """A row whose `position` is shown from 1; left empty, it comes last."""

    position = forms.IntegerField(
        required=False, min_value=1, max_value=999, widget=forms.NumberInput(attrs={"class": "vIntegerField wb-short"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        saved = self.instance.pk is not None
        self.initial["position"] = self.instance.position + 1 if saved else None

    def clean_position(self) -> int | None:
        value = self.cleaned_data.get("position")
        return None if value is None else value - 1


class NumberedFormSet(BaseInlineFormSet[Any, Any, Any]):
    """Rows without a number take the ones after the highest."""

    def clean(self) -> None:
        super().clean()
        taken = [f.instance.position for f in filled(self) if f.cleaned_data.get("position") is not None]
        following = max(taken, default=-1)
        for form in filled(self):
            if form.cleaned_data.get("position") is None:
                following += 1
                form.instance.position = following


def filled(formset: Any) -> list[Any]:
    """Forms of a validated formset that somebody filled in and did not mark for deletion, without the wrong ones."""
    return [
        form
        for form in formset.forms
        if not form.errors
        and hasattr(form, "cleaned_data")
        and (form.has_changed() or form.instance.pk is not None)
        and not form.cleaned_data.get("DELETE")
    ]


def plain(field: Any) -> None:
    """Take the add, change and view icons from a related field: they lead away from a form that is being filled in."""
    for name in ("add", "change", "delete", "view"):
        setattr(field.widget, f"can_{name}_related", False)


def complaints(form: forms.BaseForm, where: str = "") -> list[str]:
    """Each error of `form` as "Where, field: what to do"."""
    said = []
    for name, errors in form.errors.items():
        label = "" if name == "__all__" else str(form.fields[name].label or name)
        head = ", ".join(part for part in (where, label) if part)
        said += [f"{head}: {error}" if head else str(error) for error in errors]
    return said


class LiveAdmin(TableAdmin):
    """Posts the form as it stands to `…/preview/` and shows the answer. Nothing is saved by it.

    Subclasses give `preview_template` and `preview_context`.
    """

    change_form_template = "admin/teams/live_change_form.html"
    preview_template = ""
    preview_heading = ""

    def preview_context(self, request: HttpRequest, form: Any, formsets: list[Any]) -> dict[str, Any]:
        """What the preview's template shows for a bound or an unbound form."""
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        view = self.admin_site.admin_view(self.preview_view)
        return [
            path("preview/", view, name=f"{name}_preview_new"),
            path("<int:object_id>/preview/", view, name=f"{name}_preview"),
            *super().get_urls(),
        ]

    def preview_view(self, request: HttpRequest, object_id: int | None = None) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        obj = self.get_object(request, str(object_id)) if object_id else None
        allowed = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if not allowed or (object_id and obj is None):
            raise PermissionDenied
        form_class = self.get_form(request, obj, change=obj is not None)
        form = form_class(request.POST, request.FILES, instance=obj)
        form.is_valid()
        formsets, _ = self._create_formsets(request, form.instance, change=obj is not None)  # type: ignore[attr-defined]
        return HttpResponse(self.preview(request, form, formsets))

    def preview(self, request: HttpRequest, form: Any, formsets: list[Any]) -> str:
        if form.is_bound:
            for formset in formsets:
                formset.is_valid()
        return render_to_string(self.preview_template, self.preview_context(request, form, formsets), request)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if "team" in form.base_fields:
            plain(form.base_fields["team"])
        return form

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        obj = kwargs.get("obj")
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_preview"
        formsets = [inline.formset for inline in context["inline_admin_formsets"]]
        context |= {
            "preview_url": reverse(name, args=[obj.pk]) if obj else reverse(f"{name}_new"),
            "preview_heading": self.preview_heading,
            "preview": self.preview(request, context["adminform"].form, formsets),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    class Media:
        css = {"all": ("teams/calendar.css", "teams/admin.css")}
        js = ("teams/admin.js",)
