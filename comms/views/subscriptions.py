"""Subscribing, choosing and leaving. The link in a mail is the whole permission: no account, no cookie.

A GET changes nothing here, because mail scanners open every link before their reader does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from comms.actions import subscribing
from comms.forms import Explaining
from comms.models import Component, StatusPage, Subscriber
from comms.snapshot import serializer
from comms.tokens import subscriber_from_token, subscriber_token
from comms.views.pages import of_page
from incidents.problems import Blocked
from teams import permits
from teams.forms import field_of
from teams.zones import zone_names

ALL_OR_SOME = (("all", _("Everything on this page")), ("some", _("Only what I choose")))


class Choice(Explaining):
    """Everything, or chosen components."""

    scope = forms.ChoiceField(
        choices=ALL_OR_SOME, initial="all", widget=forms.RadioSelect, label=_("What do you want to hear of?")
    )
    components = forms.ModelMultipleChoiceField(
        Component.objects.none(),
        label=_("Components"),
        to_field_name="uid",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one component.")},
    )

    def __init__(self, page: StatusPage, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        components = field_of(self, "components", forms.ModelChoiceField)
        components.queryset = page.components.all()
        components.label_from_instance = lambda obj: str(serializer.readable(obj.name))  # type: ignore[method-assign]
        components.required = not self.is_bound or self.data.get("scope") == "some"

    def chosen(self) -> Any:
        """The components, or None for all."""
        return None if self.cleaned_data["scope"] == "all" else list(self.cleaned_data["components"])


class SubscribeForm(Choice):
    # What is an address is the action's to say: it knows why one can't be written to.
    email = forms.CharField(
        label=_("E-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "placeholder": "name@example.org"}),
    )
    field_order = ("email", "scope", "components")


class ManageForm(Choice):
    time_zone = forms.ChoiceField(label=_("Your time zone"), help_text=_("Mail shows times in it, beside UTC."))

    def __init__(self, page: StatusPage, *args: Any, **kwargs: Any) -> None:
        super().__init__(page, *args, **kwargs)
        # Only where there is something to choose.
        if page.other_languages:
            known = dict(StatusPage._meta.get_field("language").flatchoices)
            chosen = [(code, known[code]) for code in page.languages]
            self.fields["language"] = forms.ChoiceField(choices=chosen, label=_("Language of the mail"))
        names = [(name, name.replace("_", " ")) for name in zone_names()]
        field_of(self, "time_zone", forms.ChoiceField).choices = names


@permits.open_to("public.read")
@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@of_page
def subscribe(request: HttpRequest, page: StatusPage) -> HttpResponse:
    """Ask to be told. Whoever asks gets the same answer, whether or not the address is known."""
    told = serializer.page(page)
    if request.method != "POST":
        return render(request, "comms/subscribe.html", {"status_page": told, "form": SubscribeForm(page)})
    given = request.POST.copy()
    # The short form on the status page has the address alone.
    given.setdefault("scope", "all")
    form = SubscribeForm(page, given)
    context = {"status_page": told, "form": form}
    if not form.is_valid():
        return render(request, "comms/subscribe.html", context, status=422)
    try:
        subscribing.subscribe(page, form.cleaned_data["email"], components=form.chosen(), language=_language(page))
    except Blocked as blocked:
        form.explain(blocked)
        return render(request, "comms/subscribe.html", context, status=422)
    return render(request, "comms/subscribe_sent.html", context | {"email": form.cleaned_data["email"]})


def _language(page: StatusPage) -> str:
    """The one that the page is shown in."""
    return str(page.lang)  # type: ignore[attr-defined] # set by `of_page`


def in_their_language(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give a view the subscriber whose link it is, and speak to them as their mail does."""

    @wraps(view)
    def inner(request: HttpRequest, token: str) -> HttpResponse:
        subscriber = _subscriber(token)
        with translation.override(_note_language(subscriber)):
            return view(request, subscriber, token)

    return inner


def _note_language(subscriber: Subscriber) -> str:
    """The subscriber's, noted on their page for its links."""
    subscriber.page.lang = subscriber.speaks  # type: ignore[attr-defined] # as `of_page` does
    return subscriber.speaks


@permits.open_to("link.use")
@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@in_their_language
def subscription(request: HttpRequest, subscriber: Subscriber, token: str) -> HttpResponse:
    """Confirm, choose, or come back: one page with the buttons that fit."""
    context: dict[str, Any] = {}
    status = 200
    form = ManageForm(subscriber.page, initial=_initial(subscriber))
    if request.method == "POST":
        if request.POST.get("do") == "confirm":
            subscriber = subscribing.confirm(subscriber.pk)
            context["done"] = gettext("You are subscribed. From now on you hear of what you chose below.")
        elif subscriber.state == Subscriber.State.ACTIVE:
            form = ManageForm(subscriber.page, request.POST)
            if _save(form, subscriber):
                # In the language that was chosen just now, perhaps.
                subscriber = _subscriber(token)
                translation.activate(_note_language(subscriber))
                context["done"] = gettext("Saved.")
            else:
                status = 422
        subscriber = _subscriber(token)
        _note_language(subscriber)
    context |= {
        "status_page": serializer.page(subscriber.page),
        "subscriber": subscriber,
        "form": form,
        "token": token,
        "chosen": list(subscriber.components.all()),
    }
    return render(request, "comms/subscription.html", context, status=status)


def _initial(subscriber: Subscriber) -> dict[str, Any]:
    return {
        "scope": "all" if subscriber.all_components else "some",
        "components": [component.uid for component in subscriber.components.all()],
        "time_zone": subscriber.time_zone,
        "language": subscriber.speaks,
    }


def _save(form: ManageForm, subscriber: Subscriber) -> bool:
    if not form.is_valid():
        return False
    try:
        subscribing.choose(
            subscriber.pk,
            components=form.chosen(),
            time_zone=form.cleaned_data["time_zone"],
            language=form.cleaned_data.get("language", ""),
        )
    except Blocked as blocked:
        form.explain(blocked)
        return False
    return True


@permits.open_to("link.use")
@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@in_their_language
def unsubscribe(request: HttpRequest, subscriber: Subscriber, token: str) -> HttpResponse:
    """Leave with one POST, whatever its body: a mail program's one click (RFC 8058) and our own button are the same."""
    if request.method == "POST":
        subscriber = subscribing.unsubscribe(subscriber.pk)
    context = {
        "status_page": serializer.page(subscriber.page),
        "subscriber": subscriber,
        "done": request.method == "POST",
        "left": subscriber.state != Subscriber.State.ACTIVE,
        "token": subscriber_token(subscriber),
    }
    return render(request, "comms/unsubscribe.html", context)


def _subscriber(token: str) -> Subscriber:
    found = subscriber_from_token(token)
    if found is None:
        raise Http404("This link is not one of ours, or it was cut off on its way.")
    return found
