"""Reminders and overdue notices of action items, by a real beat, a worker that dies in between, and mail by a real
relay: each person gets one letter, whatever happens."""

from __future__ import annotations

import re

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
WAITING = """
from incidents.models import ActionNotice
print("waiting", ActionNotice.objects.filter(state="waiting").count())
"""
# What is gathered for a minute is due at once.
GATHERED = """
from django.utils import timezone
from incidents.models import ActionNotice
ActionNotice.objects.filter(state="waiting").update(due_at=timezone.now())
"""
AGAIN = """
from django.utils import timezone
from incidents.models import ActionItem
ActionItem.objects.exclude(title="Page the supplier").update(remind_at=timezone.now())
"""
TOMORROW = """
from django.utils import timezone
from incidents.models import ActionNotice
rows = ActionNotice.objects.filter(state="waiting")
print("tomorrow", rows.exists() and all(row.due_at.date() > timezone.localdate() for row in rows))
"""


def test_each_hears_once_a_day_of_all_that_is_due(own_installation: Installation) -> None:
    live = own_installation
    live.run("shell", "--no-imports", "-c", PLANTED)

    def queued(count: int) -> bool:
        return f"waiting {count}" in live.run("shell", "--no-imports", "-c", WAITING)

    wait_for(lambda: queued(4), "the notices", 120)
    live.kill("worker")
    live.run("shell", "--no-imports", "-c", GATHERED)
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
    live.run("shell", "--no-imports", "-c", AGAIN)
    wait_for(lambda: queued(3), "the next notices", 120)
    live.run("shell", "--no-imports", "-c", GATHERED)
    wait_for(
        lambda: "tomorrow True" in live.run("shell", "--no-imports", "-c", TOMORROW), "the notices to be put off", 60
    )
    assert len(live.mail(to="bob", subject="Action items:")) == 1
    assert len(live.mail(to="ines", subject="overdue")) == 1
