"""Contributing factors of a postmortem: written, tagged and put in order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from incidents.actions.review_rows import lock_review
from incidents.models import Factor, FactorTag, Incident, Postmortem, PostmortemChange
from incidents.problems import refuse
from teams.models import User

MOST = 30
LONGEST = 500


@transaction.atomic
def add(incident_pk: int, *, by: User, text: str, tags: Iterable[FactorTag] = ()) -> Factor:
    """Add a factor after the others. Raises Blocked."""
    postmortem = _writable(incident_pk, by=by)
    said = _said(text)
    taken = list(postmortem.factors.values_list("position", flat=True))
    if len(taken) >= MOST:
        raise refuse("too_many_factors", f"A postmortem has at most {MOST} factors. Put some together.", field="text")
    factor = postmortem.factors.create(text=said, position=max(taken, default=0) + 1)
    factor.tags.set(tags)
    _remember(factor, None, said, by)
    return factor


@transaction.atomic
def edit(
    factor_pk: int,
    *,
    by: User,
    text: str | None = None,
    seen: str | None = None,
    tags: Iterable[FactorTag] | None = None,
    tags_seen: Iterable[int] | None = None,
    position: int | None = None,
) -> Factor:
    """Write it anew, tag it anew, or give it another place: 1 is the first. What is None stays.

    `seen` is the text that the writer saw: raises Blocked with code `edited_meanwhile` where it reads otherwise by now.
    `tags_seen` are the numbers of the tags that it had then: only what the writer changed of them is done."""
    factor = _locked(factor_pk, by=by)
    if text is not None and (said := _said(text)) != factor.text:
        if seen is not None and " ".join(seen.split()) != factor.text:
            raise refuse(
                "edited_meanwhile",
                f"Somebody wrote meanwhile: “{factor.text}”. Yours is kept here: compare and save again.",
                field="text",
            )
        before, factor.text = factor.text, said
        factor.save(update_fields=["text"])
        _remember(factor, before, said, by)
    had = _tags(factor) if tags is not None else []
    if tags is not None and tags_seen is not None:
        wanted, shown = {tag.pk for tag in tags}, set(tags_seen)
        factor.tags.add(*wanted - shown)
        factor.tags.remove(*shown - wanted)
    elif tags is not None:
        factor.tags.set(tags)
    if tags is not None and (has := _tags(factor)) != had:
        _change(factor, "factor_tags", {"tags": had}, {"tags": has}, by)
    if position is not None:
        _place(factor, position, by)
    return factor


@transaction.atomic
def move(factor_pk: int, *, by: User, steps: int) -> Factor:
    """One place up (-1) or down (1); the first and the last stay where they are."""
    factor = _locked(factor_pk, by=by)
    rows = list(Factor.objects.filter(postmortem=factor.postmortem_id).values_list("pk", flat=True))
    _place(factor, rows.index(factor.pk) + 1 + steps, by)
    return factor


@transaction.atomic
def remove(factor_pk: int, *, by: User) -> None:
    """Take it away. Action items that answered it stay."""
    factor = _locked(factor_pk, by=by)
    _remember(factor, factor.text, None, by)
    factor.delete()


def _remember(factor: Factor, before: str | None, after: str | None, by: User) -> None:
    change = {"field": "factor", "before": before, "after": after}
    PostmortemChange.objects.create(postmortem_id=factor.postmortem_id, **change, by=by)


def _change(factor: Factor, field: str, before: dict[str, Any], after: dict[str, Any], by: User) -> None:
    """What is not its text, with the text by which it is known."""
    told = {"factor": factor.text}
    PostmortemChange.objects.create(
        postmortem_id=factor.postmortem_id, field=field, before=before | told, after=after | told, by=by
    )


def _tags(factor: Factor) -> list[str]:
    return list(factor.tags.order_by("position", "name").values_list("name", flat=True))


def _place(factor: Factor, position: int, by: User) -> None:
    rows = list(Factor.objects.filter(postmortem=factor.postmortem_id))
    before = rows.index(factor)
    rows.remove(factor)
    after = max(0, min(position - 1, len(rows)))
    rows.insert(after, factor)
    if before != after:
        _change(factor, "factor_place", {"place": before + 1}, {"place": after + 1}, by)
    for place, row in enumerate(rows, start=1):
        row.position = place
    Factor.objects.bulk_update(rows, ["position"])


def _said(text: str) -> str:
    said = " ".join(text.split())
    if not said:
        raise refuse("text_missing", "Say which condition contributed.", field="text")
    if len(said) > LONGEST:
        raise refuse(
            "text_too_long", f"Say it in at most {LONGEST} characters; the sections have room for more.", field="text"
        )
    return said


def _locked(factor_pk: int, *, by: User) -> Factor:
    incident = Incident.objects.filter(postmortem__factors=factor_pk).values_list("pk", flat=True).first()
    if incident is None:
        raise refuse("already_removed", "Somebody removed it meanwhile.")
    _writable(incident, by=by)
    factor = Factor.objects.filter(pk=factor_pk).first()
    if factor is None:
        raise refuse("already_removed", "Somebody removed it meanwhile.")
    return factor


def _writable(incident_pk: int, *, by: User) -> Postmortem:
    postmortem = lock_review(incident_pk, by=by)[1]
    if not postmortem.is_editable:
        raise refuse(
            "postmortem_settled",
            f"The postmortem is {postmortem.get_state_display().lower()}. Take it back to draft first.",
            fix_url=postmortem.get_absolute_url(),
        )
    return postmortem
