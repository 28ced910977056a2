"""Subscribing, choosing and leaving. The link in a mail is the whole permission: no account, no cookie.

A GET changes nothing here, because mail scanners open every link before their reader does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from comms import choices, endpoints
from comms.actions import leading, subscribing
from comms.models import PageIncident, StatusPage, Subscriber
from comms.snapshot import serializer
from comms.subscription_forms import EndpointForm, ManageForm, SubscribeForm
from comms.tokens import subscriber_from_token, subscriber_token
from comms.views.pages import of_page
from incidents.problems import Blocked
from teams import permits

State = Subscriber.State


@permits.open_to("public.read")
@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@of_page
def subscribe(request: HttpRequest, page: StatusPage) -> HttpResponse:
    """Ask to be told. Whoever asks gets the same answer, whether or not the address is known."""
    told = serializer.page(page)
    follows = _followable(page, request.GET.getlist("incident") + request.POST.getlist("incidents"))
    if request.method != "POST":
        initial = {"scope": "incidents", "incidents": [row.uid for row in follows]} if follows else {}
        form = SubscribeForm(page, initial=initial, incidents=follows)
        return render(request, "comms/subscribe.html", {"status_page": told, "form": form})
    given = request.POST.copy()
    # The short form on the status page has the address alone.
    given.setdefault("scope", "all")
    form = SubscribeForm(page, given, incidents=follows)
    context = {"status_page": told, "form": form}
    if not form.is_valid():
        return render(request, "comms/subscribe.html", context, status=422)
    email, endpoint = form.cleaned_data["email"], form.cleaned_data["endpoint"]
    choice = form.chosen() | {"language": _language(page)}
    try:
        subscribing.subscribe(page, email, kind=form.kind, endpoint=endpoint if form.kind else "", **choice)
    except Blocked as blocked:
        form.explain(blocked)
        return render(request, "comms/subscribe.html", context, status=422)
    return render(request, "comms/subscribe_sent.html", context | {"email": email})


def _followable(page: StatusPage, uids: list[str], also: Subscriber | None = None) -> QuerySet[PageIncident]:
    """Those of the page's incidents with these uids that go on, and those that a subscriber follows."""
    going_on = PageIncident.objects.filter(page=page, uid__in=uids).active()
    if also is None:
        return going_on
    return PageIncident.objects.filter(Q(pk__in=going_on.values("pk")) | Q(subscribers=also)).distinct()


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
    context: dict[str, Any] = {"endpoint_form": EndpointForm()}
    status = 200
    form = None
    if request.method == "POST":
        act = DOES.get(request.POST.get("do", ""), _save)
        if act is _confirm or subscriber.state == State.ACTIVE:
            form = _form(subscriber, request)
            try:
                context["done"] = act(request, subscriber, form)
            except Blocked as blocked:
                status = 422
                context |= _explained(act, form, blocked)
            except Unfinished:
                status = 422
        subscriber = _subscriber(token)
        # In the language that was chosen just now, perhaps.
        translation.activate(_note_language(subscriber))
    offered = _followable(subscriber.page, request.GET.getlist("incident")).exclude(subscribers=subscriber).first()
    context |= {
        "status_page": serializer.page(subscriber.page),
        "subscriber": subscriber,
        "form": form if status == 422 and form is not None and form.is_bound else _form(subscriber),
        "token": token,
        "chosen": choices.names_of(subscriber),
        "such_as": endpoints.such_as(subscriber.kind or endpoints.WEBHOOK) if subscriber.endpoint else "",
        "offered": serializer.head(offered) if offered is not None and not subscriber.all_components else None,
    }
    return render(request, "comms/subscription.html", context, status=status)


class Unfinished(Exception):
    """The form says what is wrong with it."""


def _form(subscriber: Subscriber, request: HttpRequest | None = None) -> ManageForm:
    given = request.POST if request is not None and request.POST.get("do", "save") == "save" else None
    follows = _followable(subscriber.page, [], also=subscriber)
    return ManageForm(subscriber.page, given, initial=_initial(subscriber), incidents=follows)


def _initial(subscriber: Subscriber) -> dict[str, Any]:
    chosen = {name: [row.uid for row in getattr(subscriber, name).all()] for name in choices.LISTS}
    only_incidents = chosen["incidents"] and not (chosen["components"] or chosen["groups"])
    scope = "all" if subscriber.all_components else "incidents" if only_incidents else "some"
    plain = {name: getattr(subscriber, name) for name in (*choices.PLAIN, "time_zone")}
    return {"scope": scope, **chosen, **plain, "language": subscriber.speaks}


def _confirm(request: HttpRequest, subscriber: Subscriber, form: ManageForm) -> str:
    subscribing.confirm(subscriber.pk)
    return gettext("You are subscribed. From now on you hear of what you chose below.")


def _save(request: HttpRequest, subscriber: Subscriber, form: ManageForm) -> str:
    if not form.is_valid():
        raise Unfinished
    choice = form.chosen()
    # Incidents that they follow beside something else stay.
    if form.cleaned_data["scope"] == "some":
        choice["incidents"] = list(subscriber.incidents.all())
    changed = subscribing.choose(subscriber.pk, **choice)
    with translation.override(changed.speaks):
        return gettext("Saved.")


def _follow(request: HttpRequest, subscriber: Subscriber, form: ManageForm) -> str:
    for told in _followable(subscriber.page, request.POST.getlist("incident")):
        subscribing.follow(subscriber.pk, told)
    return gettext("Saved.")


def _test(request: HttpRequest, subscriber: Subscriber, form: ManageForm) -> str:
    leading.send_test(subscriber.pk)
    return gettext("A test is on its way. If nothing comes, open this page again: it says what went wrong.")


def _move(request: HttpRequest, subscriber: Subscriber, form: ManageForm) -> str:
    leading.lead_elsewhere(
        subscriber.pk, subscriber.kind or endpoints.WEBHOOK, request.POST.get("endpoint", "")[: endpoints.LONGEST + 1]
    )
    return gettext("Updates go to the new address from now on. A test is on its way there.")


def _rotate(request: HttpRequest, subscriber: Subscriber, form: ManageForm) -> str:
    leading.rotate_secret(subscriber.pk)
    return gettext("There is a new secret. Calls are signed with the former one as well, until you drop it.")


def _drop(request: HttpRequest, subscriber: Subscriber, form: ManageForm) -> str:
    leading.drop_former_secret(subscriber.pk)
    return gettext("The former secret is dropped.")


Act = Callable[[HttpRequest, Subscriber, ManageForm], str]
DOES: dict[str, Act] = {
    "confirm": _confirm,
    "save": _save,
    "follow": _follow,
    "test": _test,
    "move": _move,
    "rotate": _rotate,
    "drop": _drop,
}


def _explained(act: Act, form: ManageForm, blocked: Blocked) -> dict[str, Any]:
    """What went wrong, where the page says it."""
    if act is _save:
        form.explain(blocked)
        return {}
    return {"wrong": " ".join(blocker.message for blocker in blocked.blockers)}


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
        "left": subscriber.state != State.ACTIVE,
        "token": subscriber_token(subscriber),
    }
    return render(request, "comms/unsubscribe.html", context)


def _subscriber(token: str) -> Subscriber:
    found = subscriber_from_token(token)
    if found is None:
        raise Http404("This link is not one of ours, or it was cut off on its way.")
    return found
