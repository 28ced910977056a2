"""Measurements say how fast, they never fail for it: a table at the end of the run has each beside its baseline.

A bench asserts that what it measures and its baseline give the same, and reports the medians of runs in turns.
"""

import gc
from collections.abc import Callable, Iterator
from statistics import median
from time import perf_counter

import pytest

from tests import tables
from tests.comms.conftest import postbox as postbox  # noqa: PLC0414 - a fixture is known by its name here
from tests.installation import SMALL

Report = Callable[..., None]

_rows = pytest.StashKey[list[tuple[str, ...]]]()
HEADINGS = ("what", "ours", "baseline", "ratio", "wanted")


@pytest.fixture(autouse=True, scope="session")
def _as_a_server_runs() -> Iterator[None]:
    """Servers keep what they have loaded out of the collector's way (`config.wsgi`); a test run has loaded more yet.
    Installations have all their processes."""
    SMALL.clear()
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def report(pytestconfig: pytest.Config) -> Report:
    """report(name, ours_seconds, baseline_seconds, wanted_ratio): a row of the table at the end.

    None for what there is none of. `wanted_seconds` is for a wish that is not a ratio.
    """

    def add(
        name: str,
        ours_seconds: float,
        baseline_seconds: float | None = None,
        wanted_ratio: float | None = None,
        *,
        wanted_seconds: float | None = None,
    ) -> None:
        wishes = [f"{wanted_ratio:g}×"] if wanted_ratio is not None else []
        wishes += [f"{wanted_seconds * 1000:g} ms"] if wanted_seconds is not None else []
        compared = baseline_seconds is not None
        row = (
            name,
            f"{ours_seconds * 1000:.2f} ms",
            f"{baseline_seconds * 1000:.2f} ms" if compared else "",
            f"{ours_seconds / baseline_seconds:.2f}×" if compared else "",
            " and ".join(f"≤ {wish}" for wish in wishes),
        )
        pytestconfig.stash.setdefault(_rows, []).append(row)

    return add


@pytest.fixture
def medians() -> Callable[..., list[float]]:
    """medians(*what, before=None, runs=7): the median seconds of each, run in turns so that all see the same machine.

    `before` is called, unmeasured, ahead of each.
    """

    def measure(*what: Callable[[], object], before: Callable[[], object] | None = None, runs: int = 7) -> list[float]:
        taken: list[list[float]] = [[] for _ in what]
        for _ in range(runs):
            for times, each in zip(taken, what, strict=True):
                if before:
                    before()
                start = perf_counter()
                each()
                times.append(perf_counter() - start)
        return [median(times) for times in taken]

    return measure


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    tables.write(terminalreporter, "measured", HEADINGS, config.stash.get(_rows, []))
