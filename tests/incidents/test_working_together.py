"""Teams called in, related incidents, merging and splitting, followers, and where people meet."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from comms.models import Delivery
from incidents.actions import (
    bridges,
    crews,
    fields,
    followers,
    knowing,
    lifecycle,
    notes,
    pins,
    relations,
    roles,
    splitting,
    tasks,
)
from incidents.links import page_token
from incidents.models import (
    Alert,
    CustomField,
    Follow,
    FollowRule,
    Incident,
    IncidentTask,
    Page,
    Relation,
    Severity,
    TeamRequest,
    TimelineEntry,
)
from incidents.phases import Phase
from incidents.problems import Blocked
from incidents.tasks import escalate_due
from teams import moments
from teams.models import Role, Service, Team, User
from tests import factories
from tests.incidents.console import Browser, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(payments: Team, alice: User, checkout: Service) -> Incident:
    """Declared; alice commands."""
    return factories.incident(payments, alice, phase=Phase.DECLARE, services=[checkout])


@pytest.fixture
def helpers(search: Team, charlie: User) -> Team:
    """Search, whose policy pages charlie."""
    factories.policy(search, [charlie])
    return search


def mailed(user: User, verb: str) -> int:
    return Delivery.objects.filter(kind="notice", user=user, entry__verb=verb).count()


def test_a_team_is_paged_until_one_of_it_says_yes(
    incident: Incident, helpers: Team, alice: User, bob: User, charlie: User
) -> None:
    asking = Browser(alice)
    asking.dialog(incident, "crew_new", incident.pk, team=helpers.pk, why="Is your index up?")
    escalate_due()
    request, page = TeamRequest.objects.get(), Page.objects.get(user=charlie)
    assert (request.state, page.is_answered) == ("asked", False)
    assert "nobody has said yes" in text(asking.get("incident", incident.pk))
    # Whoever works on the incident already does not answer for another team.
    assert "for somebody of Search to answer" in text(
        Browser(bob).dialog(incident, "crew", incident.pk, request.pk, "accept")
    )
    request.refresh_from_db()
    assert request.state == "asked"
    link = Browser(None).client
    shown = link.get(f"/pages/{page_token(page)}/").content.decode()
    assert "Is your index up?" in shown
    link.post(f"/pages/{page_token(page)}/")
    request.refresh_from_db()
    page.refresh_from_db()
    assert (request.state, request.answered_by, page.is_answered) == ("accepted", charlie, True)
    assert request.runs.get().state == "acknowledged"
    assert mailed(alice, "team.accepted") == 1
    with pytest.raises(Blocked, match="asked already"):
        crews.ask(incident.pk, helpers, by=alice, why="Again")
    crews.release(request.pk, by=alice)
    assert "1 ended" in text(asking.get("incident", incident.pk))


def test_a_team_declines_or_is_let_go(incident: Incident, helpers: Team, alice: User, charlie: User) -> None:
    first = crews.ask(incident.pk, helpers, by=alice, why="Look")
    with pytest.raises(Blocked, match="Say why"):
        crews.decline(first.pk, by=charlie, reason="")
    crews.decline(first.pk, by=charlie, reason="Ask Storage")
    assert mailed(alice, "team.declined") == 1
    second = crews.ask(incident.pk, helpers, by=alice, why="Please")
    lifecycle.perform("cancel", incident.pk, by=alice, inputs={"kind": "false_alarm"})
    second.refresh_from_db()
    assert (second.state, second.runs.get().state) == ("withdrawn", "stopped")


def test_a_drill_pages_no_other_team(incident: Incident, helpers: Team, alice: User, charlie: User) -> None:
    Incident.objects.filter(pk=incident.pk).update(drill=True)
    asked = crews.ask(incident.pk, helpers, by=alice, why="Look")
    escalate_due()
    assert not Page.objects.filter(user=charlie).exists()
    assert crews.accept(asked.pk, by=charlie).state == "accepted"


def test_asking_shares_a_private_incident_after_a_warning(
    payments: Team, helpers: Team, alice: User, charlie: User
) -> None:
    secret = factories.incident(payments, alice, phase=Phase.DECLARE, private=True)
    warned = Browser(alice).dialog(secret, "crew_new", secret.pk, team=helpers.pk, why="Look")
    assert "shares it with everybody of Search" in text(warned)
    assert not Incident.objects.visible_to(charlie).exists()
    Browser(alice).dialog(secret, "crew_new", secret.pk, team=helpers.pk, why="Look", share="on")
    assert Incident.objects.visible_to(charlie).get() == secret
    assert "private incident" in TimelineEntry.objects.get(verb="team.asked").text


def test_relations_go_both_ways_and_never_in_a_circle(
    incident: Incident, payments: Team, alice: User, charlie: User
) -> None:
    whole = factories.incident(payments, alice, phase=Phase.DECLARE, title="All of Europe")
    secret = factories.incident(payments, alice, title="Key leaked", private=True)
    relations.relate(incident.pk, whole.pk, by=alice, kind="parent")
    relations.relate(incident.pk, secret.pk, by=alice, kind="caused_by")
    part = factories.incident(payments, alice, title="One shop")
    relations.relate(part.pk, incident.pk, by=alice, kind="parent")
    with pytest.raises(Blocked, match="is itself part of this one"):
        relations.relate(whole.pk, part.pk, by=alice, kind="parent")
    with pytest.raises(IntegrityError), transaction.atomic():
        Relation.objects.create(incident=whole, other=part, kind="parent")
    assert "Has as a part" in text(Browser(charlie).get("incident", whole.pk))
    page = text(Browser(charlie).get("incident", incident.pk))
    assert "All of Europe" in page
    assert "a private incident" in page
    assert "Key leaked" not in page
    assert secret.reference not in page
    assert "Key leaked" in text(Browser(alice).get("incident", incident.pk))
    mine = Relation.objects.get(kind="parent", incident=incident)
    Browser(alice).dialog(incident, "unrelate", incident.pk, mine.pk)
    assert not Relation.objects.filter(pk=mine.pk).exists()


def test_likely_the_same_is_one_tap_away(
    incident: Incident, payments: Team, alice: User, charlie: User, checkout: Service
) -> None:
    same = factories.incident(payments, alice, title="Payments time out", services=[checkout])
    sounds = factories.incident(payments, alice, title="The checkout fails again")
    other = factories.incident(payments, alice, title="Printer on fire")
    secret = factories.incident(payments, alice, title="Checkout fails in private", services=[checkout], private=True)
    page = text(Browser(alice).get("incident", incident.pk))
    assert f"alike-{same.pk}-relate" in page
    assert f"alike-{sounds.pk}-merge" in page
    for none in (other, secret):
        assert f"alike-{none.pk}-" not in page
    Browser(alice).dialog(incident, "relate", incident.pk, other=same.reference, now="yes")
    assert Relation.objects.get().other == same
    assert f"alike-{same.pk}-relate" not in text(Browser(alice).get("incident", incident.pk))
    assert same.reference in text(Browser(alice).get("verb", incident.pk, "merge", target=same.reference))


def test_merging_carries_what_people_do_and_back(
    incident: Incident, payments: Team, helpers: Team, alice: User, bob: User, charlie: User
) -> None:
    target = factories.incident(payments, alice, title="The larger one", phase=Phase.DECLARE)
    task = tasks.add(incident.pk, "Check", by=alice, owner=bob)
    over = tasks.add(incident.pk, "Look", by=alice)
    tasks.done(over.pk, by=alice)
    asked = crews.ask(incident.pk, helpers, by=alice, why="Look")
    escalate_due()
    followers.follow(incident, by=charlie, level="all")
    lifecycle.perform("merge", incident.pk, by=alice, inputs={"target": target})
    for row in (task, over, asked):
        row.refresh_from_db()
    assert (task.incident, over.incident, asked.incident) == (target, incident, target)
    assert set(Page.objects.filter(user=charlie).values_list("incident", "run__incident")) == {(target.pk, target.pk)}
    assert Follow.objects.filter(incident=target, user=charlie, level="all").exists()
    crews.accept(asked.pk, by=charlie)
    lifecycle.perform("unmerge", incident.pk, by=alice)
    for row in (task, asked):
        row.refresh_from_db()
    assert (task.incident, task.owner, asked.incident, asked.state) == (incident, bob, incident, "accepted")


def test_what_is_split_off_goes_on_by_itself(
    incident: Incident, payments: Team, alice: User, bob: User, checkout: Service
) -> None:
    integration, _ = factories.integration(payments)
    alerts = [
        Alert.objects.create(integration=integration, incident=incident, fingerprint=f"f{n}", title=f"Errors {n}")
        for n in range(2)
    ]
    told = notes.note(incident.pk, "The search is slow, too", by=bob)
    followers.follow(incident, by=bob, level="all")
    heard = Delivery.objects.filter(kind="notice", user=bob).count()
    browser = Browser(alice)
    found = browser.dialog(incident, "split", incident.pk, find="slow", alerts=[alerts[1].pk], title="Search is slow")
    assert "The search is slow, too" in text(found)
    assert "Search is slow" in text(found)
    assert "Choose an alert or an entry" in text(
        browser.dialog(incident, "split", incident.pk, split="yes", title="Search is slow", severity=3)
    )
    browser.dialog(
        incident,
        "split",
        incident.pk,
        split="yes",
        title="Search is slow",
        severity=3,
        services=[checkout.pk],
        alerts=[alerts[1].pk],
        entries=[told.pk],
    )
    made = Incident.objects.latest("pk")
    assert (made.title, made.phase, made.severity_id, made.team) == ("Search is slow", "declare", 3, payments)
    assert [a.incident_id for a in Alert.objects.order_by("pk")] == [incident.pk, made.pk]
    copy = TimelineEntry.objects.get(incident=made, verb="entry.copied")
    assert (copy.text, copy.occurred_at, copy.data["copy_of"]) == (told.text, told.occurred_at, told.pk)
    assert Relation.objects.get(kind="split_from").other == incident
    assert Follow.objects.filter(incident=made, user=bob).exists()
    assert Delivery.objects.filter(kind="notice", user=bob, entry__verb="entry.copied").count() == 0
    assert Delivery.objects.filter(kind="notice", user=bob).count() > heard
    assert "Split off" in text(browser.get("incident", incident.pk))
    # It was no trouble of its own after all.
    lifecycle.perform("merge", made.pk, by=alice, inputs={"target": incident})
    assert incident.alerts.count() == 2


def test_who_follows_hears_of_what_they_chose(incident: Incident, alice: User, bob: User, charlie: User) -> None:
    Browser(charlie).dialog(incident, "follow", incident.pk, level="phases", now="yes")
    assert 'aria-pressed="true"' in text(Browser(charlie).get("incident", incident.pk))
    notes.note(incident.pk, "A detail", by=alice)
    notes.set_severity(incident.pk, Severity.objects.get(pk=1), by=alice)
    assert (mailed(charlie, "note.written"), mailed(charlie, "severity.changed")) == (0, 1)
    followers.follow(incident, by=charlie, level="all")
    notes.note(incident.pk, "Another", by=alice)
    notes.note(incident.pk, "My own", by=charlie)
    assert mailed(charlie, "note.written") == 1
    # Taking part lets one follow, but not against one's word.
    followers.follow(incident, by=bob, level="off")
    task = tasks.add(incident.pk, "Check", by=alice, owner=bob)
    tasks.accept(task.pk, by=bob)
    assert Follow.objects.get(user=bob).level == "off"
    page = text(Browser(charlie).get("incident", incident.pk))
    assert "Bob" not in page.partition('id="followers"')[2].partition("</section>")[0]


def test_a_rule_follows_what_is_declared(payments: Team, alice: User, bob: User, charlie: User) -> None:
    browser = Browser(bob)
    browser.post("following", my_teams_worst="2", my_teams_level="updates")
    followers.set_rule(by=charlie, whose="my_teams", worst_level=2)
    made = factories.incident(payments, alice, phase=Phase.DECLARE)
    assert [(row.user, row.level) for row in Follow.objects.filter(incident=made)] == [(bob, "updates")]
    assert made.reference in text(browser.get("following"))
    browser.post("following", my_teams_worst="")
    assert not FollowRule.objects.filter(user=bob).exists()


def test_lowering_the_severity_wants_a_reason(incident: Incident, alice: User) -> None:
    with pytest.raises(Blocked, match="less bad than SEV2"):
        notes.set_severity(incident.pk, Severity.objects.get(pk=3), by=alice)
    notes.set_severity(incident.pk, Severity.objects.get(pk=3), by=alice, reason="Only one shop")


def test_where_people_meet(payments: Team, alice: User) -> None:
    payments.call_template = "https://meet.example.org/{reference}-{title_slug}"
    payments.full_clean()
    payments.save()
    made = factories.incident(payments, alice, phase=Phase.DECLARE, title="Checkout / fails & burns")
    url = f"https://meet.example.org/inc-{made.pk}-checkout-fails-burns"
    assert made.call_url == url
    assert f'href="{url}"' in text(Browser(alice).get("incident", made.pk))
    wrong = Browser(alice).dialog(made, "rooms", made.pk, call_url="javascript:alert(1)")
    assert "Give a web address" in text(wrong)
    bridges.set_rooms(made.pk, by=alice, call_url="", chat_url="https://chat.example.org/x")
    made.refresh_from_db()
    assert (made.call_url, made.chat_url) == ("", "https://chat.example.org/x")
    assert TimelineEntry.objects.filter(verb="rooms.set").count() == 1


@pytest.mark.parametrize(
    "template",
    ["https://meet.example.org/{secret}", "https://{team}.example.org/", "ftp://x.example.org/", "https://a.b/{number"],
)
def test_a_template_that_leads_astray(payments: Team, template: str) -> None:
    payments.call_template = template
    with pytest.raises(ValidationError):
        payments.full_clean()


def test_no_timeline_names_a_private_incident_not_even_a_private_one(
    payments: Team, search: Team, alice: User, bob: User
) -> None:
    """Those who see one of two private incidents need not see the other."""
    search.memberships.create(user=alice)
    ours = lifecycle.report(by=alice, title="A key leaked", team=payments, private=True)
    theirs = lifecycle.report(by=alice, title="A disk was stolen", team=search, private=True)
    relations.relate(ours.pk, theirs.pk, by=alice)
    told = ours.timeline.get(verb="relation.added").text
    assert "a private incident" in told
    assert theirs.title not in told
    assert not [said for said in knowing.known(ours).relations if theirs.title in said]
    lifecycle.perform("merge", theirs.pk, by=alice, inputs={"target": ours, "reason": "the same"})
    secret = theirs.timeline.get(verb="incident.opened")
    pins.pin(ours.pk, secret.pk, by=alice)
    assert theirs.title not in ours.timeline.get(verb="entry.pinned").text
    with pytest.raises(Blocked, match="private incident"):
        splitting.split(ours.pk, by=alice, title="Apart", severity=Severity.objects.get(pk=3), entry_pks=[secret.pk])


def test_a_drill_is_neither_related_to_earnest_nor_split(incident: Incident, payments: Team, alice: User) -> None:
    drill = factories.incident(payments, alice, phase=Phase.DETECT)
    Incident.objects.filter(pk=drill.pk).update(drill=True)
    with pytest.raises(Blocked, match="real incident"):
        relations.relate(drill.pk, incident.pk, by=alice)
    with pytest.raises(Blocked, match="not split"):
        splitting.split(drill.pk, by=alice, title="Apart", severity=Severity.objects.get(pk=3), entry_pks=[1])


def test_a_split_is_not_held_up_by_a_field_and_takes_its_value_along(incident: Incident, alice: User) -> None:
    known = CustomField.objects.create(key="tier", label="Tier", required_from="declare")
    CustomField.objects.create(key="region", label="Region", required_from="declare")
    fields.set_values(incident.pk, {"tier": "gold"}, by=alice)
    note = notes.note(incident.pk, "The ledger is late as well", by=alice)
    made = splitting.split(
        incident.pk, by=alice, title="Ledger", severity=Severity.objects.get(pk=3), entry_pks=[note.pk]
    )
    assert made.phase == Phase.DECLARE
    assert made.custom_values.get().field == known


def test_a_team_that_was_called_in_does_not_answer_for_the_owners(
    payments: Team, helpers: Team, alice: User, bob: User, charlie: User
) -> None:
    owned = lifecycle.report(by=alice, title="Ledger is late", team=payments)
    lifecycle.perform("declare", owned.pk, by=None, inputs={"severity": Severity.objects.get(pk=2)})
    escalate_due()
    request = crews.ask(owned.pk, helpers, by=alice, why="Look at the index")
    escalate_due()
    assert Page.objects.filter(run__request=request, user=charlie).exists()
    roles.take(owned.pk, Role.objects.get(slug=Role.SCRIBE), by=charlie)
    assert owned.runs.own().filter(state="running").exists()


def test_what_was_due_while_it_was_aside_is_asked_again(incident: Incident, alice: User) -> None:
    task = tasks.add(incident.pk, "Check replicas", by=alice, owner=alice, due_at=moments.now() + timedelta(minutes=5))
    lifecycle.perform("cancel", incident.pk, by=alice, inputs={"kind": "other", "reason": "a mistake"})
    IncidentTask.objects.filter(pk=task.pk).update(remind_at=None, step=IncidentTask.Step.OVER)
    lifecycle.perform("uncancel", incident.pk, by=alice, inputs={"reason": "it is one"})
    task.refresh_from_db()
    assert task.remind_at == task.due_at
