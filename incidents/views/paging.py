"""Pages of a long list: the newest rows by number, and what is older from a row on."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, cast

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.utils.functional import cached_property

Row = TypeVar("Row", bound=Model)
# Counting all would cost more than showing them; nobody turns to page 30.
MOST_COUNTED = 1000


class Newest(Paginator[Row], Generic[Row]):
    """Pages of which only those of the first `MOST_COUNTED` rows have numbers. Where the queryset is ordered by "-pk",
    `older` is the key of the row that the next ones come `before`. `says`: how many there are, in words."""

    def __init__(self, rows: QuerySet[Row], per_page: int, *, before: str = "") -> None:
        # A number that no row can have finds nothing, as one that is long gone does.
        self.before = int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else None
        self.by_key = rows.query.order_by == ("-pk",)
        if not self.by_key:
            self.before = None
        super().__init__(rows if self.before is None else rows.filter(pk__lt=self.before), per_page)

    @cached_property
    def counted(self) -> int:
        found = cast("QuerySet[Row]", self.object_list)
        return found.order_by()[: MOST_COUNTED + 1].count()

    @cached_property
    def count(self) -> int:
        return min(self.counted, MOST_COUNTED)

    @property
    def says(self) -> str:
        left = "older" if self.before is not None else "in all"
        return f"more than {MOST_COUNTED:,} {left}" if self.counted > MOST_COUNTED else f"{self.counted} {left}"

    def older(self, page: Page[Row]) -> int | None:
        """Before which row the list goes on, on the last page that has a number."""
        goes_on = self.counted > MOST_COUNTED and not page.has_next()
        return page[-1].pk if goes_on and self.by_key else None


def shown(rows: QuerySet[Row], per_page: int, asked: Any) -> Page[Row]:
    """The page that the query (`page`, `before`) of an address asks for, as `partials/pagination.html` has it."""
    pages = Newest(rows, per_page, before=asked.get("before", ""))
    page = pages.get_page(asked.get("page"))
    page.older = pages.older(page)  # type: ignore[attr-defined]
    return page
