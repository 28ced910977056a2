"""What a metric's answer says: a number, or why it is none. Pure.

The other side is anything at all: what it says is never repeated, but for Prometheus' own word on a query.
"""

from __future__ import annotations

import json
import math
from typing import Any

from incidents.sources import SourceError
from incidents.sources.expressions import Budget, compiled, evaluated
from incidents.sources.reading import clean

MOST_POINTS = 11_000


class NoValue(Exception):
    """There is no figure in the answer; the text says why and what to do."""


def of_instant(body: bytes) -> float:
    """The figure of a PromQL query at one moment."""
    kind, result = _result(body)
    if kind == "scalar":
        return _sample(result)[1]
    return _sample(_only(kind, result, "vector").get("value"))[1]


def of_range(body: bytes) -> list[tuple[float, float]]:
    """The same over a span, as seconds since 1970 and figures; a moment without one is left out."""
    kind, result = _result(body)
    if kind == "matrix" and not result:
        return []
    rows = _only(kind, result, "matrix").get("values")
    if not isinstance(rows, list) or len(rows) > MOST_POINTS:
        raise NoValue("The answer is none of Prometheus'. Look whether the address is whole.")
    return [found for found in map(_sample_or_not, rows) if found is not None]


def refusal(body: bytes) -> str:
    """What Prometheus says is wrong with a query; empty where it says nothing that we understand."""
    try:
        said = _decoded(body)
    except NoValue:
        return ""
    known = isinstance(said, dict) and said.get("errorType") in ("bad_data", "execution", "timeout")
    return clean(str(said.get("error", "")), 160) if known else ""


def of_json(body: bytes, path: str) -> float:
    """The figure at `path`: a JSON pointer where it begins with a slash, else JMESPath; empty for the whole body."""
    found = _decoded(body)
    if path.startswith("/"):
        found = _pointed(found, path)
    elif path.strip():
        try:
            found = evaluated(compiled(path, "query"), found, "query", Budget())
        except SourceError as error:
            raise NoValue(f"The path {error.message}.") from None
    if found is None:
        raise NoValue("There is nothing at this path.")
    return _number(found, "What is at this path")


def path_problem(path: str) -> str:
    """What is wrong with a path, or nothing."""
    if not path.strip() or path.startswith("/"):
        return ""
    try:
        compiled(path, "query")
    except SourceError as error:
        return f"The path {error.message}."
    return ""


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body, parse_constant=lambda _name: None)
    except (ValueError, RecursionError):
        raise NoValue("The answer is no JSON. Look whether the address is whole.") from None


def _result(body: bytes) -> tuple[str, Any]:
    said = _decoded(body)
    data = said.get("data") if isinstance(said, dict) and said.get("status") == "success" else None
    if not isinstance(data, dict):
        raise NoValue("The answer is none of Prometheus'. Look whether the address is whole.")
    return str(data.get("resultType")), data.get("result")


def _only(kind: str, result: Any, wanted: str) -> dict[str, Any]:
    if kind != wanted or not isinstance(result, list):
        raise NoValue("The query gives no figure. Let it give an instant vector of one series, or a scalar.")
    if not result:
        raise NoValue("The query gives no series. Where none means nothing, add “or vector(0)”.")
    if len(result) > 1:
        raise NoValue(f"The query gives {len(result)} series. Put them together, as with sum(…).")
    if not isinstance(result[0], dict):
        raise NoValue("The answer is none of Prometheus'. Look whether the address is whole.")
    return result[0]


def _sample(pair: Any) -> tuple[float, float]:
    if not isinstance(pair, list) or len(pair) != 2:
        raise NoValue("The answer is none of Prometheus'. Look whether the address is whole.")
    return _number(pair[0], "The time"), _number(pair[1], "The figure")


def _sample_or_not(pair: Any) -> tuple[float, float] | None:
    try:
        return _sample(pair)
    except NoValue:
        return None


def _number(found: Any, what: str) -> float:
    if isinstance(found, bool) or not isinstance(found, int | float | str) or (isinstance(found, str) and not found):
        raise NoValue(f"{what} is no number.")
    try:
        number = float(found)
    except (ValueError, OverflowError):
        raise NoValue(f"{what} is no number.") from None
    if not math.isfinite(number) or abs(number) > 1e300:
        raise NoValue(f"{what} is not finite: something is divided by zero, perhaps since nothing came in.")
    return number


def _pointed(found: Any, path: str) -> Any:
    for part in path.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict) and name in found:
            found = found[name]
        elif isinstance(found, list) and name.isascii() and name.isdecimal() and int(name[:9]) < len(found):
            found = found[int(name[:9])]
        else:
            raise NoValue("There is nothing at this path.")
    return found
