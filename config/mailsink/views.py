"""The pages of the mail sink. Development only: production answers 404, and has no sink to show."""

import functools
from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from config import csp
from config.mailsink import store
from config.mailsink.store import Mail, Store
from teams import permits

PAGE = 50
JSON_LIMIT = 200

View = Callable[..., HttpResponse]


class Filters(forms.Form):
    """What the list can be narrowed by."""

    q = forms.CharField(
        label="Search",
        required=False,
        max_length=200,
        widget=forms.SearchInput(attrs={"placeholder": "Address or subject"}),
    )


def development_only(view: View) -> View:
    """Answer 404 where mail is really sent."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.WATCHBILL_MAIL_SINK:
            raise Http404
        response = view(request, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        return response

    return permits.open_to("public.read")(require_safe(guarded))


@development_only
def inbox(request: HttpRequest) -> HttpResponse:
    """Every message kept, newest first."""
    form = Filters(request.GET)
    query = form.cleaned_data["q"] if form.is_valid() else ""
    mails = [mail for mail in _store().newest_first() if mail.matches(text=query)]
    page = Paginator(mails, PAGE).get_page(request.GET.get("page"))
    return render(request, "mail/inbox.html", {"form": form, "page": page, "query": query})


@development_only
@csp.also(frame_src=["'self'"])
def message(request: HttpRequest, number: int) -> HttpResponse:
    """One message: as text, as HTML in a frame without powers, and raw."""
    mail = _mail(number)
    content = _store().content(mail.id)
    context = {
        "mail": mail,
        "content": store.read(content),
        "source": content.decode(errors="replace"),
        "number": number,
    }
    return render(request, "mail/message.html", context)


@development_only
@xframe_options_sameorigin
def html(request: HttpRequest, number: int) -> HttpResponse:
    """The HTML part alone, unable to run scripts, load anything or reach the page around it."""
    body = store.read(_store().content(_mail(number).id)).html
    if not body:
        raise Http404
    # Links open beside the frame, whose own powers end at its border.
    response = HttpResponse(f'<!doctype html><base target="_blank">{body}')
    response.headers["Content-Security-Policy"] = (
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:;"
        " style-src 'unsafe-inline'; frame-ancestors 'self'"
    )
    return response


@development_only
def raw(request: HttpRequest, number: int) -> HttpResponse:
    """The message as the relay would have got it."""
    return HttpResponse(_store().content(_mail(number).id), content_type="message/rfc822")


@development_only
def messages_json(request: HttpRequest) -> JsonResponse:
    """The newest messages, filtered by `to`, `subject`, `q` and `since`
    (a time or a message's id), newest first."""
    wanted = {name: request.GET.get(name, "") for name in ("to", "subject", "since")}
    found = [mail for mail in _store().newest_first() if mail.matches(**wanted, text=request.GET.get("q", ""))]
    return JsonResponse({"count": len(found), "messages": [_described(mail) for mail in found[:JSON_LIMIT]]})


def _described(mail: Mail) -> dict[str, Any]:
    content = store.read(_store().content(mail.id))
    return {
        "id": mail.id,
        "received_at": mail.received_at,
        "mail_from": mail.mail_from,
        "rcpt_to": mail.rcpt_to,
        "subject": mail.subject,
        "message_id": mail.message_id,
        "headers": content.headers,
        "text": content.text,
        "html": content.html,
        "raw_url": f"{settings.WATCHBILL_BASE_URL}/mail/{int(mail.id)}.eml",
    }


def _store() -> Store:
    return Store(settings.WATCHBILL_VAR / "mail")


def _mail(number: int) -> Mail:
    mail = _store().get(f"{number:020d}")
    if mail is None:
        raise Http404
    return mail
