"""Scenarios: those that come with Watchbill, and an organization's own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from incidents.drilling import scenario
from incidents.drilling.script import Script
from incidents.guards import Blocker
from incidents.models import Scenario
from incidents.problems import Blocked, refuse
from teams import permits
from teams.models import User

FOLDER = Path(__file__).resolve().parents[2] / "scenarios"
# Those that come with Watchbill, in the order in which to learn by them.
ORDER = (
    "errors-after-a-deploy",
    "bad-config-false-lead",
    "database-failover",
    "noisy-dependency",
    "expired-certificate",
)


@dataclass(frozen=True, slots=True)
class Shipped:
    """A scenario that comes with Watchbill."""

    slug: str
    text: str
    script: Script

    @property
    def title(self) -> str:
        return self.script.title


@cache
def shipped() -> dict[str, Shipped]:
    """Those that come with Watchbill, by their slugs."""
    found = {}
    for slug in ORDER:
        text = (FOLDER / f"{slug}.yaml").read_text(encoding="utf-8")
        script, problems = scenario.read(text)
        assert script is not None, problems
        found[slug] = Shipped(slug, text, script)
    return found


def text_of(slug: str) -> str | None:
    """The YAML of a scenario, an organization's own or one that comes with Watchbill; None where there is none."""
    if slug in shipped():
        return shipped()[slug].text
    return Scenario.objects.filter(slug=slug).values_list("text", flat=True).first()


def read(text: str) -> Script:
    """The script of a text. Raises Blocked with all that is wrong with it, by line."""
    script, problems = scenario.read(text)
    if script is None:
        raise Blocked([Blocker("scenario_wrong", str(each), field="text") for each in problems])
    return script


@transaction.atomic
def keep(text: str, *, by: User, slug: str = "") -> Scenario:
    """Keep a scenario, or where `slug` names an own one change that. Raises Blocked with all that is wrong with the
    text, by line, and for one that comes with Watchbill."""
    permits.require(by, "scenario.change")
    script = read(text)
    if slug:
        if slug in shipped():
            raise refuse("scenario_shipped", "This one comes with Watchbill. Copy it, and change the copy.")
        row = Scenario.objects.select_for_update().get(slug=slug)
    else:
        row = Scenario(slug=_free(script.title), created_by=by)
    row.text, row.title, row.updated_at = text, script.title, timezone.now()
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise refuse("scenario_taken", "Somebody kept one of that title this moment. Try again.") from None
    return row


def _free(title: str) -> str:
    base = slugify(title)[:70] or "scenario"
    taken = {*shipped(), "new", *Scenario.objects.filter(slug__startswith=base).values_list("slug", flat=True)}
    return next(
        name for number in range(1, 10_000) if (name := base if number == 1 else f"{base}-{number}") not in taken
    )


@transaction.atomic
def remove(slug: str, *, by: User) -> None:
    """Forget an own scenario. Drills of it keep their script."""
    permits.require(by, "scenario.change")
    Scenario.objects.filter(slug=slug).delete()
