"""Playbooks: written, brought in and taken out as files, suggested where they fit, and checked off on the record."""

from __future__ import annotations

import pytest

from comms.models import Delivery
from incidents import playbook_text
from incidents.actions import lifecycle, playbooks
from incidents.actions.playbooks import StepGiven
from incidents.models import Incident, IncidentType, Playbook, PlaybookRun, RunStep, Severity, TimelineEntry
from incidents.phases import Phase
from incidents.playbook_text import Step, Unreadable, Written
from incidents.problems import Blocked
from teams.models import Role, Service, Team, User
from tests import factories
from tests.incidents.console import Browser, text

pytestmark = pytest.mark.django_db
STEPS = """1. @operations-lead: Look at the queue.

   ```
   queue --length
   ```
2. @bob: Call the provider
3. Tell support.
"""


@pytest.fixture
def incident(payments: Team, alice: User, checkout: Service) -> Incident:
    """Declared, SEV2; alice commands."""
    return factories.incident(payments, alice, phase=Phase.DECLARE, services=[checkout])


def playbook(team: Team, by: User, title: str = "Checkout is slow", **given: object) -> Playbook:
    steps = [StepGiven("Look at the queue"), StepGiven("Call the provider")]
    return playbooks.keep(None, by=by, team=team, title=title, **{"steps": steps, **given})  # type: ignore[arg-type]


def test_a_file_says_the_same_after_a_journey() -> None:
    written = Written(
        title="Checkout: “slow”",
        kind="runbook",
        team="payments",
        services=["checkout"],
        severities=["1", "2"],
        phases=["mitigate"],
        summary="When customers wait.\n\n- a list\n- of reasons",
        steps=playbook_text.read_steps(STEPS),
    )
    assert written.steps[0] == Step("Look at the queue.\n\n```\nqueue --length\n```", "operations-lead")
    assert written.steps[2].owner == ""
    assert playbook_text.read(playbook_text.write(written)) == written
    assert playbook_text.read("Just words.\n\n1. Do it\n2. Do that").summary == "Just words."
    for wrong, said in (
        ("---\ntitle: x\n", "not closed"),
        ("---\ncolour: red\n---\n1. x", "Line 2: There is no “colour”"),
        ("---\n- a\n---\n1. x", "names with values"),
        ("1. Do it\nand that", "Line 2: Begin each step"),
        ("1. Do it\n2.", "Step 2 says nothing"),
        ("\n".join(f"{n}. Do" for n in range(1, 62)), "61 steps"),
    ):
        with pytest.raises(Unreadable, match=said):
            playbook_text.read(wrong)


def test_kept_on_its_pages_and_moved_as_a_file(payments: Team, checkout: Service, alice: User, bob: User) -> None:
    browser = Browser(bob)
    form = {
        "kind": "runbook",
        "title": "Queue is long",
        "team": payments.pk,
        "services": [checkout.pk],
        "phases": "mitigate",
    }
    wrong = browser.post("playbook_new", **form, steps="1. @nobody-here: Do it")
    assert wrong.status_code == 422
    assert "no role and nobody called “nobody-here”" in text(wrong)
    assert "1. @nobody-here: Do it" in text(wrong)
    browser.post("playbook_new", **form, steps=STEPS)
    made = Playbook.objects.get()
    assert [(s.role.slug if s.role else "", s.person) for s in made.steps.all()] == [
        ("operations-lead", None),
        ("", bob),
        ("", None),
    ]
    page = text(browser.get("playbook", made.pk))
    assert "Operations Lead" in page
    file = browser.get("playbook_export", made.pk)
    assert 'filename="queue-is-long.md"' in file["Content-Disposition"]
    taken = browser.post("playbook_import", text=text(file))
    assert taken.status_code == 422
    assert "a playbook of this name already" in text(taken)
    browser.post("playbook_do", made.pk, "retire")
    browser.post("playbook_import", text=text(file))
    again = Playbook.objects.kept().get()
    assert again.steps.count() == 3
    assert (again.kind, again.phases, list(again.services.all())) == ("runbook", ["mitigate"], [checkout])
    assert "Queue is long" in text(browser.get("playbooks", q="provider", service="checkout"))
    assert "Nothing fits" in text(browser.get("playbooks", q="database"))
    # Whoever is of no team reads, and keeps nothing.
    reader = Browser(factories.UserFactory(role="responder"))
    assert reader.get("playbook", again.pk).status_code == 200
    assert reader.post("playbook_edit", again.pk, **form, steps=STEPS).status_code == 403


def test_what_fits_is_suggested(incident: Incident, payments: Team, checkout: Service, alice: User) -> None:
    other = factories.ServiceFactory(team=payments)
    outage = IncidentType.objects.create(slug="outage-x", name="Outage of something")
    playbook(payments, alice, "For checkout", services=[checkout])
    playbook(payments, alice, "For checkout when bad", services=[checkout], severities=[Severity.objects.get(pk=2)])
    playbook(payments, alice, "For another", services=[other])
    playbook(payments, alice, "For outages", types=[outage])
    playbook(payments, alice, "For later", services=[checkout], phases=["review"])
    playbook(payments, alice, "For anything")
    found = [(p.title, bool(p.says)) for p in Playbook.objects.kept().fitting(incident)]  # type: ignore[attr-defined]
    assert found == [
        ("For checkout when bad", True),
        ("For checkout", True),
        ("For later", True),
        ("For anything", False),
    ]
    page = text(Browser(alice).get("incident", incident.pk))
    panel = page[page.index('id="playbooks"') :]
    assert panel.index("For checkout when bad") < panel.index("For checkout<")
    for absent in ("For another", "For outages", "For later", "For anything"):
        assert absent not in panel


def test_checked_off_on_the_record(incident: Incident, payments: Team, alice: User, bob: User) -> None:
    role = Role.objects.get(slug=Role.COMMANDER)
    steps = [StepGiven("Look at the **queue**", role=role), StepGiven("Call the provider", person=bob)]
    made = playbook(payments, alice, steps=steps)
    browser = Browser(alice)
    browser.dialog(incident, "playbook_start", incident.pk, playbook=made.pk, now="yes")
    run = PlaybookRun.objects.get()
    assert Delivery.objects.filter(kind="notice", user=bob, entry__verb="playbook.started").count() == 1
    page = text(browser.get("incident", incident.pk))
    assert "<strong>queue</strong>" in page
    assert f"Incident Commander ({alice})" in page
    assert "0 of 2" in page
    twice = browser.dialog(incident, "playbook_start", incident.pk, playbook=made.pk)
    assert twice.status_code == 422
    first, second = RunStep.objects.order_by("position")
    Browser(bob).dialog(incident, "playbook_step", incident.pk, first.pk, "done", now="yes")
    late = browser.dialog(incident, "playbook_step", incident.pk, first.pk, "done", now="yes")
    assert f"done already by {bob}" in text(late)
    browser.dialog(incident, "playbook_step", incident.pk, first.pk, "open", now="yes")
    browser.dialog(incident, "playbook_step", incident.pk, first.pk, "done", now="yes")
    assert "Say why it is skipped" in text(browser.dialog(incident, "playbook_step", incident.pk, second.pk, "skipped"))
    browser.dialog(incident, "playbook_step", incident.pk, second.pk, "skipped", reason="They called us")
    run.refresh_from_db()
    second.refresh_from_db()
    assert run.ended_at is not None
    assert (second.state, second.settled_by, second.reason) == ("skipped", alice, "They called us")
    told = TimelineEntry.objects.filter(incident=incident, kind="playbook").values_list("verb", flat=True)
    assert [verb.removeprefix("playbook.") for verb in told] == [
        *("started", "step_done", "step_open", "step_done", "step_skipped")
    ]
    # What is changed afterwards changes nothing of what was done.
    playbooks.keep(made, by=alice, team=payments, steps=[StepGiven("Something else")])
    assert run.steps.count() == 2
    again = playbooks.start(incident.pk, made, by=alice)
    with pytest.raises(Blocked, match="was started anew meanwhile"):
        playbooks.settle(second.pk, "open", by=alice)
    with pytest.raises(Blocked, match="Say why it is put away"):
        playbooks.put_away(again.pk, by=alice, reason=" ")
    browser.dialog(incident, "playbook_put_away", incident.pk, again.pk, reason="It is another cause")
    assert PlaybookRun.objects.filter(ended_at=None).count() == 0
    lifecycle.perform("cancel", incident.pk, by=alice, inputs={"kind": "false_alarm"})
    with pytest.raises(Blocked, match="is cancelled"):
        playbooks.start(incident.pk, made, by=alice)
