"""A private incident does not exist for others, on any address; nothing of the console is for strangers."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from django.urls import reverse

from incidents import tool_urls
from incidents.actions import attachments, lifecycle, notes
from incidents.actions.trackers import keeping
from incidents.models import Incident, Postmortem, RoleDuty, SectionComment, TimelineEntry
from incidents.problems import Blocked
from incidents.urls import urlpatterns
from teams.models import Membership, Role, Team, User
from tests import factories
from tests.cast import everybody
from tests.incidents.attached import picture, upload
from tests.incidents.console import Browser, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("public_page")]
OPEN = {
    "palette",
    "likely",
    "home",
    "list",
    "list_live",
    "search",
    "wall",
    "walls",
    "wall_new",
    "boards",
    "exports",
    "export_new",
    "new",
    "action_items",
    "learning",
    "figures",
    "action_items_bulk",
    "action_items_export",
    "services",
    "service_map",
    "rules",
    "rules_try",
}
# Tells of incidents of one service: tests/incidents/test_console_services.py.
OF_A_SERVICE = {"service", "metric_check_new", "metric_check", "metric_check_remove"} | {
    "deck",
    "card_new",
    "card",
    "card_edit",
    "card_do",
}
VERBS = {
    "verb": "reopen",
    "mitigation": "undo",
    "playbook_step": "done",
    "role_verb": "take",
    "seat": "leave",
    "postmortem_verb": "submit",
    "factor_do": "up",
    "review_meeting": "invite",
    "comment_verb": "resolve",
    "recovery": "accept",
    "task": "accept",
    "crew": "decline",
}
# Tell of no incident by themselves; each has its own tests of who sees what.
APART = (
    "playbooks/",
    "routing/",
    "silences/",
    "maintenance/",
    "tools/",
    "trackers/",
    "alerts/",
    "promises/",
    "figures/<",
    "figures/report/",
    "exercises/",
    "scenarios/",
    "wall/",
    "exports/<",
    "incidents/wall/links/<",
    "boards/<",
    "boards/new/",
    "tasks/",
    "following/",
    "action-items/asked/",
    "postmortem-templates/",
)
OUTSIDE = {
    "page",
    *(pattern.name for pattern in tool_urls.urlpatterns),
    *(each.name for each in urlpatterns if str(each.pattern).startswith(APART)),
}


def secret_of(payments: Team, alice: User, bob: User) -> Incident:
    """A private incident of payments, reviewed, with an action item, a mitigation, a change, an offer and a picture."""
    made = factories.incident(payments, alice, phase="closed", title="Key leaked", private=True)
    attachments.attach(made.pk, [upload("key.png", picture())], by=bob)
    made.team_requests.create(team=payments, why="Turn it", asked_by=alice)
    Postmortem.objects.filter(incident=made).update(meeting_at=made.detected_at)
    made.relations.create(other=factories.incident(payments, alice, title="Of payments", private=True))
    made.playbook_runs.create(title="Turn the key").steps.create(position=1, text="Look")
    made.tasks.create(title="Turn the key", created_by=alice)
    made.postmortem.factors.create(text="The key was old", position=9)
    given = {"name": "Shop", "kind": "github", "project": "acme/shop", "token": "t", "private_allowed": True}
    tracker = keeping.keep(None, by=None, **given)
    made.action_items.get().tracker_links.create(tracker=tracker, marker="watchbill-1")
    made.postmortem.sections.get(key="factors").comments.create(text="Which key leaked?", by=bob)
    return made


def addresses(incident: Incident) -> dict[str, str]:
    """Every address of the console that belongs to the incident."""
    seat = incident.assignments.get(role__slug=Role.COMMANDER)
    attachment = incident.attachments.get()
    known = {
        "pk": incident.pk,
        "user": factories.UserFactory().pk,
        "entry": TimelineEntry.objects.filter(incident=incident).first().pk,  # type: ignore[union-attr]
        "mitigation": incident.mitigations.get().pk,
        "run_pk": incident.playbook_runs.get().pk,
        "step": incident.playbook_runs.get().steps.get().pk,
        "task": incident.tasks.get().pk,
        "factor": incident.postmortem.factors.last().pk,
        "crew": incident.team_requests.get().pk,
        "link": incident.action_items.get().tracker_links.get().pk,
        "relation": incident.relations.get().pk,
        "attachment": attachment.pk,
        "uid": attachment.uid,
        "name": attachment.name,
        "metric": factories.metrics(incident, factories.ServiceFactory())[0].pk,
        "change": factories.ChangeFactory(at=incident.detected_at).pk,
        "role": Role.COMMANDER,
        "key": "factors",
        "number": 0,
        "comment": SectionComment.objects.get(section__postmortem__incident=incident).pk,
        "seat": seat.pk,
        "duty": RoleDuty.objects.first().pk,  # type: ignore[union-attr]
    }
    found = {}
    for pattern in urlpatterns:
        name = pattern.name or ""
        if name in OPEN | OUTSIDE | OF_A_SERVICE:
            continue
        values = {key: known.get(key, VERBS.get(name)) for key in pattern.pattern.converters}
        if name.startswith(("action_item", "tracker_link")) and name != "action_item_new":
            values["pk"] = incident.action_items.get().pk
        found[name] = reverse(f"incidents:{name}", kwargs=values)
    return found


class TestASecret:
    @staticmethod
    def standing() -> dict[str, Any]:
        cast = everybody()
        return {**cast, "secret": secret_of(cast["payments"], cast["alice"], cast["bob"])}

    @pytest.fixture
    def secret(self, stood: dict[str, Any]) -> Incident:
        found: Incident = stood["secret"]
        return found

    def test_others_find_nothing_of_a_private_incident(self, secret: Incident, charlie: User) -> None:
        stranger = Browser(charlie).client
        for name, url in addresses(secret).items():
            for answer in (stranger.get(url), stranger.post(url)):
                assert answer.status_code in (404, 405), f"{name} answered {answer.status_code}"
                assert "Key leaked" not in text(answer)

    def test_the_team_finds_it(self, secret: Incident, bob: User) -> None:
        mate = Browser(bob).client
        for name, url in addresses(secret).items():
            answer = mate.get(url)
            assert answer.status_code in (200, 204, 405, 409), f"{name} answered {answer.status_code}"

    def test_lists_and_searches_leave_it_out(self, secret: Incident, charlie: User, bob: User) -> None:
        for query in (
            {"state": "all"},
            {"state": "all", "q": "Key leaked"},
            {"state": "closed", "q": secret.reference},
        ):
            assert ">Key leaked<" not in text(Browser(charlie).get("list", **query))
            assert ">Key leaked<" in text(Browser(bob).get("list", **query))
        assert "Add an alert" not in text(Browser(charlie).get("action_items", state="all"))
        assert "Add an alert" in text(Browser(bob).get("action_items", state="all"))

    def test_whoever_takes_part_sees_it(self, secret: Incident, charlie: User) -> None:
        secret.participants.add(charlie)
        assert Browser(charlie).get("incident", secret.pk).status_code == 200

    def test_a_private_incident_is_no_target_to_guess(self, secret: Incident, payments: Team, charlie: User) -> None:
        own = factories.incident(payments, charlie)
        answer = Browser(charlie).post("verb", own.pk, "merge", target=secret.reference)
        assert answer.status_code == 422
        assert "There is no incident" in text(answer)
        assert "Key leaked" not in text(answer)

    def test_strangers_are_asked_to_sign_in(self, secret: Incident) -> None:
        nobody = Browser(None).client
        urls = [*addresses(secret).values(), *(reverse(f"incidents:{name}") for name in OPEN)]
        for url in urls:
            answer = nobody.get(url)
            assert answer.status_code == 405 or answer["Location"].startswith("/account/login/")

    def test_a_public_incident_does_not_name_the_private_one_that_it_went_into(
        self, secret: Incident, alice: User, charlie: User, payments: Team
    ) -> None:
        target = factories.incident(payments, alice, title="Key leaked again", private=True)
        public = factories.incident(payments, alice)
        lifecycle.perform("merge", public.pk, by=alice, inputs={"target": target})
        assert f"Go to {target.reference}" in text(Browser(alice).get("incident", public.pk))
        page = text(Browser(charlie).get("incident", public.pk))
        assert target.reference not in page
        assert "Key leaked" not in page
        assert "Handled in a private incident." in page


def test_what_was_merged_is_shown_to_those_who_may_see_it(
    alice: User, charlie: User, payments: Team, search: Team
) -> None:
    """A private incident of payments went into one of search; dave of search may see the second alone."""
    gone = factories.incident(payments, alice, title="Key leaked", private=True)
    target = factories.incident(search, charlie, phase="communicate", private=True)
    target.participants.add(alice)
    entry = notes.note(gone.pk, "The attacker is X", by=alice, kind="decision")
    lifecycle.perform("merge", gone.pk, by=alice, inputs={"target": target})
    resolve = {"confirmation": "no more errors", "update": "It is fixed."}
    lifecycle.perform("resolve", target.pk, by=charlie, inputs=resolve)
    dave = factories.UserFactory()
    Membership.objects.create(team=search, user=dave)
    theirs, ours = Browser(dave), Browser(alice)
    for name in ("incident", "live", "postmortem", "postmortem_edit"):
        assert "The attacker is X" in text(ours.get(name, target.pk)), name
        answer = theirs.get(name, target.pk)
        assert answer.status_code == 200
        assert "The attacker is X" not in text(answer), name
    assert ours.get("correct", target.pk, entry.pk).status_code == 200
    assert theirs.get("correct", target.pk, entry.pk).status_code == 404
    assert theirs.post("correct", target.pk, entry.pk, text="It is Y").status_code == 404
    told = theirs.post("postmortem_edit", target.pk, title="How it went", entries=[entry.pk])
    assert told.status_code == 422


def test_the_story_follows_a_chain_of_merges_to_its_end(alice: User, payments: Team) -> None:
    chain = [factories.incident(payments, alice, title=name) for name in ("First", "Second", "Third", "Fourth")]
    for gone, target in pairwise(chain):
        lifecycle.perform("merge", gone.pk, by=alice, inputs={"target": target})
    page = text(Browser(alice).get("incident", chain[-1].pk, all=""))
    for one in chain:
        assert f"Alice reported: {one.title}" in page


def test_privacy_stays_while_something_private_is_merged_into_it(alice: User, payments: Team) -> None:
    first, second, third = (factories.incident(payments, alice, private=True) for _ in range(3))
    lifecycle.perform("merge", first.pk, by=alice, inputs={"target": second})
    lifecycle.perform("merge", second.pk, by=alice, inputs={"target": third})
    Incident.objects.filter(pk=second.pk).update(private=False)
    answer = Browser(alice).post("facts", third.pk, title="Open to all")
    assert answer.status_code == 409
    assert "A private incident is merged into it" in text(answer)
    third.refresh_from_db()
    assert (third.private, third.title) == (True, "Checkout fails")
    with pytest.raises(Blocked) as refused:
        notes.set_facts(third.pk, by=alice, private=False)
    assert refused.value.blockers[0].code == "merged_private"
    lifecycle.perform("unmerge", second.pk, by=alice, inputs={"reason": "Not the same"})
    assert notes.set_facts(third.pk, by=alice, private=False).private is False
