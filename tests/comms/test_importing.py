"""A file of subscribers: however it was written, each line counts once, and says why where it is not taken."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from comms import subscriber_files
from comms.actions import delivering, importing, subscribing
from comms.models import Delivery, StatusPage, Subscriber, SubscriberEvent, SubscriberImport
from incidents.problems import Blocked
from teams import moments
from tests import schema

ROOT = Path(__file__).parents[2]


def bring(page: StatusPage, by: Any, text: str | bytes, **given: Any) -> SubscriberImport:
    """A file that was read to its end."""
    made = importing.begin(page, by=by, name="readers.csv", raw=text, **({"asks": True} | given))
    importing.work(budget=60)
    made.refresh_from_db()
    return made


def counts(row: SubscriberImport) -> tuple[int, int, int, int]:
    return row.added, row.changed, row.same, row.refused


def problems(row: SubscriberImport) -> list[tuple[int, str, str]]:
    return list(row.problems.values_list("line", "column", "problem"))


class TestReading:
    @pytest.mark.parametrize(
        "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"]
    )
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_encodings_and_delimiters(self, encoding, delimiter):
        text = f"E-Mail{delimiter}Components\r\na@example.org{delimiter}Bücher|Größe\r\n"
        found = subscriber_files.table(subscriber_files.decode(text.encode(encoding)))
        [line] = found.lines()
        assert line.cells == {"email": "a@example.org", "components": "Bücher|Größe"}
        assert line.number == 2

    @pytest.mark.parametrize(
        ("text", "cells"),
        [
            ("Email Address,Locale,Time Zone\nx@example.org,de-DE,UTC", {"email", "language", "time_zone"}),
            ("\n\ntype,address,component ids\nemail,x@example.org,", {"type", "email", "components"}),
            ("x@example.org\n", {"email"}),
            ("Anna;x@example.org\n", {"email"}),
            ("id,email,mode,quarantined_at\n1,x@example.org,email,\n", {"email", "type", "quarantined"}),
            ('email,state\n"x@example.org",\n', {"email", "state"}),
        ],
    )
    def test_headings_are_taken_as_others_write_them(self, text, cells):
        [line] = subscriber_files.table(text).lines()
        assert set(line.cells) == cells
        assert line.cells["email"] == "x@example.org"

    @pytest.mark.parametrize(
        ("raw", "said"),
        [
            (b"", "empty"),
            (b"name,phone\nAnna,1\n", "No column is called"),
            (b"PK\x03\x04\x14\x00", "Save the sheet as CSV"),
            (b"email\n\x00\x01\x02", "Save the sheet as CSV"),
            (b"\xff\xfea", "Save it as CSV in UTF-8"),
            (b'email,components\na@example.org,"' + b"x" * 140_000, "not closed"),
            (b"email\n", "no line below"),
        ],
    )
    def test_what_is_no_such_file(self, status_page, alice, raw, said):
        with pytest.raises(Blocked) as refused:
            bring(status_page, alice, raw)
        assert said in str(refused.value)
        assert refused.value.blockers[0].field == "file"
        assert not SubscriberImport.objects.exists()

    def test_what_is_too_large(self, status_page, alice, monkeypatch):
        with pytest.raises(Blocked, match="5 MB"):
            bring(status_page, alice, b"x" * (subscriber_files.MOST_BYTES + 1))
        monkeypatch.setattr(subscriber_files, "MOST_LINES", 2)
        with pytest.raises(Blocked, match="more than 2 lines"):
            bring(status_page, alice, "email\na@x.org\nb@x.org\nc@x.org\n")


class TestBringing:
    def test_everybody_is_asked_to_confirm(self, status_page, components, alice, postbox):
        row = bring(
            status_page,
            alice,
            "email,components,groups,language,time_zone,floor\n"
            "a@example.org,,,,,\n"
            f"b@EXämple.org,search|{components['export'].uid},,en,Asia/Tokyo,Major\n"
            "c@example.org,,Back Office,,,\n",
        )
        assert (row.state, row.read, row.lines, counts(row)) == ("done", 3, 3, (3, 0, 0, 0))
        assert row.text == ""
        a, b, c = Subscriber.objects.order_by("pk")
        assert {each.state for each in (a, b, c)} == {"pending"}
        assert (a.all_components, a.time_zone, a.language) == (True, "Europe/Berlin", "")
        assert (b.email, b.all_components, b.time_zone, b.language, b.floor) == (
            *("b@xn--exmple-cua.org", False, "Asia/Tokyo", "en", "major"),
        )
        assert set(b.components.all()) == {components["search"], components["export"]}
        assert (c.all_components, [each.name for each in c.groups.all()]) == (False, ["Back office"])
        delivering.deliver_due(budget=60)
        assert len(postbox.mails) == 3
        assert [event.text for event in a.events.filter(kind="imported")] == ["readers.csv, line 2"]
        assert a.events.filter(kind="imported").get().by == alice

    def test_those_who_agreed_are_told_from_now_on(self, status_page, alice):
        with pytest.raises(Blocked, match="Say where they agreed"):
            bring(status_page, alice, "email\na@example.org\n", asks=False, consent=" ")
        row = bring(
            status_page,
            alice,
            "email,state\na@example.org,active\nb@example.org,pending\n",
            asks=False,
            consent="the contract of 2024",
        )
        assert counts(row) == (2, 0, 0, 0)
        a, b = Subscriber.objects.order_by("email")
        assert (a.state, b.state) == ("active", "pending")
        assert a.confirmed_at is not None
        assert "the contract of 2024" in a.events.get(kind="imported").text
        assert list(Delivery.objects.values_list("address", flat=True)) == ["b@example.org"]

    def test_the_same_file_again_changes_nothing(self, status_page, components, alice):
        text = "email,components\na@example.org,Search\nb@example.org,\n"
        bring(status_page, alice, text)
        row = bring(status_page, alice, text)
        assert counts(row) == (0, 0, 2, 0)
        assert Subscriber.objects.count() == 2
        # One mail to confirm each ten minutes, whoever brings them.
        assert Delivery.objects.filter(kind="confirm").count() == 2

    def test_what_a_line_leaves_open_stays(self, status_page, components, alice, reader):
        one = reader("a@example.org", components["search"], language="de", time_zone="Asia/Tokyo")
        row = bring(status_page, alice, "email,components,time_zone\nA@example.org,,UTC\n")
        assert counts(row) == (0, 1, 0, 0)
        one.refresh_from_db()
        assert (one.time_zone, one.language, one.all_components) == ("UTC", "de", False)
        assert list(one.components.all()) == [components["search"]]
        assert one.state == "active"

    def test_whoever_left_does_not_come_back_by_a_file(self, status_page, alice, reader):
        reader("left@example.org", state="unsubscribed")
        reader("spam@example.org", state="suppressed")
        other = StatusPage.objects.create(name="Other", slug="other")
        text = "email\nleft@example.org\nSPAM@example.org\n"
        row = bring(status_page, alice, text, asks=False, consent="They said so.")
        assert counts(row) == (0, 0, 0, 2)
        assert problems(row) == [(2, "email", importing.LEFT), (3, "email", importing.REFUSED)]
        # A dead address is dead on every page; who left one page may read another.
        row = bring(other, alice, text)
        assert problems(row) == [(3, "email", importing.REFUSED)]
        assert set(Subscriber.objects.filter(page=status_page).values_list("state", flat=True)) == {
            *("unsubscribed", "suppressed"),
        }

    def test_each_line_says_what_is_wrong_with_it(self, status_page, components, alice):
        row = bring(
            status_page,
            alice,
            "email;type;components;language;time zone;floor;state;quarantined at;colour\n"
            "nobody;;;;;;;\n"
            ";;;;;;;x\n"
            "jürgen@example.org;;;;;;;\n"
            "a@example.org;sms;;;;;;\n"
            "a@example.org;;Search|Nope;;;;;\n"
            "a@example.org;;;it;;;;\n"
            "a@example.org;;;;Mars/Base;;;\n"
            "a@example.org;;;;;huge;;\n"
            "a@example.org;;;;;;unsubscribed;\n"
            "a@example.org;;;;;;;2024-01-01\n",
        )
        assert [(line, column) for line, column, _ in problems(row)] == [
            *((2, "email"), (3, "email"), (4, "email"), (5, "type"), (6, "components"), (7, "language")),
            *((8, "time_zone"), (9, "floor"), (10, "state"), (11, "quarantined")),
        ]
        said = {line: problem for line, _, problem in problems(row)}
        assert "none called Nope" in said[6]
        assert "Write one of" in said[7]
        assert row.problem == "Columns that were not read: colour"
        assert not Subscriber.objects.exists()

    def test_names_that_mean_two_ask_for_the_id(self, status_page, components, alice):
        other = components["export"]
        type(other).objects.create(page=status_page, name="SEARCH")
        row = bring(status_page, alice, "email,components\na@example.org,search\nb@example.org,Search\n")
        [(line, column, said)] = problems(row)
        assert (line, column, components["search"].uid in said) == (2, "components", True)

    def test_a_page_for_people_takes_their_addresses_alone(self, status_page, alice):
        StatusPage.objects.filter(pk=status_page.pk).update(audience="internal", is_default=False)
        status_page.refresh_from_db()
        row = bring(status_page, alice, f"email\n{alice.email}\nstranger@example.org\n")
        assert counts(row) == (1, 0, 0, 1)


class TestWorking:
    def test_another_goes_on_after_the_last_line_that_was_counted(self, status_page, alice):
        text = "email\n" + "".join(f"r{n}@example.org\n" for n in range(250))
        row = importing.begin(status_page, by=alice, name="x.csv", raw=text, asks=True)
        assert importing.work(budget=0) == (100, True)
        row.refresh_from_db()
        assert (row.state, row.read, row.added) == ("running", 100, 100)
        assert importing.work(budget=60) == (150, False)
        row.refresh_from_db()
        assert (row.state, counts(row)) == ("done", (250, 0, 0, 0))

    def test_one_whose_lease_was_taken_writes_no_more(self, status_page, alice):
        importing.begin(status_page, by=alice, name="x.csv", raw="email\na@example.org\n", asks=True)
        mine = importing._claim(moments.now())
        assert importing._claim(moments.now()) is None
        assert importing._claim(moments.now() + importing.LEASE + timedelta(seconds=1)) is not None
        assert not importing._take(mine, list(subscriber_files.table(mine.text).lines()))
        assert not Subscriber.objects.exists()


WORK = "import django; django.setup(); from comms.actions import importing; print(*importing.work(budget=60))"


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_leaves_nothing_twice_and_nothing_out(alice, tmp_path):
    page = StatusPage.objects.create(name="Shop status", slug="shop", is_default=True)
    text = "email\n" + "".join(f"r{n}@example.org\n" for n in range(350))
    row = importing.begin(page, by=alice, name="x.csv", raw=text, asks=False, consent="They said so.")
    importing.work(budget=0)
    SubscriberImport.objects.update(state="waiting", lease_until=None)
    environ = {
        **os.environ,
        "DATABASE_URL": schema.with_name(os.environ["DATABASE_URL"], connection.settings_dict["NAME"])
        if "DATABASE_URL" in os.environ
        else "",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "FAULT_AT": f"lines imported:{tmp_path / 'once'}",
    }
    killed = subprocess.run([sys.executable, "-c", WORK], cwd=ROOT, env=environ, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    row.refresh_from_db()
    assert (row.state, row.read, row.added, Subscriber.objects.count()) == ("running", 100, 100, 100)
    SubscriberImport.objects.update(lease_until=moments.now())
    again = subprocess.run([sys.executable, "-c", WORK], cwd=ROOT, env=environ, capture_output=True, check=True)
    assert again.stdout.split()[:1] == [b"250"]
    row.refresh_from_db()
    assert (row.state, counts(row), row.text) == ("done", (350, 0, 0, 0), "")
    assert Subscriber.objects.count() == SubscriberEvent.objects.filter(kind="imported").count() == 350


def test_a_line_says_when_and_what_as_well(status_page, alice):
    text = (
        "email,maintenance,ends_only,digest,digest_at,quiet_from,quiet_until,floor\n"
        "a@example.org,no,yes,daily,07:30,22:00,06:00,major\n"
        "b@example.org,perhaps,,,,,,\nc@example.org,,,weekly,,,,\nd@example.org,,,,,22:00,,\ne@example.org,,,,25:61,,,\n"
    )
    done = bring(status_page, alice, text)
    assert counts(done) == (1, 0, 0, 4)
    made = Subscriber.objects.get()
    assert (made.maintenance, made.ends_only, made.digest, made.floor) == (False, True, "daily", "major")
    assert [f"{at:%H:%M}" for at in (made.digest_at, made.quiet_from, made.quiet_until)] == ["07:30", "22:00", "06:00"]
    assert [column for _, column, _ in problems(done)] == ["maintenance", "digest", "quiet_until", "digest_at"]


def test_who_follows_single_incidents_is_not_brought_back_as_one_who_hears_everything(status_page, alice):
    done = bring(status_page, alice, "email,scope\na@example.org,incidents\n")
    assert counts(done) == (0, 0, 0, 1)
    assert not Subscriber.objects.exists()


def test_a_stranger_lifts_nothing_that_an_import_respects(status_page, reader, alice):
    for state in ("unsubscribed", "suppressed"):
        reader(f"{state}@example.org", state=state)
        subscribing.subscribe(status_page, f"{state}@example.org")
        assert Subscriber.objects.get(email=f"{state}@example.org").state == state
    done = bring(
        status_page, alice, "unsubscribed@example.org\nsuppressed@example.org\n", asks=False, consent="by letter"
    )
    assert counts(done) == (0, 0, 0, 2)
    # Their own link is what brings them back.
    assert Delivery.objects.filter(kind="confirm", state="queued").count() == 2
    for each in Subscriber.objects.all():
        assert subscribing.confirm(each.pk).state == "active"
