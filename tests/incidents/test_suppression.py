"""What holds an alert back, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from incidents.routing import Case, Condition, conditions_from_json
from incidents.sources import AlertReport
from incidents.suppression import Held, Quiet, Window, why

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)
LATER, LAST = AT + timedelta(hours=1), AT + timedelta(hours=2)
CASE = Case(AlertReport("f", "firing", "Disk full", labels={"env": "prod"}), integration=3, services=(7, 8))


def prod() -> tuple[Condition, ...]:
    return conditions_from_json([{"what": "label", "name": "env", "is": "equals", "values": ["prod"]}])


def test_nothing_holds_back_what_nobody_spoke_of() -> None:
    assert why(CASE, 1, AT) is None
    assert why(CASE, 1, AT, silences=[], windows=[Window(1, frozenset({9}), LAST)], down={9: 4}) is None


@pytest.mark.parametrize(("team", "held"), [(None, True), (1, True), (2, False)])
def test_a_silence_is_of_its_team_or_of_every_teams(team: int | None, held: bool) -> None:
    found = why(CASE, 1, AT, silences=[Quiet(5, prod(), team, LATER)])
    assert found == (Held("silence", 5, LATER) if held else None)


@pytest.mark.parametrize(
    ("seen", "private", "held"),
    [(None, True, True), ({1}, True, True), ({2}, True, False), (set(), True, False), (set(), False, True)],
)
def test_what_is_private_is_held_back_by_who_may_see_it(seen: set[int] | None, private: bool, held: bool) -> None:
    quiet = Quiet(5, prod(), None, LATER, None if seen is None else frozenset(seen))
    assert (why(CASE, 1, AT, private=private, silences=[quiet]) is not None) == held


def test_all_of_its_conditions_have_to_hold() -> None:
    both = prod() + conditions_from_json([{"what": "text", "values": ["cpu"]}])
    assert why(CASE, 1, AT, silences=[Quiet(5, both, None, LATER)]) is None


def test_of_several_what_lasts_longest_holds_it() -> None:
    silences = [Quiet(5, prod(), None, LATER), Quiet(6, prod(), None, LAST), Quiet(7, prod(), None, LAST)]
    assert why(CASE, 1, AT, silences=silences) == Held("silence", 6, LAST)
    windows = [Window(1, frozenset({7}), LATER), Window(2, frozenset({8, 9}), LAST)]
    assert why(CASE, 1, AT, windows=windows) == Held("maintenance", 2, LAST)


def test_a_silence_comes_before_a_window_and_that_before_a_service_that_is_down() -> None:
    window = [Window(1, frozenset({7}), LATER)]
    assert why(CASE, 1, AT, silences=[Quiet(5, prod(), 1, LATER)], windows=window, down={7: 4}) == Held(
        "silence", 5, LATER
    )
    assert why(CASE, 1, AT, windows=window, down={7: 4}) == Held("maintenance", 1, LATER)
    assert why(CASE, 1, AT, down={8: 4}) == Held("dependency", 4, AT + timedelta(minutes=1))
