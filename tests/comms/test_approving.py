"""A second person before the public: asked, reminded, answered, sent back, timed out, and passed over for a reason."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from comms.actions import approving, drafting, publishing
from comms.models import Approval, Delivery, PageRole, StatusPage, StatusUpdate
from incidents.actions import lifecycle
from incidents.models import TimelineEntry
from incidents.phases import Phase
from incidents.problems import Blocked
from teams.models import AuditEvent
from tests import factories

Status = StatusUpdate.Status


@pytest.fixture
def careful(status_page) -> StatusPage:
    status_page.second_person = True
    status_page.approval_minutes = 10
    status_page.save()
    return status_page


@pytest.fixture
def press(careful):
    user = factories.UserFactory(username="press", role="viewer", email="press@example.org")
    PageRole.objects.create(page=careful, user=user, role="approver")
    return user


@pytest.fixture
def outage(payments, alice):
    return factories.incident(payments, alice, phase=Phase.DECLARE)


@pytest.fixture
def draft(outage, alice, careful, press):
    return drafting.draft_update(outage, by=alice, title="Shop down", body="We look into it.")


def code(error) -> str:
    return error.value.blockers[0].code


def told_by_mail(entry_verb: str) -> set[str]:
    return set(Delivery.objects.filter(kind="notice", entry__verb=entry_verb).values_list("address", flat=True))


def test_nobody_publishes_what_they_wrote(outage, alice, press, draft):
    for person in (alice, press):
        with pytest.raises(Blocked) as error:
            publishing.publish_update(outage, by=person, title="T", body="B")
        assert code(error) == "approval_needed"
    with pytest.raises(Blocked) as error:
        publishing.release_update(draft.pk, by=alice)
    assert code(error) == "approval_needed"
    own = drafting.draft_update(outage, by=press, title="T", body="Mine")
    approving.ask(own.pk, by=press)
    with pytest.raises(Blocked) as error:
        approving.approve(own.pk, by=press)
    assert code(error) == "second_person"


def test_an_approver_is_asked_and_publishes(outage, alice, press, draft):
    approving.ask(draft.pk, by=alice)
    approving.ask(draft.pk, by=alice)
    assert Approval.objects.count() == 1
    assert told_by_mail("approval.asked") == {"press@example.org"}
    with pytest.raises(PermissionDenied):
        approving.approve(draft.pk, by=factories.UserFactory(role="responder"))
    told = approving.approve(draft.pk, by=press)
    assert (told.status, told.author) == (Status.PUBLISHED, alice)
    approval = Approval.objects.get()
    assert (approval.outcome, approval.answered_by) == ("approved", press)
    assert {"approval.asked", "approval.approved", "update.published"} <= set(
        outage.timeline.values_list("verb", flat=True)
    )


def test_what_was_changed_after_it_was_read_is_not_approved(alice, press, draft):
    approving.ask(draft.pk, by=alice)
    read = StatusUpdate.objects.get(pk=draft.pk).updated_at
    drafting.edit_update(draft.pk, by=alice, body="Something else")
    with pytest.raises(Blocked) as error:
        approving.approve(draft.pk, by=press, read=read)
    assert code(error) == "approval_not_asked"
    approving.ask(draft.pk, by=alice)
    with pytest.raises(Blocked) as error:
        approving.approve(draft.pk, by=press, read=read)
    assert code(error) == "update_changed"


def test_a_time_waits_for_the_approval_and_then_holds(alice, press, draft):
    later = timezone.now() + timedelta(hours=1)
    approving.ask(draft.pk, by=alice, publish_at=later)
    told = approving.approve(draft.pk, by=press)
    assert (told.status, told.publish_at) == (Status.SCHEDULED, later)
    publishing.publish_due(later)
    told.refresh_from_db()
    assert told.status == Status.PUBLISHED


def test_sent_back_with_what_has_to_change(alice, press, draft):
    approving.ask(draft.pk, by=alice)
    with pytest.raises(Blocked) as error:
        approving.send_back(draft.pk, by=press, reason=" ")
    assert error.value.blockers[0].field == "reason"
    approving.send_back(draft.pk, by=press, reason="Leave the cause out.")
    draft.refresh_from_db()
    assert draft.status == Status.DRAFT
    assert told_by_mail("approval.sent_back") == {alice.email}


def test_a_request_reminds_once_and_then_lapses(alice, press, draft):
    approving.ask(draft.pk, by=alice)
    asked = Approval.objects.get().asked_at
    assert approving.sweep(asked + timedelta(minutes=4)) == 0
    with time_machine.travel(asked + timedelta(minutes=5), tick=False):
        assert approving.sweep(timezone.now()) == 1
        assert approving.sweep(timezone.now()) == 0
    assert told_by_mail("approval.reminded") == {"press@example.org"}
    with time_machine.travel(asked + timedelta(minutes=10), tick=False):
        assert approving.sweep(timezone.now()) == 1
    draft.refresh_from_db()
    assert (draft.status, Approval.objects.get().outcome) == (Status.DRAFT, "lapsed")
    assert told_by_mail("approval.lapsed") == {alice.email}
    with pytest.raises(Blocked) as error:
        approving.approve(draft.pk, by=press)
    assert code(error) == "approval_not_asked"


def test_breaking_the_glass_takes_a_reason_and_is_told_and_audited(outage, alice, press, draft):
    approving.ask(draft.pk, by=alice)
    with pytest.raises(Blocked) as error:
        approving.bypass(draft.pk, by=alice, reason="asap")
    assert error.value.blockers[0].field == "reason"
    with pytest.raises(PermissionDenied):
        approving.bypass(draft.pk, by=factories.UserFactory(role="viewer"), reason="Nobody else is awake.")
    told = approving.bypass(draft.pk, by=alice, reason="Nobody else is awake.")
    assert told.status == Status.PUBLISHED
    assert told_by_mail("approval.bypassed") == {"press@example.org"}
    line = TimelineEntry.objects.get(verb="approval.bypassed")
    assert (line.reason, line.overridden, line.actor) == ("Nobody else is awake.", ["approval"], alice)
    kept = AuditEvent.objects.filter(kind="comms.approval").order_by("pk").last()
    assert kept is not None
    assert (kept.after["outcome"], kept.after["reason"]) == ("bypassed", "Nobody else is awake.")


def test_there_is_no_glass_to_break_where_nobody_has_to_approve(outage, alice, status_page):
    draft = drafting.draft_update(outage, by=alice, title="T", body="B")
    with pytest.raises(Blocked) as error:
        approving.bypass(draft.pk, by=alice, reason="Nobody else is awake.")
    assert code(error) == "approval_not_needed"


def test_an_update_on_a_careful_page_too_needs_its_second_person(outage, alice, press, careful):
    plain = StatusPage.objects.create(name="Plain", slug="plain")
    with pytest.raises(Blocked) as error:
        publishing.publish_update(outage, by=alice, page=plain, title="T", body="B", also_on=[careful])
    assert code(error) == "approval_needed"
    assert publishing.publish_update(outage, by=alice, page=plain, title="T", body="B").status == "published"


def test_a_cancelled_incident_asks_nobody_any_more(outage, alice, press, draft):
    approving.ask(draft.pk, by=alice)
    lifecycle.perform("cancel", outage.pk, by=alice, inputs={"kind": "false_alarm"})
    draft.refresh_from_db()
    assert (draft.status, Approval.objects.get().outcome) == (Status.WITHDRAWN, "taken_back")


def test_the_console_asks_and_the_approver_reads_before_they_publish(outage, alice, press, careful):
    client = Client()
    client.force_login(alice)
    typed = {
        "uid": "abcdefgh2345", "title": "Shop down", "state": "investigating", "body": "We look into it.",
        "impact": "major", "promise": "30", "when": "now", "notify": "on", "do": "publish",
    }  # fmt: skip
    answer = client.post(f"/incidents/{outage.pk}/updates/", typed, follow=True)
    update = StatusUpdate.objects.get()
    assert update.status == Status.ASKED
    assert "Approve and publish" not in answer.content.decode()
    assert "Publish without approval" in answer.content.decode()
    review = f"/incidents/{outage.pk}/updates/{update.uid}/review/"
    client.force_login(press)
    page = client.get(review).content.decode()
    assert "We look into it." in page
    assert "Approve and publish" in page
    stale = client.post(review, {"do": "approve", "read": "2026-01-01T00:00:00+00:00"})
    assert stale.status_code == 422
    assert "changed since you read it" in stale.content.decode()
    client.post(review, {"do": "approve", "read": update.updated_at.isoformat()})
    update.refresh_from_db()
    assert update.status == Status.PUBLISHED


def test_the_desk_shows_what_waits_and_publishes_it_with_one_key(outage, alice, press, draft, payments):
    other = factories.incident(payments, alice, phase=Phase.DECLARE, title="Search is slow")
    approving.ask(draft.pk, by=alice)
    client = Client()
    client.force_login(press)
    desk = client.get("/communications/")
    rows = desk.context["rows"]
    assert {row.incident.pk for row in rows} == {outage.pk, other.pk}
    assert desk.context["chosen"].incident == outage, "what is ready to be said comes first"
    assert 'value="approve" data-shortcut="p"' in desk.content.decode()
    draft.refresh_from_db()
    answer = client.post(
        f"/incidents/{outage.pk}/updates/{draft.uid}/review/",
        {"do": "approve", "read": draft.updated_at.isoformat(), "back": "desk"},
    )
    assert answer["Location"] == "/communications/"
    draft.refresh_from_db()
    assert draft.status == Status.PUBLISHED
    found = client.get("/communications/?q=slow").context["rows"]
    assert [row.incident for row in found] == [other]
    assert client.get("/communications/?show=approval").context["rows"] == []


def test_the_desk_shows_nobody_a_private_incident_that_is_not_theirs(outage, alice, press, draft):
    outage.private = True
    outage.save()
    client = Client()
    client.force_login(press)
    assert outage.title not in client.get("/communications/").content.decode()


def test_the_desk_costs_the_same_for_many(outage, alice, draft, payments, django_assert_max_num_queries):
    client = Client()
    client.force_login(alice)
    for number in range(6):
        incident = factories.incident(payments, alice, phase=Phase.DECLARE)
        drafting.draft_update(incident, by=alice, title=f"Trouble {number}", body="Wait.")
    client.get("/communications/")
    with django_assert_max_num_queries(45):
        client.get("/communications/")


def test_no_edit_brings_a_scheduled_update_past_an_approval(outage, alice, press, careful):
    plain = StatusPage.objects.create(name="Plain", slug="plain")
    later = timezone.now() + timedelta(minutes=5)
    update = publishing.publish_update(outage, by=alice, page=plain, title="T", body="B", publish_at=later)
    with pytest.raises(Blocked) as error:
        drafting.edit_update(update.pk, by=alice, also_on=[careful])
    assert code(error) == "approval_needed"


def test_what_nobody_has_to_approve_is_not_published_by_who_may_only_read(outage, alice, status_page):
    draft = drafting.draft_update(outage, by=alice, title="T", body="B")
    approving.ask(draft.pk, by=alice)
    viewer = factories.UserFactory(role="viewer")
    for answer in (
        lambda: approving.approve(draft.pk, by=viewer),
        lambda: approving.send_back(draft.pk, by=viewer, reason="No."),
    ):
        with pytest.raises(PermissionDenied):
            answer()
    assert approving.approve(draft.pk, by=alice).status == Status.PUBLISHED


def test_an_editor_of_one_page_tells_nothing_on_another(outage, status_page):
    plain = StatusPage.objects.create(name="Plain", slug="plain")
    editor = factories.UserFactory(role="viewer")
    PageRole.objects.create(page=plain, user=editor, role="editor")
    with pytest.raises(PermissionDenied):
        publishing.publish_update(outage, by=editor, page=plain, title="T", body="B", also_on=[status_page])
    assert publishing.publish_update(outage, by=editor, page=plain, title="T", body="B").status == Status.PUBLISHED


def test_those_are_asked_who_can_answer(outage, alice, press, careful):
    other = StatusPage.objects.create(name="Other", slug="other", guarded=True, approval_minutes=60)
    bob = factories.UserFactory(username="bobby", role="viewer", email="bobby@example.org")
    both = factories.UserFactory(username="both", role="viewer", email="both@example.org")
    for user, page in ((bob, other), (both, other), (both, careful)):
        PageRole.objects.create(page=page, user=user, role="approver")
    draft = drafting.draft_update(outage, by=alice, page=careful, title="T", body="B", also_on=[other])
    approving.ask(draft.pk, by=alice)
    assert told_by_mail("approval.asked") == {"both@example.org"}
    assert approving.approve(draft.pk, by=both).status == Status.PUBLISHED


def test_of_two_who_change_a_draft_the_second_is_told(alice, press, draft):
    read = StatusUpdate.objects.get(pk=draft.pk).updated_at
    drafting.edit_update(draft.pk, by=alice, read=read, body="Mine")
    with pytest.raises(Blocked) as error:
        drafting.edit_update(draft.pk, by=press, read=read, body="Theirs")
    assert code(error) == "update_changed"
    draft.refresh_from_db()
    assert draft.body == "Mine"
