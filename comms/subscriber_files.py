"""Files of subscribers: a CSV that somebody brings, read however their program wrote it, and ours, written so that it
can be brought back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

MOST_BYTES = 5_000_000
MOST_LINES = 100_000
DELIMITERS = (",", ";", "\t", "|")
SEPARATOR = "|"
EMAIL, KIND, QUARANTINED, SCOPE = "email", "type", "quarantined", "scope"
# Of whoever follows single incidents alone.
INCIDENTS = "incidents"
COLUMNS = (
    *(EMAIL, "components", "groups", "language", "time_zone", "floor", "state"),
    *("maintenance", "ends_only", "digest", "digest_at", "quiet_from", "quiet_until", SCOPE),
)
# What else such files call it, in letters only; statuspage.io's among them.
NAMES: dict[str, str] = {
    **dict.fromkeys(("email", "emailaddress", "mail", "mailaddress", "address", "subscriber", "emailadresse"), EMAIL),
    **dict.fromkeys(("components", "component", "componentids", "componentid", "componentnames"), "components"),
    **dict.fromkeys(("groups", "group", "componentgroups", "componentgroup"), "groups"),
    **dict.fromkeys(("language", "languagecode", "locale", "lang"), "language"),
    **dict.fromkeys(("timezone", "tz", "zone"), "time_zone"),
    **dict.fromkeys(("floor", "impact", "minimumimpact", "severity"), "floor"),
    **dict.fromkeys(("state", "status"), "state"),
    **dict.fromkeys(("maintenance", "plannedmaintenance"), "maintenance"),
    **dict.fromkeys(("endsonly", "firstandlast"), "ends_only"),
    **{name.replace("_", ""): name for name in ("digest", "digest_at", "quiet_from", "quiet_until", SCOPE)},
    **dict.fromkeys(("type", "mode", "channel", "subscribertype", "subscriptiontype"), KIND),
    **dict.fromkeys(("quarantinedat", "quarantined"), QUARANTINED),
}
# What a file may have beside it without a word: ours that say nothing to an import, and those of a report of errors.
BESIDE = frozenset(
    {"line", "problem", "column", "page", "createdat", "confirmedat", "endedat", "reachedat", "id"}
    | {"skipconfirmationnotification", "purgeat"}
)


class Unreadable(ValueError):
    """A file that is no list of subscribers. The text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line with something in it. `number` is where it ends in the file, from 1; `cells` by the names of COLUMNS,
    KIND and QUARANTINED."""

    number: int
    cells: dict[str, str]

    def as_written(self) -> str:
        """As a line of a file of ours, with what of it was understood."""
        text = io.StringIO()
        csv.writer(text, lineterminator="").writerow([self.cells.get(name, "") for name in COLUMNS])
        return text.getvalue()


@dataclass(frozen=True, slots=True)
class Table:
    """A file that can be read. `unknown` are headings that mean nothing to us."""

    text: str
    delimiter: str
    columns: dict[int, str]
    has_heading: bool
    unknown: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[Line]:
        """Raises Unreadable where a quote is never closed, or a cell is longer than any could be."""
        reader = csv.reader(io.StringIO(self.text, newline=""), delimiter=self.delimiter)
        is_heading = self.has_heading
        try:
            for cells in reader:
                if not any(cell.strip() for cell in cells):
                    continue
                if is_heading:
                    is_heading = False
                    continue
                found = {name: bare(cells[at]) for at, name in self.columns.items() if at < len(cells)}
                yield Line(reader.line_num, found)
        except csv.Error as error:
            raise Unreadable(
                f"Line {reader.line_num} can't be read ({error}). Look for a quotation mark that is not closed."
            ) from None


def decode(raw: bytes) -> str:
    """The text of a file, in whichever of the usual encodings. Raises Unreadable for what is no text."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif raw[:200].count(b"\x00") > len(raw[:200]) // 4:
        encoding = "utf-16-be" if raw[:1] == b"\x00" else "utf-16-le"
    else:
        encoding = "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        if encoding != "utf-8-sig":
            raise Unreadable("The file can't be read. Save it as CSV in UTF-8.") from None
        # Whatever an old spreadsheet writes: every byte means something there.
        text = raw.decode("cp1252", errors="replace")
    if "\x00" in text or text.startswith("PK\x03\x04"):
        raise Unreadable("That is no text. Save the sheet as CSV, and choose that file.")
    return text


def table(text: str) -> Table:
    """How the file is to be read. Raises Unreadable where no column has addresses, and for one that is too long."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    if not first:
        raise Unreadable("The file is empty. Its first line names the columns, one of them “email”.")
    delimiter = max(DELIMITERS, key=first.count) if any(each in first for each in DELIMITERS) else ","
    try:
        heads = [bare(cell) for cell in next(csv.reader([first], delimiter=delimiter))]
    except csv.Error:
        raise Unreadable("The first line can't be read. It names the columns, one of them “email”.") from None
    if any("@" in head for head in heads):
        # A list without a heading.
        at = next(at for at, head in enumerate(heads) if "@" in head)
        found = Table(text, delimiter, {at: EMAIL}, has_heading=False)
    else:
        found = _with_heading(text, delimiter, heads)
    if sum(1 for _ in found.lines()) > MOST_LINES:
        raise Unreadable(f"The file has more than {MOST_LINES} lines. Bring it in parts.")
    return found


def _with_heading(text: str, delimiter: str, heads: Sequence[str]) -> Table:
    columns: dict[int, str] = {}
    unknown = []
    for at, head in enumerate(heads):
        letters = "".join(c for c in head.lower() if c.isalnum())
        name = NAMES.get(letters)
        if name is not None and name not in columns.values():
            columns[at] = name
        elif letters and letters not in BESIDE:
            unknown.append(head[:40])
    if EMAIL not in columns.values():
        raise Unreadable("No column is called “email”. Name the one that has the addresses so, in the first line.")
    return Table(text, delimiter, columns, has_heading=True, unknown=unknown)


def several(cell: str) -> list[str]:
    """What is in a cell for several, each once."""
    return list(dict.fromkeys(part.strip() for part in cell.split(SEPARATOR) if part.strip()))


def joined(names: Iterable[str]) -> str:
    return SEPARATOR.join(names)


def bare(cell: str) -> str:
    """A cell without what keeps spreadsheets from running it, as our own files have it."""
    text = cell.strip()
    return text[1:] if text[:1] == "'" and text[1:2] in tuple("=+-@") else text
