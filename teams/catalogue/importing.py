"""Services from a file: looking at what it would do, and doing it.

What the file says is set, what it does not mention stays. Looking and doing take the same steps, and doing them again
changes nothing.
"""

from __future__ import annotations

from django.db import transaction

from teams.actions.services import lock_dependencies, write_dependencies, write_links
from teams.catalogue import reading
from teams.catalogue.planning import Plan, Planner, Row
from teams.models import Service, Team, User


class Overtaken(Exception):
    """What the file would do is no longer what somebody was shown; `plan` is what it would do now."""

    def __init__(self, plan: Plan) -> None:
        super().__init__("What this would do has changed since you looked. Look at it again.")
        self.plan = plan


def look(text: str, *, by: User | None, fallback: Team | None = None) -> Plan:
    """What `text` would do, without doing it. `fallback` answers for services whose owner is no team here; `by` None is
    whoever runs the installation."""
    return Planner(by, fallback).plan(reading.read(text))


@transaction.atomic
def bring_in(text: str, *, by: User | None, fallback: Team | None = None, seen: str = "") -> Plan:
    """Do what `text` says: all of it, or where there is a problem nothing. `seen` is the fingerprint of the plan that
    somebody was shown; Overtaken where it is another by now."""
    lock_dependencies()
    list(Service.objects.select_for_update(of=("self",)).order_by("pk").values_list("pk"))
    plan = look(text, by=by, fallback=fallback)
    if seen and seen != plan.fingerprint:
        raise Overtaken(plan)
    if not plan.problems:
        for row in plan.rows:
            _save(row)
        _connect(plan)
    return plan


def _save(row: Row) -> None:
    if row.new:
        row.service.save(force_insert=True)
    elif row.fields:
        row.service.save(update_fields=sorted(row.fields))
    if row.links is not None:
        write_links(row.service, [(link.kind, link.title, link.url) for link in row.links])


def _connect(plan: Plan) -> None:
    """What goes goes first: two dependencies that turn round would otherwise close a circle for a moment."""
    keys = dict(Service.objects.values_list("slug", "pk"))
    wanted = [(row.service, [keys[slug] for slug in row.needs]) for row in plan.rows if row.needs is not None]
    for service, others in wanted:
        service.dependencies.exclude(depends_on__in=others).delete()
    for service, others in wanted:
        write_dependencies(service, others)
