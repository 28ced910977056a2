"""Every verb through its form: done, refused with all that is missing, overridden, and overtaken by somebody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from incidents.actions import lifecycle, mitigation
from incidents.models import Incident, TimelineEntry
from incidents.phases import VERBS, Phase
from teams.models import Organization, Service, Team, User
from tests import factories
from tests.incidents.console import Browser, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("public_page")]
Make = Callable[..., Incident]


@pytest.fixture
def make(alice: User, payments: Team) -> Make:
    return lambda phase, **fields: factories.incident(payments, alice, phase=phase, **fields)


def propose(incident: Incident, by: User, carried_by: User) -> None:
    mitigation.propose(incident.pk, by=by, kind="roll_back", carried_by=carried_by)


def phase_of(incident: Incident) -> str:
    return Incident.objects.get(pk=incident.pk).phase


CASES: dict[str, tuple[str, dict[str, Any], str]] = {
    "declare": (Phase.DETECT, {"severity": 2, "impact": "Nobody can pay"}, Phase.DECLARE),
    "start_mitigation": (Phase.DECLARE, {}, Phase.MITIGATE),
    "confirm_mitigated": (Phase.MITIGATE, {"recovered_by_itself": "on"}, Phase.COMMUNICATE),
    "resolve": (Phase.COMMUNICATE, {"confirmation": "errors under 1 %", "update": "It is fixed."}, Phase.RESOLVE),
    "start_review": (Phase.RESOLVE, {"facilitator": "bob"}, Phase.REVIEW),
    "relapse": (Phase.COMMUNICATE, {"reason": "errors are back"}, Phase.MITIGATE),
    "reopen": (Phase.REVIEW, {"reason": "errors are back"}, Phase.MITIGATE),
    "cancel": (Phase.DETECT, {"kind": "false_alarm"}, Phase.CANCELLED),
    "uncancel": (Phase.CANCELLED, {}, Phase.DETECT),
    "merge": (Phase.DETECT, {"target": "other"}, Phase.MERGED),
    "unmerge": (Phase.MERGED, {}, Phase.DETECT),
}


@pytest.mark.parametrize("dialog", [False, True], ids=["page", "dialog"])
@pytest.mark.parametrize("verb", CASES)
def test_each_verb_through_its_form(
    make: Make, alice: User, bob: User, payments: Team, verb: str, dialog: bool
) -> None:
    start, given, end = CASES[verb]
    incident = make(start)
    if verb == "start_mitigation":
        propose(incident, alice, bob)
    given = dict(given)
    if verb == "start_review":
        given["facilitator"] = bob.pk
    if verb == "merge":
        given["target"] = factories.incident(payments, alice, title="Same").reference
    browser = Browser(alice)
    form = text(browser.get("verb", incident.pk, verb))
    assert all(f'name="{given.name}"' in form for given in VERBS[verb].inputs)
    if dialog:
        answer = browser.dialog(incident, "verb", incident.pk, verb, **given)
        assert answer.status_code == 200
        assert "close-dialog" in answer["HX-Trigger"]
        assert 'id="helm"' in text(answer)
    else:
        answer = browser.post("verb", incident.pk, verb, **given)
        assert answer.status_code == 302
        assert answer["Location"] == incident.get_absolute_url()
    assert phase_of(incident) == end


def test_closing_wants_the_postmortem(make: Make, alice: User) -> None:
    incident = make(Phase.REVIEW)
    answer = Browser(alice).post("verb", incident.pk, "close")
    assert answer.status_code == 409
    assert "Publish the postmortem" in text(answer)
    assert "Open the postmortem" in text(answer)
    assert phase_of(incident) == Phase.REVIEW


def test_a_refusal_shows_all_that_is_missing_and_keeps_what_was_typed(make: Make, alice: User, bob: User) -> None:
    incident = make(Phase.COMMUNICATE)
    propose(incident, alice, bob)
    mitigation.perform(incident.mitigations.latest("pk").pk, "execute", by=bob)
    answer = Browser(alice).dialog(incident, "verb", incident.pk, "resolve", next_update_in="17", reason="")
    page = text(answer)
    assert answer.status_code == 409
    for said in ("Say how recovery was confirmed", "A mitigation is still in flight", "have not been told"):
        assert said in page
    assert 'value="17"' in page
    assert f'href="{incident.get_absolute_url()}#mitigations"' in page
    assert phase_of(incident) == Phase.COMMUNICATE


def test_a_process_guard_gives_way_to_a_reason(make: Make, alice: User) -> None:
    Organization.objects.update_or_create(pk=1, defaults={"soak_minutes": 30})
    incident = make(Phase.COMMUNICATE)
    browser = Browser(alice)
    given = {"confirmation": "errors under 1 %", "update": "Fixed."}
    refused = text(browser.post("verb", incident.pk, "resolve", **given))
    assert "Resolve anyway" in refused
    assert "Fixed." in refused
    bare = browser.post("verb", incident.pk, "resolve", **given, override="yes")
    assert bare.status_code == 409
    assert "Say why this can" in text(bare)
    assert "time to watch that it holds" in text(bare)
    browser.post("verb", incident.pk, "resolve", **given, override="yes", reason="Seen for an hour before")
    assert phase_of(incident) == Phase.RESOLVE
    entry = TimelineEntry.objects.get(incident=incident, verb="incident.resolve")
    assert (entry.overridden, entry.reason) == (["soak_not_over"], "Seen for an hour before")
    page = text(browser.get("incident", incident.pk))
    assert "Went on although: The time to watch" in page
    assert "Reason: Seen for an hour before" in page


def test_an_integrity_guard_does_not_give_way(make: Make, alice: User) -> None:
    incident = make(Phase.DECLARE)
    answer = Browser(alice).post("verb", incident.pk, "start_mitigation", override="yes", reason="hurry")
    assert answer.status_code == 409
    assert "Propose a mitigation first" in text(answer)
    assert phase_of(incident) == Phase.DECLARE


def test_who_comes_second_is_told_and_keeps_the_words(make: Make, alice: User, bob: User) -> None:
    incident = make(Phase.DETECT)
    lifecycle.perform("declare", incident.pk, by=bob, inputs={"severity": factories.Severity.objects.get(pk=2)})
    given = {"severity": 1, "update": "We are looking into it."}
    answer = Browser(alice).dialog(incident, "verb", incident.pk, "declare", **given)
    page = text(answer)
    assert answer.status_code == 409
    assert "Bob declared the incident" in page
    assert "We are looking into it." in page
    assert 'id="helm"' in page
    plain = Browser(alice).post("verb", incident.pk, "declare", **given)
    assert plain.status_code == 409
    assert "Bob declared the incident" in text(plain)
    opened = Browser(alice).get("verb", incident.pk, "declare")
    assert opened.status_code == 409
    assert TimelineEntry.objects.filter(incident=incident, verb="incident.declare").count() == 1


def test_what_happened_earlier_is_written_in_the_readers_zone(make: Make, alice: User) -> None:
    incident = make(Phase.DETECT)
    alice.time_zone = "Asia/Tokyo"
    alice.save()
    told = timezone.now() - timedelta(minutes=12)
    local = timezone.localtime(told, timezone.zoneinfo.ZoneInfo("Asia/Tokyo"))  # type: ignore[attr-defined]
    Browser(alice).post("verb", incident.pk, "declare", severity=2, occurred_at=f"{local:%Y-%m-%dT%H:%M}")
    declared = Incident.objects.get(pk=incident.pk).declared_at
    assert declared == told.replace(second=0, microsecond=0)


def test_a_time_to_come_is_refused(make: Make, alice: User) -> None:
    incident = make(Phase.DETECT)
    answer = Browser(alice).post("verb", incident.pk, "declare", severity=2, occurred_at="2100-01-01T00:00")
    assert "still to come" in text(answer)
    assert phase_of(incident) == Phase.DETECT


def test_a_report_names_all_that_is_missing_and_keeps_the_rest(alice: User) -> None:
    answer = Browser(alice).post("new", impact="Nobody can pay")
    page = text(answer)
    assert answer.status_code == 409
    assert "Say in a few words what is wrong" in page
    assert "Choose a service or a team" in page
    assert "Nobody can pay" in page
    assert not Incident.objects.exists()


@pytest.mark.parametrize(("pressed", "phase"), [({"only": "report"}, Phase.DETECT), ({"severity": "2"}, Phase.DECLARE)])
def test_report_alone_or_declared_with_it(alice: User, checkout: Service, pressed: dict[str, str], phase: str) -> None:
    answer = Browser(alice).post("new", title="Cards fail", services=[checkout.pk], **pressed)
    made = Incident.objects.get()
    assert answer["Location"] == made.get_absolute_url()
    assert (made.title, made.phase, made.team) == ("Cards fail", phase, checkout.team)


def test_acknowledging_is_one_press(make: Make, alice: User, bob: User) -> None:
    incident = make(Phase.DETECT)
    page = text(Browser(alice).get("incident", incident.pk))
    assert "Acknowledge, so that nobody else is called." in page
    Browser(bob).dialog(incident, "acknowledge", incident.pk)
    assert Incident.objects.get(pk=incident.pk).acknowledged_by == bob
    late = Browser(alice).dialog(make(Phase.CANCELLED), "acknowledge", incident.pk)
    assert late.status_code == 200


def test_severity_and_facts(make: Make, alice: User, checkout: Service) -> None:
    incident = make(Phase.DECLARE)
    browser = Browser(alice)
    browser.post("severity", incident.pk, severity=1, reason="All of Europe")
    assert browser.post("severity", incident.pk, severity=1).status_code == 409
    assert browser.post("severity", incident.pk).status_code == 409
    given = {"title": "Cards fail", "impact": "EU", "eta_at": "2030-01-01T10:00", "services": [checkout.pk]}
    browser.post("facts", incident.pk, **given, impact_started_at="2020-01-01T10:00")
    now = Incident.objects.get(pk=incident.pk)
    assert (now.severity_id, now.title, now.impact) == (1, "Cards fail", "EU")
    assert (now.eta_at, list(now.services.all())) == (now.eta_at, [checkout])
    wrong = browser.post(
        "facts", incident.pk, **given, impact_started_at="2020-01-01T10:00", impact_ended_at="2019-01-01T10:00"
    )
    assert "end before it starts" in text(wrong)


def test_an_unknown_verb_is_not_found(make: Make, alice: User) -> None:
    assert Browser(alice).get("verb", make(Phase.DETECT).pk, "explode").status_code == 404


def test_a_report_tells_noticing_from_the_start_of_the_impact(alice: User, checkout: Service) -> None:
    page = text(Browser(alice).get("new"))
    assert "Noticed at" in page
    assert "Impact began" in page
    given = {"title": "Cards fail", "services": [checkout.pk], "only": "report"}
    Browser(alice).post("new", **given, occurred_at="2026-01-02T10:00", impact_started_at="2026-01-02T09:30")
    made = Incident.objects.get()
    assert (made.detected_at, made.impact_started_at) == (
        datetime(2026, 1, 2, 10, 0, tzinfo=UTC),
        datetime(2026, 1, 2, 9, 30, tzinfo=UTC),
    )
    Browser(alice).post("new", **given)
    assert Incident.objects.latest("pk").impact_started_at is None


def test_the_timeline_names_times_in_utc(make: Make, alice: User) -> None:
    incident = make(Phase.DECLARE)
    User.objects.filter(pk=alice.pk).update(time_zone="Europe/Berlin")
    Browser(alice).post("facts", incident.pk, title=incident.title, impact_started_at="2026-07-01T14:00")
    entry = incident.timeline.get(verb="incident.edited")
    assert "start of impact: 2026-07-01 12:00 UTC" in entry.text


@pytest.mark.parametrize("year", ["0001", "1999", "2200", "9999"])
def test_a_year_that_nobody_means_is_asked_back(make: Make, alice: User, year: str) -> None:
    incident = make(Phase.REVIEW)
    browser = Browser(alice)
    for name, given in (
        ("postmortem_edit", {"title": "How it went", "due_on": f"{year}-01-01"}),
        ("postmortem_edit", {"title": "How it went", "meeting_at": f"{year}-01-01T10:00"}),
        ("action_item_new", {"title": "Add an alert", "due_on": f"{year}-01-01"}),
        ("facts", {"title": "Cards fail", "eta_at": f"{year}-01-01T10:00"}),
    ):
        answer = browser.post(name, incident.pk, **given)
        assert answer.status_code == 422, name
        assert "Give a year from 2000 to 2199." in text(answer)
