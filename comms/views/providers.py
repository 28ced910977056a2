"""Where mail providers tell what became of our mail."""

from __future__ import annotations

import base64
import binascii
import logging

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from comms import providers
from comms.actions import returning
from teams import permits

log = logging.getLogger(__name__)


@permits.open_to("event.send")
@csrf_exempt
@require_http_methods(["POST", "HEAD", "OPTIONS"])
def receive(request: HttpRequest, provider: str) -> HttpResponse:
    """Take a provider's events. It shows the secret of the settings as HTTP's Basic authentication; where there is none
    nobody is answered. What can't be kept is refused with 5xx, and comes again."""
    secret, key = settings.WATCHBILL_ANYMAIL_SECRET, settings.WATCHBILL_ANYMAIL_MAILGUN_KEY
    if not secret or provider not in providers.NAMES or (provider == "mailgun" and not key):
        raise Http404
    if not constant_time_compare(_shown(request), secret):
        answer = HttpResponse("The secret is missing or wrong.\n", status=401, content_type="text/plain")
        answer["WWW-Authenticate"] = 'Basic realm="Watchbill"'
        return answer
    if request.method != "POST":
        # Some ask whether somebody is there when they are set up.
        return HttpResponse()
    try:
        events = providers.read(provider, request, secret=secret, mailgun_key=key)
    except providers.Unknown as error:
        log.warning("what came as %s's could not be read: %s", provider, error)
        return HttpResponse("That could not be read.\n", status=400, content_type="text/plain")
    for event in events:
        returning.provider_said(event)
    return HttpResponse()


def _shown(request: HttpRequest) -> str:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
