"""A private incident does not exist for others, on any address; nothing of the console is for strangers."""

from __future__ import annotations

import pytest
from django.urls import reverse

from incidents.models import Incident, TimelineEntry
from incidents.urls import urlpatterns
from teams.models import Role, Team, User
from tests import factories
from tests.incidents.console import Browser, text

pytestmark = pytest.mark.django_db
OPEN = {"home", "list", "new", "action_items"}
VERBS = {"verb": "reopen", "mitigation": "undo", "role_verb": "take", "seat": "leave", "postmortem_verb": "submit"}
OUTSIDE = {"page", "alertmanager", "change_events"}


@pytest.fixture
def secret(payments: Team, alice: User) -> Incident:
    """A private incident of payments, reviewed, with an action item, a mitigation, a change and an offer."""
    return factories.incident(payments, alice, phase="closed", title="Key leaked", private=True)


def addresses(incident: Incident) -> dict[str, str]:
    """Every address of the console that belongs to the incident."""
    seat = incident.assignments.get(role__slug=Role.COMMANDER)
    known = {
        "pk": incident.pk,
        "entry": TimelineEntry.objects.filter(incident=incident).first().pk,  # type: ignore[union-attr]
        "mitigation": incident.mitigations.get().pk,
        "change": factories.ChangeFactory().pk,
        "role": Role.COMMANDER,
        "seat": seat.pk,
    }
    found = {}
    for pattern in urlpatterns:
        name = pattern.name or ""
        if name in OPEN | OUTSIDE:
            continue
        values = {key: known.get(key, VERBS.get(name)) for key in pattern.pattern.converters}
        if name.startswith("action_item") and name != "action_item_new":
            values["pk"] = incident.action_items.get().pk
        found[name] = reverse(f"incidents:{name}", kwargs=values)
    return found


@pytest.mark.parametrize("method", ["get", "post"])
def test_others_find_nothing_of_a_private_incident(secret: Incident, charlie: User, method: str) -> None:
    stranger = Browser(charlie).client
    for name, url in addresses(secret).items():
        answer = getattr(stranger, method)(url)
        assert answer.status_code in (404, 405), f"{name} answered {answer.status_code}"
        assert "Key leaked" not in text(answer)


def test_the_team_finds_it(secret: Incident, bob: User) -> None:
    mate = Browser(bob).client
    for name, url in addresses(secret).items():
        answer = mate.get(url)
        assert answer.status_code in (200, 204, 405, 409), f"{name} answered {answer.status_code}"


def test_lists_and_searches_leave_it_out(secret: Incident, charlie: User, bob: User) -> None:
    for query in ({"state": "all"}, {"state": "all", "q": "Key leaked"}, {"state": "closed", "q": secret.reference}):
        assert ">Key leaked<" not in text(Browser(charlie).get("list", **query))
        assert ">Key leaked<" in text(Browser(bob).get("list", **query))
    assert "Add an alert" not in text(Browser(charlie).get("action_items", state="all"))
    assert "Add an alert" in text(Browser(bob).get("action_items", state="all"))


def test_whoever_takes_part_sees_it(secret: Incident, charlie: User) -> None:
    secret.participants.add(charlie)
    assert Browser(charlie).get("incident", secret.pk).status_code == 200


def test_a_private_incident_is_no_target_to_guess(secret: Incident, payments: Team, charlie: User) -> None:
    own = factories.incident(payments, charlie)
    answer = Browser(charlie).post("verb", own.pk, "merge", target=secret.reference)
    assert answer.status_code == 422
    assert "There is no incident" in text(answer)
    assert "Key leaked" not in text(answer)


def test_strangers_are_asked_to_sign_in(secret: Incident) -> None:
    nobody = Browser(None).client
    urls = [*addresses(secret).values(), *(reverse(f"incidents:{name}") for name in OPEN)]
    for url in urls:
        answer = nobody.get(url)
        assert answer.status_code == 405 or answer["Location"].startswith("/login/")
