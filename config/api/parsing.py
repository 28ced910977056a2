"""Reading a request's body: JSON in UTF-8, of a bounded size."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser

LIMIT = 1_000_000
DEEPEST = 20


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = f"The body is larger than {LIMIT:,} bytes."
    default_code = "body_too_large"


class BoundedJSON(JSONParser):
    """JSON that names the place where it is broken, and that can't fill the memory."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The decoded body. Raises ParseError with line and column, and TooLarge."""
        raw = stream.read(LIMIT + 1)
        if len(raw) > LIMIT:
            raise TooLarge
        try:
            return _shallow(json.loads(raw.decode(), parse_constant=_no_constant, parse_float=_finite))
        except UnicodeDecodeError as error:
            raise ParseError(f"The body is not UTF-8: byte {error.start} can't be read.") from None
        except json.JSONDecodeError as error:
            raise ParseError(
                f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno} "
                f"(character {error.pos})."
            ) from None
        except RecursionError:
            raise ParseError(f"The body is nested more than {DEEPEST} deep.") from None
        except ValueError as error:
            raise ParseError(f"The body is not JSON: {error}.") from None


def _shallow(value: Any) -> Any:
    """`value`, if it is nested at most `DEEPEST` deep; else ParseError."""
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [
            child
            for each in level
            for child in (each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())
        ]
        if not level:
            return value
    raise ParseError(f"The body is nested more than {DEEPEST} deep.")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]} is too large a number")
    return number
