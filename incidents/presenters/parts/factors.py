"""The contributing factors of a postmortem, with the tags that each may have and the action items that answer it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from incidents import coach, similar, tagging
from incidents.models import ActionItem, Factor, FactorTag, Postmortem
from teams.models import User


@dataclass(frozen=True, slots=True)
class Line:
    """`suggested`: tags that it does not have, the likeliest first. `items`: its action items that are not dropped."""

    factor: Factor
    tags: Sequence[FactorTag]
    suggested: Sequence[FactorTag]
    items: Sequence[ActionItem]
    first: bool
    last: bool


def shown(postmortem: Postmortem, user: User, items: Iterable[ActionItem], *, editable: bool) -> dict[str, Any]:
    """`factors` as lines, `one_factor` what the coach says where there is only one, `factors_editable`; `items` are
    those of the incident. Two queries; six more where tags are suggested."""
    answers: dict[int | None, list[ActionItem]] = defaultdict(list)
    for item in sorted(items, key=lambda each: each.pk):
        if item.state != ActionItem.State.DROPPED:
            answers[item.factor_id].append(item)
    rows = list(postmortem.factors.prefetch_related("tags"))
    untagged = [row for row in rows if not row.tags.all()] if editable else []
    offered = list(FactorTag.objects.filter(retired=False)) if untagged else []
    before = _of_similar(postmortem, user) if untagged else {}
    suggested = {row.pk: tagging.suggested(row.text, offered, before) for row in untagged}
    return {
        "factors": [
            Line(
                factor=row,
                tags=list(row.tags.all()),
                suggested=suggested.get(row.pk, []),
                items=answers[row.pk],
                first=row is rows[0],
                last=row is rows[-1],
            )
            for row in rows
        ],
        "one_factor": coach.only_one(len(rows)),
        "factors_editable": editable,
    }


def _of_similar(postmortem: Postmortem, user: User) -> dict[int, int]:
    """In how many incidents that looked like this one each tag was found."""
    like = [each.incident.pk for each in similar.earlier(postmortem.incident, user)]
    found = Factor.tags.through.objects.filter(factor__postmortem__incident__in=like)
    return Counter(found.values_list("factortag", flat=True))
