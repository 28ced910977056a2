"""What nobody should send, and everybody does sooner or later: bodies for every source, and what each is answered."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.test import Client

from incidents.sources.registry import SOURCES, Source

MOST = 512 * 1024


@dataclass(frozen=True, slots=True)
class Bad:
    """A body, given the sound one of a source; `kind` is its content type, `headers` come with it."""

    name: str
    body: Callable[[bytes], bytes]
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


def _nested(deep: int) -> bytes:
    return b'{"a":' * deep + b"1" + b"}" * deep


BODIES = [
    Bad("nothing", lambda sound: b""),
    Bad("not JSON", lambda sound: b"disk is full"),
    Bad("JSON that breaks off", lambda sound: sound[: len(sound) // 2]),
    Bad("a list", lambda sound: b"[]"),
    Bad("a text", lambda sound: b'"firing"'),
    Bad("a number", lambda sound: b"7"),
    Bad("null", lambda sound: b"null"),
    Bad("an empty object", lambda sound: b"{}"),
    Bad("an object of nonsense", lambda sound: b'{"no": "such", "thing": [1, {"x": null}]}'),
    Bad("bad UTF-8", lambda sound: sound + b'\xff\xfe{"a": "\xc3("}'),
    Bad("UTF-16", lambda sound: sound.decode().encode("utf-16")),
    Bad("a byte order mark", lambda sound: b"\xef\xbb\xbf" + sound),
    Bad("NUL bytes", lambda sound: b"\x00" * 64),
    Bad("10,000 levels deep", lambda sound: _nested(10_000)),
    Bad("21 levels deep", lambda sound: _nested(21)),
    Bad("a number of 10,000 digits", lambda sound: b'{"version": ' + b"9" * 10_000 + b"}"),
    Bad("NaN", lambda sound: b'{"version": NaN, "status": Infinity}'),
    Bad("the same key 10,000 times", lambda sound: b"{" + b'"version": "4",' * 10_000 + b'"alerts": []}'),
    Bad("30,000 keys", lambda sound: json.dumps({f"k{n}": n for n in range(30_000)}).encode()),
    Bad("a key of 100 KB", lambda sound: json.dumps({"k" * 100_000: 1}).encode()),
    Bad("gzip", gzip.compress, headers=(("Content-Encoding", "gzip"),)),
    Bad("a form", lambda sound: b"payload=%7B%7D&x=1", "application/x-www-form-urlencoded"),
    Bad("multipart", lambda sound: b"--x\r\n\r\nbroken", "multipart/form-data; boundary=x"),
    Bad("XML", lambda sound: b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "application/xml"),
    Bad("no content type", lambda sound: b"{", ""),
    Bad("512 KB of blanks", lambda sound: b" " * MOST),
    Bad("512 KB and a byte", lambda sound: b" " * (MOST + 1)),
]
# In the place of each field of a sound body.
INSTEAD: list[Any] = [
    None,
    True,
    7,
    1e308,
    -1,
    "",
    "x" * 70_000,
    "a\x00b",
    "\ud800",
    "9999-99-99T99:99:99Z",
    "0000-01-01T00:00:00Z",
    "99999-01-01T00:00:00Z",
    [],
    [1, [2]],
    {},
    {"a": {"b": [1]}},
    {f"l{n}": "v" for n in range(2000)},
]


def sound(source: Source, key: str) -> Any:
    """A request of the source that opens something, for an integration with that key."""
    return source.test(key=key)


def mutants(body: bytes) -> Iterator[tuple[str, bytes]]:
    """The sound body with each of its fields in turn as some of INSTEAD have it, others for each field, and without
    it; by the field's place. All of them for all fields are sent by the schema's fuzz, and read by the sources' own
    tests."""
    whole = json.loads(body)
    for number, place in enumerate(list(_places(whole))):
        name = ".".join(str(part) for part in place)
        for value in INSTEAD[number % 4 :: 4]:
            changed = json.loads(body)
            _put(changed, place, value)
            yield f"{name} = {str(value)[:20]!r}", json.dumps(changed).encode()
        changed = json.loads(body)
        _drop(changed, place)
        yield f"without {name}", json.dumps(changed).encode()


def _places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in pairs:
        yield (*above, name)
        yield from _places(each, (*above, name))


def _put(whole: Any, place: tuple[Any, ...], value: Any) -> None:
    for part in place[:-1]:
        whole = whole[part]
    whole[place[-1]] = value


def _drop(whole: Any, place: tuple[Any, ...]) -> None:
    for part in place[:-1]:
        whole = whole[part]
    del whole[place[-1]]


def send(source: Source, key: str, body: bytes, kind: str, headers: dict[str, str]) -> Any:
    """As the tool would, by the source's address."""
    own = sound(source, key)
    path = "/" + source.address.replace("{name}", source.name).replace("{key}", key) + own.path
    given = {name: value for name, value in own.headers.items() if name.lower() != "content-type"} | headers
    if kind:
        return Client().post(path, body, content_type=kind, headers=given, query_params=dict(own.query))
    return Client().generic("POST", path, body, content_type="", headers=given, query_params=dict(own.query))


def is_told(source: Source, answer: Any) -> str:
    """What is wrong with the shape of a refusal; empty where it has its protocol's."""
    said = answer.json()
    if answer.status_code in (405, 413):
        wanted = {"status", "field", "message"}
    elif source.name in ("pagerduty", "changes"):
        wanted = {"status", "message", "errors"}
    elif source.name == "opsgenie":
        wanted = {"message", "took", "requestId"}
    else:
        wanted = {"status", "field", "message"}
    return "" if wanted <= said.keys() else f"{answer.status_code} {said}"


HTTP = [source for source in SOURCES.values() if source.address or source.key is not None]
