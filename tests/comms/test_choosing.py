"""What subscribers choose to hear of, and when: which of them an update is queued for, and for what moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from comms.actions import correcting, maintaining, publishing, queueing, summaries
from comms.models import Component, ComponentGroup, Delivery, PageIncident, StatusPage, StatusUpdate, Subscriber
from incidents.phases import Phase
from teams.models import Team, User
from tests import factories

Publish = Callable[..., StatusUpdate]


@pytest.fixture
def publish(status_page: StatusPage, alice: User) -> Publish:
    """Tells of an incident of the page, a new one unless one is given."""

    def tell(told: PageIncident | None = None, **fields: Any) -> StatusUpdate:
        told = told or PageIncident.objects.create(page=status_page, title="Trouble")
        return publishing.publish_update(told, by=alice, **({"body": "B"} | fields))

    return tell


def told(update: StatusUpdate) -> set[str]:
    """The names of those for whom it was queued or held."""
    rows = Delivery.objects.filter(update=update, correction=None)
    return {email.partition("@")[0] for email in rows.values_list("subscriber__email", flat=True)}


def row(update: StatusUpdate, name: str) -> Delivery:
    return Delivery.objects.get(update=update, subscriber__email=f"{name}@example.org", correction=None)


class TestScope:
    def test_components_groups_and_everything(
        self, publish: Publish, reader: Any, components: dict[str, Component]
    ) -> None:
        office = ComponentGroup.objects.get()
        reader("all@example.org")
        reader("search@example.org", components["search"])
        reader("office@example.org", all_components=False).groups.add(office)
        assert told(publish(component_states={components["search"]: "partial_outage"})) == {"all", "search"}
        assert told(publish(component_states={components["export"]: "partial_outage"})) == {"all", "office"}
        # Who joins the group later belongs to it from then on, and who leaves it doesn't.
        Component.objects.filter(name="Search").update(group=office)
        Component.objects.filter(name="Export").update(group=None)
        assert told(publish(component_states={components["search"]: "major_outage"})) == {"all", "search", "office"}
        assert told(publish(component_states={components["export"]: "major_outage"})) == {"all"}

    def test_one_incident_alone(self, publish: Publish, reader: Any, components: dict[str, Component]) -> None:
        first = publish(component_states={components["search"]: "partial_outage"})
        follower = reader("follower@example.org", all_components=False, floor="critical")
        follower.incidents.add(first.page_incident)
        assert told(publish(first.page_incident, body="More", impact="minor")) == {"follower"}
        assert told(publish(component_states={components["search"]: "major_outage"}, impact="critical")) == set()
        # Of what touches nothing everybody hears, but not who follows another incident only.
        reader("search@example.org", components["search"])
        assert told(publish(impact="critical")) == {"search"}
        assert told(publish(first.page_incident, state="resolved")) == {"follower", "search"}

    def test_planned_maintenance_is_wanted_or_not(
        self, status_page: StatusPage, reader: Any, components: dict[str, Component], alice: User
    ) -> None:
        reader("wants@example.org", floor="critical")
        reader("not@example.org", maintenance=False)
        starts = timezone.now() + timedelta(days=1)
        maintaining.plan(
            status_page,
            by=alice,
            title="New disks",
            body="B",
            scheduled_for=starts,
            scheduled_until=starts + timedelta(hours=1),
            components={components["search"].pk: "under_maintenance"},
        )
        rows = Delivery.objects.filter(maintenance_update__isnull=False)
        assert list(rows.values_list("subscriber__email", flat=True)) == ["wants@example.org"]


class TestFloor:
    def test_below_it_nothing_is_told(self, publish: Publish, reader: Any) -> None:
        for floor in ("none", "minor", "major", "critical"):
            reader(f"{floor}@example.org", floor=floor)
        assert told(publish(impact="none")) == {"none"}
        assert told(publish(impact="minor")) == {"none", "minor"}
        assert told(publish(impact="critical")) == {"none", "minor", "major", "critical"}

    def test_who_heard_of_an_incident_hears_of_its_end_whatever_its_impact_became(
        self, publish: Publish, reader: Any
    ) -> None:
        reader("major@example.org", floor="major")
        first = publish(impact="major")
        reader("late@example.org", floor="major")
        assert told(publish(first.page_incident, impact="minor", state="identified")) == set()
        assert told(publish(first.page_incident, state="resolved")) == {"major"}

    def test_who_heard_nothing_hears_no_end(self, publish: Publish, reader: Any) -> None:
        reader("major@example.org", floor="major")
        first = publish(impact="minor")
        assert told(publish(first.page_incident, state="resolved")) == set()


class TestFirstAndEnd:
    def test_the_first_and_the_end(self, publish: Publish, reader: Any) -> None:
        reader("ends@example.org", ends_only=True)
        first = publish()
        assert told(first) == {"ends"}
        assert told(publish(first.page_incident, body="More")) == set()
        assert told(publish(first.page_incident, state="monitoring")) == set()
        assert told(publish(first.page_incident, state="resolved")) == {"ends"}
        assert told(publish(first.page_incident, state="postmortem")) == {"ends"}

    def test_who_joins_late_has_a_first_one_too(self, publish: Publish, reader: Any) -> None:
        first = publish()
        reader("late@example.org", ends_only=True)
        assert told(publish(first.page_incident, body="More")) == {"late"}
        assert told(publish(first.page_incident, body="Still more")) == set()

    def test_one_that_rises_above_the_floor_is_first_then(self, publish: Publish, reader: Any) -> None:
        reader("ends@example.org", ends_only=True, floor="major")
        first = publish(impact="minor")
        assert told(publish(first.page_incident, impact="major")) == {"ends"}
        assert told(publish(first.page_incident, body="More")) == set()
        assert told(publish(first.page_incident, impact="none", state="resolved")) == {"ends"}


def at(reader: Subscriber, now: datetime) -> tuple[str, datetime]:
    """What becomes of something that can wait and is told at `now`, for this subscriber: its state, and when."""
    Delivery.objects.all().delete()
    update = StatusUpdate.objects.create(
        page_incident=PageIncident.objects.create(page=reader.page, title="T"), body="B"
    )
    subscribers = Subscriber.objects.filter(pk=reader.pk)
    queueing.queue({"update_id": update.pk}, "update:x", subscribers, now, can_wait=True)
    found = Delivery.objects.get()
    return found.state, found.due_at.astimezone(UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class TestQuietHours:
    @pytest.mark.parametrize(
        ("zone", "quiet", "now", "due"),
        [
            ("Europe/Berlin", (22, 7), "2026-11-23 20:59", "2026-11-23 20:59"),
            ("Europe/Berlin", (22, 7), "2026-11-23 21:00", "2026-11-24 06:00"),
            ("Europe/Berlin", (22, 7), "2026-11-24 05:59", "2026-11-24 06:00"),
            ("Europe/Berlin", (22, 7), "2026-11-24 06:00", "2026-11-24 06:00"),
            ("Asia/Tokyo", (9, 17), "2026-11-23 00:00", "2026-11-23 08:00"),
            ("Asia/Tokyo", (9, 17), "2026-11-23 08:00", "2026-11-23 08:00"),
            ("Asia/Kathmandu", (22, 7), "2026-11-23 18:00", "2026-11-24 01:15"),
            # The clock goes forward at 01:00 UTC in the first night, and back in the second.
            ("Europe/Berlin", (22, 7), "2026-03-28 23:00", "2026-03-29 05:00"),
            ("Europe/Berlin", (22, 7), "2026-10-24 23:00", "2026-10-25 06:00"),
            # There is no 02:30 in that night; the first moment after it is 03:30 by the clock.
            ("Europe/Berlin", (22, 2.5), "2026-03-28 23:00", "2026-03-29 01:30"),
            ("Pacific/Nowhere", (22, 7), "2026-11-23 23:00", "2026-11-24 07:00"),
        ],
    )
    def test_in_their_zone(self, reader: Any, zone: str, quiet: tuple[float, float], now: str, due: str) -> None:
        hours = [time(int(each), int(each % 1 * 60)) for each in quiet]
        one = reader("quiet@example.org", time_zone=zone, quiet_from=hours[0], quiet_until=hours[1])
        assert at(one, utc(now)) == ("queued", utc(due))

    def test_what_is_of_high_impact_never_waits(self, publish: Publish, reader: Any) -> None:
        reader("quiet@example.org", quiet_from=time(0), quiet_until=time(23, 59, 59), time_zone="UTC")
        reader("digest@example.org", digest="daily")
        for impact in ("major", "critical"):
            update = publish(impact=impact)
            rows = Delivery.objects.filter(update=update)
            assert {(each.state, each.due_at) for each in rows} == {("queued", update.published_at)}

    def test_the_end_of_what_was_great_does_not_wait_either(self, publish: Publish, reader: Any) -> None:
        reader("digest@example.org", digest="daily")
        first = publish(impact="critical")
        assert row(publish(first.page_incident, impact="minor"), "digest").state == "queued"
        assert row(publish(first.page_incident, impact="none", state="resolved"), "digest").state == "queued"

    def test_a_correction_waits_for_no_digest(self, publish: Publish, reader: Any, alice: User) -> None:
        reader("digest@example.org", digest="daily")
        update = publish(impact="minor")
        summaries.gather_due(timezone.now() + timedelta(days=1))
        Delivery.objects.filter(kind="summary").update(state="sent")
        correcting.correct(update.pk, by=alice, body="Right")
        assert Delivery.objects.get(correction__isnull=False).state == "queued"


class TestDigest:
    @pytest.mark.parametrize(
        ("fields", "now", "due"),
        [
            ({"digest": "hourly"}, "2026-11-23 10:15", "2026-11-23 11:00"),
            ({"digest": "hourly"}, "2026-11-23 10:00", "2026-11-23 11:00"),
            (
                {"digest": "hourly", "quiet_from": time(12), "quiet_until": time(14)},
                "2026-11-23 10:15",
                "2026-11-23 13:00",
            ),
            ({"digest": "daily", "digest_at": time(8)}, "2026-11-23 06:59", "2026-11-23 07:00"),
            ({"digest": "daily", "digest_at": time(8)}, "2026-11-23 07:00", "2026-11-24 07:00"),
            ({"digest": "daily", "digest_at": time(8)}, "2026-10-24 07:00", "2026-10-25 07:00"),
            # A daily one comes when it was asked for, in quiet hours, too.
            (
                {"digest": "daily", "digest_at": time(6), "quiet_from": time(22), "quiet_until": time(7)},
                "2026-11-23 12:00",
                "2026-11-24 05:00",
            ),
        ],
    )
    def test_is_held_until_the_next_one(self, reader: Any, fields: dict[str, Any], now: str, due: str) -> None:
        assert at(reader("digest@example.org", **fields), utc(now)) == ("held", utc(due))

    def test_one_message_tells_what_was_held(self, publish: Publish, reader: Any) -> None:
        one, other = reader("one@example.org", digest="daily"), reader("other@example.org", digest="daily")
        first = publish(body="First", impact="minor")
        second = publish(first.page_incident, body="Second")
        third = publish(body="Third", impact="none")
        Delivery.objects.filter(update=third, subscriber=other).delete()
        assert summaries.gather_due(timezone.now()) == 0
        due = timezone.now() + timedelta(days=1)
        # The first gave way to the second, and is told with it.
        assert summaries.gather_due(due) == 3
        assert summaries.gather_due(due) == 0
        [mine, theirs] = Delivery.objects.filter(kind="summary").order_by("subscriber__email")
        assert (mine.state, mine.subscriber, mine.address) == ("queued", one, "one@example.org")
        told_rows = Delivery.objects.filter(told_in=mine)
        assert {each.update_id for each in told_rows} == {second.pk, third.pk}
        assert {each.update_id for each in summaries.told_in(mine)} == {first.pk, second.pk, third.pk}
        assert set(told_rows.values_list("state", flat=True)) == {"superseded"}
        assert [each.update_id for each in summaries.told_in(theirs)] == [second.pk, first.pk]

    def test_a_rise_lets_go_at_once_what_was_held(self, publish: Publish, reader: Any) -> None:
        reader("digest@example.org", digest="daily")
        reader("quiet@example.org", quiet_from=time(0), quiet_until=time(23, 59, 59), time_zone="UTC")
        first = publish(impact="minor")
        other = publish(impact="minor")
        rise = publish(first.page_incident, impact="major")
        for update in (first, rise):
            for name in ("digest", "quiet"):
                assert row(update, name).due_at <= rise.published_at or row(update, name).state == "superseded"
                assert row(update, name).state != "held"
        assert row(other, "digest").state == "held"

    def test_whoever_wants_first_and_last_hears_the_rise_where_the_first_was_held(
        self, publish: Publish, reader: Any
    ) -> None:
        reader("digest@example.org", digest="daily", ends_only=True)
        first = publish(impact="minor")
        assert row(first, "digest").state == "held"
        assert told(publish(first.page_incident, impact="major")) == {"digest"}


def test_the_preview_and_its_list_follow_the_same_choice(
    client: Client, publish: Publish, reader: Any, payments: Team, status_page: StatusPage, alice: User
) -> None:
    outage = factories.incident(payments, alice, phase=Phase.DECLARE)
    client.force_login(factories.UserFactory(role="owner"))
    for n, floor in enumerate(("none", "minor", "major", "critical")):
        reader(f"r{n}@example.org", floor=floor)
    path = f"/incidents/{outage.pk}/updates/recipients/?on=shop&components="
    for impact, count in (("none", 1), ("minor", 2), ("major", 3), ("critical", 4), ("nonsense", 2)):
        page = client.get(f"{path}&impact={impact}")
        assert page.context["page"].paginator.count == count
    form = {"uid": "abcdefgh2345", "title": "T", "body": "B", "impact": "major", "state": "investigating"}
    when = {"promise": "none", "when": "now", "notify": "on"}
    [shown] = client.post(f"/incidents/{outage.pk}/updates/preview/", form | when).context["previews"]
    assert (shown.recipients, shown.subscribers, shown.impact) == (3, 4, "major")
