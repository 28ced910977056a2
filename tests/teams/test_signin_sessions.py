"""Sessions: listed, ended, limited; and being asked again who one is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from teams import tasks
from teams.models import AccessEvent, Organization, User
from teams.signin import devices, sessions
from tests import factories

PASSWORD = "calm-and-steady-7"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Mobile/15E Safari/604.1"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_earlier_attempts() -> None:
    cache.clear()


@pytest.fixture
def anna(db: None) -> User:
    return User.objects.create_user("anna", "anna@example.org", PASSWORD, first_name="Anna", role="owner")


def enter(user: User, agent: str = FIREFOX) -> Client:
    client = Client(headers={"user-agent": agent})
    assert client.post("/account/login/", {"login": user.username, "password": PASSWORD}).status_code == 302
    return client


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (IPHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/140.0 Safari/537 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Chrome/140.0 Safari/537", "Chrome on macOS"),
        ("Mozilla/5.0 (Linux; Android 16) SamsungBrowser/30 Chrome/136 Mobile", "Samsung Internet on Android"),
        ("curl/8.5", "curl"),
        ("<script>", devices.UNKNOWN),
        ("", devices.UNKNOWN),
    ],
)
def test_a_device_in_words(agent: str, name: str) -> None:
    assert devices.named(agent) == name


def test_sessions_are_listed_and_ended(anna: User) -> None:
    here, there, third = enter(anna), enter(anna, IPHONE), enter(anna, "curl/8.5")
    page = here.get("/account/sessions/").content.decode()
    assert page.index("Firefox on Linux") < page.index("This one") < page.index("Safari on iPhone")
    assert page.count("This one") == 1
    assert "127.0.0.1" in page

    row = UserSession.objects.get(user_agent=IPHONE)
    here.post(f"/account/sessions/{row.pk}/end/")
    assert there.get("/account/sessions/").status_code == 302
    assert third.get("/account/sessions/").status_code == 200
    here.post("/account/sessions/end-others/")
    assert third.get("/account/sessions/").status_code == 302
    assert here.get("/account/sessions/").status_code == 200
    assert AccessEvent.objects.filter(kind="session.ended", user=anna, by=anna).count() == 2


def test_nobody_ends_somebody_elses_session(anna: User, db: None) -> None:
    bea = User.objects.create_user("bea", "bea@example.org", PASSWORD)
    hers = enter(bea)
    row = UserSession.objects.get(user=bea)
    enter(anna).post(f"/account/sessions/{row.pk}/end/")
    assert hers.get("/account/profile/").status_code == 200


def test_ending_for_somebody_who_left(anna: User) -> None:
    first, second = enter(anna), enter(anna, IPHONE)
    assert sessions.end_sessions(anna, by=None, except_key=second.session.session_key) == 1
    assert first.get("/account/profile/").status_code == 302
    assert second.get("/account/profile/").status_code == 200
    assert sessions.end_sessions(anna, by=None) == 1
    assert second.get("/account/profile/").status_code == 302


def test_signing_out_is_written_down_and_leaves_no_row(anna: User) -> None:
    client = enter(anna)
    client.post("/account/logout/")
    assert AccessEvent.objects.filter(kind="sign_out.done", user=anna).count() == 1
    assert not UserSession.objects.exists()


def test_an_idle_session_ends(anna: User) -> None:
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        client = enter(anna)
        clock.move_to(now + timedelta(days=13, hours=23))
        assert client.get("/account/profile/").status_code == 200
        clock.move_to(now + timedelta(days=28, hours=1))
        page = client.get("/account/profile/", follow=True)
        assert "You were signed out. It was not used for 14 days." in page.content.decode()
        assert client.get("/api/v1/me/").status_code == 401
    assert AccessEvent.objects.get(kind="session.ended").detail["why"] == "It was not used for 14 days."


def test_a_session_in_use_ends_as_well(anna: User) -> None:
    Organization.current()
    Organization.objects.update(session_days=2)
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        client = enter(anna)
        for hours in (20, 40):
            clock.move_to(now + timedelta(hours=hours))
            assert client.get("/api/v1/me/").status_code == 200
        clock.move_to(now + timedelta(hours=49))
        answer = client.get("/api/v1/me/")
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_being_seen_is_written_once_a_minute(anna: User, django_assert_num_queries: Any) -> None:
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        client = enter(anna)
        clock.move_to(now + timedelta(seconds=59))
        client.get("/account/profile/")
        assert UserSession.objects.get().last_seen_at == now
        clock.move_to(now + timedelta(seconds=61))
        client.get("/account/profile/")
        assert UserSession.objects.get().last_seen_at == now + timedelta(seconds=61)


def test_limits_are_bounded(db: None) -> None:
    from django.core.exceptions import ValidationError

    for days in (0, 91):
        with pytest.raises(ValidationError):
            Organization(pk=1, session_idle_days=days).full_clean()


def test_what_is_left_of_old_sessions_is_swept(anna: User) -> None:
    now = timezone.now()
    with time_machine.travel(now - timedelta(days=91), tick=False):
        enter(anna)
    young = enter(User.objects.create_user("bea", "bea@example.org", PASSWORD))
    assert tasks.sweep_sessions() == 1
    assert [s.session_key for s in Session.objects.all()] == [young.session.session_key]
    assert young.get("/account/profile/").status_code == 200


# --- again

LATER = timedelta(minutes=16)


@pytest.fixture
def later() -> Any:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield clock


def test_a_dangerous_page_asks_again_and_leads_back(anna: User, later: Any) -> None:
    client = enter(anna)
    assert client.get("/admin/teams/user/add/").status_code == 200
    later.shift(LATER)
    asked = client.get("/admin/teams/user/add/?email=x")
    assert asked["Location"].startswith("/account/reauthenticate/?next=%2Fadmin%2Fteams%2Fuser%2Fadd%2F%3Femail%3Dx")
    page = client.get(asked["Location"]).content.decode()
    assert "Is it you?" in page
    wrong = client.post(asked["Location"], {"password": "no", "next": "/admin/teams/user/add/?email=x"})
    assert "That is not your password." in wrong.content.decode()
    right = client.post("/account/reauthenticate/", {"password": PASSWORD, "next": "/admin/teams/user/add/?email=x"})
    assert right["Location"] == "/admin/teams/user/add/?email=x"
    assert client.get(right["Location"]).status_code == 200
    kinds = set(AccessEvent.objects.values_list("kind", flat=True))
    assert {"reauthentication.done", "reauthentication.refused"} <= kinds
    assert "sign_in.refused" not in kinds


def test_what_was_typed_is_sent_again(anna: User, later: Any) -> None:
    client = enter(anna)
    later.shift(LATER)
    typed = {
        "username": "carol",
        "email": "carol@example.org",
        "first_name": "Carol & <Co>",
        "usable_password": "true",
        "password1": "quiet-harbour-42",
        "password2": "quiet-harbour-42",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
    }
    url = "/admin/teams/user/add/?_popup=1"
    asked = client.post(url, typed, headers={"Referer": "http://testserver/admin/teams/user/add/?_popup=1"})
    assert asked["Location"].startswith("/account/reauthenticate/")
    assert "quiet-harbour-42" not in str(dict(client.session.items()))
    assert not User.objects.filter(username="carol").exists()

    page = client.post("/account/reauthenticate/", {"password": PASSWORD, "next": "/"}).content.decode()

    assert f'action="{escape(url)}"' in page
    for name, value in typed.items():
        assert f'<input type="hidden" name="{name}" value="{escape(value)}">' in page
    assert client.post(url, typed).status_code in (200, 302)
    assert User.objects.filter(username="carol").exists()


def test_what_was_left_is_not_sent_with_something_else(anna: User, later: Any) -> None:
    client = enter(anna)
    later.shift(LATER)
    client.post("/admin/teams/user/add/", {"username": "carol"})
    client.get("/admin/teams/scimtoken/add/")
    done = client.post("/account/reauthenticate/", {"password": PASSWORD, "next": "/admin/teams/scimtoken/add/"})
    assert done["Location"] == "/admin/teams/scimtoken/add/"


def test_reading_and_harmless_changes_ask_nothing(anna: User, later: Any) -> None:
    client = enter(anna)
    later.shift(LATER)
    for path in ("/admin/teams/user/", "/admin/teams/team/add/", "/account/profile/", "/incidents/"):
        assert client.get(path).status_code == 200, path


def test_who_may_not_is_refused_and_not_asked(anna: User, later: Any) -> None:
    User.objects.filter(pk=anna.pk).update(role="viewer")
    client = enter(anna)
    later.shift(LATER)
    answer = client.get("/admin/teams/user/add/")
    assert "/account/reauthenticate/" not in answer.get("Location", "")


def test_the_api_says_where_to_confirm(anna: User, later: Any) -> None:
    client = enter(anna)
    assert client.post("/api/v1/tokens/", {"name": "one"}, content_type="application/json").status_code == 201
    later.shift(LATER)
    answer = client.post("/api/v1/tokens/", {"name": "two"}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "reauthentication_needed")
    assert answer.json()["fix_url"].endswith("/account/reauthenticate/")
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    assert client.post("/api/v1/tokens/", {"name": "two"}, content_type="application/json").status_code == 201


def test_owners_change_how_people_get_in_after_confirming(anna: User, later: Any) -> None:
    client, url = enter(anna), "/admin/teams/organization/1/change/"
    Organization.current()
    later.shift(LATER)
    assert client.post(url, factories.organization_form(soak_minutes=3))["Location"] == "/admin/teams/organization/"
    asked = client.post(url, factories.organization_form(soak_minutes=3, second_factor_for="staff"))
    assert asked["Location"].startswith("/account/reauthenticate/")
    assert Organization.current().second_factor_for == "nobody"
    client.post("/account/reauthenticate/", {"password": PASSWORD, "next": url})
    client.post(url, factories.organization_form(soak_minutes=3, second_factor_for="staff"))
    assert Organization.current().second_factor_for == "staff"


def test_admins_see_how_people_get_in_and_do_not_change_it(anna: User) -> None:
    User.objects.filter(pk=anna.pk).update(role="admin")
    Organization.current()
    client, url = enter(anna), "/admin/teams/organization/1/change/"
    assert "How people get in" in client.get(url).content.decode()
    wanted = factories.organization_form(
        name="Renamed", second_factor_for="everybody", session_days=90, audit_days=1, sso_only="on"
    )
    client.post(url, wanted | {"tokens_may_last": "on"})
    row = Organization.current()
    assert (row.name, row.second_factor_for, row.session_days, row.audit_days) == ("Renamed", "nobody", 30, 730)
    assert (row.sso_only, row.tokens_may_last) == (False, False)
