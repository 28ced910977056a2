"""Planned maintenance: what readers see of it, whom it is mailed to, what it does to components, and by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from comms import bars
from comms.actions import claiming, maintaining, publishing
from comms.models import (
    Component,
    ComponentChange,
    Delivery,
    MaintenanceUpdate,
    PageIncident,
    PageMaintenance,
    PageRole,
    StatusPage,
    Subscriber,
)
from incidents.actions import quiet
from incidents.models import Maintenance
from incidents.problems import Blocked
from teams.models import Membership, Service, Team, User

HOUR = timedelta(hours=1)
Components = dict[str, Component]
Planned = Callable[..., PageMaintenance]


@pytest.fixture
def planned(status_page: StatusPage, components: Components) -> Planned:
    """Plans a maintenance of the checkout that begins in two days, for two hours."""

    def make(*, begins: datetime | None = None, lasts: timedelta = 2 * HOUR, **fields: Any) -> PageMaintenance:
        begins = begins or timezone.now() + timedelta(days=2)
        given = {
            "by": None,
            "title": "Database upgrade",
            "body": "Payments stop for a few minutes.",
            "components": {components["checkout"]: "under_maintenance"},
            "scheduled_for": begins,
            "scheduled_until": begins + lasts,
        }
        return maintaining.plan(status_page, **given | fields)

    return make


def states(*names: str) -> list[str]:
    rows = dict(Component.objects.values_list("name", "status"))
    return [rows[name] for name in names]


def told(maintenance: PageMaintenance) -> list[str]:
    return list(maintenance.updates.order_by("pk").values_list("kind", flat=True))


def mails() -> list[tuple[str, str]]:
    rows = Delivery.objects.filter(maintenance_update__isnull=False).order_by("pk")
    return [(row.maintenance_update.kind, row.address) for row in rows.select_related("maintenance_update")]  # type: ignore[union-attr]


def at(moment: datetime, maintenance: PageMaintenance) -> PageMaintenance:
    """What the sweep makes of it at that time."""
    maintaining.maintain_due(moment)
    return PageMaintenance.objects.get(pk=maintenance.pk)


def fields(error: pytest.ExceptionInfo[Blocked]) -> set[str]:
    return {blocker.field for blocker in error.value.blockers}


def test_planning_tells_those_whom_it_concerns(planned: Planned, components: Components, reader: Any) -> None:
    reader("all@example.org")
    reader("checkout@example.org", components["checkout"])
    reader("search@example.org", components["search"])
    made = planned()
    assert made.state == "scheduled"
    assert states("Checkout") == ["operational"]
    assert sorted(mails()) == [("planned", "all@example.org"), ("planned", "checkout@example.org")]
    assert (made.due_at, made.remind_at) == (made.scheduled_for, made.scheduled_for - timedelta(days=1))


def test_it_begins_reminds_and_ends_by_itself(planned: Planned, components: Components, reader: Any) -> None:
    reader("all@example.org")
    made = planned()
    begins, ends = made.scheduled_for, made.scheduled_until
    assert at(begins - timedelta(days=1), made).remind_at == begins - HOUR
    assert at(begins - HOUR, made).remind_at is None
    assert at(begins - timedelta(seconds=1), made).state == "scheduled"
    running = at(begins, made)
    assert (running.state, running.due_at) == ("in_progress", ends)
    assert states("Checkout", "Search") == ["under_maintenance", "operational"]
    done = at(ends, made)
    assert (done.state, done.due_at, done.is_over) == ("completed", None, True)
    assert states("Checkout") == ["operational"]
    assert told(made) == ["planned", "reminder", "reminder", "started", "completed"]
    assert [kind for kind, _ in mails()] == told(made)
    changes = ComponentChange.objects.order_by("pk").values_list("old_status", "new_status")
    assert list(changes) == [("operational", "under_maintenance"), ("under_maintenance", "operational")]


def test_a_reminder_is_told_once_and_never_late(planned: Planned, reader: Any) -> None:
    reader("all@example.org")
    made = planned()
    late = made.scheduled_for - timedelta(minutes=30)
    assert at(late, made).remind_at is None
    assert at(late, made).remind_at is None
    assert told(made) == ["planned", "reminder"]
    reminder = made.updates.get(kind="reminder")
    assert not reminder.is_outdated(late)
    assert reminder.is_outdated(made.scheduled_for)
    soon = planned(begins=timezone.now() + timedelta(minutes=30))
    assert soon.remind_at is None
    assert at(soon.scheduled_for, soon).state == "in_progress"
    assert "reminder" not in told(soon)


def test_a_reminder_that_waits_to_be_sent_is_not_sent_of_a_time_that_has_moved(planned: Planned, reader: Any) -> None:
    reader("all@example.org")
    made = planned()
    at(made.scheduled_for - timedelta(days=1), made)
    (delivery,) = Delivery.objects.filter(maintenance_update__kind="reminder")
    maintaining.change(
        made.pk,
        by=None,
        scheduled_for=made.scheduled_for + timedelta(days=7),
        scheduled_until=made.scheduled_until + timedelta(days=7),
    )
    delivery.refresh_from_db()
    assert (delivery.state, delivery.reply) == ("suppressed", MaintenanceUpdate.OUTDATED)
    assert claiming.pointless(Delivery.objects.get(pk=delivery.pk)) == MaintenanceUpdate.OUTDATED


def test_moving_tells_both_times_and_reminds_anew(planned: Planned, reader: Any) -> None:
    reader("all@example.org")
    made = planned(begins=datetime(2027, 3, 27, 22, tzinfo=UTC))
    moved = maintaining.change(
        made.pk,
        by=None,
        scheduled_for=datetime(2027, 3, 28, 0, 30, tzinfo=UTC),
        scheduled_until=datetime(2027, 3, 28, 2, tzinfo=UTC),
    )
    update = moved.updates.get(kind="moved")
    assert (update.was_for, update.scheduled_for) == (made.scheduled_for, moved.scheduled_for)
    # A clock change lies between.
    assert update.body == (
        "Moved to Sun 28 Mar 2027, 01:30 CET to 04:00 CEST (Europe/Berlin). "
        "It was planned for Sat 27 Mar 2027, 23:00 to Sun 28 Mar 2027, 01:00 (Europe/Berlin)."
    )
    assert (moved.sequence, moved.due_at) == (1, moved.scheduled_for)
    assert ("moved", "all@example.org") in mails()


def test_what_concerns_no_reader_is_not_told(planned: Planned, reader: Any) -> None:
    reader("all@example.org")
    made = planned()
    changed = maintaining.change(made.pk, by=None, auto_end=False, remind_minutes=[15])
    assert told(made) == ["planned"]
    assert (changed.sequence, changed.remind_at) == (0, made.scheduled_for - timedelta(minutes=15))
    running = at(made.scheduled_for, made)
    assert at(made.scheduled_until, running).state == "in_progress"


def test_who_followed_a_component_that_is_spared_is_told_so(
    planned: Planned, components: Components, reader: Any
) -> None:
    reader("checkout@example.org", components["checkout"])
    reader("search@example.org", components["search"])
    made = planned()
    maintaining.change(made.pk, by=None, components={components["search"]: "degraded_performance"})
    assert mails()[1:] == [("changed", "checkout@example.org"), ("changed", "search@example.org")]


def test_cancelling_is_told_and_nothing_begins(planned: Planned, reader: Any) -> None:
    reader("all@example.org")
    made = planned()
    cancelled = maintaining.cancel(made.pk, by=None, body="The vendor is late.")
    assert (cancelled.state, cancelled.due_at, cancelled.remind_at) == ("cancelled", None, None)
    assert cancelled.sequence == 1
    assert mails()[-1] == ("cancelled", "all@example.org")
    assert at(made.scheduled_for + HOUR, made).state == "cancelled"
    with pytest.raises(Blocked, match="begun already, or is over"):
        maintaining.start(made.pk, by=None)
    with pytest.raises(Blocked, match="Plan another one"):
        maintaining.change(made.pk, by=None, title="Other")


def test_by_hand_from_its_beginning_to_its_end(planned: Planned) -> None:
    made = planned(notify=False)
    with pytest.raises(Blocked, match="has not begun"):
        maintaining.complete(made.pk, by=None)
    started = maintaining.start(made.pk, by=None)
    assert started.span == (started.started_at, made.scheduled_until)
    with pytest.raises(Blocked, match="Complete it"):
        maintaining.cancel(made.pk, by=None)
    with pytest.raises(Blocked) as refused:
        maintaining.change(made.pk, by=None, scheduled_for=made.scheduled_for + HOUR)
    assert fields(refused) == {"scheduled_for"}
    longer = maintaining.extend(made.pk, by=None, minutes=30)
    assert longer.scheduled_until == made.scheduled_until + timedelta(minutes=30)
    assert longer.due_at == longer.scheduled_until
    maintaining.verify(made.pk, by=None)
    assert states("Checkout") == ["under_maintenance"]
    done = maintaining.complete(made.pk, by=None)
    assert states("Checkout") == ["operational"]
    assert (done.state, done.started_at is not None, done.completed_at is not None) == ("completed", True, True)
    assert told(made) == ["planned", "started", "extended", "verifying", "completed"]
    assert not mails()


def test_of_one_that_nobody_was_there_for_its_end_alone_is_mailed(planned: Planned, reader: Any) -> None:
    reader("all@example.org")
    made = planned()
    missed = made.scheduled_until + HOUR
    maintaining.maintain_due(missed)
    assert at(missed, made).state == "completed"
    assert [kind for kind, _ in mails()] == ["planned", "completed"]


def test_one_whose_time_has_passed_is_not_begun_by_hand(planned: Planned) -> None:
    made = planned(auto_start=False)
    past = timezone.now() - HOUR
    PageMaintenance.objects.filter(pk=made.pk).update(scheduled_for=past - HOUR, scheduled_until=past)
    assert at(timezone.now(), made).is_late
    with pytest.raises(Blocked, match="Move it first"):
        maintaining.start(made.pk, by=None)


def tell_of_outage(page: StatusPage, component: Component, status: str) -> PageIncident:
    incident = PageIncident.objects.create(page=page, title="Payments fail")
    publishing.publish_update(
        incident, by=None, title="Payments fail", body="We look.", component_states={component: status}
    )
    return incident


def resolve(incident: PageIncident) -> None:
    publishing.publish_update(incident, by=None, body="It works.", state="resolved")


def test_an_outage_that_began_before_is_not_hidden_and_not_ended_by_it(
    planned: Planned, status_page: StatusPage, components: Components
) -> None:
    made = planned()
    incident = tell_of_outage(status_page, components["checkout"], "major_outage")
    maintaining.start(made.pk, by=None)
    assert states("Checkout") == ["major_outage"]
    maintaining.complete(made.pk, by=None)
    assert states("Checkout") == ["major_outage"]
    resolve(incident)
    assert states("Checkout") == ["operational"]


def test_an_outage_that_ends_meanwhile_leaves_it_under_maintenance(
    planned: Planned, status_page: StatusPage, components: Components
) -> None:
    made = planned()
    maintaining.start(made.pk, by=None)
    incident = tell_of_outage(status_page, components["checkout"], "partial_outage")
    resolve(incident)
    assert states("Checkout") == ["under_maintenance"]
    maintaining.complete(made.pk, by=None)
    assert states("Checkout") == ["operational"]


def test_a_component_comes_back_with_the_last_that_works_on_it(planned: Planned, components: Components) -> None:
    first, second = planned(), planned(components={components["checkout"]: "degraded_performance"})
    maintaining.start(first.pk, by=None)
    maintaining.start(second.pk, by=None)
    assert states("Checkout") == ["degraded_performance"]
    maintaining.complete(second.pk, by=None)
    assert states("Checkout") == ["under_maintenance"]
    maintaining.complete(first.pk, by=None)
    assert states("Checkout") == ["operational"]


def test_what_somebody_said_of_a_component_meanwhile_stands(
    planned: Planned, status_page: StatusPage, components: Components
) -> None:
    made = planned()
    maintaining.start(made.pk, by=None)
    incident = tell_of_outage(status_page, components["checkout"], "operational")
    publishing.publish_update(
        incident,
        by=None,
        body="Slow from now on.",
        state="resolved",
        component_states={components["checkout"]: "degraded_performance"},
    )
    maintaining.complete(made.pk, by=None)
    assert states("Checkout") == ["degraded_performance"]


def test_components_can_be_changed_while_it_goes_on(planned: Planned, components: Components) -> None:
    made = planned()
    maintaining.start(made.pk, by=None)
    maintaining.change(made.pk, by=None, components={components["search"]: "partial_outage"})
    assert states("Checkout", "Search") == ["operational", "partial_outage"]
    maintaining.complete(made.pk, by=None)
    assert states("Checkout", "Search") == ["operational", "operational"]


def test_its_days_are_drawn_and_count_as_up(planned: Planned, status_page: StatusPage, components: Components) -> None:
    made = planned()
    maintaining.start(made.pk, by=None)
    noon = timezone.now().replace(hour=12)
    ComponentChange.objects.update(at=noon - 2 * HOUR)
    Component.objects.update(created_at=noon - timedelta(days=3))
    found = bars.of_page(status_page, Component.objects.all(), noon)[components["checkout"].uid]
    assert "under maintenance 2 h" in found.drawn
    assert found.up == "100 %"


def test_all_that_is_wrong_is_said_at_once(planned: Planned) -> None:
    now = timezone.now()
    with pytest.raises(Blocked) as refused:
        planned(
            title=" ",
            body="",
            components={"nothing": "under_maintenance"},
            scheduled_for=now - timedelta(days=1),
            scheduled_until=now - timedelta(days=2),
            remind_minutes=[1],
        )
    assert fields(refused) == {"title", "body", "components", "scheduled_for", "scheduled_until", "remind_minutes"}
    with pytest.raises(Blocked) as refused:
        planned(scheduled_for=None, scheduled_until=None)
    assert fields(refused) == {"scheduled_for", "scheduled_until"}
    assert not PageMaintenance.objects.exists()


def test_a_repeated_submit_plans_once(planned: Planned, reader: Any) -> None:
    reader("all@example.org")
    assert planned(uid="abcdefghijkm") == planned(uid="abcdefghijkm")
    assert len(mails()) == 1


def test_the_database_refuses_what_cannot_be(planned: Planned) -> None:
    made = planned()
    rows = PageMaintenance.objects.filter(pk=made.pk)
    for wrong in (
        {"scheduled_until": made.scheduled_for},
        {"state": "dancing"},
        {"state": "completed"},
        {"state": "cancelled"},
        {"cancelled_at": timezone.now()},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**wrong)


def test_alerts_of_its_services_are_held_back_meanwhile(planned: Planned, alice: User, checkout: Service) -> None:
    made = planned(by=alice, hold_back=True)
    window = Maintenance.objects.get()
    assert list(window.services.all()) == [checkout]
    assert (window.starts_at, window.ends_at) == (made.scheduled_for, made.scheduled_until)
    later = made.scheduled_for + HOUR
    maintaining.change(made.pk, by=None, scheduled_for=later, scheduled_until=later + HOUR)
    window.refresh_from_db()
    assert (window.starts_at, window.ends_at) == (later, later + HOUR)
    started = maintaining.start(made.pk, by=alice)
    window.refresh_from_db()
    assert window.starts_at == started.started_at
    maintaining.extend(made.pk, by=alice, minutes=60)
    window.refresh_from_db()
    assert window.ends_at == later + 2 * HOUR
    maintaining.complete(made.pk, by=alice)
    window.refresh_from_db()
    assert window.ends_at <= timezone.now()
    assert Maintenance.objects.count() == 1


def test_a_window_that_somebody_ended_by_hand_stays_so(planned: Planned, alice: User) -> None:
    made = planned(by=alice, hold_back=True)
    window = Maintenance.objects.get()
    quiet.end(window, by=alice)
    Maintenance.objects.update(ends_at=timezone.now() - HOUR, starts_at=timezone.now() - 2 * HOUR)
    maintaining.change(made.pk, by=alice, title="Database move")
    assert Maintenance.objects.get().title == "Database upgrade"


def test_nobody_holds_back_what_is_not_theirs(
    planned: Planned, status_page: StatusPage, components: Components, charlie: User, payments: Team
) -> None:
    User.objects.filter(pk=charlie.pk).update(role="viewer")
    charlie.refresh_from_db()
    PageRole.objects.create(page=status_page, user=charlie, role="editor")
    with pytest.raises(Blocked) as refused:
        planned(by=charlie, hold_back=True)
    assert fields(refused) == {"hold_back"}
    assert not PageMaintenance.objects.exists()
    with pytest.raises(Blocked, match="belongs to a service"):
        planned(by=None, hold_back=True, components={components["search"]: "under_maintenance"})
    assert planned(by=charlie).author == charlie


def test_a_viewer_plans_only_for_the_components_of_their_team(
    planned: Planned, components: Components, charlie: User, payments: Team
) -> None:
    User.objects.filter(pk=charlie.pk).update(role="viewer")
    charlie.refresh_from_db()
    with pytest.raises(PermissionDenied):
        planned(by=charlie)
    Membership.objects.create(team=payments, user=charlie, role="member")
    made = planned(by=charlie)
    with pytest.raises(PermissionDenied):
        planned(by=charlie, components={components["search"]: "under_maintenance"})
    both = {components["checkout"]: "under_maintenance", components["search"]: "under_maintenance"}
    with pytest.raises(PermissionDenied):
        maintaining.change(made.pk, by=charlie, components=both)
    assert maintaining.cancel(made.pk, by=charlie).state == "cancelled"


def test_where_only_approvers_publish_only_they_plan(
    planned: Planned, status_page: StatusPage, alice: User, bob: User
) -> None:
    StatusPage.objects.update(guarded=True)
    status_page.refresh_from_db()
    User.objects.filter(pk=bob.pk).update(role="responder")
    bob.refresh_from_db()
    with pytest.raises(PermissionDenied, match="publish where a page leaves that"):
        planned(by=bob)
    PageRole.objects.create(page=status_page, user=bob, role="approver")
    assert planned(by=bob).author == bob


@pytest.mark.django_db(transaction=True)
def test_two_workers_move_it_on_once(planned: Planned, reader: Any) -> None:
    reader("all@example.org")
    made = [planned(), planned()]
    moment = made[0].scheduled_for + HOUR
    done: list[int] = []

    def work() -> None:
        try:
            done.append(maintaining.maintain_due(moment))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done) == 2
    assert MaintenanceUpdate.objects.filter(kind="started").count() == 2
    assert Delivery.objects.filter(maintenance_update__kind="started").count() == 2


@pytest.mark.django_db(transaction=True)
def test_incident_and_maintenance_that_end_at_once_leave_nothing_broken(
    planned: Planned, status_page: StatusPage, components: Components
) -> None:
    made = planned()
    maintaining.start(made.pk, by=None)
    incident = tell_of_outage(status_page, components["checkout"], "major_outage")

    def end(work: Callable[[], object]) -> None:
        try:
            work()
        finally:
            connection.close()

    threads = [
        threading.Thread(target=end, args=[work])
        for work in (lambda: resolve(incident), lambda: maintaining.complete(made.pk, by=None))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states("Checkout") == ["operational"]


def test_one_that_cannot_be_moved_on_does_not_hold_up_the_others(
    planned: Planned, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, whole = planned(), planned()
    PageMaintenance.objects.filter(pk=broken.pk).update(due_at=broken.due_at - HOUR if broken.due_at else None)
    Subscriber.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'refused'; END $$;"
            "CREATE TRIGGER refuse BEFORE UPDATE ON comms_pagemaintenance FOR EACH ROW "
            f"WHEN (OLD.id = {broken.pk}) EXECUTE FUNCTION pg_temp.refuse()"
        )
    assert maintaining.maintain_due(whole.scheduled_for) == 1
    assert PageMaintenance.objects.get(pk=whole.pk).state == "in_progress"
    assert PageMaintenance.objects.get(pk=broken.pk).state == "scheduled"
