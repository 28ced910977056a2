"""Action items kept in step with issues: of stand-ins for GitHub, GitLab and Jira on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from incidents.actions import action_items, postmortem, relevance
from incidents.actions.trackers import keeping, outbox, polling, syncing
from incidents.models import ActionItem, Incident, TimelineEntry, Tracker, TrackerLink
from incidents.phases import Phase
from incidents.problems import Blocked
from teams.models import Team, User
from tests import factories
from tests.incidents.console import Browser, text
from tests.standins.server import serving
from tests.standins.trackers import EMAIL, SECRET, SERVERS, SIGNING, TOKEN, TrackerServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def servers(settings: Any) -> Iterator[dict[str, TrackerServer]]:
    with ExitStack() as stack:
        found = {kind.kind: stack.enter_context(serving(kind())) for kind in SERVERS}
        settings.WATCHBILL_TRACKER_HOSTS = frozenset(f"127.0.0.1:{each.server_port}" for each in found.values())
        yield found


@pytest.fixture
def incident(payments: Team, alice: User) -> Incident:
    return factories.incident(payments, alice, phase=Phase.REVIEW, title="Payments fail")


def tracker(server: TrackerServer, **given: Any) -> Tracker:
    usual = {
        "name": f"Shop on {server.kind}",
        "kind": server.kind,
        "base_url": server.url,
        "project": server.project,
        "token": TOKEN,
        "account": EMAIL if server.kind == "jira" else "",
        "webhook_secret": SECRET,
    }
    return keeping.keep(None, by=None, **usual | given)


def an_item(incident: Incident, alice: User, **given: Any) -> ActionItem:
    usual: dict[str, Any] = {"title": "Limit the cache", "end_state": "It is capped", "due_on": date(2030, 5, 2)}
    usual |= {"owner": alice, "kind": "mitigate"}
    return action_items.add(incident.pk, by=alice, **usual | given)


def settle_down() -> None:
    """Bring into step all that is due."""
    for _ in range(6):
        syncing.sync_due()


def told(incident: Incident) -> str:
    return "\n".join(f"{e.text} [{e.reason}]" for e in TimelineEntry.objects.filter(incident=incident).order_by("pk"))


def hook(server: TrackerServer, row: Tracker, number: int, *, secret: str = SECRET, delivery: str = "d") -> Any:
    body = json.dumps(server.event(server.issues[number])).encode()
    headers = server.signed(body, delivery, secret)
    url = f"/integrations/v1/tracker/{row.hook_key}/"
    return Client().post(url, body, content_type="application/json", headers=headers)


@pytest.mark.parametrize("kind", ["github", "gitlab", "jira"])
def test_an_item_and_its_issue_stay_in_step(
    kind: str, servers: dict[str, TrackerServer], incident: Incident, alice: User, bob: User
) -> None:
    server = servers[kind]
    server.people = {alice.email: "alice-there", bob.email: "bob-there"}
    secret = SIGNING if kind == "gitlab" else SECRET
    row = tracker(server, labels="reliability", webhook_secret=secret)
    assert keeping.try_out(row)[1] == ""
    item = an_item(incident, alice)
    link = outbox.export(item.pk, row, by=alice)
    assert outbox.export(item.pk, row, by=alice) == link
    settle_down()
    (issue,) = server.issues.values()
    assert (issue.title, issue.assignee) == ("Limit the cache", "alice-there")
    assert "It is capped" in issue.body
    assert incident.reference in issue.body
    assert "reliability" in issue.labels
    assert issue.due == (None if kind == "github" else "2030-05-02")
    link.refresh_from_db()
    assert (link.state, bool(link.url)) == ("in_step", True)

    # From here to there, once: what comes back as an echo changes nothing.
    action_items.edit(item.pk, by=alice, title="Limit the cache of prices", owner=bob, due_on=date(2030, 6, 1))
    settle_down()
    assert (issue.title, issue.assignee) == ("Limit the cache of prices", "bob-there")
    written = server.written
    assert hook(server, row, 1, secret=secret, delivery="echo").status_code == 202
    settle_down()
    polling.poll_due()
    settle_down()
    assert server.written == written

    # From there to here: by a webhook, which a replay of does nothing, and by the poll.
    server.act(1, title="Cap the cache of prices", assignee="alice-there", comments=["Nice"])
    assert hook(server, row, 1, secret="another").status_code == 403
    assert hook(server, row, 1, secret=secret, delivery="one").json() == {"status": "taken"}
    settle_down()
    item.refresh_from_db()
    link.refresh_from_db()
    assert (item.title, item.owner, link.comments) == ("Cap the cache of prices", alice, 1)
    asked = len(server.asked)
    assert hook(server, row, 1, secret=secret, delivery="one").json() == {"status": "known already"}
    settle_down()
    assert len(server.asked) == asked
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        server.act(1, state="dropped")
        polling.poll_due()
        settle_down()
        item.refresh_from_db()
        assert item.state == "dropped"
        assert item.evidence.startswith(f"closed as not planned in {row.brand} as {link.named} by octocat")

        # Reopened here, closed there, reopened there, done here.
        action_items.settle(item.pk, "open", by=alice)
        settle_down()
        assert issue.state == "open"
    with time_machine.travel(timezone.now() + timedelta(minutes=12)):
        server.act(1, state="done")
        hook(server, row, 1, secret=secret, delivery="two")
        settle_down()
        item.refresh_from_db()
        assert (item.state, "by octocat" in item.evidence) == ("done", True)
        server.act(1, state="open")
        hook(server, row, 1, secret=secret, delivery="three")
        settle_down()
        item.refresh_from_db()
        assert item.state == "open"
        action_items.settle(item.pk, "done", by=alice, evidence="See the graph")
        settle_down()
        assert issue.state == "done"
        assert any("See the graph" in each for each in issue.comments)
    assert len(server.issues) == 1
    assert f"“Limit the cache” is {link.named} in {row}" in told(incident)


def test_failures_are_told_and_mended(
    servers: dict[str, TrackerServer], incident: Incident, alice: User, bob: User
) -> None:
    server = servers["github"]
    row = tracker(server, team=incident.team)
    item = an_item(incident, alice, owner=None)
    link = outbox.export(item.pk, row, by=alice)

    # Opened, and the answer lost: it is found again by its marker.
    server.fail = ["lost"]
    syncing.sync_due()
    link.refresh_from_db()
    assert (len(server.issues), link.number, link.state) == (1, "", "waiting")
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        settle_down()
        link.refresh_from_db()
        assert (len(server.issues), link.number, link.state) == (1, "1", "in_step")

        # It asks for patience, and gets it.
        server.fail, server.headers_of_failure = [429], {"Retry-After": "600"}
        action_items.edit(item.pk, by=alice, title="Cap the cache")
        settle_down()
        link.refresh_from_db()
        asked = len(server.asked)
        assert "less often" in link.error
        settle_down()
        assert len(server.asked) == asked
    with time_machine.travel(timezone.now() + timedelta(minutes=15)):
        settle_down()
        assert server.issues[1].title == "Cap the cache"

        # The token is revoked: paused, its keepers told once, and by itself when it is good again.
        server.token = "another"
        mail.outbox.clear()
        action_items.edit(item.pk, by=alice, title="Cap it")
        settle_down()
        row.refresh_from_db()
        assert row.paused_at
        assert "does not let Watchbill in" in mail.outbox[0].subject
        told_so = len(mail.outbox)
        server.token = TOKEN
    with time_machine.travel(timezone.now() + timedelta(minutes=30)):
        polling.poll_due()
        settle_down()
        row.refresh_from_db()
        assert (row.paused_at, row.error, server.issues[1].title) == (None, "", "Cap it")
        assert [m.subject for m in mail.outbox[told_so:]] == [f"{row.name} works again"] * (len(mail.outbox) - told_so)

        # Both changed: the newer wins, and the other's value stays on the timeline.
        server.act(1, title="Theirs, older", tell=False)
    with time_machine.travel(timezone.now() + timedelta(minutes=40)):
        action_items.edit(item.pk, by=alice, title="Ours, newer")
        settle_down()
        assert server.issues[1].title == "Ours, newer"
        assert "Theirs, older in Shop on github (#1) gave way" in told(incident)

        server.delete(1)
        action_items.edit(item.pk, by=alice, title="Nobody hears this")
        settle_down()
        link.refresh_from_db()
        assert link.state == "stuck"
        assert "Open an issue anew" in link.error
        assert "is gone from" in told(incident)


def test_what_is_private_or_a_drill_stays_here(
    servers: dict[str, TrackerServer], incident: Incident, alice: User, bob: User
) -> None:
    server = servers["gitlab"]
    row = tracker(server, exports=True)
    item = an_item(incident, alice)
    Incident.objects.filter(pk=incident.pk).update(private=True)
    with pytest.raises(Blocked) as refused:
        outbox.export(item.pk, row, by=alice)
    assert "takes nothing of private incidents" in str(refused.value)
    factories.written(incident.pk, alice)
    postmortem.move(incident.pk, "submit", by=alice)
    postmortem.move(incident.pk, "approve", by=bob)
    assert not TrackerLink.objects.exists()
    Incident.objects.filter(pk=incident.pk).update(private=False)
    postmortem.move(incident.pk, "return_to_draft", by=alice)
    postmortem.move(incident.pk, "submit", by=alice)
    postmortem.move(incident.pk, "approve", by=bob)
    settle_down()
    link = TrackerLink.objects.get()
    assert (link.state, len(server.issues)) == ("in_step", 1)
    # What is added after that is opened too; what somebody parted stays so when it is approved again.
    later = an_item(incident, alice, title="Alert on it")
    outbox.part(later.tracker_links.get().pk, by=alice)
    postmortem.move(incident.pk, "return_to_draft", by=alice)
    postmortem.move(incident.pk, "submit", by=alice)
    postmortem.move(incident.pk, "approve", by=bob)
    assert list(TrackerLink.objects.all()) == [link]
    # It became private after that: nothing more is sent.
    Incident.objects.filter(pk=incident.pk).update(private=True)
    action_items.edit(item.pk, by=alice, title="A secret")
    settle_down()
    link.refresh_from_db()
    assert link.state == "stuck"
    assert server.issues[1].title == "Limit the cache"


def test_one_issue_in_trouble_is_said_once_and_keeps_no_other_back(
    servers: dict[str, TrackerServer], incident: Incident, alice: User
) -> None:
    # One that answers nothing until another has its issue is asked first.
    slow, server = servers["github"], servers["gitlab"]
    slow.waits_for = server.opened
    row = tracker(server)
    item = an_item(incident, alice)
    held_up = outbox.export(item.pk, tracker(slow), by=alice)
    link = outbox.export(item.pk, row, by=alice)
    syncing.sync_due()
    held_up.refresh_from_db()
    assert (held_up.state, held_up.error) == ("in_step", "")
    outbox.part(held_up.pk, by=alice)
    settle_down()
    # Numbers would mean other issues there.
    with pytest.raises(Blocked) as elsewhere:
        keeping.keep(row, by=None, project="acme/other")
    assert [(b.code, b.field) for b in elsewhere.value.blockers] == [("place_stays", "project")]
    assert keeping.keep(row, by=None, name="Renamed").project == server.project

    # A day that somebody kept here is newer than one that was changed there before.
    server.act(1, due="2030-07-01", tell=False)
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        relevance.answer(item.pk, "keep", by=alice, due_on=date(2030, 8, 1))
        settle_down()
        assert server.issues[1].due == "2030-08-01"

        # The state is refused after the comment: it is not lost, and not said twice.
        server.fail = ["well", "well", 422]
        action_items.settle(item.pk, "done", by=alice, evidence="See the graph")
        settle_down()
        assert (server.issues[1].state, len(server.issues[1].comments)) == ("open", 1)
        outbox.again(link.pk, by=alice)
        settle_down()
        assert (server.issues[1].state, len(server.issues[1].comments)) == ("done", 1)

        # It fails for long: the others wait a minute for it.
        TrackerLink.objects.filter(pk=link.pk).update(attempts=8)
        action_items.settle(item.pk, "open", by=alice)
        server.fail = [503]
        before = timezone.now()
        syncing.sync_due()
        row.refresh_from_db()
        link.refresh_from_db()
        assert row.quiet_until
        assert link.due_at
        assert row.quiet_until - before < timedelta(seconds=70)
        assert link.due_at - before > timedelta(minutes=50)


def test_an_issue_that_is_there_already_is_linked(
    servers: dict[str, TrackerServer], incident: Incident, alice: User, bob: User
) -> None:
    keeper = Browser(alice)
    found = [servers[kind].open_one("Cap it", "") for kind in ("github", "github", "gitlab", "jira")]
    assert [issue.number for issue in found] == [1, 2, 1, 1]
    rows = {kind: tracker(server) for kind, server in servers.items()}
    address = {
        "github": f"{servers['github'].url}/acme/shop/issues/1#note",
        "gitlab": f"{servers['gitlab'].url}/acme/shop/-/work_items/1",
        "jira": f"{servers['jira'].url}/jira/software/projects/PAY/boards/1?selectedIssue=PAY-1",
    }
    item, other = an_item(incident, alice), an_item(incident, alice, title="Alert on it", due_on=None)
    assert keeper.post("action_item_export", item.pk, tracker=rows["github"].pk, issue="#1").status_code == 302
    link = item.tracker_links.get()
    settle_down()
    link.refresh_from_db()
    # Both keep their titles until one is changed, and people there are told once.
    assert (link.state, link.number, servers["github"].issues[1].title) == ("in_step", "1", "Cap it")
    (welcome,) = servers["github"].issues[1].comments
    assert incident.reference in welcome
    action_items.edit(item.pk, by=alice, title="Cap the cache of prices")
    servers["github"].act(1, state="done")
    hook(servers["github"], rows["github"], 1)
    settle_down()
    item.refresh_from_db()
    assert (servers["github"].issues[1].title, item.state) == ("Cap the cache of prices", "done")
    assert len(servers["github"].issues) == 2

    client = Client()
    client.force_login(alice)
    api = f"/api/v1/action-items/{other.pk}/issues/"

    def refused(issue: str, kind: str = "github") -> str:
        answer = client.post(api, {"tracker": rows[kind].pk, "issue": issue}, content_type="application/json")
        assert answer.status_code in (400, 409, 422), answer.content
        return answer.content.decode()

    assert "kept in step with “Cap the cache of prices” of" in refused(address["github"])
    assert "an issue of acme/other; this tracker is acme/shop" in refused("acme/other#1")
    assert "this tracker is at" in refused("https://github.com/acme/shop/issues/1")
    assert "is in OPS; this tracker is PAY" in refused("OPS-1", "jira")
    assert "names no issue" in refused("the one of yesterday")
    assert "names no issue" in refused("https://[", "jira")
    assert "has it no more" in refused("99")
    nobodys = client.post(api, {"issue": "https://github.com/a/b/issues/1"}, content_type="application/json")
    assert "No tracker of this team" in nobodys.content.decode()
    servers["gitlab"].issues[1].due = "2030-04-01"
    for kind in ("gitlab", "jira"):
        made = client.post(api, {"issue": address[kind]}, content_type="application/json").json()
        assert (made["tracker"]["id"], made["state"]) == (rows[kind].pk, "waiting")
    assert hook(servers["gitlab"], rows["gitlab"], 1, secret="another").status_code == 403
    assert hook(servers["gitlab"], rows["gitlab"], 1).json() == {"status": "taken"}
    settle_down()
    other.refresh_from_db()
    # What one side alone knew, the other knows now.
    assert (other.due_on, servers["jira"].issues[1].due) == (date(2030, 4, 1), "2030-04-01")
    # What a screen of Jira's lacks keeps nothing else from being changed, and nobody is told twice.
    servers["jira"].lacks = {"duedate"}
    action_items.edit(other.pk, by=alice, title="Alert on size", due_on=date(2030, 5, 1))
    action_items.settle(other.pk, "done", by=alice, evidence="See the graph")
    settle_down()
    issue = servers["jira"].issues[1]
    assert (issue.title, issue.state, issue.due, len(issue.comments)) == ("Alert on size", "done", "2030-04-01", 2)
    assert client.delete(f"{api}{made['id']}/").status_code == 204
    assert other.tracker_links.count() == 1


def test_a_token_goes_where_it_was_given_for(servers: dict[str, TrackerServer], payments: Team) -> None:
    row = tracker(servers["github"])
    with pytest.raises(Blocked) as elsewhere:
        keeping.keep(row, by=None, base_url=servers["gitlab"].url)
    assert [b.field for b in elsewhere.value.blockers] == ["token"]
    with pytest.raises(Blocked) as wrong:
        keeping.keep(None, by=None, name="x", kind="jira", base_url="http://jira.lan", project="pay pay")
    assert {b.field for b in wrong.value.blockers} == {"base_url", "project", "token", "account"}
    assert "WATCHBILL_TRACKER_HOSTS" in str(wrong.value)
    with pytest.raises(Blocked) as cut:
        keeping.keep(tracker(servers["gitlab"]), by=None, webhook_secret="whsec_AAAA")
    assert [b.field for b in cut.value.blockers] == ["webhook_secret"]
    servers["github"].token = "another"
    assert "401" in keeping.try_out(row)[1]


def test_the_console_and_the_api_keep_trackers(
    servers: dict[str, TrackerServer], incident: Incident, alice: User, bob: User
) -> None:
    server = servers["github"]
    keeper = Browser(alice)
    given = {"name": "Shop", "base_url": server.url, "project": server.project, "token": "wrong", "poll_minutes": 5}
    url = f"/trackers/new/?kind={server.kind}"
    team = {"team": incident.team_id}
    assert "401" in text(keeper.client.post(url, given | team | {"try": "yes"}))  # type: ignore[arg-type]
    nobodys = keeper.client.post(url, given | team | {"project": "shop"})
    assert nobodys.status_code == 422
    assert "acme/shop" in nobodys.content.decode()
    made = keeper.client.post(url, given | team | {"token": TOKEN})
    row = Tracker.objects.get()
    assert made["Location"] == row.get_absolute_url()
    item = an_item(incident, alice, owner=bob)
    assert keeper.post("action_item_export", item.pk, tracker=row.pk).status_code == 302
    keeper.post("tracker_person", row.pk, user=bob.pk, login="@bob-there")
    settle_down()
    assert server.issues[1].assignee == "bob-there"
    page = text(keeper.get("tracker", row.pk))
    assert "Limit the cache" in page
    assert TOKEN not in page
    assert "in step" in text(keeper.get("postmortem", incident.pk))
    assert "in step" in text(keeper.get("action_items"))
    another = an_item(incident, alice, title="Alert on it")
    assert "Alert on it" in text(keeper.get("tracker_export", row.pk))
    keeper.post("tracker_export", row.pk, items=[another.pk])
    assert another.tracker_links.count() == 1

    client = Client()
    client.force_login(alice)
    (shown,) = client.get("/api/v1/trackers/").json()["results"]
    assert (shown["name"], shown["team"]["slug"]) == ("Shop", incident.team.slug)  # type: ignore[union-attr]
    assert not {"token", "webhook_secret", "hook_key"} & set(shown)
    assert client.post(f"/api/v1/trackers/{row.pk}/try/").json() == {"project": server.project, "error": ""}
    (issue,) = client.get(f"/api/v1/action-items/{item.pk}/issues/").json()["results"]
    assert (issue["number"], issue["state"]) == ("1", "in_step")
    # A mate who keeps no integrations opens issues, and sees nothing of how it is set up.
    assert Browser(bob).get("tracker", row.pk).status_code in (403, 404)
    assert Browser(bob).post("tracker_link_part", item.pk, issue["id"]).status_code == 302
    assert not item.tracker_links.exists()
    keeper.post("tracker_remove", row.pk)
    assert not Tracker.objects.exists()
