"""Full text of incidents: what somebody typed as a query of PostgreSQL, and excerpts with what it found marked."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchVector
from django.db.models import Case, F, TextField, Value, When
from django.db.models.functions import Concat, Length
from django.db.models.lookups import GreaterThan
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

CONFIG = "english"
SHORTEST_PREFIX = 2
# Of a text that is shown whole, in characters; and how much of a longer one.
SHORT = 240
ROOM: dict[str, Any] = {"max_fragments": 2, "max_words": 26, "min_words": 10}
# As the indexes of the models have them.
OF_INCIDENT = ("title", "summary", "impact")
OF_LINE = ("text", "reason")
OF_POSTMORTEM = ("title", "body")
# Stand for <mark> until all else is escaped. Nobody types them.
START, STOP = "\ue000", "\ue001"


def vector(names: tuple[str, ...]) -> SearchVector:
    return SearchVector(*names, config=CONFIG)


def query(text: str) -> Any:
    """Words as a web search reads them ("so exactly", or, -without); the last one may still be in the middle of being
    typed."""
    text = text.replace("\x00", " ").strip()
    whole: Any = SearchQuery(text, search_type="websearch", config=CONFIG)
    last = text.rpartition(" ")[2]
    if len(last) < SHORTEST_PREFIX or not last.isalnum() or last.lower() == "or" or text.count('"') % 2:
        return whole
    begun: Any = SearchQuery(f"'{last}':*", search_type="raw", config=CONFIG)
    before = text[: -len(last)].strip()
    # What stands before an "or" is an alternative to the last word, and no condition on it.
    if before and before.rpartition(" ")[2].lower() != "or":
        begun = SearchQuery(before, search_type="websearch", config=CONFIG) & begun
    return whole | begun


def headline(names: tuple[str, ...], asked: Any) -> Any:
    """An excerpt of the texts around what was found, for `marked`; all of what is short."""
    joined = F(names[0]) if len(names) == 1 else Concat(*_apart(names), output_field=TextField())
    marks: dict[str, Any] = {"config": CONFIG, "start_sel": START, "stop_sel": STOP}
    return Case(
        When(GreaterThan(Length(joined), SHORT), then=SearchHeadline(joined, asked, **ROOM, **marks)),
        default=SearchHeadline(joined, asked, highlight_all=True, **marks),
    )


def _apart(names: tuple[str, ...]) -> list[Any]:
    parts: list[Any] = []
    for name in names:
        parts += [name, Value("\n")]
    return parts[:-1]


def plain(excerpt: str) -> str:
    return excerpt.replace(START, "").replace(STOP, "")


def marked(excerpt: str) -> SafeString:
    """The excerpt as HTML: escaped, and what was found in <mark>."""
    first, *rest = excerpt.split(START)
    told = str(escape(first.replace(STOP, "")))
    for part in rest:
        found, stop, after = part.partition(STOP)
        told += f"<mark>{escape(found)}</mark>" if stop else escape(found)
        told += escape(after.replace(STOP, ""))
    return mark_safe(told)  # noqa: S308  (all but the marks is escaped)


def with_words(text: str, asked: str) -> str:
    """`text` with `asked`, where it stands there as it was typed, between the marks: for a part of a word, which full
    text does not find."""
    at = text.lower().find(asked.lower()) if asked and len(text.lower()) == len(text) else -1
    if START in text or at < 0:
        return text
    return f"{text[:at]}{START}{text[at : at + len(asked)]}{STOP}{text[at + len(asked) :]}"
