"""Any JSON by a mapping, and what keeps a mapping from costing more than it may."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.sources import AlertReport, Parsed, SourceError, generic
from incidents.sources.expressions import Budget, compiled, evaluated
from tests.incidents.sources.bodies import check, envelope, packed, stored


def read(mapping: Any, body: Any) -> Parsed:
    return generic.read(packed(body, settings={"mapping": mapping}))


def one(mapping: Any, body: Any) -> AlertReport:
    parsed = read(mapping, body)
    assert parsed.problems == []
    return parsed.reports[0]


def test_the_usual_names_need_no_mapping() -> None:
    assert generic.read(envelope("json/usual")).reports == [
        AlertReport(
            fingerprint="4711",
            status="firing",
            title="Queue too long",
            summary="orders has 12000 messages",
            severity="warning",
            service="orders",
            labels={"zone": "eu-1", "tags": "queue, night"},
            starts_at=datetime(2026, 11, 23, 4, tzinfo=UTC),
            links=[{"href": "https://queues.example.org/orders", "text": "source"}],
        )
    ]


def test_a_mapping_reads_a_batch() -> None:
    parsed = generic.read(envelope("json/mapped"))
    assert parsed.problems == []
    first, second = parsed.reports
    assert first == AlertReport(
        fingerprint="db-3/ntp",
        status="firing",
        title="ntp",
        summary="offset 4 s",
        severity="minor",
        service="orders",
        labels={"host": "db-3", "site": "fra"},
        starts_at=datetime(2026, 11, 23, 4, tzinfo=UTC),
        group_key="fra",
        links=[
            {"href": "https://graphs.example.org/ntp", "text": "graph"},
            {"href": "https://wiki.example.org/ntp", "text": "notes"},
        ],
    )
    assert (second.fingerprint, second.status, second.ends_at) == (
        "db-3/disk",
        "resolved",
        datetime(2026, 11, 23, 4, 10, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("resolved", "status", "expected"),
    [
        (None, "ok", "resolved"),
        (None, " Resolved ", "resolved"),
        (None, "critical", "firing"),
        (None, None, "firing"),
        (None, True, "firing"),
        (["gone"], "ok", "firing"),
        (["gone"], "GONE", "resolved"),
        ([], "ok", "firing"),
        ("status == 'ok' && !again", "ok", "resolved"),
        ("status == 'ok' && again", "ok", "firing"),
    ],
)
def test_when_it_is_over(resolved: Any, status: Any, expected: str) -> None:
    mapping = {"title": "title", "status": "status", "resolved": resolved}
    assert one(mapping, {"title": "x", "status": status}).status == expected


def test_what_has_no_key_is_named_by_its_title_and_service() -> None:
    mapping = {"title": "t", "service": "s", "key": "k"}
    first, again, other = (
        one(mapping, {"t": "x", "s": s, "n": n}).fingerprint for s, n in (("a", 1), ("a", 2), ("b", 1))
    )
    assert first == again != other


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"a": 1, "b": {"c": 2}, "d": None}, {"a": "1", "b": '{"c": 2}'}),
        ("zone:eu-1, urgent,,x:", {"zone": "eu-1", "tags": "urgent, x"}),
        (["zone:eu:1"], {"zone": "eu:1"}),
        (None, {}),
    ],
)
def test_labels_of_several_shapes(labels: Any, expected: dict[str, str]) -> None:
    assert one({"title": "'x'", "labels": "l"}, {"l": labels}).labels == expected


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ("https://a.example/", [("https://a.example/", "source")]),
        (["https://a.example/", 7, "javascript:x"], [("https://a.example/", "source")]),
        ([{"url": "https://a.example/", "title": "A"}, {"href": "https://b.example/", "text": "B"}],
         [("https://a.example/", "A"), ("https://b.example/", "B")]),
        ({"A": "https://a.example/"}, [("https://a.example/", "A")]),
        (None, []),
    ],
)  # fmt: skip
def test_links_of_several_shapes(links: Any, expected: list[tuple[str, str]]) -> None:
    found = one({"title": "'x'", "links": "l"}, {"l": links}).links
    assert [(each["href"], each["text"]) for each in found] == expected


def test_a_field_that_cannot_be_read_is_named_and_loses_no_alert() -> None:
    mapping = {"title": "t", "severity": "s", "started": "w", "labels": "l", "summary": "length(@)", "links": "abs(t)"}
    parsed = read(mapping, {"t": "x", "s": ["a"], "w": "soon", "l": 7})
    assert [report.title for report in parsed.reports] == ["x"]
    assert sorted(problem.field for problem in parsed.problems) == ["labels", "links", "severity", "started"]
    check(parsed)


def test_of_a_batch_the_readable_ones_are_kept() -> None:
    parsed = read({"alerts": "a", "title": "t"}, {"a": [{"t": "x"}, 7, {}, {"t": ["y"]}]})
    assert [report.title for report in parsed.reports] == ["x"]
    assert [problem.field for problem in parsed.problems] == ["alerts[1]", "alerts[2].title", "alerts[3].title"]


@pytest.mark.parametrize(
    ("mapping", "body", "field"),
    [
        ({"title": "t"}, [], "body"),
        ({"title": "t"}, {"t": None}, "title"),
        ({"title": "t"}, {"t": []}, "title"),
        ({"alerts": "a", "title": "t"}, {"a": {}}, "alerts"),
        ({"alerts": "a", "title": "t"}, {"a": [{}]}, "alerts[0].title"),
        (None, {"anything": "else"}, "title"),
    ],
)
def test_what_is_no_alert_is_refused_by_field(mapping: Any, body: Any, field: str) -> None:
    with pytest.raises(SourceError) as caught:
        read(mapping, body)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("mapping", "field", "said"),
    [
        ([], "mapping", "give an object"),
        ({"titel": "t"}, "mapping.titel", "is no field; there are alerts"),
        ({"title": "a.["}, "mapping.title", "is not JMESPath at character"),
        ({"title": "a b"}, "mapping.title", "is not JMESPath at character 3"),
        ({"title": "'open"}, "mapping.title", "is not JMESPath"),
        ({"title": "#"}, "mapping.title", "is not JMESPath at character 1"),
        ({"title": ""}, "mapping.title", "give a JMESPath expression"),
        ({"title": 7}, "mapping.title", "give a JMESPath expression, not 7"),
        ({"title": "shout(t)"}, "mapping.title", "has no function shout()"),
        ({"title": "join(t)"}, "mapping.title", "join() takes 2 arguments, not 1"),
        ({"title": "not_null()"}, "mapping.title", "not_null() takes 1 or more arguments, not 0"),
        ({"title": "a" * 1001}, "mapping.title", "has 1001 characters; give at most 1000"),
        ({"title": "(" * 900}, "mapping.title", "is not JMESPath"),
        ({"title": "!" * 900 + "a"}, "mapping.title", "is"),
        ({"title": "[" + "a," * 300 + "a]"}, "mapping.title", "has more than 200 parts"),
        ({"title": "a" + "|b" * 60}, "mapping.title", "is nested more than 40 deep"),
        ({"labels": {"zone": "a."}}, "mapping.labels.zone", "is not JMESPath"),
        ({"labels": {str(n): "a" for n in range(65)}}, "mapping.labels", "give at most 64"),
        ({"links": {"zone": 7}}, "mapping.links.zone", "give a JMESPath expression"),
        ({"resolved": [1]}, "mapping.resolved", "give an expression, or a list of words"),
        ({"resolved": {}}, "mapping.resolved", "give a JMESPath expression"),
        ({"alerts": {}}, "mapping.alerts", "give a JMESPath expression"),
    ],
)
def test_a_wrong_mapping_is_refused_by_field(mapping: Any, field: str, said: str) -> None:
    with pytest.raises(SourceError) as caught:
        generic.mapped(mapping)
    assert caught.value.field == field
    assert said in caught.value.message
    assert len(caught.value.message) < 300


HUGE = {
    "list": list(range(60_000)),
    "rows": [{"a": [1, 2, 3]} for _ in range(10_000)],
    "text": "x" * 200_000,
    "texts": ["y"] * 60_000,
    "infinite": float("inf"),
}


@pytest.mark.parametrize(
    "written",
    [
        "|".join(["[@, @][]"] * 25),
        "|".join(["[@, @]"] * 36),
        "|".join(["[@, @]"] * 38) + "|to_string(@)",
        "|".join(["{a: @, b: @}"] * 28) + "|to_string(@)",
        "|".join(["[to_string(@), to_string(@)]"] * 15),
        "join(text, texts)",
        "list[*].to_string(@) | [*].to_string(@)",
        "rows[*].a[*].to_string(to_string(to_string(@)))",
        "[list, list, list, list, list, list, list, list, list, list, list, list, list, list, list, list, list][]",
        "ceil(infinite)",
        "floor(infinite)",
        "list[::0]",
        "&list",
        "[&list, list]",
        "sort_by(rows, &a)",
        "sum(texts)",
        "rows | max_by(@, &a)",
    ],
)
def test_costly_expressions_end_early_and_by_name(written: str) -> None:
    expression = compiled(written, "title")
    began = time.process_time()
    with pytest.raises(SourceError) as caught:
        evaluated(expression, HUGE, "title", Budget())
    assert time.process_time() - began < 2
    assert caught.value.field == "title"
    assert len(caught.value.message) < 300


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("length(list)", 60_000),
        ("list[-1]", 59_999),
        ("sort(texts)[0]", "y"),
        ("contains(texts, 'z')", False),
        ("rows[0].a | sum(@)", 6),
        ("join(', ', texts[:2])", "y, y"),
        ("length(rows[?a[0] == `1`])", 10_000),
    ],
)
def test_what_people_write_works_on_large_bodies(written: str, expected: Any) -> None:
    assert evaluated(compiled(written, "title"), HUGE, "title", Budget()) == expected


def test_all_alerts_of_a_body_share_one_budget() -> None:
    mapping = dict.fromkeys(generic.FIELDS, "[" + "*.*.*," * 25 + "a]") | {"alerts": "a", "key": "k"}
    began = time.process_time()
    parsed = read(mapping, {"a": [{"k": n} | {name: {"a": {"b": 1}} for name in "abcdef"} for n in range(1000)]})
    assert time.process_time() - began < 4
    assert parsed.problems


NAMES = st.sampled_from(["a", "b", "t", "@", "*", "a.b", "'x'", "`1`", "`null`"])
EXPRESSIONS = st.recursive(
    NAMES,
    lambda inner: st.one_of(
        inner.map(lambda e: f"[{e}, {e}]"),
        inner.map(lambda e: f"{e}[]"),
        inner.map(lambda e: f"{e}[*]"),
        inner.map(lambda e: f"{e}[?@ > `1`]"),
        inner.map(lambda e: f"to_string({e})"),
        inner.map(lambda e: f"length({e})"),
        inner.map(lambda e: f"sort_by({e}, &a)"),
        inner.map(lambda e: f"!({e})"),
        st.tuples(inner, inner).map(" | ".join),
        st.tuples(inner, inner).map(" || ".join),
        st.tuples(inner, inner).map(" == ".join),
    ),
    max_leaves=8,
) | st.text(max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "b", "t"]), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(EXPRESSIONS, JSON)
def test_any_expression_on_any_body_gives_json_or_is_refused_by_name(written: str, body: Any) -> None:
    try:
        found = evaluated(compiled(written, "x"), body, "x", Budget())
    except SourceError as error:
        assert error.field == "x"  # noqa: PT017
        error.message.encode()
    else:
        json.dumps(found)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from([*generic.FIELDS, "alerts", "resolved"]), EXPRESSIONS | JSON, max_size=4), JSON)
def test_any_mapping_has_a_preview_of_any_body(mapping: Any, body: Any) -> None:
    shows, report = generic.preview(mapping, body)
    assert all(len(each.value) <= 500 and (each.value or each.problem) for each in shows)
    if report is not None:
        check(Parsed([report]))


def test_a_preview_shows_every_field_with_its_value_or_its_problem() -> None:
    settings_, body = stored("json/mapped")
    mapping = settings_["settings"]["mapping"] | {
        "severity": "levl",
        "summary": "output.",
        "ended": "host",
        "nonsense": "x",
    }
    shows, report = generic.preview(mapping, body)
    told = {each.field: each.value or each.problem for each in shows}
    assert told["alerts"] == "2 alerts; this is the first"
    assert (told["key"], told["title"], told["labels.site"]) == ("db-3/ntp", "ntp", "fra")
    assert told["severity"] == "finds nothing in this body"
    assert told["summary"].startswith("is not JMESPath at character 8")
    assert told["ended"].startswith("give a time such as")
    assert told["nonsense"].startswith("is no field")
    assert report is not None
    assert report.fingerprint == "db-3/ntp"
    shows, _ = generic.preview({"title": "t", "key": "k", "labels": "l"}, {"k": 7, "t": True, "l": {"a": [1]}})
    assert [(each.field, each.value) for each in shows] == [("key", "7"), ("title", "true"), ("labels", '{"a": [1]}')]


@pytest.mark.parametrize(
    ("mapping", "body", "problem"),
    [
        (7, {}, ("mapping", "give an object of expressions")),
        ({"title": "t"}, 7, ("body", "give an object, not 7")),
        ({"alerts": "a"}, {}, ("alerts", "finds null, not a list with an alert")),
        ({"alerts": "abs(a)"}, {}, ("alerts", "can't be evaluated: ")),
        ({"title": "t"}, {}, ("title", "finds nothing in this body, and neither does key")),
        ({}, {}, ("title", "finds nothing in this body, and neither does key")),
    ],
)
def test_a_preview_without_an_alert_says_why(mapping: Any, body: Any, problem: tuple[str, str]) -> None:
    shows, report = generic.preview(mapping, body)
    assert report is None
    assert any(each.field == problem[0] and each.problem.startswith(problem[1]) for each in shows)
