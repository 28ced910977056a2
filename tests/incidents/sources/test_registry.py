"""What holds of every source in the table, whoever adds one."""

import contextlib
import json
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.sources import Envelope, InvalidEventError, SourceError
from incidents.sources.registry import SOURCES, Source, named
from tests.incidents.sources import bodies

KEY = "0123456789abcdef0123456789abcdef"
EVERY = pytest.mark.parametrize("source", SOURCES.values(), ids=lambda source: source.name)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


def attempt(source: Source, sent: Envelope) -> None:
    """It is read, or refused by name; either way there is an answer in JSON."""
    refusal: SourceError | InvalidEventError | None = None
    try:
        parsed = source.read(sent)
    except (SourceError, InvalidEventError) as error:
        refusal = error
    if refusal is None:
        bodies.check(parsed)
        told = source.answer(parsed, sent, 0.01)
        assert 200 <= told.status < 300
    else:
        assert 0 < len(getattr(refusal, "field", "body")) <= 300
        assert 0 < len(str(refusal)) <= 4000
        told = source.refuse(refusal, sent, 0.01)
        assert 400 <= told.status < 500
    answered = json.dumps(told.body, allow_nan=False)
    assert len(answered) < 100_000
    if source.key:
        with contextlib.suppress(SourceError):
            assert isinstance(source.key(sent), str)


@EVERY
def test_a_name_and_a_title(source: Source) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]{1,19}", source.name)
    assert source.title
    assert named(source.name) is source


def test_addresses() -> None:
    urls = {name: source.url(root="https://watchbill.example.org/", key=KEY) for name, source in SOURCES.items()}
    assert urls["grafana"] == f"https://watchbill.example.org/integrations/v1/grafana/{KEY}/"
    assert urls["pagerduty"] == "https://watchbill.example.org/v2/enqueue"
    assert urls["opsgenie"] == "https://watchbill.example.org/"
    assert all(
        (KEY in urls[name]) is not (source.key is not None or name == "email") for name, source in SOURCES.items()
    )


def test_a_name_that_is_none() -> None:
    assert named("nagios-of-1999") is None


@EVERY
def test_the_configuration_is_filled_in(source: Source) -> None:
    told = source.configured(url="https://watchbill.example.org/in/1", key=KEY)
    assert "https://watchbill.example.org/in/1" in told
    assert not re.search(r"\{(url|key)\}", told)
    assert source.configuration.endswith("\n")
    assert max(map(len, source.configuration.splitlines())) <= 120


@EVERY
def test_a_test_arrives_as_one_thing(source: Source) -> None:
    sent = source.test(key=KEY)
    parsed = source.read(sent)
    bodies.check(parsed)
    assert (len(parsed.reports) + len(parsed.changes) + len(parsed.heartbeats), parsed.problems) == (1, [])
    for report in parsed.reports:
        assert report.status == "firing"
        assert "test" in f"{report.title} {report.summary}".lower()
    if source.key:
        assert source.key(sent) == KEY
    assert source.answer(parsed, sent, 0.0).status in (200, 202)
    assert source.read(sent) == parsed


@EVERY
@settings(max_examples=60, deadline=None)
@given(body=ANY_JSON, path=st.sampled_from(["", "v2/alerts", "v2/alerts/x/close", "a/b/c"]))
def test_any_json_is_read_or_refused_by_name(source: Source, body: object, path: str) -> None:
    attempt(source, bodies.packed(body, path=path))


@EVERY
@settings(max_examples=30, deadline=None)
@given(body=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_by_name(source: Source, body: bytes) -> None:
    attempt(source, Envelope(body))


@EVERY
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[" * 400_000,
        b'{"a":' * 80_000,
        b'"' + b"x" * 500_000 + b'"',
        b"{" + b",".join(b'"k%d":"v"' % n for n in range(40_000)) + b"}",
        b"[" + b",".join(b"{}" for n in range(150_000)) + b"]",
        b'{"alerts":[' + b",".join(b"{}" for n in range(150_000)) + b"]}",
    ],
    ids=["empty", "null", "deep lists", "deep objects", "long text", "many keys", "many rows", "many alerts"],
)
def test_large_bodies_cost_little(source: Source, body: bytes) -> None:
    began = time.process_time()
    attempt(source, Envelope(body))
    assert time.process_time() - began < 3


@pytest.mark.parametrize("name", bodies.NAMES)
def test_a_request_with_any_part_bent_is_read_or_refused_by_name(name: str) -> None:
    source = named(name.partition("/")[0])
    assert source is not None
    rest, body = bodies.stored(name)
    attempt(source, bodies.packed(body, **rest))
    for kind, junk in bodies.bent(body):
        try:
            attempt(source, bodies.packed(junk, **rest))
        except Exception as error:
            error.add_note(kind)
            raise
