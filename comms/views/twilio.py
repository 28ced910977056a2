"""What Twilio asks and tells us: an answer by SMS, a key that was pressed, and what became of a message."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from html import escape

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from comms.actions import digests, drills, notifying
from comms.models import Bundle, Delivery, DrillCall
from comms.tokens import bundle_from_token, drill_from_token
from comms.transports import twilio
from comms.views import drill_answers
from incidents.actions import escalation
from incidents.links import page_from_token
from incidents.models import Page
from incidents.problems import Blocked
from teams import permits, phonebook
from teams.models import ContactMethod, User

View = Callable[..., HttpResponse]
FAILED = ("failed", "undelivered", "busy", "no-answer", "canceled")
LATEST = 20
# What a short answer may mean.
SPOKEN = (Delivery.Kind.PAGE, Delivery.Kind.DIGEST, Delivery.Kind.DRILL)


def signed(view: View) -> View:
    """Only what Twilio signed with our token is answered. A cookie counts for nothing here, so no token of a form."""

    @permits.open_to("event.send")
    @csrf_exempt
    @require_POST
    @wraps(view)
    def inner(request: HttpRequest, **args: str) -> HttpResponse:
        token = settings.WATCHBILL_TWILIO["token"]
        url = f"{settings.WATCHBILL_BASE_URL}{request.get_full_path()}"
        wanted = twilio.signature(token, url, {name: str(request.POST[name]) for name in request.POST})
        given = request.headers.get("X-Twilio-Signature", "")
        if not token or not constant_time_compare(given, wanted):
            return HttpResponse("The signature is missing or wrong.\n", status=403, content_type="text/plain")
        return view(request, **args)

    return inner


def _spoken(text: str, tag: str) -> HttpResponse:
    body = f'<?xml version="1.0" encoding="UTF-8"?><Response><{tag}>{escape(text)}</{tag}></Response>'
    return HttpResponse(body, content_type="text/xml")


@signed
def sms(request: HttpRequest) -> HttpResponse:
    """ "12" or "ack 12" acknowledges INC-12, "all" the last digest; "drill" confirms the last drill. "ack" alone is to
    the last page or drill."""
    digest = phonebook.digest_of(ContactMethod.Kind.SMS, request.POST.get("From", ""))
    methods = ContactMethod.objects.usable().filter(kind=ContactMethod.Kind.SMS, digest=digest)
    people = list(User.objects.present().filter(contact_methods__in=methods).distinct()[:2])
    if len(people) != 1:
        return _spoken("Watchbill does not know this number.", "Message")
    return _spoken(_answered(people[0], request.POST.get("Body", "")), "Message")


def _answered(user: User, text: str) -> str:
    words = text.lower().replace("inc-", "").replace("#", "").split()
    words = [word for word in words if word not in ("ack", "acknowledge", "ok", "yes")]
    if words[:1] == ["drill"] or not words:
        # Without a number it answers what came last: an “ok” to a drill must not take over an incident.
        last = drills.last_message(user, kinds=(Delivery.Kind.DRILL,) if words else SPOKEN)
        if last is not None and last.kind == Delivery.Kind.DRILL:
            return _confirmed(last, "by SMS")
        if words:
            return "There is no drill to confirm."
    if words[:1] == ["all"]:
        bundle = Bundle.objects.filter(user=user, deliveries__kind=Delivery.Kind.DIGEST).order_by("-pk").first()
        if bundle is None:
            return "There is no digest to acknowledge."
        digests.answer(bundle)
        return "You are on all of them."
    pages = Page.objects.filter(user=user).select_related("incident").order_by("-pk")
    if words and words[0].isdecimal() and len(words[0]) < 10:
        pages = pages.filter(incident=int(words[0]))
    elif words:
        return "Answer with the number of the incident to acknowledge it, or all for a digest."
    page = pages.first()
    return _acknowledged(page, "by SMS") if page else "You were not paged for that."


def _confirmed(delivery: Delivery, through: str) -> str:
    call = drills.confirm(delivery, through=through)
    return drill_answers.LATE if call.state == DrillCall.State.LATE else drill_answers.IN_TIME


def _acknowledged(page: Page, through: str) -> str:
    try:
        incident = escalation.acknowledge(page.incident_id, by=page.user, page=page, through=through)
    except Blocked as blocked:
        return str(blocked)
    by = incident.acknowledged_by
    if by == page.user:
        return f"You are on {incident.reference}."
    return f"{by.name if by else 'Nobody'} is on {incident.reference}."


@signed
def voice(request: HttpRequest, kind: str, token: str) -> HttpResponse:
    """A key was pressed during a call: 1 acknowledges, or confirms a drill."""
    if request.POST.get("Digits") != "1":
        return _spoken("Nothing was acknowledged. Goodbye.", "Say")
    if kind == "digest":
        bundle = bundle_from_token(token)
        if bundle is not None:
            digests.answer(bundle)
        return _spoken("You are on all of them." if bundle else "This call is too old.", "Say")
    if kind == "drill":
        delivery = drill_from_token(token)
        return _spoken(_confirmed(delivery, "by a key in the call") if delivery else "This call is too old.", "Say")
    page = page_from_token(token)
    return _spoken(_acknowledged(page, "by phone") if page else "This call is too old.", "Say")


@signed
def status(request: HttpRequest) -> HttpResponse:
    """What became of a message or a call after Twilio had taken it. Where it failed, the next channel is used."""
    ident = request.POST.get("MessageSid") or request.POST.get("CallSid") or ""
    word = request.POST.get("MessageStatus") or request.POST.get("CallStatus") or ""
    if ident:
        _noted(ident, word, request.POST.get("ErrorCode", ""))
    return HttpResponse(status=204)


@transaction.atomic
def _noted(ident: str, word: str, code: str) -> None:
    row = Delivery.objects.select_for_update(of=("self",)).select_related("page").filter(provider_id=ident[:80]).first()
    if row is None or row.state != Delivery.State.SENT:
        return
    row.reply = f"{word} {code}".strip()[:500]
    if word in FAILED:
        row.state = Delivery.State.FAILED
    row.save(update_fields=["reply", "state"])
    if word in FAILED and row.kind in Delivery.PASSED_ON:
        notifying.hand_over(row, for_good=True)
