"""Action items that get done: concrete before approval, spoken of until they are, and remembered when it comes back."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from incidents import concreteness, conditions, defaults, hindsight
from incidents.actions import (
    action_items,
    concluding,
    counterfactuals,
    lifecycle,
    notices,
    postmortem,
    relations,
    reminding,
)
from incidents.actions.counterfactuals import Answer
from incidents.actions.deadlines import latest_day, latest_of, morning
from incidents.models import ActionItem, ActionNotice, ActionPhrase, Incident, Severity, TimelineEntry
from incidents.phases import Phase
from incidents.problems import Blocked
from teams.models import Membership, Team, User
from tests import factories
from tests.incidents.console import Browser, text

pytestmark = pytest.mark.django_db
TITLES = {
    "Add an alert on refused payments": "",
    "- Cap retries at three": "",
    "Please document the failover": "",
    "Bring the replica back": "",
    "Backfill the lost orders": "",
    "Implement a limit": "",
    "Process dead letters": "",
    "Team up with the supplier": "",
    "Commence a drill each month": "",
    "Database: add an index": "",
    "Address refused cards by asking again": "",
    "Harness the canary": "",
    "Improve monitoring": "vague",
    "Database: improve the indexes": "vague",
    "Database: better indexes": "no_verb",
    "Process for deploys": "no_verb",
    "Look into the cache": "vague",
    "Be more careful with deploys": "vague",
    "Retrain the team": "vague",
    "Don't forget the certificate": "vague",
    "Better alerting": "no_verb",
    "Adding a test": "no_verb",
    "Monitoring of the queue": "no_verb",
    "We should have a limit": "no_verb",
    "Runbook for failover": "no_verb",
    "…": "no_verb",
}


def test_a_title_says_what_is_done() -> None:
    assert {title: str(concreteness.wording(title)) for title in TITLES} == TITLES
    said = concreteness.remarks("Ensure that it holds", "It works", due_on=date(2030, 3, 1), latest=date(2030, 2, 1))
    assert [sentence.split()[0] for sentence in said] == ["“Ensure”", "Could", "Its"]
    assert concreteness.remarks("Cap retries at 3", "The drill of March ends without a retry storm") == []
    assert concreteness.of_all(["prevent", "process"])
    assert concreteness.of_all(["prevent", "detect"]) == []
    assert latest_day(date(2030, 3, 1), 10, 1) == date(2030, 3, 8)
    assert latest_day(date(2030, 3, 1), 10, 3) == date(2030, 3, 29)


def test_the_organization_says_what_is_a_verb_and_what_is_vague(
    alice: User, payments: Team, admin_client: Client
) -> None:
    incident = factories.incident(payments, alice, phase=Phase.REVIEW)
    allowed = factories.action_item(incident.pk, alice, title="Investigate the leak by bisecting")
    vague = factories.action_item(incident.pk, alice, title="Leverage the cache")
    assert (allowed.wording, vague.wording) == ("vague", "")
    url = reverse("admin:incidents_actionphrase_add")
    assert b"one to 3 words" in admin_client.post(url, {"words": "a b c d", "kind": "verb"}).content
    for words, kind in (("Investigate", "verb"), ("leverage", "vague")):
        assert admin_client.post(url, {"words": words, "kind": kind}).status_code == 302
    assert list(incident.action_items.order_by("pk").values_list("wording", flat=True)) == ["", "vague"]
    added = factories.action_item(incident.pk, alice, title="Leverage it")
    assert added.wording == "vague"
    page = text(Browser(alice).get("postmortem", incident.pk))
    assert "How it begins says too little" in page
    assert "“Investigate” says" not in page
    own = list(ActionPhrase.objects.values_list("pk", flat=True))
    chosen = {"action": "delete_selected", "post": "yes", "_selected_action": own}
    admin_client.post(reverse("admin:incidents_actionphrase_changelist"), chosen)
    assert not ActionPhrase.objects.exists()
    added.refresh_from_db()
    assert added.wording == ""


def test_a_new_installation_gives_less_time_the_worse_it_was() -> None:
    Severity.objects.all().delete()
    defaults.install()
    assert list(Severity.objects.values_list("action_days", flat=True)) == [10, 20, 30, 40]


def test_the_database_and_the_item_say_the_same_of_what_is_concrete(alice: User, payments: Team) -> None:
    incident = factories.incident(payments, alice)
    robot = factories.UserFactory(is_service=True)
    gone = factories.UserFactory(is_active=False)
    ways = product(
        ("", "vague"), (None, alice, robot, gone), (None, date(2030, 1, 1)), ("", "detect"), ("", "It fires")
    )
    ActionItem.objects.bulk_create(
        ActionItem(incident=incident, title="x", wording=w, owner=o, due_on=d, kind=k, end_state=e, state=s)
        for (w, o, d, k, e), s in product(ways, ActionItem.State.values)
    )
    every = ActionItem.objects.select_related("owner")
    concrete = {i.pk for i in every if i.state != "dropped" and not i.missing()}
    assert concrete == set(ActionItem.objects.concrete().values_list("pk", flat=True))
    lacking = {i.pk for i in every if i.state == "open" and i.missing()}
    assert lacking == set(ActionItem.objects.lacking().values_list("pk", flat=True))


def codes(refused: Any) -> list[str]:
    return [blocker.code for blocker in refused.value.blockers]


def test_nothing_is_approved_or_closed_until_the_items_are_concrete(
    alice: User, bob: User, payments: Team, admin_client: Client
) -> None:
    incident = factories.incident(payments, alice, phase=Phase.REVIEW)
    factories.written(incident.pk, alice)
    postmortem.move(incident.pk, "submit", by=alice)
    vague = action_items.add(incident.pk, by=alice, title="Improve the cache", owner=bob)
    with pytest.raises(Blocked) as refused:
        postmortem.move(incident.pk, "approve", by=bob)
    assert codes(refused) == ["action_items_missing", "action_items_lacking"]
    named = "“Improve the cache” (clear verb, due date, kind, end state)"
    assert named in refused.value.blockers[1].message
    assert named in text(Browser(bob).post("postmortem_verb", incident.pk, "approve"))
    chosen = {"action": "approve", "_selected_action": [incident.postmortem.pk]}
    answer = admin_client.post(reverse("admin:incidents_postmortem_changelist"), chosen, follow=True)
    assert "Improve the cache" in text(answer)
    with pytest.raises(Blocked) as service:
        action_items.edit(vague.pk, by=alice, owner=factories.UserFactory(is_service=True))
    assert codes(service) == ["not_a_person"]
    action_items.edit(
        vague.pk, by=alice, title="Limit the cache", due_on=date(2100, 1, 1), kind="prevent", end_state="Capped"
    )
    postmortem.move(incident.pk, "approve", by=bob)
    postmortem.move(incident.pk, "publish", by=alice)
    late = action_items.add(incident.pk, by=alice, title="Write it down")
    with pytest.raises(Blocked) as open_one:
        lifecycle.perform("close", incident.pk, by=alice, inputs={"reason": "now"}, override=True)
    assert "action_items_lacking" in codes(open_one)
    answer = admin_client.post(
        reverse("admin:incidents_incident_changelist"),
        {"action": "close", "_selected_action": [incident.pk]},
        follow=True,
    )
    assert "“Write it down” (owner" in text(answer)
    waived = lifecycle.facts_of(incident, by=alice)
    guard = next(each for each in conditions.ACTION_ITEMS if each.code == "action_items_lacking")
    assert guard.check(replace(waived, postmortem_state="waived"), {}) is None
    action_items.settle(late.pk, "dropped", by=alice, evidence="It stands in the runbook already")
    assert lifecycle.perform("close", incident.pk, by=alice, inputs={"reason": "now"}, override=True).closed_at


def test_that_nothing_follows_is_decided_by_somebody_else(alice: User, bob: User, payments: Team) -> None:
    incident = factories.incident(payments, alice, phase=Phase.REVIEW)
    with pytest.raises(Blocked) as own:
        concluding.decide_none(incident.pk, by=alice, reason="")
    assert codes(own) == ["reason_missing", "own_approval"]
    assert "No action items needed" not in text(Browser(alice).get("postmortem", incident.pk))
    Browser(bob).post("no_items", incident.pk, reason="The supplier has ended it")
    told = TimelineEntry.objects.get(verb="review.no_items")
    assert (told.actor, told.reason) == (bob, "The supplier has ended it")
    assert "The supplier has ended it" in text(Browser(alice).get("postmortem", incident.pk))
    factories.written(incident.pk, alice)
    postmortem.move(incident.pk, "submit", by=alice)
    postmortem.move(incident.pk, "approve", by=bob)
    postmortem.move(incident.pk, "return_to_draft", by=alice)
    lifecycle.perform("reopen", incident.pk, by=alice, inputs={"reason": "not ended at all"})
    factories._mitigate_again(incident.pk, alice)
    factories._resolve(incident.pk, alice)
    postmortem.move(incident.pk, "submit", by=alice)
    with pytest.raises(Blocked) as again:
        postmortem.move(incident.pk, "approve", by=bob)
    assert codes(again) == ["action_items_missing"]


def sweep(at: Any) -> list[Any]:
    """What goes out at that moment, and a minute later."""
    before = len(mail.outbox)
    with time_machine.travel(at, tick=False):
        reminding.remind_due(timezone.now())
    with time_machine.travel(at + timedelta(minutes=2), tick=False):
        reminding.remind_due(timezone.now())
        notices.send_due(timezone.now())
    return mail.outbox[before:]


def test_what_is_due_comes_as_one_letter_a_day_and_what_is_overdue_to_the_lead(
    alice: User, bob: User, payments: Team
) -> None:
    """Alice manages payments."""
    incident = factories.incident(payments, alice, phase=Phase.RESOLVE)
    due = timezone.localdate() + timedelta(days=5)
    first, second = (
        factories.action_item(incident.pk, alice, title=title, owner=bob, due_on=due) for title in ("Cap it", "Log it")
    )
    assert sweep(morning(due - timedelta(days=3))) == []
    (letter,) = sweep(morning(due - timedelta(days=2)))
    assert (letter.to, letter.subject) == ([bob.email], "Action items: 2 of yours")
    assert "Cap it" in letter.body
    assert "Log it" in letter.body
    assert sweep(morning(due - timedelta(days=2)) + timedelta(hours=3)) == []
    action_items.settle(second.pk, "done", by=bob, evidence="https://git.example.org/1")
    assert [one.subject for one in sweep(morning(due))] == ["“Cap it” is due today"]
    late = {one.to[0]: one.subject for one in sweep(morning(due + timedelta(days=1)))}
    assert late == {bob.email: "“Cap it” is 1 day overdue", alice.email: "“Cap it” is 1 day overdue (Bob)"}
    assert len(sweep(morning(due + timedelta(days=8)) + timedelta(hours=1))) == 2
    # Another one on the same day waits for the next morning.
    other = factories.action_item(incident.pk, alice, owner=bob)
    at = morning(due + timedelta(days=8)) + timedelta(hours=2)
    action_items.edit(other.pk, by=alice, due_on=None)
    ActionNotice.objects.create(user=bob, item=other, why="undated", due_at=at)
    assert sweep(at) == []
    assert first.notices.filter(state="sent").count() == 6
    # Then it does not go before the reminders of that morning, which would find the letter of the day gone.
    third = factories.action_item(incident.pk, alice, title="Page it", owner=bob, due_on=due + timedelta(days=11))
    at = morning(due + timedelta(days=9))
    with time_machine.travel(at, tick=False):
        assert notices.send_due(timezone.now()) == 0
    assert [letter.subject for letter in sweep(at)] == ["Action items: 2 of yours"]
    assert {*other.notices.values_list("state", flat=True), *third.notices.values_list("state", flat=True)} == {"sent"}
    # Another edit of what is overdue reminds nobody anew; the lead hears who can be told alone.
    first.refresh_from_db()
    assert action_items.edit(first.pk, by=alice, title="Cap it well").remind_at == first.remind_at
    User.objects.filter(pk=alice.pk).update(email="")
    assert [letter.to for letter in sweep(morning(due + timedelta(days=16)))] == [[bob.email]]
    assert TimelineEntry.objects.filter(verb="action_item.reminded").latest("pk").text.endswith("; Bob reminded")


def test_nobody_s_item_is_told_to_the_lead_and_an_old_one_is_asked_about(
    alice: User, bob: User, payments: Team, client: Client
) -> None:
    incident = factories.incident(payments, alice, phase=Phase.RESOLVE)
    item = action_items.add(incident.pk, by=alice, title="Cap it", kind="prevent")
    assert item.remind_at is not None
    assert item.ask_at is not None
    (letter,) = sweep(item.remind_at)
    assert (letter.to, letter.subject) == ([alice.email], "“Cap it” has no owner")
    item = action_items.edit(item.pk, by=alice, owner=bob, due_on=timezone.localdate() + timedelta(days=300))
    assert "Say why" in text(Browser(bob).get("postmortem", incident.pk))
    at = item.ask_at
    assert at is not None
    (asked,) = sweep(at)
    assert asked.to == [bob.email]
    link, is_done, no_longer = re.findall(r"/action-items/asked/\S+", asked.body)
    (above,) = sweep(at + timedelta(days=8))
    assert above.to == [alice.email]
    with time_machine.travel(at + timedelta(days=8)):
        assert b"Still relevant? Cap it" in client.get(link).content
        bare = client.post(is_done, {"answer": "done"})
        assert (bare.status_code, b"Say what shows that it is done" in bare.content) == (409, True)
        # Of who comes for a no, only the reason is asked.
        assert b"Why will it not be done?" in client.get(no_longer).content
        assert b"due_on" not in client.get(no_longer).content
        assert client.post(no_longer, {"answer": "dropped"}).status_code == 409
        assert client.post(link, {"answer": "keep", "due_on": "2001-01-01"}).status_code == 409
        assert client.post(link, {"answer": "keep", "due_on": "2100-01-01"}).status_code == 200
        assert client.get(link).status_code == 404
    item.refresh_from_db()
    assert (item.due_on, item.asked_at) == (date(2100, 1, 1), None)
    assert TimelineEntry.objects.get(verb="action_item.relevant").actor == bob
    Browser(bob).post("action_item_relevant", item.pk, answer="dropped", note="The cache is gone")
    item.refresh_from_db()
    assert (item.state, item.evidence) == ("dropped", "The cache is gone")


def test_a_recurrence_opens_again_what_was_done_against_it(alice: User, bob: User, payments: Team) -> None:
    earlier = factories.incident(payments, alice, phase=Phase.REVIEW)
    kinds = ("prevent", "detect", "mitigate", "process")
    done = {kind: factories.action_item(earlier.pk, alice, title=f"Cap {kind}", kind=kind, owner=bob) for kind in kinds}
    dropped = factories.action_item(earlier.pk, alice, title="Page the supplier")
    for item in done.values():
        action_items.settle(item.pk, "done", by=bob, evidence="https://git.example.org/1")
    action_items.settle(dropped.pk, "dropped", by=alice, evidence="Too dear")
    later = factories.incident(payments, alice, phase=Phase.REVIEW, title="It is back")
    made = relations.relate(later.pk, earlier.pk, by=alice, kind="recurs")
    relations.relate(later.pk, earlier.pk, by=alice, kind="recurs")
    states = dict(earlier.action_items.values_list("kind", "state").exclude(pk=dropped.pk))
    assert states == {"prevent": "open", "detect": "open", "mitigate": "done", "process": "done"}
    again = ActionItem.objects.select_related("incident__severity").get(pk=done["prevent"].pk)
    assert again.recurrences == 1
    assert again.due_on == date(2100, 1, 1)
    told = TimelineEntry.objects.filter(verb="action_item.came_back")
    assert told.count() == 2
    assert f"it came back in {later.reference}" in told[0].text
    board = text(Browser(bob).get("action_items", mark="back"))
    assert "Closed, and it came back" in board
    assert later.reference in board
    # In what is private it came back for those alone who may see it.
    Incident.objects.filter(pk=later.pk).update(private=True)
    for reader, times in ((alice, 1), (factories.UserFactory(), 0)):
        client = Client()
        client.force_login(reader)
        (shown,) = client.get("/api/v1/action-items/", {"q": "Cap prevent"}).json()["results"]
        assert shown["recurrences"] == times
        assert len(client.get("/api/v1/action-items/", {"came_back": "true"}).json()["results"]) == 5 * times
        assert ("Closed, and it came back" in text(Browser(reader).get("action_items", mark="back"))) == bool(times)
    Incident.objects.filter(pk=later.pk).update(private=False)
    review = text(Browser(bob).get("postmortem", later.pk))
    assert "not done, and it came back" in review
    asked = {each.title for each in hindsight.of(later, alice).candidates if each.item}
    assert asked == {"Page the supplier"}, "what was done when it began would not have helped"
    relations.unrelate(made.pk, by=alice)
    assert set(ActionItem.objects.values_list("recurrences", flat=True)) == {0}
    assert latest_of(again) is not None


def test_it_is_asked_in_hindsight_what_would_have_helped(
    alice: User, bob: User, charlie: User, payments: Team, search: Team
) -> None:
    service = factories.ServiceFactory(team=payments)
    earlier = factories.incident(payments, alice, phase=Phase.REVIEW, services=[service], title="Cache is full")
    open_one = factories.action_item(earlier.pk, alice, title="Cap the cache", kind="prevent")
    hidden = factories.incident(search, charlie, phase=Phase.REVIEW, services=[service], private=True)
    factories.action_item(hidden.pk, charlie, title="Turn the key")
    later = factories.incident(payments, alice, phase=Phase.REVIEW, services=[service])
    factories_done = lifecycle.facts_of(later, by=alice)
    assert factories_done.hindsight_unasked == 1
    with pytest.raises(Blocked) as refused:
        lifecycle.perform("close", later.pk, by=alice)
    assert "hindsight_missing" in codes(refused)
    factories.written(later.pk, alice)
    postmortem.move(later.pk, "submit", by=alice)
    factories.action_item(later.pk, alice)
    postmortem.move(later.pk, "approve", by=bob)
    assert "Which open action item would have helped here?" in text(Browser(alice).get("incident", later.pk))
    publishing = text(Browser(alice).get("postmortem_verb", later.pk, "publish"))
    assert "or give the reason for publishing without" in publishing
    assert "Do it anyway, because" in publishing
    with pytest.raises(Blocked) as unanswered:
        postmortem.move(later.pk, "publish", by=alice)
    assert codes(unanswered) == ["hindsight_missing"]
    page = text(Browser(alice).get("hindsight", later.pk))
    assert "Cap the cache" in page
    assert "Roll back the last deploy" in page
    assert "Turn the key" not in page
    both = {f"effect-item-{open_one.pk}": "shortened", f"minutes-item-{open_one.pk}": 25}
    assert "or none" in text(Browser(alice).post("hindsight", later.pk, none="on", **both))
    Browser(alice).post("hindsight", later.pk, **both)
    assert lifecycle.facts_of(later, by=alice).hindsight_unasked == 0
    Browser(alice).post("postmortem_verb", later.pk, "publish")
    assert TimelineEntry.objects.filter(incident=later, verb="postmortem.published").exists()
    (row,) = ActionItem.objects.with_cost(bob).filter(pk=open_one.pk)
    assert (row.cost_incidents, row.cost_minutes) == (1, 25)  # type: ignore[attr-defined]
    assert "would have helped in 1 later incident, by about 25 min" in text(Browser(bob).get("action_items"))
    assert "“Cap the cache”" in TimelineEntry.objects.get(verb="review.hindsight").text
    # What another says as well stays hers; what nobody else may see is neither named nor taken back.
    Browser(bob).post("hindsight", later.pk, **both)
    assert later.counterfactuals.get().by == alice
    assert TimelineEntry.objects.filter(verb="review.hindsight").count() == 1
    Incident.objects.filter(pk=later.pk).update(private=True)
    Membership.objects.create(team=payments, user=charlie, role="member")
    counterfactuals.answer(later.pk, [Answer("sooner", hidden.action_items.get())], by=charlie)
    assert "something of a private incident" in TimelineEntry.objects.filter(verb="review.hindsight").latest("pk").text
    with pytest.raises(Blocked) as others:
        counterfactuals.answer(later.pk, by=alice, none=True)
    assert codes(others) == ["others_stand"]
    counterfactuals.answer(later.pk, [Answer("", hidden.action_items.get())], by=charlie)
    Incident.objects.filter(pk=later.pk).update(private=False)
    Browser(alice).post("hindsight", later.pk, none="on")
    assert "Nothing would have helped" in text(Browser(bob).get("postmortem", later.pk))
    assert [each.effect for each in hindsight.of(later, alice).answers] == ["none"]
    with pytest.raises(Blocked) as unseen:
        counterfactuals.answer(later.pk, [Answer("prevented", hidden.action_items.get())], by=alice)
    assert codes(unseen) == ["answer_unknown"]


def test_the_board_is_narrowed_grouped_changed_and_taken_away(
    alice: User, bob: User, charlie: User, payments: Team, search: Team
) -> None:
    service = factories.ServiceFactory(team=payments)
    incident = factories.incident(payments, alice, phase=Phase.REVIEW, services=[service])
    late = factories.action_item(incident.pk, alice, title="=Cap it", due_on=date(2020, 1, 1), owner=bob)
    vague = action_items.add(incident.pk, by=alice, title="Improve it")
    closed = factories.action_item(incident.pk, alice, title="Log it")
    action_items.settle(closed.pk, "done", by=alice, evidence="https://git.example.org/1")
    browser = Browser(bob)

    def found(**query: Any) -> set[str]:
        page = text(browser.get("action_items", **query))
        return {title for title in ("=Cap it", "Improve it", "Log it") if f"<strong>{title}</strong>" in page}

    assert found() == {"=Cap it", "Improve it"}
    assert found(state="overdue") == found(owner="bob") == found(owner="me") == found(kind="detect") == {"=Cap it"}
    assert found(mark="lacking") == found(kind="none") == found(owner="nobody") == {"Improve it"}
    assert found(state="all", service=service.slug, severity=2, group="urgency", sort="cost") == {
        "=Cap it",
        "Improve it",
        "Log it",
    }
    assert found(service="nowhere", severity="9", sort="x") == {"=Cap it", "Improve it"}
    assert found(q="improve") == {"Improve it"}
    ids = Counter(re.findall(r' id="([^"]+)"', browser.get("action_items").content.decode()))
    assert [name for name, times in ids.items() if times > 1] == []
    sheet = b"".join(browser.get("action_items_export", state="all")).decode()  # type: ignore[arg-type]
    assert "'=Cap it" in sheet
    assert len(sheet.splitlines()) == 4
    sent = {"items": [late.pk, vague.pk, closed.pk], "due_on": "2100-01-01", "owner": bob.pk, "query": "owner=bob"}
    refused = browser.post("action_items_bulk", **sent)
    assert refused.status_code == 409
    assert "It is done already" in text(refused)
    assert set(ActionItem.objects.filter(due_on=date(2100, 1, 1), owner=bob)) == {late, vague}
    assert "Choose at least one" in text(browser.post("action_items_bulk", owner=bob.pk))
    again = browser.post("action_items_bulk", items=[late.pk], priority=1, query="owner=bob")
    assert again.headers["Location"] == f"{reverse('incidents:action_items')}?owner=bob"
    theirs = factories.incident(search, charlie, phase=Phase.REVIEW, private=True)
    secret = factories.action_item(theirs.pk, charlie, title="Turn the key")
    browser.post("action_items_bulk", items=[secret.pk], priority=1)
    assert ActionItem.objects.get(pk=secret.pk).priority == 2
    check = text(browser.get("check_action_item", incident.pk, title="Improve it", end_state="It works"))
    assert "Not concrete yet" in check
    assert "Seen where, by whom?" in check
    assert Incident.objects.get(pk=incident.pk).action_items.count() == 3
