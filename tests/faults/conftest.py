"""The table at the end of a run of faults: how many pages each lost, how many came twice, and the longest wait."""

from collections.abc import Callable

import pytest

from tests import tables

Told = Callable[[str, list[int], float], None]

Outcome = Callable[[str, str, str, str, str, str], None]

_rows = pytest.StashKey[list[tuple[str, ...]]]()
_outcomes = pytest.StashKey[list[tuple[str, ...]]]()
HEADINGS = ("fault", "runs", "lost", "duplicates", "worst")
OF_RELAYS = ("fault of relay A", "letters", "tries", "readers", "relay A", "taken by")


@pytest.fixture
def told(pytestconfig: pytest.Config) -> Told:
    """told(fault, pages, seconds): a row of the table. `pages` has for each run how many came, `seconds` is the
    longest wait for the first of them."""

    def add(fault: str, pages: list[int], seconds: float) -> None:
        lost = sum(count == 0 for count in pages)
        twice = sum(max(0, count - 1) for count in pages)
        row = (fault, str(len(pages)), str(lost), str(twice), f"{seconds:.1f} s")
        pytestconfig.stash.setdefault(_rows, []).append(row)

    return add


@pytest.fixture
def outcome(pytestconfig: pytest.Config) -> Outcome:
    """A row of the table of relays: the fault, then what became of the letters, their tries, their readers, the relay,
    and which relays took them."""

    def add(*row: str) -> None:
        pytestconfig.stash.setdefault(_outcomes, []).append(row)

    return add


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    tables.write(terminalreporter, "faults", HEADINGS, config.stash.get(_rows, []))
    tables.write(terminalreporter, "mail relays", OF_RELAYS, config.stash.get(_outcomes, []))
