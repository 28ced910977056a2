"""Where to report a weakness of this installation (RFC 9116)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from teams import permits

# The standard advises less than a year. What is computed anew is never out of date.
GOOD_FOR = timedelta(days=180)


@permits.open_to("public.read")
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """404 until WATCHBILL_SECURITY_CONTACT says whom to tell: a file without a contact is none."""
    contact = settings.WATCHBILL_SECURITY_CONTACT
    if not contact:
        raise Http404("This installation names nobody to tell of weaknesses.")
    day = timezone.now().astimezone(UTC).date() + GOOD_FOR
    expires = datetime(day.year, day.month, day.day, tzinfo=UTC)
    lines = (
        f"Contact: {contact if contact.startswith('https://') else f'mailto:{contact}'}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en",
        f"Canonical: {settings.WATCHBILL_BASE_URL}{request.path}",
    )
    response = HttpResponse("".join(f"{line}\n" for line in lines), content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "public, max-age=86400"
    return response
