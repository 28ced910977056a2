"""What is done to routing rules. What is open already stays as the rules were when it was opened."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, F, Max, PositiveIntegerField, Value, When

from incidents import routing
from incidents.models import RoutingRule
from teams import permits
from teams.models import User

MOST_RULES = 200
# What a rule is made of, besides its place.
GIVEN = (
    "name",
    "enabled",
    "conditions",
    "team",
    "service",
    "severity",
    "policy",
    "priority",
    "private",
    "declares",
    "group_by",
    "group_labels",
    "group_minutes",
    "on_recovery",
    "recovery_minutes",
)
LONGEST_RECOVERY = 24 * 60


def _lock() -> list[RoutingRule]:
    """Every rule, locked in the order of their keys: their places depend on each other."""
    return list(RoutingRule.objects.select_for_update().order_by("pk"))


def apply(rule: RoutingRule, given: dict[str, Any]) -> RoutingRule:
    """Put what was `given` into a rule that is not saved by this. ValidationError, by field, where it makes none."""
    assert set(given) <= set(GIVEN), f"a rule is not made of {set(given) - set(GIVEN)}"
    for name, value in given.items():
        setattr(rule, name, value)
    if rule.is_default:
        rule.enabled, rule.conditions = True, []
    found: dict[str, list[str]] = {}
    if not rule.name.strip():
        found["name"] = ["Say in a few words what it is for."]
    for read in (rule.read_conditions, rule.read_grouping):
        try:
            read()
        except routing.InvalidRuleError as error:
            for at, message in error.problems:
                found.setdefault(at, []).append(message)
    if not 1 <= rule.recovery_minutes <= LONGEST_RECOVERY:
        found["recovery_minutes"] = [f"Give 1 to {LONGEST_RECOVERY} minutes."]
    if not rule.is_default and not rule.conditions:
        found.setdefault("conditions", []).append(
            "Give at least one condition. What happens to everything else is for the last rule to say."
        )
    if found:
        raise ValidationError(found)
    return rule


@transaction.atomic
def keep(rule: RoutingRule | None, *, by: User | None, **given: Any) -> RoutingRule:
    """Make a rule, which comes after all others but the default, or change one. ValidationError, by field, where what
    was given makes no rule."""
    permits.require(by, "routing.change")
    rows = _lock()
    if rule is None:
        if len(rows) > MOST_RULES:
            raise ValidationError(f"There are {MOST_RULES} rules already. Remove one that never matches.")
        last = RoutingRule.objects.aggregate(last=Max("position"))["last"] or 0
        found = RoutingRule(position=last + 1)
    else:
        there = [row for row in rows if row.pk == rule.pk]
        if not there:
            raise ValidationError("Somebody removed this rule meanwhile.")
        found = there[0]
    apply(found, given).save()
    return found


@transaction.atomic
def move(pk: int, *, up: bool, by: User | None) -> RoutingRule:
    """Let a rule change places with the one before it, or after it. Nothing happens at the ends, nor to the default."""
    permits.require(by, "routing.change")
    rows = sorted((row for row in _lock() if not row.is_default), key=lambda row: row.position)
    places = [row.pk for row in rows]
    if pk not in places:
        return RoutingRule.objects.get(pk=pk)
    here = places.index(pk)
    there = here - 1 if up else here + 1
    if 0 <= there < len(rows):
        one, other = rows[here], rows[there]
        RoutingRule.objects.filter(pk__in=[one.pk, other.pk]).update(
            position=Case(
                When(pk=one.pk, then=Value(other.position)),
                When(pk=other.pk, then=Value(one.position)),
                default=F("position"),
                output_field=PositiveIntegerField(),
            )
        )
    return rows[here]


@transaction.atomic
def remove(pk: int, *, by: User | None) -> RoutingRule:
    """Remove a rule for good, with what was counted of it. ValidationError for the default, which always catches."""
    permits.require(by, "routing.change")
    rule = RoutingRule.objects.select_for_update().get(pk=pk)
    if rule.is_default:
        raise ValidationError("The last rule can't be removed: what nothing else matches has to go somewhere.")
    RoutingRule.objects.filter(pk=pk).delete()
    return rule
