"""Drills of incidents: the script plays, people respond as in earnest, and nothing leaves the house."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from comms.models import Delivery, PageIncident, StatusPage, StatusUpdate, Subscriber
from incidents.actions import alerts, escalation, exercises, lifecycle, marks, mitigation, promises, roles
from incidents.metrics import Asked
from incidents.models import Alert, Change, EscalationRun, Exercise, Incident, Mitigation, Page, Scenario, Severity
from incidents.phases import Phase
from incidents.problems import Blocked
from teams.models import Role, Service, Team, User
from tests import factories
from tests.incidents.console import Browser, text

pytestmark = pytest.mark.django_db
STORY = "errors-after-a-deploy"


@pytest.fixture
def drill(payments: Team, alice: User, bob: User, checkout: Service) -> Exercise:
    """Prepared: alice runs it, bob takes part."""
    return exercises.of_scenario(STORY, by=alice, team=payments, participants=[bob], service=checkout)


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(timezone.now(), tick=False) as moved:
        yield moved


def play(drill: Exercise, clock: Any, **later: float) -> Exercise:
    """Let that time pass, and the sweep come by."""
    clock.shift(timedelta(**later))
    exercises.run_due()
    drill.refresh_from_db()
    return drill


def told(drill: Exercise) -> list[str]:
    return list(drill.incident.timeline.order_by("pk").values_list("text", flat=True))


def test_the_canonical_story_to_its_score(drill: Exercise, alice: User, bob: User, clock: Any) -> None:
    page = StatusPage.objects.create(name="Public", slug="public", is_default=True)
    Subscriber.objects.create(page=page, email="reader@example.org", state="active")
    number = drill.incident_id
    exercises.start(drill.pk, by=alice)
    play(drill, clock, seconds=1)
    incident = Incident.objects.get(pk=number)
    assert incident.title == "CheckoutErrorRate: error rate 30 %"
    assert incident.alerts.get().status == Alert.Status.FIRING
    suspects = [change.summary for change in Change.objects.before(incident)]
    assert suspects[0] == "Deployed checkout 2.31.0"
    assert "In earnest, Alice would be paged now" in told(drill)

    clock.shift(60)
    escalation.acknowledge(number, by=bob)
    lifecycle.perform("declare", number, by=bob, inputs={"severity": Severity.objects.get(pk=2), "commander": bob})
    for slug, user in ((Role.OPERATIONS, alice), (Role.COMMUNICATIONS, alice)):
        roles.take(number, Role.objects.get(slug=slug), by=user)
    play(drill, clock, minutes=3)
    change = Change.objects.before(incident).get(summary__contains="checkout")
    restart = mitigation.propose(number, by=bob, kind="restart", carried_by=alice)
    lifecycle.perform("start_mitigation", number, by=bob)
    mitigation.perform(restart.pk, "execute", by=alice)
    play(drill, clock, seconds=5)
    play(drill, clock, minutes=2)
    assert any("the error rate is 30 % again" in each for each in told(drill))
    mitigation.perform(restart.pk, "no_effect", by=alice)

    back = mitigation.propose(number, by=bob, kind="roll_back", change=change, carried_by=alice)
    mitigation.perform(back.pk, "execute", by=alice)
    play(drill, clock, seconds=5)
    play(drill, clock, minutes=3)
    assert incident.alerts.get().status == Alert.Status.RESOLVED
    mitigation.perform(back.pk, "worked", by=alice)
    lifecycle.perform("confirm_mitigated", number, by=bob, inputs={"update": "Payments work again."})
    assert "Drill: 1 subscriber would have been told: Payments work again." in told(drill)
    given = {"confirmation": "0.4 %", "update": "All is well.", "reason": "soaked in the drill"}
    lifecycle.perform("resolve", number, by=bob, inputs=given, override=True)
    play(drill, clock, seconds=5)

    assert drill.state == Exercise.State.FINISHED
    score = drill.score
    assert score is not None
    steps = score["steps"]
    assert (steps["declared"], steps["commander"], steps["roles"]) == (61, 61, 61)
    assert (steps["first_mitigation"], steps["first_update"]) == (241, 551)
    assert (steps["mitigated"], score["met"], score["of"]) == (551, 5, 6)
    assert (score["wrong_mitigations"], score["commander_hands_on"], score["severity_fits"]) == (1, 0, True)
    assert (score["promises_kept"], score["promises_due"]) == (1, 1)
    assert not drill.events.filter(state="waiting").exists()
    # The debrief stands for the review.
    exercises.set_debrief(drill.pk, "Roll back first.", by=bob)
    lifecycle.perform("start_review", number, by=bob, inputs={"facilitator": alice})
    lifecycle.perform("close", number, by=bob)
    assert Incident.objects.get(pk=number).phase == Phase.CLOSED
    for model in (Delivery, EscalationRun, Page, PageIncident, StatusUpdate):
        assert not model.objects.exists(), model


def test_the_clock_is_paused_put_forward_and_made_faster(drill: Exercise, alice: User, clock: Any) -> None:
    exercises.start(drill.pk, by=alice)
    play(drill, clock, seconds=1)
    exercises.pause(drill.pk, by=alice)
    before = len(told(drill))
    play(drill, clock, hours=2)
    assert len(told(drill)) == before
    exercises.set_speed(drill.pk, 5, by=alice)
    exercises.start(drill.pk, by=alice)
    assert not any("Four customers" in each for each in told(play(drill, clock, seconds=30)))
    assert any("Four customers" in each for each in told(play(drill, clock, seconds=10)))
    exercises.forward(drill.pk, by=alice)
    exercises.forward(drill.pk, by=alice)
    exercises.run_due()
    assert round(drill.at(timezone.now())) < 360
    drill.refresh_from_db()
    assert round(drill.at(timezone.now())) == 360
    assert exercises.hint(drill.pk, by=alice).text.startswith("What changed")
    with pytest.raises(Blocked, match="runs already"):
        exercises.start(drill.pk, by=alice)
    exercises.stop(drill.pk, by=alice, reason="lunch")
    drill.refresh_from_db()
    assert (drill.state, drill.incident.phase, drill.hints_taken) == ("stopped", "cancelled", 1)
    assert drill.score is not None
    assert drill.score["steps"]["declared"] is None


def test_one_event_that_fails_keeps_no_other_back(drill: Exercise, alice: User, clock: Any) -> None:
    drill.events.create(kind="alert", at=10, data={})
    exercises.start(drill.pk, by=alice)
    play(drill, clock, minutes=4)
    assert any("Four customers" in each for each in told(drill))
    for _ in range(5):
        play(drill, clock, minutes=1)
    assert drill.events.get(at=10).state == "failed"


def test_a_drill_and_earnest_stay_apart(drill: Exercise, payments: Team, alice: User, bob: User, clock: Any) -> None:
    exercises.start(drill.pk, by=alice)
    play(drill, clock, seconds=1)
    fake = Incident.objects.get(pk=drill.incident_id)
    real = factories.incident(payments, alice, title="Real trouble")
    made_up, true = Change.objects.before(fake)[0], factories.ChangeFactory()
    assert made_up not in Change.objects.all()
    assert made_up not in Change.objects.before(real)
    assert true not in Change.objects.before(fake)
    apart = (
        lambda: lifecycle.perform("merge", fake.pk, by=alice, inputs={"target": real}),
        lambda: lifecycle.perform("merge", real.pk, by=alice, inputs={"target": fake}),
        lambda: alerts.move(fake.pk, [fake.alerts.get().pk], to=real.pk, by=alice),
        lambda: alerts.move(fake.pk, [fake.alerts.get().pk], to=None, by=alice),
        lambda: marks.identify_change(fake.pk, true, by=alice),
        lambda: marks.identify_change(real.pk, made_up, by=alice),
        lambda: mitigation.propose(real.pk, by=alice, kind="roll_back", change=made_up),
    )
    for act in apart:
        with pytest.raises(Blocked) as refusal:
            act()
        assert [b.code for b in refusal.value.blockers] == ["drill_and_earnest"]


def test_nothing_of_a_drill_leaves_the_house(drill: Exercise, alice: User, bob: User, clock: Any) -> None:
    """Every way by which something is made to be sent: what is asked for in code, and what the database refuses."""
    page = StatusPage.objects.create(name="Public", slug="public", is_default=True)
    exercises.start(drill.pk, by=alice)
    play(drill, clock, seconds=1)
    Delivery.objects.all().delete()
    number = drill.incident_id
    incident = Incident.objects.get(pk=number)
    # People are named, offered seats, given work, and late with a promise.
    lifecycle.perform("declare", number, by=alice, inputs={"severity": Severity.objects.get(pk=1), "commander": bob})
    roles.offer(number, Role.objects.get(slug=Role.SCRIBE), bob, by=alice, brief="Write.")
    mitigation.propose(number, by=alice, kind="restart", carried_by=bob)
    for hours in range(1, 6):
        clock.shift(timedelta(hours=hours))
        promises.remind_due(timezone.now())
    assert incident.timeline.filter(kind="promise", verb="promise.escalated").exists()
    incident.refresh_from_db()
    assert escalation.start(incident, by=alice) is None
    lifecycle.perform("cancel", number, by=alice, inputs={"kind": "false_alarm"})
    lifecycle.perform("uncancel", number, by=alice)
    for model in (Delivery, EscalationRun, Page, PageIncident, StatusUpdate):
        assert not model.objects.exists(), model
    now = timezone.now()
    asked = Asked(now - timedelta(days=9), now + timedelta(days=9))
    assert not asked.promises(alice).exists()
    entry = incident.timeline.first()
    forced = (
        lambda: EscalationRun.objects.create(incident=incident, snapshot={}),
        lambda: PageIncident.objects.create(page=page, incident=incident, title="No"),
        lambda: Delivery.objects.create(key="k", kind="notice", user=bob, address=bob.email, entry=entry),
    )
    for act in forced:
        with pytest.raises(IntegrityError, match="leaves the house"), transaction.atomic():
            act()


def test_a_past_incident_is_replayed(payments: Team, alice: User, bob: User, checkout: Service, clock: Any) -> None:
    integration, _ = factories.integration(payments)
    began = timezone.now()
    factories.ChangeFactory(summary="Deploy checkout 7", service=checkout, at=began - timedelta(minutes=5))
    past = factories.incident(payments, alice, phase=Phase.MITIGATE, services=[checkout], title="It broke")
    Alert.objects.create(
        integration=integration,
        incident=past,
        fingerprint="f",
        title="Errors",
        starts_at=began,
        status="resolved",
        ends_at=began + timedelta(minutes=4),
    )
    clock.shift(timedelta(minutes=3))
    factories.WALKS[Phase.RESOLVE][2](past.pk, alice)
    factories.WALKS[Phase.RESOLVE][3](past.pk, alice)
    past.refresh_from_db()

    drill = exercises.of_incident(past, by=alice, participants=[bob])
    exercises.start(drill.pk, by=alice)
    play(drill, clock, seconds=1)
    number = drill.incident_id
    assert drill.incident.alerts.get().title == "Errors"
    assert [c.summary for c in Change.objects.before(Incident.objects.get(pk=number))] == ["Deploy checkout 7"]
    lifecycle.perform("declare", number, by=alice, inputs={"severity": Severity.objects.get(pk=2)})
    made = mitigation.propose(number, by=alice, kind="roll_back", carried_by=bob)
    mitigation.perform(made.pk, "execute", by=bob)
    play(drill, clock, seconds=5)
    play(drill, clock, minutes=5)
    assert drill.incident.alerts.get().status == Alert.Status.RESOLVED
    lines = exercises.what_happened(drill, alice)
    assert any(entry.text.startswith("Proposed: Roll back the last deploy") for _, entry in lines)
    exercises.stop(drill.pk, by=alice)
    with pytest.raises(Blocked, match="was a drill"):
        exercises.of_incident(Incident.objects.get(pk=number), by=alice)


def test_a_drill_of_a_private_incident_is_private(payments: Team, alice: User, bob: User, charlie: User) -> None:
    past = factories.incident(payments, alice, phase=Phase.RESOLVE, private=True, title="Key leaked")
    with pytest.raises(PermissionDenied):
        exercises.of_incident(past, by=charlie)
    with pytest.raises(Blocked, match="Charlie may not see"):
        exercises.of_incident(past, by=alice, participants=[charlie])
    drill = exercises.of_incident(past, by=alice, participants=[bob])
    assert drill.incident.private
    assert not Exercise.objects.visible_to(charlie).exists()
    assert Mitigation.objects.filter(incident=drill.incident).count() == 0


def test_a_drill_is_prepared_run_and_read_in_the_console(
    payments: Team, alice: User, bob: User, checkout: Service, clock: Any
) -> None:
    browser = Browser(alice)
    assert "As it happens" in text(browser.get("exercise_new", scenario=STORY))
    refused = browser.post("exercise_new", team=payments.pk, speed=1)
    assert refused.status_code == 422
    assert "Choose a scenario, or name a past incident." in text(refused)
    made = browser.post(
        "exercise_new", scenario=STORY, team=payments.pk, service=checkout.pk, participants=bob.pk, speed=1
    )
    drill = Exercise.objects.get()
    assert made["Location"] == drill.incident.get_absolute_url()

    room = text(browser.get("incident", drill.incident_id))
    assert "<title>DRILL · " in room
    assert "Nothing leaves the house." in room
    assert "Start the drill" in room
    assert "Start the drill" not in text(
        Browser(factories.UserFactory(role="viewer")).get("incident", drill.incident_id)
    )
    assert browser.dialog(drill.incident, "exercise_do", drill.pk, "start").status_code == 200
    play(drill, clock, seconds=1)
    room = text(browser.get("incident", drill.incident_id))
    assert "Error rate of checkout: 30 %, which is not well" in room
    assert "What is Detect for?" in room
    clock.shift(timedelta(minutes=2))
    browser.dialog(drill.incident, "exercise_do", drill.pk, "hint")
    assert "You need not know why to declare." in told(drill)[-1]
    panel = text(browser.client.get(reverse("comms:panel", args=[drill.incident_id])))
    assert "published nowhere" in panel
    sent = browser.client.post(
        reverse("comms:compose", args=[drill.incident_id]), {"state": "investigating", "body": "We look into it."}
    )
    assert sent.status_code == 302
    assert told(drill)[-1] == "Drill: 0 subscribers would have been told: We look into it."
    assert "Drill" in text(browser.get("list"))
    browser.dialog(drill.incident, "exercise_do", drill.pk, "stop", reason="lunch")
    browser.post("exercise_debrief", drill.pk, debrief="Ask **early**.")
    page = text(browser.get("exercise", drill.pk))
    assert "1 of 6 targets in time" in page
    assert "<strong>early</strong>" in page
    assert "Which mitigations work" in page
    assert "1 of 6" in text(browser.get("exercises", q="checkout"))
    assert "Nothing fits" in text(browser.get("exercises", q="no such"))


def test_a_scenario_is_written_checked_and_kept(alice: User) -> None:
    browser = Browser(alice)
    good = exercises.shipped()[STORY].text.replace("Errors at checkout after a deploy", "Ours")
    wrong = browser.post(
        "scenario_new", text=good.replace("metric: 30}", "metric: many}").replace("to: roll_back", "to: pray", 1)
    )
    assert wrong.status_code == 422
    assert "is no number." in text(wrong)
    assert "“pray” is no mitigation." in text(wrong)
    assert "metric: many" in text(wrong)
    assert "This can be played." in text(browser.post("scenario_new", text=good, check="yes"))
    assert not Scenario.objects.exists()
    browser.post("scenario_new", text=good)
    assert Scenario.objects.get().slug == "ours"
    assert "Ours" in text(browser.get("scenarios"))
    assert "Prepare a drill" in text(browser.get("scenario", "ours"))
    browser.post("scenario_edit", "ours", text=good.replace("Ours", "Our own"))
    assert Scenario.objects.get().title == "Our own"
    assert browser.post("scenario_edit", STORY, text=good).status_code == 404
    browser.post("scenario_remove", "ours")
    assert not Scenario.objects.exists()
