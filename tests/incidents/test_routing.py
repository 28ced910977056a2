"""Rules of routing: what they match, which one decides, what they group, and what is refused of them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents import routing
from incidents.routing import Case, Grouping, Rule, conditions_from_json, decide, group_key
from incidents.sources import AlertReport

# A Thursday.
AT = datetime(2026, 3, 5, 12, tzinfo=UTC)


def case(**fields: Any) -> Case:
    services, integration = fields.pop("services", ()), fields.pop("integration", 1)
    values = {"fingerprint": "f", "status": "firing", "title": "HighCPU", **fields}
    return Case(AlertReport(**values), integration, services)


def rule(*conditions: dict[str, Any], **fields: Any) -> Rule:
    return Rule(fields.pop("key", 1), fields.pop("name", "a"), conditions_from_json(list(conditions)), **fields)


def label(test: str, *values: str, name: str = "env") -> dict[str, Any]:
    return {"what": "label", "name": name, "is": test, "values": list(values)}


@pytest.mark.parametrize(
    ("condition", "fits", "other"),
    [
        (label("equals", "prod"), {"env": "prod"}, {"env": "Prod"}),
        (label("equals", "prod"), {"env": "prod"}, {}),
        (label("not", "prod", "live"), {"env": "test"}, {"env": "live"}),
        (label("not", "prod"), {}, {"env": "prod"}),
        (label("one_of", "prod", "live"), {"env": "live"}, {"env": "test"}),
        (label("like", "prod-*"), {"env": "prod-eu"}, {"env": "preprod-eu"}),
        (label("like", "*-eu-*"), {"env": "a-eu-1"}, {"env": "a-us-1"}),
        (label("present"), {"env": ""}, {"cluster": "a"}),
        (label("absent"), {"cluster": "a"}, {"env": ""}),
    ],
)
def test_labels(condition: dict[str, Any], fits: dict[str, str], other: dict[str, str]) -> None:
    assert rule(condition).matches(case(labels=fits), AT)
    assert not rule(condition).matches(case(labels=other), AT)


def test_what_else_an_alert_has() -> None:
    text = rule({"what": "text", "values": ["Disk", "inode"]})
    assert text.matches(case(annotations={"description": "the DISK is full"}), AT)
    assert text.matches(case(title="Out of inodes"), AT)
    assert not text.matches(case(labels={"disk": "disk"}), AT)
    words = rule({"what": "severity", "values": ["page", "critical"]})
    assert words.matches(case(severity="Critical"), AT)
    assert not words.matches(case(), AT)
    assert rule({"what": "service", "values": [7, 8]}).matches(case(services=(1, 8)), AT)
    assert not rule({"what": "service", "values": [7]}).matches(case(), AT)
    assert rule({"what": "integration", "values": [3]}).matches(case(integration=3), AT)
    assert not rule({"what": "integration", "values": [3]}).matches(case(integration=4), AT)


def hours(*days: int, start: str = "22:00", end: str = "06:00", **more: Any) -> dict[str, Any]:
    span = {"weekdays": list(days), "start": start, "end": end}
    return {"what": "time", "zone": "Europe/Berlin", "hours": [span], **more}


def test_hours_are_those_of_the_zone_and_a_night_belongs_to_its_evening() -> None:
    night = rule(hours(3))
    assert night.matches(case(), datetime(2026, 3, 5, 21, 0, tzinfo=UTC))
    assert night.matches(case(), datetime(2026, 3, 6, 4, 59, tzinfo=UTC))
    assert not night.matches(case(), datetime(2026, 3, 5, 20, 59, tzinfo=UTC))
    assert not night.matches(case(), datetime(2026, 3, 6, 5, 0, tzinfo=UTC))
    # In summer it begins an hour earlier.
    assert night.matches(case(), datetime(2026, 7, 2, 20, 0, tzinfo=UTC))
    assert rule(hours(3, inside=False)).matches(case(), AT)


def test_the_first_that_matches_decides_and_the_default_always_does() -> None:
    one, two = rule(label("equals", "prod"), key=1), rule(label("present"), key=2)
    default = Rule(3, "rest", is_default=True)
    assert decide([one, two, default], case(labels={"env": "prod"}), AT).rule is one
    routed = decide([one, two, default], case(labels={"env": "test"}), AT)
    assert (routed.rule, routed.passed) == (two, (one,))
    assert decide([one, two, default], case(), AT).rule is default
    assert decide([one], case(), AT).rule is routing.DEFAULT


def test_all_conditions_have_to_hold_and_it_says_which_do_not() -> None:
    both = rule(label("equals", "prod"), {"what": "severity", "values": ["critical"]})
    given_case = case(labels={"env": "prod"}, severity="info")
    (missed,) = both.misses(given_case, AT)
    names = routing.Names()
    assert missed.sentence(names) == "severity is “critical”"
    assert missed.found(given_case, AT, names) == "it says “info”"


def test_the_default_groups_as_the_tool_does() -> None:
    assert group_key(routing.DEFAULT, case(group_key="{}:{job=a}")) == "{}:{job=a}"
    assert group_key(routing.DEFAULT, case()) == "alert:f"
    # No tool speaks its way into a rule's group.
    assert group_key(routing.DEFAULT, case(group_key="rule:1:service:7")) == "tool:rule:1:service:7"


def test_groups_by_labels_and_by_service() -> None:
    by_labels = rule(label("present"), grouping=Grouping("labels", ("env", "region")))
    same = [
        case(labels={"env": "a", "region": "b", "pod": "1"}),
        case(labels={"region": "b", "env": "a"}, fingerprint="g"),
    ]
    assert len({group_key(by_labels, each) for each in same}) == 1
    others = [{"env": "a"}, {"env": "b", "region": "a"}, {"env": "", "region": "b"}, {"env": "a", "region": "c"}]
    assert len({group_key(by_labels, case(labels=each)) for each in [same[0].report.labels, *others]}) == 5
    # What has none of them is not thrown together.
    assert group_key(by_labels, case(fingerprint="x")) != group_key(by_labels, case(fingerprint="y"))
    by_service = rule(label("present"), grouping=Grouping("service"))
    assert group_key(by_service, case(services=(7,), fingerprint="x")) == group_key(by_service, case(services=(7,)))
    assert group_key(by_service, case(services=(7,))) != group_key(by_service, case(services=(8,)))


def test_rules_share_no_group_and_what_is_private_none_with_what_is_not() -> None:
    keys = {group_key(rule(label("present"), key=key, private=private), case()) for key in (1, 2) for private in (0, 1)}
    assert len(keys) == 4


def test_a_window_ends() -> None:
    assert not routing.is_over(Grouping(), AT - timedelta(days=99), AT)
    assert not routing.is_over(Grouping(minutes=30), AT - timedelta(minutes=30), AT)
    assert routing.is_over(Grouping(minutes=30), AT - timedelta(minutes=31), AT)


@pytest.mark.parametrize(
    ("conditions", "where"),
    [
        ({}, "conditions"),
        ([1], "conditions[0]"),
        ([{"what": "moon"}], "conditions[0].what"),
        ([label("equals", "a"), {"what": "text", "values": [" "]}], "conditions[1].values"),
        ([{**label("equals", "a"), "name": " "}], "conditions[0].name"),
        ([label("regex", "a")], "conditions[0].is"),
        ([label("equals", "a", "b")], "conditions[0].values"),
        ([{"what": "service", "values": ["7"]}], "conditions[0].values"),
        ([{"what": "integration", "values": []}], "conditions[0].values"),
        ([hours()], "conditions[0].hours"),
        ([hours(0, start="9")], "conditions[0].hours"),
        ([hours(0) | {"zone": 1}], "conditions[0].zone"),
        ([label("present")] * 21, "conditions"),
    ],
)
def test_what_is_wrong_is_said_by_field(conditions: Any, where: str) -> None:
    with pytest.raises(routing.InvalidRuleError) as refused:
        conditions_from_json(conditions)
    assert [at for at, _ in refused.value.problems] == [where]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(routing.InvalidRuleError) as refused:
        conditions_from_json([{"what": "label", "is": "moon"}, {"what": "text", "values": []}])
    assert {at for at, _ in refused.value.problems} == {
        "conditions[0].name",
        "conditions[0].is",
        "conditions[0].values",
        "conditions[1].values",
    }


@pytest.mark.parametrize(
    ("by", "labels", "minutes", "where"),
    [("moon", [], None, "group_by"), ("labels", [" "], None, "group_labels"), ("tool", [], 0, "group_minutes")],
)
def test_a_grouping_that_makes_no_sense(by: str, labels: list[str], minutes: int | None, where: str) -> None:
    with pytest.raises(routing.InvalidRuleError) as refused:
        routing.grouping_from(by, labels, minutes)
    assert [at for at, _ in refused.value.problems] == [where]


@given(st.lists(st.text("ab", max_size=4), min_size=1, max_size=4), st.text("ab", max_size=6))
def test_a_pattern_fits_what_it_was_made_of(parts: list[str], filling: str) -> None:
    assert routing.is_like(filling.join(parts), "*".join(parts))


@given(st.text("ab*", max_size=6), st.text("ab", max_size=6))
def test_a_pattern_fits_as_an_expression_would(pattern: str, text: str) -> None:
    def fits(pattern: str, text: str) -> bool:
        if not pattern:
            return not text
        if pattern[0] == "*":
            return any(fits(pattern[1:], text[n:]) for n in range(len(text) + 1))
        return text[:1] == pattern[0] and fits(pattern[1:], text[1:])

    assert routing.is_like(text, pattern) == fits(pattern, text)


def test_no_pattern_runs_away() -> None:
    began = time.perf_counter()
    assert not routing.is_like("a" * 2000, "*a" * 250 + "*b*")
    assert time.perf_counter() - began < 1
