"""Answers in SCIM's error format."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from django_scim.constants import SCIM_CONTENT_TYPE, SchemaURI
from django_scim.exceptions import SCIMException


class Wrong(SCIMException):
    """A refusal: `status`, what is wrong and how to mend it, and SCIM's own word for it where there is one."""

    def __init__(self, status: int, detail: str, kind: str = "") -> None:
        super().__init__(detail, status=status, scim_type=kind or None)


def answer(status: int, detail: str, kind: str = "", **headers: str) -> HttpResponse:
    """An error as RFC 7644, 3.12 shapes it: the status is a text."""
    body: dict[str, Any] = {"schemas": [SchemaURI.ERROR], "status": str(status), "detail": detail}
    if kind:
        body["scimType"] = kind
    return HttpResponse(json.dumps(body), status=status, content_type=SCIM_CONTENT_TYPE, headers=headers)
