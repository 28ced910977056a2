"""Errors as problem details (RFC 9457): what went wrong, what is missing, and how to supply it."""

from __future__ import annotations

import dataclasses
import logging
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.core.exceptions import PermissionDenied as DjangoDenied
from django.core.exceptions import ValidationError as DjangoInvalid
from django.core.signals import got_request_exception
from django.http import Http404
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.views import APIView, set_rollback

from incidents.problems import Blocked
from teams.permits import TokenFallsShort
from teams.problems import Unreadable

MEDIA_TYPE = "application/problem+json"
NOT_FOUND = "There is nothing here that you may see."

LONGEST = 2000

log = logging.getLogger("django.request")


class ProblemJSON(JSONRenderer):
    """Renders a problem whatever the caller asked for."""

    media_type = MEDIA_TYPE
    charset = None


def problem(status: int, code: str, detail: str, **more: Any) -> dict[str, Any]:
    """The body of a problem. `more`: errors, blockers, or what a view adds."""
    return {
        "type": f"urn:watchbill:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": _sayable(detail),
        "code": code,
        **more,
    }


def answer(exc: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler. Every refusal and every failure is a problem; a failure of ours is logged as well."""
    body, headers = _body(exc, context)
    set_rollback()
    view, request = context.get("view"), context.get("request")
    if view is not None and isinstance(exc, Blocked) and hasattr(view, "problem_extras"):
        body |= view.problem_extras()
    response = Response(body, status=body["status"], headers=headers, content_type=MEDIA_TYPE)
    if request is not None:
        request.accepted_renderer, request.accepted_media_type = ProblemJSON(), MEDIA_TYPE
    return response


def _body(exc: Exception, context: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    if isinstance(exc, Blocked):
        return _blocked(exc), {}
    if isinstance(exc, Http404 | ObjectDoesNotExist):
        return problem(404, "not_found", NOT_FOUND), {}
    if isinstance(exc, TokenFallsShort):
        return problem(403, exc.code, str(exc), **({"scope": exc.scope} if exc.scope else {})), {}
    if isinstance(exc, DjangoDenied):
        return problem(403, "forbidden", str(exc) or "You may not do this."), {}
    if isinstance(exc, Unreadable):
        log.error("A stored secret can't be read: %s", exc)
        return problem(503, "secret_unreadable", str(exc)), {}
    if isinstance(exc, DjangoInvalid):
        exc = exceptions.ValidationError(as_serializer_error(exc))
    if isinstance(exc, exceptions.ValidationError):
        return _invalid(exc), {}
    if isinstance(exc, exceptions.APIException):
        return _refused(exc)
    return _failed(exc, context), {}


def _blocked(exc: Blocked) -> dict[str, Any]:
    codes = [b.code for b in exc.blockers]
    return problem(
        409,
        codes[0] if len(codes) == 1 else "blocked",
        " ".join(b.message for b in exc.blockers),
        blockers=[dataclasses.asdict(b) for b in exc.blockers],
        overridable=exc.overridable,
    )


def _invalid(exc: exceptions.ValidationError) -> dict[str, Any]:
    errors = list(_flat(exc.detail))
    said = "; ".join(f"{e['field']}: {e['message']}" if e["field"] else e["message"] for e in errors[:5])
    return problem(400, "invalid", said, errors=errors)


def _flat(detail: Any, path: str = "") -> Any:
    """The leaves of DRF's nested errors as {field, code, message}; `field` is dotted, with indexes: `services.0`."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            own = str(name) not in ("non_field_errors", "__all__")
            yield from _flat(inner, f"{path}.{name}".lstrip(".") if own else path)
    elif isinstance(detail, list | tuple):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, dict | list) and inner
            yield from _flat(inner, f"{path}.{index}".lstrip(".") if nested else path)
    else:
        code = getattr(detail, "code", "invalid")
        yield {"field": _sayable(path), "code": code, "message": _sayable(str(detail))}


def _sayable(text: str) -> str:
    """Text that quotes what was sent, without what UTF-8 can't carry, and not all of it if it is long."""
    text = text.encode(errors="replace").decode()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _refused(exc: exceptions.APIException) -> tuple[dict[str, Any], dict[str, str]]:
    headers = {}
    if header := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    if isinstance(exc, exceptions.NotFound):
        own = str(exc.detail) != str(exceptions.NotFound.default_detail)
        return problem(404, "not_found", str(exc.detail) if own else NOT_FOUND), headers
    if isinstance(exc, exceptions.NotAuthenticated):
        said = "Sign in to the console, or send a token: “Authorization: Bearer wbp_…”."
        return problem(exc.status_code, "not_authenticated", said), headers
    codes = exc.get_codes()
    more = getattr(exc, "more", {})
    code = codes if isinstance(codes, str) else "refused"
    return problem(exc.status_code, code, str(exc.detail), **more), headers


def _failed(exc: Exception, context: dict[str, Any]) -> dict[str, Any]:
    request: Request | None = context.get("request")
    path = request.path if request else ""
    log.error("The API failed at %s", path, exc_info=exc)
    got_request_exception.send(sender=APIView, request=getattr(request, "_request", None))
    return problem(500, "failed", "Watchbill failed here, and nothing was changed. The error is in its log.")
