"""The table at the end of a run of faults: how many pages each lost, how many came twice, and the longest wait."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests import tables
from tests.faults.alarm import Alarm
from tests.installation import live_installation

Told = Callable[[str, list[int], float], None]

Outcome = Callable[[str, str, str, str, str, str], None]

_rows = pytest.StashKey[list[tuple[str, ...]]]()
_outcomes = pytest.StashKey[list[tuple[str, ...]]]()
HEADINGS = ("fault", "runs", "lost", "duplicates", "worst")
OF_RELAYS = ("fault of relay A", "letters", "tries", "readers", "relay A", "taken by")


@pytest.fixture(scope="session")
def demo() -> Iterator[Alarm]:
    """A demo installation for all tests that leave it whole."""
    with live_installation() as running:
        yield Alarm(running)


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


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of xdist hands its rows to who writes the tables."""
    if hasattr(session.config, "workeroutput"):
        kept = session.config.stash
        session.config.workeroutput["faults"] = (kept.get(_rows, []), kept.get(_outcomes, []))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    for key, rows in zip((_rows, _outcomes), getattr(node, "workeroutput", {}).get("faults", ()), strict=False):
        node.config.stash.setdefault(key, []).extend(map(tuple, rows))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    tables.write(terminalreporter, "faults", HEADINGS, config.stash.get(_rows, []))
    tables.write(terminalreporter, "mail relays", OF_RELAYS, config.stash.get(_outcomes, []))
