"""Reminders and overdue notices of action items, by a real beat, a worker that dies in between, and mail by a real
relay: each person gets one letter, whatever happens."""

from __future__ import annotations

import re
from typing import LiteralString

import psycopg
import pytest
import requests

from tests.installation import Installation, wait_for

pytestmark = pytest.mark.faults
# Ines leads the team. Of Bob's items one is due today, one is overdue since yesterday, and one is to be asked about.
PLANTED = """
from datetime import timedelta
from django.utils import timezone
from incidents.models import ActionItem
from tests import factories
ines, bob = (factories.UserFactory(username=name) for name in ("ines", "bob"))
team = factories.TeamFactory(name="Payments", people=[ines, bob])
incident = factories.incident(team, ines, phase="resolve")
today = timezone.localdate()
for title, days in (("Cap the cache", 0), ("Log the retries", -1), ("Page the supplier", 200)):
    factories.action_item(incident.pk, ines, title=title, owner=bob, due_on=today + timedelta(days=days))
past = timezone.now() - timedelta(minutes=5)
ActionItem.objects.exclude(title="Page the supplier").update(remind_at=past)
ActionItem.objects.filter(title="Page the supplier").update(ask_at=past)
"""
WAITING = "SELECT count(*) FROM incidents_actionnotice WHERE state = 'waiting'"
# What is gathered for a minute is due at once.
GATHERED = "UPDATE incidents_actionnotice SET due_at = now() WHERE state = 'waiting'"
AGAIN = "UPDATE incidents_actionitem SET remind_at = now() WHERE title <> 'Page the supplier'"
TODAY = "SELECT count(*) FROM incidents_actionnotice WHERE state = 'waiting' AND due_at::date <= current_date"


def test_each_hears_once_a_day_of_all_that_is_due(installation: Installation) -> None:
    live = installation
    live.start()
    live.run("shell", "--no-imports", "-c", PLANTED)

    with psycopg.connect(live.database_url, autocommit=True) as database:
        database.execute("SET TIME ZONE 'UTC'")

        def number(question: LiteralString) -> int:
            return int((database.execute(question).fetchone() or [0])[0])

        wait_for(lambda: number(WAITING) == 4, "the notices", 120)
        live.kill("worker")
        database.execute(GATHERED)
        live.start("worker")
        (to_bob,) = live.wait_for_mail(90, to="bob", subject="Action items:")
        assert to_bob["subject"] == "Action items: 2 of yours, 1 to answer for"
        for said in ("Cap the cache\nIt is due today", "Log the retries\nIt is 1 day overdue", "is it still relevant?"):
            assert said in to_bob["text"].replace("\r\n", "\n")
        (to_ines,) = live.wait_for_mail(30, to="ines", subject="overdue")
        assert to_ines["subject"] == "“Log the retries” is 1 day overdue (Bob)"

        link = re.search(r"http\S+/action-items/asked/\S+", to_bob["text"])
        assert link is not None
        session = requests.Session()
        page = session.get(link[0], timeout=20)
        assert "Still relevant? Page the supplier" in page.text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token is not None
        given = {"csrfmiddlewaretoken": token[1], "answer": "keep", "due_on": "2100-01-01"}
        assert "It stays, with its new day." in session.post(link[0], given, timeout=20).text

        # All of it comes again, and waits for the morning.
        database.execute(AGAIN)
        wait_for(lambda: number(WAITING) == 3, "the next notices", 120)
        database.execute(GATHERED)
        wait_for(lambda: number(TODAY) == 0, "the notices to be put off", 60)
        assert number(WAITING) == 3
        assert len(live.mail(to="bob", subject="Action items:")) == 1
        assert len(live.mail(to="ines", subject="overdue")) == 1
