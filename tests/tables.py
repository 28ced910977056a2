"""A table at the end of a test run."""

from collections.abc import Sequence

import pytest


def write(reporter: pytest.TerminalReporter, title: str, headings: Sequence[str], rows: list[tuple[str, ...]]) -> None:
    """Write `rows` below `headings`, the first column to the left and figures to the right; nothing without rows."""
    if not rows:
        return
    reporter.section(title)
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    for name, *figures in (headings, *rows):
        cells = [name.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(figures, widths[1:], strict=True))]
        reporter.write_line("  ".join(cells).rstrip())
