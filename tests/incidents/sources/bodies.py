"""Requests as tools send them, and what becomes of them when somebody bends a part."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from incidents.sources import Envelope, Parsed

FOLDER = Path(__file__).parent.parent.parent / "data" / "sources"
NAMES = sorted(path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.rglob("*.json"))

DEEP: Any = "bottom"
for _ in range(12):
    DEEP = {"a": [DEEP]}
JUNK: dict[str, Any] = {
    "null": None,
    "true": True,
    "zero": 0,
    "negative": -1.5,
    "huge number": 10**400,
    "blank": " ",
    "unstorable": "a\x00b\ud800c",
    "long": "x" * 20_000,
    "markup": "<script>alert(1)</script>",
    "list": [],
    "list of lists": [[[]], [None]],
    "object": {},
    "odd object": {"": {}, "\x00": "\ud800", "y" * 3000: [1]},
    "deep": DEEP,
}


def stored(name: str) -> tuple[dict[str, Any], Any]:
    """A request of the folder "data/sources": what an Envelope takes beside the body, and the body."""
    request = json.loads((FOLDER / f"{name}.json").read_bytes())
    return {part: value for part, value in request.items() if part != "body"}, request["body"]


def envelope(name: str, *, body: Any = None, **other: Any) -> Envelope:
    """That request, or the same with another body."""
    rest, told = stored(name)
    return packed(told if body is None else body, **rest | other)


def packed(body: Any, **rest: Any) -> Envelope:
    return Envelope(json.dumps(body).encode(), **rest)


def bent(body: Any) -> Iterator[tuple[str, Any]]:
    """The body with each of its parts replaced by each kind of junk, and with each part left out."""
    for path in list(_paths(body)):
        for kind, junk in JUNK.items():
            yield f"{path}: {kind}", _with(body, path, junk)
        if path:
            yield f"{path}: left out", _with(body, path, None, drop=True)


def check(parsed: Parsed) -> None:
    """Whatever was read can be stored: bounded, without what PostgreSQL refuses, and its moments are aware."""
    problems = [[problem.field, problem.message] for problem in parsed.problems]
    whole = [asdict(replace(parsed, problems=[])), problems]
    json.dumps(whole, ensure_ascii=False, allow_nan=False, default=str).encode()
    assert not [text for text in _strings(whole) if "\x00" in text]
    for report in parsed.reports:
        assert 0 < len(report.fingerprint) <= 128
        assert 0 < len(report.title) <= 255
        assert len(report.summary) <= 4000
        assert report.severity is None or 0 < len(report.severity) <= 40
        assert report.service is None or 0 < len(report.service) <= 255
        assert len(report.group_key) <= 255
        for pairs, longest in ((report.labels, 2000), (report.annotations, 8000)):
            assert len(pairs) <= 64
            assert all(type(value) is str and len(value) <= longest for value in pairs.values())
            assert all(type(name) is str and len(name) <= 200 for name in pairs)
        assert len(report.links) <= 20
        for moment in (report.starts_at, report.ends_at):
            assert moment is None or moment.utcoffset() is not None
    assert len({report.fingerprint for report in parsed.reports}) == len(parsed.reports)
    for change in parsed.changes:
        assert 0 < len(change.summary) <= 1024
        assert len(change.source) <= 255
        assert change.service is None or 0 < len(change.service) <= 255
        assert change.timestamp is None or change.timestamp.utcoffset() is not None
    for act in parsed.acts:
        assert 0 < len(act.fingerprint) <= 128
        assert (len(act.by) <= 100, len(act.note) <= 8000) == (True, True)
    assert all(len(beat.name) <= 200 for beat in parsed.heartbeats)
    assert all(len(problem.field) <= 300 and len(problem.message) <= 500 for problem in parsed.problems)
    assert len(parsed.key) <= 255


def _paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    if isinstance(value, dict | list):
        for name, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _paths(each, (*at, name))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for each in [*value, *value.values()] if isinstance(value, dict) else value:
            yield from _strings(each)


def _with(value: Any, path: tuple[Any, ...], junk: Any, *, drop: bool = False) -> Any:
    if not path:
        return junk
    copy = dict(value) if isinstance(value, dict) else list(value)
    if drop and len(path) == 1:
        del copy[path[0]]
    else:
        copy[path[0]] = _with(value[path[0]], path[1:], junk, drop=drop)
    return copy
