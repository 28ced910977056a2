"""Thirty incidents that went as incidents go, by the real actions, each step at its own time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import time_machine

from incidents.actions import (
    escalation,
    figures,
    lifecycle,
    marks,
    mitigation,
    notes,
    postmortem,
    promises,
    roles,
)
from incidents.models import Incident, IncidentType, Severity, TimelineEntry
from teams.models import Role, Service, Team, User
from tests import factories
from tests.cast import everybody

FIRST = datetime(2026, 7, 3, 9, tzinfo=UTC)
LAST = FIRST + timedelta(days=100)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    with time_machine.travel(moment, tick=False):
        yield


class Story:
    """One incident on its way; `minutes` count from when it was reported."""

    def __init__(self, n: int, by: User, mate: User, team: Team, **given: Any) -> None:
        self.began = FIRST + timedelta(days=3 * n, minutes=17 * n)
        self.by, self.mate, self.n = by, mate, n
        ahead = given.pop("impact", None)
        with at(self.began):
            started = None if ahead is None else self.began - timedelta(minutes=ahead)
            self.pk = lifecycle.report(by=by, title=f"Trouble {n}", team=team, impact_started_at=started, **given).pk

    def when(self, minutes: float) -> datetime:
        return self.began + timedelta(minutes=minutes)

    def page(self, minutes: float) -> Story:
        with at(self.when(minutes)):
            escalation.advance_due()
        return self

    def acknowledge(self, minutes: float) -> Story:
        with at(self.when(minutes)):
            escalation.acknowledge(self.pk, by=self.by)
        return self

    def do(self, minutes: float, verb: str, told: float | None = None, **inputs: Any) -> Story:
        """`told`: minutes at which it happened, where that is not when it was recorded."""
        with at(self.when(minutes)):
            given = {"reason": "it went so", **inputs}
            happened = None if told is None else self.when(told)
            lifecycle.perform(verb, self.pk, by=self.by, inputs=given, override=True, occurred_at=happened)
        return self

    def declare(self, minutes: float, severity: int, told: float | None = None, commander: User | None = None) -> Story:
        given = {"severity": Severity.objects.get(pk=severity), "commander": commander or self.by}
        return self.do(minutes, "declare", told, **given)

    def take(self, minutes: float) -> Story:
        with at(self.when(minutes)):
            roles.take(self.pk, Role.objects.get(slug=Role.COMMANDER), by=self.mate)
        return self

    def attempt(self, minutes: float, outcome: str = "worked", kind: str = "roll_back", took: float = 6) -> Story:
        with at(self.when(minutes)):
            made = mitigation.propose(self.pk, by=self.by, kind=kind, carried_by=self.mate)
            if Incident.objects.get(pk=self.pk).phase == "declare":
                given = {"reason": "now"}
                lifecycle.perform("start_mitigation", self.pk, by=self.by, inputs=given, override=True)
        with at(self.when(minutes + 1)):
            mitigation.perform(made.pk, "execute", by=self.mate, override=True, reason="now")
        if outcome:
            with at(self.when(minutes + 1 + took)):
                mitigation.perform(made.pk, outcome, by=self.by)
        return self

    def tell(self, minutes: float, **given: Any) -> Story:
        with at(self.when(minutes)):
            promises.told(self.pk, by=self.by, text="More", final=False, **given)
        return self

    def facts(self, minutes: float, **facts: float) -> Story:
        with at(self.when(minutes)):
            notes.set_facts(self.pk, by=self.by, **{name: self.when(value) for name, value in facts.items()})
        return self

    def correct(self, minutes: float, verb: str, to: float) -> Story:
        with at(self.when(minutes)):
            line = TimelineEntry.objects.filter(incident=self.pk, verb=verb).latest("pk")
            notes.correct(line.pk, "It was at another time.", by=self.by, occurred_at=self.when(to))
            notes.correct(line.pk, "It was at another time, and this is how.", by=self.by)
        return self

    def over(self, minutes: float, *, by_itself: bool = False) -> Story:
        self.do(minutes, "confirm_mitigated", recovered_by_itself=by_itself)
        return self.do(minutes + 12, "resolve", confirmation="errors are gone")

    def review(self, minutes: float, *, publish: bool = True, close: bool = True) -> Story:
        self.do(minutes, "start_review", facilitator=self.by)
        if not publish:
            return self
        with at(self.when(minutes + 600)):
            factories.written(self.pk, self.by)
            factories.action_item(self.pk, self.by, due_on=date(2026, 8, 1))
            postmortem.move(self.pk, "submit", by=self.by)
            postmortem.move(self.pk, "approve", by=self.mate)
            postmortem.move(self.pk, "publish", by=self.by, reason="Nobody looked back")
        return self.do(minutes + 700, "close") if close else self


def standing() -> dict[str, Any]:
    """The cast and the thirty, for the `standing` of a class of tests."""
    cast = everybody()
    return {**cast, "incidents": thirty(*(cast[name] for name in ("alice", "bob", "payments", "search", "checkout")))}


def thirty(alice: User, bob: User, payments: Team, search: Team, checkout: Service) -> list[Incident]:
    """`payments` pages alice, `search` pages nobody. Times differ so that no two figures agree by chance."""
    index = factories.ServiceFactory(name="Index", slug="index", team=search)
    outage = IncidentType.objects.create(slug="outage", name="Outage")
    count = iter(range(30))

    def begin(team: Team = payments, **given: Any) -> Story:
        return Story(next(count), alice, bob, team, **given)

    stories = []
    for n in range(8):
        story = begin(
            team=search if n % 3 == 2 else payments,
            impact=5 + 3 * n if n != 4 else None,
            services=[checkout] if n % 2 else [checkout, index],
            type=outage if n % 4 == 0 else None,
        ).page(1.5 + n)
        if n % 2:
            story.acknowledge(4 + 2 * n)
        story.declare(9 + 3 * n, 1 + n % 3, commander=bob if n == 6 else None)
        if n == 6:
            story.take(40)
        if n != 3:
            story.tell(45 + 2 * n)
        story.attempt(60 + n, "partly" if n == 5 else "worked", "restart" if n % 2 else "roll_back", took=3 + n)
        if n == 5:
            story.attempt(75, "worked", "fail_over")
        story.facts(80, impact_ended_at=70 + n) if n % 2 == 0 and n != 4 else None
        story.over(100 + 4 * n)
        if n < 5:
            story.review(2000 + 100 * n, close=n < 3, publish=n != 4)
        stories.append(story)
    stories += [
        begin(impact=2).page(1),
        begin().page(2).acknowledge(5),
        begin(impact=8).page(1).declare(12, 2, commander=bob),
        begin(impact=4).page(1).declare(7, 1).attempt(20, ""),
        begin(impact=6).declare(8, 1).attempt(15).do(40, "confirm_mitigated"),
        begin(impact=11).declare(14, 3).over(50, by_itself=True),
        begin(impact=3).page(1).declare(6, 1).attempt(10).over(30).do(300, "reopen").attempt(310).over(340),
        begin(impact=13).declare(6, 2).attempt(10).over(30).review(500, close=False).do(2000, "reopen"),
        begin(impact=7).declare(5, 1).attempt(9).do(30, "confirm_mitigated").do(35, "relapse").attempt(41).over(77),
        begin(impact=9).declare(5, 1).attempt(9).do(30, "confirm_mitigated").do(44, "relapse"),
    ]
    target = begin(impact=1).declare(21, 2)
    merged = Story(next(count), alice, bob, payments, impact=3)
    stories += [target, merged.do(10, "merge", target=Incident.objects.get(pk=target.pk))]
    stories += [
        begin(impact=2).page(1).do(9, "cancel", kind="false_alarm"),
        begin(impact=2).page(1).do(9, "cancel", kind="other").do(15, "uncancel").declare(33, 2),
        begin(impact=2, private=True).page(1).declare(3, 1).attempt(8).over(19),
        begin(impact=20).page(3).declare(30, 1, told=4).attempt(40).over(90),
        begin(impact=25).page(2).declare(30, 1).attempt(40).over(90).correct(95, "incident.declare", 11),
        begin(impact=30).declare(10, 1).attempt(40).over(90).correct(99, "incident.opened", -10),
        begin(team=search, impact=4).declare(8, 3).attempt(20, "harmful").attempt(30).over(55),
        begin(impact=3).declare(8, 2).facts(9, impact_started_at=5).attempt(20).over(55),
        begin(impact=50).declare(60, 1).tell(70, occurred_at=FIRST).attempt(80).over(120),
    ]
    drill = begin(impact=5).page(1).declare(9, 1).attempt(20).over(50)
    Incident.objects.filter(pk=drill.pk).update(drill=True)
    stories.append(drill)
    change = factories.ChangeFactory(service=checkout, at=FIRST)
    with at(LAST):
        marks.mark(stories[5].pk, change, "caused", by=alice)
        marks.mark(stories[6].pk, change, "suspect", by=alice)
        figures.refresh_due()
    return [Incident.objects.get(pk=story.pk) for story in stories]
