"""Saying in hindsight what would have helped in an incident, had it been done by then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from incidents import hindsight, timeline
from incidents.actions.facts import lock
from incidents.models import ActionItem, Counterfactual, Incident, Mitigation
from incidents.problems import refuse
from incidents.timeline import Kind
from teams.models import User

Effect = Counterfactual.Effect
LONGEST = 60 * 24 * 90
SAID = {
    Effect.PREVENTED: "would have prevented it",
    Effect.SOONER: "would have shown it sooner",
    Effect.SHORTENED: "would have shortened it",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """Of one item or mitigation: its `effect` ("" takes back what was said), by about how many minutes if known."""

    effect: str
    item: ActionItem | None = None
    mitigation: Mitigation | None = None
    minutes: int | None = None

    @property
    def key(self) -> str:
        return hindsight.named(self.item.pk if self.item else None, self.mitigation.pk if self.mitigation else None)


@transaction.atomic
def answer(
    incident_pk: int, answers: Sequence[Answer] = (), *, by: User, none: bool = False, note: str = ""
) -> list[Counterfactual]:
    """Write down the answers, or with `none` that nothing would have helped, which takes back all others; what stands
    is returned. What somebody said stays theirs where another says the same. Raises Blocked where nothing is said,
    where both are, where something is named that `by` can't see, or where that stands against `none`."""
    incident = lock(incident_pk, by=by, verb="review.write")
    if incident.is_active:
        raise refuse("not_over", "Service is to be back first: this is asked in hindsight.")
    given = [each for each in answers if each.effect]
    if none and given:
        raise refuse("answers_contradict", "Either some of them would have helped, or none.", field="none")
    if not none and not answers:
        raise refuse("answer_missing", "Say what would have helped, or that none of these would.", field="none")
    _check(incident, answers, by)
    rows = Counterfactual.objects.filter(incident=incident)
    said: dict[str, Any] = {"note": note.strip(), "by": by, "at": timezone.now()}
    known = {hindsight.key(row): row for row in rows}
    changed = [each for each in answers if _differs(each, known.get(each.key), by, said["note"])]
    given = [each for each in changed if each.effect]
    nothing = known.get(hindsight.NOTHING)
    anew = none and (nothing is None or (nothing.by_id == by.pk and said["note"] not in ("", nothing.note)))
    if none:
        _take_back(rows.exclude(effect=Effect.NONE), by)
    if anew:
        rows.update_or_create(
            effect=Effect.NONE, defaults=said, create_defaults={"incident": incident, "effect": Effect.NONE, **said}
        )
    for each in changed:
        about = {"item": each.item} if each.item else {"mitigation": each.mitigation}
        if not each.effect:
            rows.filter(**about).delete()
            continue
        now = {"effect": each.effect, "minutes": each.minutes, **said}
        rows.update_or_create(**about, defaults=now, create_defaults={"incident": incident, **about, **now})
    if given:
        rows.filter(effect=Effect.NONE).delete()
    if changed or anew:
        _tell(incident, given, none=none, by=by, note=said["note"])
    return list(rows.select_related("item__incident", "mitigation__incident", "by"))


def _differs(each: Answer, row: Counterfactual | None, by: User, note: str) -> bool:
    if row is None:
        return bool(each.effect)
    noted = row.by_id == by.pk and note not in ("", row.note)
    return noted or (each.effect, each.minutes) != (row.effect, row.minutes)


def _take_back(others: QuerySet[Counterfactual], by: User) -> None:
    """All that was said: what `by` can't see is not theirs to take back."""
    earlier = Incident.objects.visible_to(by)
    seen = others.filter(Q(item__incident__in=earlier) | Q(mitigation__incident__in=earlier))
    if others.exclude(pk__in=seen.values("pk")).exists():
        raise refuse(
            "others_stand",
            "Somebody has said what would have helped, of what you can't see. Whoever may see it takes it back first.",
            field="none",
        )
    seen.delete()


def _tell(incident: Incident, given: Sequence[Answer], *, none: bool, by: User, note: str) -> None:
    timeline.record(
        incident,
        Kind.REVIEW,
        "review.hindsight",
        f"{by}, in hindsight: {_sentence(incident, given, none)}",
        by=by,
        reason=note,
        data={"items": [each.item.pk for each in given if each.item]},
    )


def _check(incident: Incident, answers: Sequence[Answer], by: User) -> None:
    items, mitigations = hindsight.offered(incident, by)
    for each in answers:
        about = each.item or each.mitigation
        if about is None or (each.item and each.mitigation):
            raise refuse("answer_unclear", "Each answer names one action item or one mitigation.")
        if each.effect and each.effect not in SAID:
            raise refuse("effect_unknown", f"Choose one of: {', '.join(SAID)}.", field="effect")
        known = items if each.item else mitigations
        if not known.filter(pk=about.pk).exists():
            raise refuse("answer_unknown", "That belongs to no earlier incident that you can see.")
        if each.minutes is not None and not 0 < each.minutes <= LONGEST:
            raise refuse("minutes_unlikely", "Give about how many minutes, from 1 to 90 days.", field="minutes")


def _sentence(incident: Incident, given: Sequence[Answer], none: bool) -> str:
    if none:
        return "none of what was open would have helped"
    parts = []
    for each in given:
        about = each.item or each.mitigation
        assert about is not None, "checked before"
        # Others read this line, also where this incident is as private: whoever may see one may not see the other.
        hidden = about.incident.private
        title = "something of a private incident" if hidden else f"“{about.title}” ({about.incident.reference})"
        by = f", by about {each.minutes} min" if each.minutes else ""
        parts.append(f"{title} {SAID[Effect(each.effect)]}{by}")
    return "; ".join(parts) or "what was said before was taken back"
