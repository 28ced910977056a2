"""The same request sent again gets the same answer and does nothing twice: the header `Idempotency-Key`."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils.datastructures import MultiValueDict
from drf_spectacular.utils import OpenApiParameter
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from teams.models import IdempotencyKey

LONGEST_KEY = 255
KEPT = timedelta(days=7)
HEADER = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="A word of your choice, best a random one: the same request with the same key is done once, and "
    "answered the same again.",
)
Handler = TypeVar("Handler", bound=Callable[..., Response])


class KeyReused(APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_detail = "This Idempotency-Key was used for another request. Choose a new one."
    default_code = "idempotency_key_reused"


class ShownOnce(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "shown_once"


@dataclass(frozen=True)
class Secret:
    """A field of an answer that is shown once, and what is said instead of showing it again: `refusal` may name the
    answer's other fields, such as {id}."""

    field: str
    refusal: str


def once(handler: Handler) -> Handler:
    """Make a handler of POST honour the header. What fails is not kept: it may be sent again."""
    return _honouring(handler, None)


def once_shown(field: str, refusal: str) -> Callable[[Handler], Handler]:
    """`once` for an answer with a `Secret`: it is never kept, so the same request sent again makes nothing and is
    refused (409 `shown_once`)."""
    return lambda handler: _honouring(handler, Secret(field, refusal))


def _honouring(handler: Handler, secret: Secret | None) -> Handler:
    @functools.wraps(handler)
    def handle(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return handler(view, request, *args, **kwargs)
        return _once(request, _checked(key), lambda: handler(view, request, *args, **kwargs), secret)

    return handle  # type: ignore[return-value]


@transaction.atomic
def _once(request: Request, key: str, make: Callable[[], Response], secret: Secret | None) -> Response:
    digest, user_pk = _digest(request), request.user.pk
    assert user_pk is not None, "permissions let nobody else in"
    kept = _kept(user_pk, key)
    if kept is not None:
        if kept.request_digest != digest:
            raise KeyReused
        if secret:
            raise ShownOnce(secret.refusal.format_map(kept.body))
        return Response(kept.body, status=kept.status, headers={"Idempotency-Replayed": "true"})
    response = make()
    body = json.loads(JSONRenderer().render(response.data))
    if secret:
        del body[secret.field]
    IdempotencyKey.objects.create(
        user_id=user_pk,
        key=key,
        request_digest=digest,
        status=response.status_code,
        body=body,
    )
    return response


def _kept(user_pk: int, key: str) -> IdempotencyKey | None:
    """What was answered before. Of equal requests at the same time one goes first, and the others wait here for its
    answer, until the end of the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"idempotency:{user_pk}:{key}"])
    return IdempotencyKey.objects.filter(user_id=user_pk, key=key).first()


@transaction.atomic
def form_once(user_pk: int, key: str, asked: str, do: Callable[[], str]) -> str:
    """Do what a form with a `key` of its own asks for, and return what to say of it; the same form sent again does
    nothing and is told the same. A form that was changed since is another one: `asked` is what it says. What raises is
    not kept. Without a key it is simply done."""
    if not key or len(key) > 64 or not key.isascii() or not key.isprintable():
        return do()
    digest = hashlib.sha256(asked.encode()).hexdigest()
    key = f"form:{key}:{digest[:16]}"
    kept = _kept(user_pk, key)
    if kept is not None:
        return str(kept.body.get("said", ""))
    said = do()
    IdempotencyKey.objects.create(user_id=user_pk, key=key, request_digest=digest, status=200, body={"said": said})
    return said


def _checked(key: str) -> str:
    if not key.isascii() or not key.isprintable() or not 0 < len(key.strip()) <= LONGEST_KEY:
        raise ValidationError(
            {"Idempotency-Key": [f"Send 1 to {LONGEST_KEY} printable ASCII characters."]}, code="invalid"
        )
    return key.strip()


def _digest(request: Request) -> str:
    data = request.data
    told = [request.method, request.path, dict(data.lists()) if isinstance(data, MultiValueDict) else data]
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=_digest_of_file).encode()).hexdigest()


def _digest_of_file(value: Any) -> list[str]:
    """What stands for a file of a form: its name and its bytes."""
    if not isinstance(value, UploadedFile):
        raise TypeError(f"{type(value).__name__} can't be told apart")
    found = hashlib.sha256()
    for chunk in value.chunks():
        found.update(chunk)
    value.seek(0)
    return [value.name or "", found.hexdigest()]


def forget(now: datetime) -> int:
    """Delete what was kept longer than `KEPT`; returns how many answers that were."""
    return IdempotencyKey.objects.filter(created_at__lt=now - KEPT).delete()[0]
