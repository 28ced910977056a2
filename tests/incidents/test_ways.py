"""Ways to stop the bleeding: which changes are put first, and what people say of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from incidents import remembering, similar, suggesting
from incidents.actions import lifecycle, marks, mitigation, notes
from incidents.models import Change, ChangeMark, Incident, Mitigation, Symptom, TimelineEntry
from incidents.problems import Blocked
from teams.models import Service, ServiceDependency, Team, User
from tests import factories
from tests.incidents.console import Browser, text

pytestmark = pytest.mark.django_db

# The cause, as the review of the incident named it, has a star. Each change is minutes before the trouble began, its
# service, and what its tool said. The incidents come in this order, and each review is known to those that follow.
SCENES = """
The deploy of minutes ago, on checkout
  4 checkout * Deployed checkout 2.31.0
  64 search Deployed search 1.88
  200 checkout Deployed checkout 2.30
A flag nearer than the deploy, on checkout
  2 search Turned on feature new-ranking
  9 checkout * Deployed checkout 2.32.0
  40 - Rotated a certificate
What it depends on, on checkout
  6 ledger * Deployed ledger 4.12
  180 checkout Deployed checkout 2.33
  3 search Deployed search 1.89
Two steps behind, on checkout
  5 storage * Migration of the schema of orders
  300 checkout Deployed checkout 2.34
  420 ledger Deployed ledger 4.13
A flag on the service itself, on checkout
  3 checkout * Toggled flag pay-later
  50 checkout Deployed checkout 2.35
  55 ledger Deployed ledger 4.14
A setting that took an hour to bite, on search
  65 search * Changed setting heap-size
  8 checkout Deployed checkout 2.36
  12 ledger Deployed ledger 4.15
A busy afternoon, on checkout
  0 search Deployed search 1.90
  7 search Deployed search 1.91
  14 search Deployed search 1.92
  21 search Deployed search 1.93
  28 search Deployed search 1.94
  35 search Deployed search 1.95
  15 checkout * Deployed checkout 2.37
The usual one, a little further away, on checkout
  22 checkout Toggled flag banner
  30 checkout * Deployed checkout 2.38
  25 ledger Deployed ledger 4.16
On no service, on ledger
  4 - * Rotated the certificate of the gateway
  400 ledger Deployed ledger 4.17
  500 storage Deployed storage 9
Just after impact was first seen, on search
  -3 search Rolled back search to 1.95
  7 search * Deployed search 1.96
  90 search Changed setting heap-size
Noise on everything, on checkout
  2 checkout Toggled flag banner
  3 ledger Changed setting pool
  5 storage Deployed storage 10
  11 checkout * Deployed checkout 2.39
  1 - Rotated a key
A leak that took all night, on checkout
  5 checkout Deployed checkout 2.41
  20 ledger Deployed ledger 4.18
  35 checkout Toggled flag pay-later
  600 ledger * Changed setting pool
  90 storage Deployed storage 11
"""


def scenes() -> Iterator[tuple[str, str, list[tuple[float, str, str]]]]:
    """The name of each, its service, and its changes."""
    for block in SCENES.strip().replace("\n  ", "\0").split("\n"):
        head, *rows = block.split("\0")
        name, _, service = head.rpartition(", on ")
        told = [row.split(" ", 2) for row in rows]
        yield name, service, [(float(minutes), of, words) for minutes, of, words in told]


@pytest.fixture
def services(payments: Team, checkout: Service) -> dict[str, Service]:
    """Checkout depends on ledger, which depends on storage; search stands alone."""
    found = {"checkout": checkout}
    for name in ("ledger", "storage", "search"):
        found[name] = factories.ServiceFactory(name=name.title(), slug=name, team=payments)
    for one, other in (("checkout", "ledger"), ("ledger", "storage")):
        ServiceDependency.objects.create(service=found[one], depends_on=found[other])
    return found


def changed(incident: Incident, minutes: float, service: Service | None, summary: str) -> Change:
    at = incident.began_at - timedelta(minutes=minutes)
    made: Change = factories.ChangeFactory(summary=summary.removeprefix("* "), service=service, at=at)
    return made


def test_the_cause_is_among_the_first_three(alice: User, payments: Team, services: dict[str, Service]) -> None:
    """Twelve incidents whose cause is known, against the nearest in time alone."""
    every = list(scenes())
    first = three = nearest = 0
    day = timezone.now() - timedelta(days=len(every) + 1)
    for n, (name, service, told) in enumerate(every):
        incident = lifecycle.report(by=alice, title=name, team=payments, services=[services[service]])
        Incident.objects.filter(pk=incident.pk).update(detected_at=day + timedelta(days=n))
        incident = Incident.objects.get(pk=incident.pk)
        rows = [changed(incident, minutes, services.get(of), words) for minutes, of, words in told]
        cause = next(row for row, (_, _, words) in zip(rows, told, strict=True) if words.startswith("* "))
        # A window of twelve hours: each scene stands alone.
        found = suggesting.suggested(incident, alice, hours=12)
        order = sorted(found, key=lambda each: -each.score)
        place = [each.change for each in order].index(cause) + 1
        soonest = sorted((r for r in rows if r.at <= incident.began_at), key=lambda r: incident.began_at - r.at)
        print(f"{place}  {soonest.index(cause) + 1}  {name}: {order[0].reason}")
        first += place == 1
        three += place <= 3
        nearest += soonest.index(cause) < 1
        marks.mark(incident.pk, cause, "caused", by=alice)
        if place > 1:
            marks.mark(incident.pk, order[0].change, "dismissed", by=alice)
    print(f"first: {first}, in the first three: {three}, nearest in time: {nearest}, of {len(every)}")
    assert three >= 11
    assert first >= 8 > nearest


def test_what_is_said_of_changes(alice: User, charlie: User, payments: Team, services: dict[str, Service]) -> None:
    """From the page: suspected, ruled out, the cause, taken back; each is on the timeline, and the helm follows."""
    incident = factories.incident(payments, alice, phase="declare", services=[services["checkout"]])
    hush, _ = factories.integration(payments, name="Hush", private=True)
    flag = changed(incident, 2, services["search"], "Toggled flag banner")
    near = changed(incident, 4, services["checkout"], "Deployed checkout 2.31")
    far = changed(incident, 30, services["ledger"], "Deployed ledger 4.12")
    factories.ChangeFactory(summary="Hidden deploy", service=services["checkout"], integration=hush, at=near.at)
    elsewhere = changed(incident, 1, factories.ServiceFactory(team=factories.TeamFactory()), "Deployed other")
    browser = Browser(alice)
    page = text(browser.get("incident", incident.pk))
    assert [page.index(f'id="change-{each.pk}"') for each in (near, far, flag)] == sorted(
        page.index(f'id="change-{each.pk}"') for each in (near, far, flag)
    )
    assert "4 min before, on Checkout itself" in page
    assert "on Ledger, which Checkout depends on" in page
    assert f"Last change: {near.summary}. Roll it back?" in page
    assert "Hidden deploy" not in page
    assert elsewhere.summary not in page
    answer = text(browser.dialog(incident, "change_mark", incident.pk, near.pk, state="suspect"))
    assert "Suspected" in answer
    assert TimelineEntry.objects.get(verb="change.suspected").text == f"Last deploy identified: {near.summary}"
    browser.post("change_mark", incident.pk, near.pk, state="dismissed")
    page = text(browser.get("incident", incident.pk))
    assert f"Last change: {far.summary}. Roll it back?" in page
    assert page.index(f'id="change-{flag.pk}"') < page.index(f'id="change-{near.pk}"')
    browser.post("change_mark", incident.pk, far.pk, state="caused")
    browser.post("change_mark", incident.pk, far.pk, state="caused")
    browser.post("change_mark", incident.pk, near.pk, state="")
    assert [(m.change, m.state, m.by) for m in ChangeMark.objects.all()] == [(far, "caused", alice)]
    assert Incident.objects.get().suspect_change == far
    kept = TimelineEntry.objects.filter(kind="change").order_by("pk").values_list("verb", flat=True)
    assert list(kept) == ["change.suspected", "change.dismissed", "change.caused", "change.unmarked"]
    assert browser.post("change_mark", incident.pk, elsewhere.pk, state="caused").status_code == 404
    assert browser.post("change_mark", incident.pk, near.pk, state="guilty").status_code == 302
    assert ChangeMark.objects.count() == 1
    # What fixed it came after it began, and is told of as such.
    fix = factories.ChangeFactory(summary="Rolled back checkout", service=services["checkout"], at=timezone.now())
    browser.post("change_mark", incident.pk, fix.pk, state="fixed")
    assert "after it began" in text(browser.get("incident", incident.pk))
    marks.identify_change(incident.pk, near, by=alice)
    marks.identify_change(incident.pk, flag, by=alice)
    assert ChangeMark.objects.filter(state="suspect").get().change == flag
    lifecycle.perform("cancel", incident.pk, by=alice, inputs={"kind": "other"})
    with pytest.raises(Blocked, match="cancelled"):
        marks.mark(incident.pk, near, "caused", by=alice)
    assert Browser(charlie).post("change_mark", incident.pk, near.pk, state="caused").status_code in (302, 403)


def test_the_past_counts_as_far_as_somebody_may_see_it(
    alice: User, charlie: User, payments: Team, services: dict[str, Service]
) -> None:
    for private in (False, True):
        past = lifecycle.report(by=alice, title="Past", team=payments, services=[services["checkout"]], private=private)
        marks.mark(past.pk, changed(past, 5, services["checkout"], "Deployed checkout 1"), "caused", by=alice)
    now = lifecycle.report(by=alice, title="Now", team=payments, services=[services["checkout"]])
    near = changed(now, 3, services["checkout"], "Deployed checkout 2")
    reasons = {
        user: next(each.reason for each in suggesting.suggested(now, user) if each.change == near)
        for user in (alice, charlie)
    }
    assert reasons[alice].endswith("; deploys of it caused 2 of the last 2 looked at")
    assert reasons[charlie].endswith("; the last of its deploys looked at was the cause")


# What was tried in the past: title, service, and each mitigation with what came of it. What belongs together has
# the same letter; for each question, the kinds that have helped with what it is about.
PAST = """
a Checkout errors after a deploy, on checkout: roll_back worked, restart no_effect
a Error rate of checkout over 20 %, on checkout: roll_back worked
a Checkout: error rate high since the release, on checkout: restart no_effect, roll_back worked
a Checkout error rate 30 %, on checkout: roll_back no_effect, feature_off worked
b Ledger runs out of database connections, on ledger: restart worked
b Connection pool of ledger exhausted, on ledger: scale_up partly, restart worked
b Too many database connections on ledger, on ledger: roll_back no_effect, restart worked
c Search is slow under load, on search: scale_up worked
c Search latency p99 over 3 s, on search: restart no_effect, shed_load worked
d Payment provider answers 503, on checkout: fail_over worked
d Payments fail, the provider is down, on checkout: roll_back no_effect, fail_over worked
e Certificate of storage expired, on storage: fix_forward worked
"""
QUESTIONS = """
a Checkout error rate 25 %, on checkout: roll_back feature_off
a Errors in checkout after release 2.40, on checkout: roll_back feature_off
b Ledger: no database connections left, on ledger: restart scale_up
c Search p99 latency high, on search: scale_up shed_load
d Payment provider down, on checkout: fail_over
e Storage certificate expires, on storage: fix_forward
"""


def lines(text_of: str) -> Iterator[tuple[str, str, str, list[str]]]:
    """The letter, the title, the service and what follows."""
    for line in text_of.strip().splitlines():
        head, _, rest = line.rpartition(": ")
        title, _, service = head[2:].rpartition(", on ")
        yield line[0], title, service, rest.split(", ") if text_of == PAST else rest.split()


def tried(incident: Incident, by: User, kind: str, outcome: str, minutes: int = 4) -> Mitigation:
    at = timezone.now() - timedelta(hours=1)
    made = mitigation.propose(incident.pk, by=by, kind=kind, occurred_at=at)
    mitigation.perform(made.pk, "execute", by=by, occurred_at=at)
    return mitigation.perform(made.pk, outcome, by=by, occurred_at=at + timedelta(minutes=minutes))


def test_what_helped_before_is_among_the_first_three(alice: User, payments: Team, services: dict[str, Service]) -> None:
    family = {}
    for letter, title, service, attempts in lines(PAST):
        incident = lifecycle.report(by=alice, title=title, team=payments, services=[services[service]])
        family[incident.pk] = letter
        for attempt in attempts:
            tried(incident, alice, *attempt.split())
    first = right = shown = near = named = 0
    questions = list(lines(QUESTIONS))
    for letter, title, service, kinds in questions:
        incident = lifecycle.report(by=alice, title=title, team=payments, services=[services[service]])
        found = [memory for memory in remembering.remembered(incident, alice) if memory.helped][:3]
        like = similar.earlier(incident, alice)[:3]
        first += found[0].kind in kinds
        right += sum(memory.kind in kinds for memory in found)
        shown += len(found)
        near += sum(family[each.incident.pk] == letter for each in like)
        named += len(like)
        print(title, [f"{m.label} {m.said}" for m in found], [(e.incident.title, round(e.likeness, 2)) for e in like])
    print(f"first right: {first} of {len(questions)}; kinds: {right} of {shown}; incidents alike: {near} of {named}")
    assert first == len(questions)
    assert right / shown >= 0.7
    assert near / named >= 0.8


def test_memory_tells_what_one_may_see_and_what_was_real(
    alice: User, charlie: User, payments: Team, services: dict[str, Service]
) -> None:
    def past(**fields: Any) -> Incident:
        title = fields.pop("title", "Checkout error rate 30 %")
        return lifecycle.report(by=alice, title=title, team=payments, services=[services["checkout"]], **fields)

    for minutes in (2, 4, 9):
        tried(past(), alice, "roll_back", "worked", minutes)
    tried(past(), alice, "roll_back", "harmful")
    tried(past(private=True), alice, "fail_over", "worked")
    drill, cancelled = past(), past()
    for each in (drill, cancelled):
        tried(each, alice, "restart", "worked")
    Incident.objects.filter(pk=drill.pk).update(drill=True)
    lifecycle.perform("cancel", cancelled.pk, by=alice, inputs={"kind": "other"})
    tried(past(title="Search is slow"), alice, "shed_load", "worked")
    now = past(title="Checkout error rate 12 %")
    mine = {memory.kind: memory for memory in remembering.remembered(now, alice)}
    theirs = {memory.kind for memory in remembering.remembered(now, charlie)}
    assert set(mine) - {"shed_load"} == {"roll_back", "fail_over"}
    assert theirs - {"shed_load"} == {"roll_back"}
    memory = mine["roll_back"]
    assert memory.said == "worked 3 of 4 times, made it worse 1"
    assert memory.effect == timedelta(minutes=4)
    assert len(memory.like) == 4
    browser = Browser(alice)
    page = text(browser.get("incident", now.pk))
    assert "worked 3 of 4 times" in page
    assert "after 4 min in the median" in page
    asked = browser.get("propose", now.pk, kind="fail_over")
    assert asked.context["form"]["kind"].value() == "fail_over"
    # What did not hold did not work; and the memory follows the title.
    Mitigation.objects.filter(incident=memory.like[0].incident, state="worked").update(held=False)
    notes.set_facts(memory.like[1].incident.pk, by=alice, title="Something else entirely")
    assert Symptom.objects.get(incident=memory.like[1].incident).title == "Something else entirely"
    again = {memory.kind: memory for memory in remembering.remembered(now, alice)}["roll_back"]
    assert (again.worked, again.partly) == (2, 1) or again.tried < 4
