"""The pages of integrations: the list, connecting a tool, its keys, what it sent, and its mapping."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from incidents.actions import inbox, integrations
from incidents.models import Event, Incident, Integration, IntegrationKey
from incidents.presenters import setup
from incidents.sources import Envelope
from incidents.sources.registry import SOURCES
from teams import moments
from teams.models import Team, User
from tests import factories
from tests.incidents.console import Browser, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("public_page")]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def manager(alice: User, payments: Team) -> Browser:
    """Alice, who manages payments and is nobody in the organization."""
    alice.role = "viewer"
    alice.save()
    return Browser(alice)


@pytest.fixture
def tool(payments: Team) -> Integration:
    return factories.integration(payments, name="Prometheus")[0]


def sent(integration: Integration, body: Any, *, taken: bool = True) -> Event:
    """An event of the integration, and what a worker made of it."""
    event = inbox.keep(integration, Envelope(body if isinstance(body, bytes) else json.dumps(body).encode()))
    if taken:
        inbox.take_due()
    event.refresh_from_db()
    return event


def alert(name: str = "a", status: str = "firing", **more: Any) -> dict[str, Any]:
    return {"key": name, "title": f"Alert {name}", "status": status, **more}


def keys_in(page: str) -> set[str]:
    return set(re.findall(r"\b[0-9a-f]{32}\b", page))


# Who may


def test_a_manager_keeps_the_integrations_of_their_team_and_knows_of_no_others(
    manager: Browser, tool: Integration, search: Team
) -> None:
    theirs, _ = factories.integration(search, name="Theirs")
    page = text(manager.get("integrations"))
    assert "Prometheus" in page
    assert "Theirs" not in page
    assert manager.get("integration", tool.pk).status_code == 200
    event = sent(theirs, b"{}", taken=False)
    for name, args in (
        ("integration", [theirs.pk]),
        ("integration_edit", [theirs.pk]),
        ("integration_event", [theirs.pk, event.public_id]),
        # An event of another integration is not to be had by the address of one's own.
        ("integration_event", [tool.pk, event.public_id]),
    ):
        assert manager.get(name, *args).status_code == 404, name
    key = theirs.keys.get()
    for name, args in (
        ("integration_renew", [theirs.pk]),
        ("integration_test", [theirs.pk]),
        ("integration_stop_former", [theirs.pk]),
        ("integration_revoke", [theirs.pk, key.pk]),
        ("integration_revoke", [tool.pk, key.pk]),
        ("integration_event_again", [theirs.pk, event.public_id]),
    ):
        assert manager.post(name, *args).status_code == 404, name
    assert key.is_good(moments.now())
    assert Event.objects.count() == 1
    given = {"name": "Mine now", "team": search.pk, "ceiling": "5"}
    assert manager.post("integration_edit", tool.pk, **given).status_code == 422
    tool.refresh_from_db()
    assert tool.name == "Prometheus"


def test_who_only_responds_is_let_in_nowhere(charlie: User, tool: Integration) -> None:
    charlie.role = "responder"
    charlie.save()
    browser = Browser(charlie)
    for name, args in (("integrations", []), ("integration_new", []), ("integration", [tool.pk])):
        assert browser.get(name, *args).status_code == 403, name
    assert browser.post("integration_renew", tool.pk).status_code == 403
    assert "/tools/" not in text(browser.get("list"))


# Connecting one


def new(browser: Browser, kind: str, **given: Any) -> Any:
    return browser.client.post(f"{reverse('incidents:integration_new')}?kind={kind}", given)


def test_a_tool_is_connected_and_its_key_shown_once(
    manager: Browser, payments: Team, alice: User, settings: Any
) -> None:
    picker = text(manager.get("integration_new"))
    assert all(f'href="?kind={name}"' in picker for name in SOURCES)
    form = text(manager.get("integration_new", kind="alertmanager"))
    assert 'name="ceiling" value="100"' in form
    assert 'name="new_secret"' not in form
    answer = new(manager, "alertmanager", name="Prometheus", team=payments.pk, ceiling="100")
    page = text(answer)
    made = Integration.objects.get()
    (key,) = keys_in(page)
    assert answer["Cache-Control"].count("no-store") == 1
    assert (made.kind, made.team, made.ceiling) == ("alertmanager", payments, 100)
    assert made.keys.get().digest == IntegrationKey.digest_of(key)
    assert made.keys.get().created_by == alice
    url = f"{settings.WATCHBILL_BASE_URL}/integrations/v1/alertmanager/{key}/"
    assert f'value="{url}"' in page
    assert f"- url: {url}" in page
    assert 'data-copy-from="#address"' in page
    assert 'data-copy-from="#step-1"' in page
    shown = text(manager.get("integration", made.pk))
    assert not keys_in(shown)
    assert key[:4] in shown
    assert "/integrations/v1/alertmanager/&lt;key&gt;/" in shown


@pytest.mark.parametrize("kind", SOURCES)
def test_every_kind_says_what_to_enter_with_its_address_and_key(
    kind: str, manager: Browser, payments: Team, settings: Any
) -> None:
    settings.WATCHBILL_MAIL_IN_DOMAIN = "alerts.example.org"
    page = text(new(manager, kind, name="It", team=payments.pk))
    (key,) = keys_in(page)
    told = setup.of(Integration.objects.get(), key)
    assert told.steps
    where = "\n".join(step.text for step in told.steps)
    assert told.address in where
    assert key in where
    assert ('id="key"' in page) is (SOURCES[kind].key is not None)


def test_mail_that_nobody_takes_is_said_so(manager: Browser, payments: Team, settings: Any) -> None:
    settings.WATCHBILL_MAIL_IN_DOMAIN = ""
    assert "This installation takes no mail" in text(new(manager, "email", name="It", team=payments.pk))


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    manager: Browser, tool: Integration, payments: Team, search: Team
) -> None:
    answer = new(manager, "json", name="Prometheus", team=payments.pk, ceiling="0")
    page = text(answer)
    assert answer.status_code == 422
    assert "greater than or equal to 1" in page
    assert 'value="Prometheus"' in page
    answer = new(manager, "json", name="Prometheus", team=payments.pk)
    assert (answer.status_code, "already exists" in text(answer)) == (422, True)
    answer = new(manager, "json", name="Elsewhere", team=search.pk)
    assert (answer.status_code, "not one of the available choices" in text(answer)) == (422, True)
    assert Integration.objects.count() == 1


def test_a_secret_is_asked_for_where_the_tool_signs_and_is_never_shown(manager: Browser, payments: Team) -> None:
    new(manager, "github", name="GitHub", team=payments.pk, new_secret="s3cret of ours")
    made = Integration.objects.get()
    assert made.secret == "s3cret of ours"
    page = text(manager.get("integration_edit", made.pk))
    assert "s3cret" not in page
    assert manager.post("integration_edit", made.pk, name="GitHub", team=payments.pk).status_code == 302
    made = Integration.objects.get()
    assert made.secret == "s3cret of ours"
    manager.post("integration_edit", made.pk, name="GitHub", team=payments.pk, drop_secret="on")
    assert Integration.objects.get().secret == ""


def test_what_mail_is_read_by_is_set_in_words(manager: Browser, payments: Team) -> None:
    new(manager, "email", name="Mail", team=payments.pk, by="thread", resolved="gut, vorbei", ignore="")
    made = Integration.objects.get()
    assert made.settings == {"by": "thread", "resolved": ["gut", "vorbei"]}
    assert 'value="gut, vorbei"' in text(manager.get("integration_edit", made.pk))
    answer = manager.post("integration_edit", made.pk, name="Mail", team=payments.pk, ignore=", ".join("x" * 101))
    assert (answer.status_code, "at most 100 words" in text(answer)) == (422, True)


# The list


def test_the_list_is_searched_and_filtered(manager: Browser, tool: Integration, payments: Team) -> None:
    _, key = factories.integration(payments, name="Deploys", kind="github")
    sent(tool, b"no JSON")
    sent(tool, {"version": "4", "status": "firing", "alerts": []})
    page = text(manager.get("integrations"))
    for shown in ("Amazon", "Alertmanager", "1 rejected", '<strong class="num">2</strong> events', "never"):
        assert shown in page, shown
    for asked, found in (
        ({"q": "prom"}, {"Prometheus"}),
        ({"q": key[:4]}, {"Deploys"}),
        ({"q": "payments depl"}, {"Deploys"}),
        ({"kind": "github"}, {"Deploys"}),
        ({"team": payments.slug}, {"Prometheus", "Deploys"}),
        ({"used": "lately"}, {"Prometheus"}),
        ({"used": "silent"}, {"Deploys"}),
        ({"used": "never"}, {"Deploys"}),
        ({"used": "problems"}, {"Prometheus"}),
        ({"kind": "nonsense"}, {"Prometheus", "Deploys"}),
    ):
        page = text(manager.get("integrations", **asked))
        assert {name for name in ("Prometheus", "Deploys") if f">{name}</a>" in page} == found, asked
    assert "No integration matches" in text(manager.get("integrations", q="moon"))
    IntegrationKey.objects.update(revoked_at=timezone.now())
    assert "no key works" in text(manager.get("integrations"))


def test_an_empty_list_leads_to_the_first_one(manager: Browser, payments: Team) -> None:
    page = text(manager.get("integrations"))
    assert "No tool is connected yet" in page
    assert "Connect a tool" in page


def queries(browser: Browser, name: str, *args: Any) -> int:
    browser.get(name, *args)
    with CaptureQueriesContext(connection) as found:
        assert browser.get(name, *args).status_code == 200
    return len(found)


def test_the_lists_cost_the_same_queries_for_one_row_and_for_thirty(
    manager: Browser, payments: Team, alice: User
) -> None:
    tool, _ = factories.integration(payments, kind="json", name="First")
    sent(tool, alert("a"))
    integrations.add_key(tool, by=alice)
    tool.heartbeats.create(name="0", period_minutes=5)
    few = [queries(manager, "integrations"), queries(manager, "integration", tool.pk)]
    for n in range(1, 30):
        other, _ = factories.integration(payments, kind="json", name=f"Tool {n}")
        sent(other, alert(f"a{n}"))
        sent(tool, alert(f"b{n}"))
        integrations.add_key(tool, by=alice)
        tool.heartbeats.create(name=str(n), period_minutes=5)
    assert [queries(manager, "integrations"), queries(manager, "integration", tool.pk)] == few


# Keys


def test_a_key_is_renewed_with_an_overlap_and_the_former_stopped(manager: Browser, payments: Team) -> None:
    tool, former = factories.integration(payments)
    page = text(manager.post("integration_renew", tool.pk, hours="1"))
    (key,) = keys_in(page)
    assert f"/integrations/v1/alertmanager/{key}/" in page
    now = moments.now()
    old = tool.keys.get(digest=IntegrationKey.digest_of(former))
    assert 3590 < (old.expires_at - now).total_seconds() <= 3600
    assert "works yet" in text(manager.get("integration", tool.pk))
    assert manager.post("integration_stop_former", tool.pk).status_code == 302
    assert [each.digest for each in tool.keys.good(now)] == [IntegrationKey.digest_of(key)]
    (last,) = keys_in(text(manager.post("integration_renew", tool.pk, hours="0")))
    assert [each.digest for each in tool.keys.good(moments.now())] == [IntegrationKey.digest_of(last)]


def test_a_key_is_revoked_be_it_the_last(manager: Browser, payments: Team) -> None:
    tool, key = factories.integration(payments)
    assert manager.post("integration_revoke", tool.pk, tool.keys.get().pk).status_code == 302
    assert inbox.integration_of(key, tool.kind) is None
    page = text(manager.get("integration", tool.pk))
    assert "No key of it works." in page
    assert "Make a new key" in page
    manager.post("integration_revoke", tool.pk, tool.keys.get().pk)
    assert "had already stopped" in text(manager.get("integration", tool.pk))


# What it sent


@pytest.fixture
def anything(payments: Team) -> Integration:
    return factories.integration(payments, kind="json", name="Anything")[0]


def test_events_say_what_became_of_them_and_are_filtered_by_it(manager: Browser, anything: Integration) -> None:
    sent(anything, alert("a"))
    opened = Incident.objects.get()
    sent(anything, alert("a"))
    sent(anything, alert("a", "resolved"))
    sent(anything, b"no JSON at all")
    sent(anything, alert("b"), taken=False)
    Event.objects.create(
        integration=anything,
        source="json",
        body=b"{}",
        state="done",
        outcome={
            "suppressed": [{"by": "silence", "key": 7, "count": 2}, {"by": "maintenance", "key": 8, "count": 1}],
            "folded": 3,
        },
    )
    page = text(manager.get("integration", anything.pk))
    link = f'<a href="{opened.get_absolute_url()}">{opened.reference}</a> <span class="muted">Alert a</span>'
    for shown in (
        f"opened {link}",
        f"recovery told to {link}",
        "1 repeated",
        "rejected",
        "waiting",
        '2 suppressed by <a href="/silences/7/">a silence</a>',
        '1 suppressed by <a href="/maintenance/8/">a maintenance window</a>',
        "3 folded, more than the ceiling",
    ):
        assert shown in page, shown
    for state, count in (
        ("", 6),
        ("opened", 1),
        ("attached", 0),
        ("resolved", 1),
        ("repeats", 1),
        ("rejected", 1),
        ("problems", 1),
        ("waiting", 1),
        ("suppressed", 1),
        ("folded", 1),
        ("nonsense", 6),
    ):
        page = text(manager.get("integration", anything.pk, state=state))
        assert page.count('class="eventrow"') == count, state
    assert "No such event" in text(manager.get("integration", anything.pk, state="attached"))


def test_the_events_renew_themselves_without_the_rest_of_the_page(manager: Browser, anything: Integration) -> None:
    sent(anything, alert("a"))
    address = reverse("incidents:integration", args=[anything.pk])
    part = text(manager.client.get(address, headers=HTMX | {"HX-Target": "events"}))  # type: ignore[arg-type]
    assert part.strip().startswith('<section class="panel" id="events"')
    assert f'hx-get="{address}"' in part
    assert "opened" in part
    assert "<h1" not in part


def test_events_before_the_last_fifty_are_a_page_away(manager: Browser, anything: Integration) -> None:
    Event.objects.bulk_create(
        Event(integration=anything, source="json", body=b"{}", state="done", outcome={"repeats": n + 1})
        for n in range(60)
    )
    page = text(manager.get("integration", anything.pk))
    assert page.count('class="eventrow"') == 50
    (before,) = re.findall(r"before=(\d+)#events", page)
    older = text(manager.get("integration", anything.pk, before=before))
    assert older.count('class="eventrow"') == 10
    assert ">1 repeated<" in older


def test_an_event_opens_to_what_was_sent(manager: Browser, anything: Integration) -> None:
    event = sent(anything, alert("a", note="<b>ü</b>"))
    Event.objects.filter(pk=event.pk).update(headers={"content-type": "application/json"}, path="x/y")
    page = text(manager.get("integration_event", anything.pk, event.public_id))
    for shown in ("  &quot;key&quot;: &quot;a&quot;", "&lt;b&gt;ü&lt;/b&gt;", "application/json", "x/y", "Send again"):
        assert shown in page, shown
    address = reverse("incidents:integration_event", args=[anything.pk, event.public_id])
    part = text(manager.client.get(address, headers=HTMX))  # type: ignore[arg-type]
    assert part.strip().startswith("<article")
    assert 'id="dialog-title"' in part


def test_a_key_in_a_body_is_not_shown(manager: Browser, payments: Team) -> None:
    tool, key = factories.integration(payments, kind="pagerduty")
    event = sent(tool, {"routing_key": key, "event_action": "resolve", "dedup_key": "x"})
    page = text(manager.get("integration_event", tool.pk, event.public_id))
    assert key not in page
    assert f"{key[:4]}…" in page


def test_what_becomes_a_private_incident_is_read_by_its_team_and_owners(
    manager: Browser, charlie: User, payments: Team
) -> None:
    tool, _ = factories.integration(payments, kind="json", private=True)
    event = sent(tool, alert("a", title="Zanzibar leaks"))
    opened = Incident.objects.get()
    assert opened.private
    args = [tool.pk, event.public_id]
    for name, where in (("integration_event", args), ("integration", [tool.pk]), ("integration_mapping", [tool.pk])):
        assert "Zanzibar" in text(manager.get(name, *where)), name
    charlie.role = "admin"
    charlie.save()
    admin = Browser(charlie)
    for name, where in (("integration_event", args), ("integration", [tool.pk]), ("integration_mapping", [tool.pk])):
        page = text(admin.get(name, *where))
        assert "Zanzibar" not in page, name
        assert opened.reference not in page, name
    assert "opened a private incident" in text(admin.get("integration", tool.pk))
    shown = admin.client.get(f"/admin/incidents/event/{event.pk}/change/").content.decode()
    assert "Zanzibar" not in shown


def test_an_event_is_sent_again_and_read_by_what_is_set_up_now(manager: Browser, anything: Integration) -> None:
    event = sent(anything, {"check": {"id": "7", "name": "Disk is full"}})
    assert event.state == "rejected"
    integrations.map_fields(anything, {"key": "check.id", "title": "check.name"}, by=None)
    answer = manager.post("integration_event_again", anything.pk, event.public_id)
    again = Event.objects.latest("pk")
    assert answer["Location"] == reverse("incidents:integration_event", args=[anything.pk, again.public_id])
    assert bytes(again.body) == bytes(event.body)
    inbox.take_due()
    assert Incident.objects.get().title == "Disk is full"


def test_a_test_alert_is_sent_and_what_became_of_it_shown(manager: Browser, tool: Integration) -> None:
    address = reverse("incidents:integration_test", args=[tool.pk])
    part = text(manager.client.post(address, headers=HTMX))  # type: ignore[arg-type]
    event = Event.objects.get()
    became = reverse("incidents:integration_event_became", args=[tool.pk, event.public_id])
    assert f'hx-get="{became}" hx-trigger="load' in part
    inbox.take_due()
    part = text(manager.client.get(became, headers=HTMX))  # type: ignore[arg-type]
    assert "hx-get" not in part
    assert f'opened <a href="{Incident.objects.get().get_absolute_url()}">' in part
    answer = manager.post("integration_test", tool.pk)
    assert answer.status_code == 302
    assert "test was sent" in text(manager.client.get(answer["Location"]))  # type: ignore[arg-type]


# Heartbeats


def test_heartbeats_are_shown_as_they_stand_and_set_up(manager: Browser, payments: Team) -> None:
    tool, _ = factories.integration(payments, kind="heartbeat")
    page = text(manager.get("integration", tool.pk))
    assert "None came yet" in page
    beat = tool.heartbeats.create(name="backup", last_seen_at=timezone.now())
    tool.heartbeats.create(name="report", is_late=True, period_minutes=5)
    page = text(manager.get("integration", tool.pk))
    for shown in ("not expected yet", "late or failed", "Every 5 min", "backup"):
        assert shown in page
    asked = {"time_zone": "Europe/Berlin", "grace_minutes": "10", "severity": "warning"}
    for wrong, told in (
        ({"cron": "99 * * * *"}, "is no schedule"),
        ({"cron": "0 3 * * *", "period_minutes": "5"}, "and not both"),
        ({"grace_minutes": "-1"}, "greater than or equal to 0"),
    ):
        answer = manager.post("integration_heartbeat", tool.pk, beat.pk, **(asked | wrong))
        assert (answer.status_code, told in text(answer)) == (422, True), wrong
    assert manager.post("integration_heartbeat", tool.pk, beat.pk, cron="0 3 * * *", **asked).status_code == 302
    beat.refresh_from_db()
    assert (beat.cron, beat.time_zone, beat.grace_minutes) == ("0 3 * * *", "Europe/Berlin", 10)
    assert beat.due_at is not None
    assert "0 3 * * *" in text(manager.get("integration", tool.pk))


# The mapping


BODY = {"check": {"id": 7, "name": "Disk is full"}, "level": "critical", "state": "bad", "host": {"zone": "eu", "n": 3}}


def mapped(browser: Browser, integration: Integration, *, htmx: bool = False, **given: Any) -> Any:
    address = reverse("incidents:integration_mapping", args=[integration.pk])
    return browser.client.post(address, {"body": json.dumps(BODY), **given}, headers=HTMX if htmx else {})  # type: ignore[arg-type]


def found(page: str, name: str) -> str:
    """What stands under a field, as words."""
    part = re.search(rf'<ul class="found" id="found-{name}"[^>]*>(.*?)</ul>', page, re.DOTALL)
    assert part is not None, name
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", part[1])).strip()


def test_a_mapping_is_seen_on_a_pasted_body_field_by_field(manager: Browser, anything: Integration) -> None:
    page = text(
        mapped(
            manager,
            anything,
            htmx=True,
            key="check.id",
            title="check.name",
            severity="nowhere",
            service="check.[",
            labels="zone = host.zone\nn = host.",
            words="good",
        )
    )
    assert found(page, "key") == "7"
    assert found(page, "title") == "Disk is full"
    assert found(page, "severity") == "finds nothing in this body"
    assert "is not JMESPath" in found(page, "service")
    assert "n: is not JMESPath" in found(page, "labels")
    assert "zone: eu" in found(page, "labels")
    assert 'hx-swap-oob="true"' in page
    assert "It can&#x27;t be kept so" in page or "It can't be kept so" in page
    assert "<h1" not in page
    page = text(
        mapped(
            manager, anything, htmx=True, key="check.id", title="check.name", labels="host", status="state", words="bad"
        )
    )
    for shown in ("<h3>Disk is full</h3>", "is over", "zone=<strong>eu</strong>", "<code>7</code>"):
        assert shown in page, shown
    anything.refresh_from_db()
    assert anything.settings == {}


def test_it_previews_without_script_and_keeps_what_was_typed(manager: Browser, anything: Integration) -> None:
    page = text(mapped(manager, anything, title="check.name", preview="1"))
    assert 'name="title" value="check.name"' in page
    assert found(page, "title") == "Disk is full"
    assert "<h3>Disk is full</h3>" in page
    anything.refresh_from_db()
    assert anything.settings == {}


def test_a_mapping_is_kept_and_shown_as_it_was_written(manager: Browser, anything: Integration) -> None:
    given = {
        "key": "check.id",
        "title": "check.name",
        "labels": "zone = host.zone",
        "links": "url || link",
        "words": "good, fine",
    }
    assert mapped(manager, anything, keep="1", **given).status_code == 302
    anything.refresh_from_db()
    assert anything.settings == {
        "mapping": {
            "key": "check.id",
            "title": "check.name",
            "labels": {"zone": "host.zone"},
            "links": "url || link",
            "resolved": ["good", "fine"],
        }
    }
    page = text(manager.get("integration_mapping", anything.pk))
    for shown in ('value="check.id"', "zone = host.zone", 'value="good, fine"', "url || link"):
        assert shown in page, shown
    assert sent(anything, BODY).outcome["opened"]
    assert mapped(manager, anything, keep="1").status_code == 302
    anything.refresh_from_db()
    assert anything.settings == {}


def test_what_can_not_be_kept_is_said_at_its_field(manager: Browser, anything: Integration) -> None:
    answer = mapped(manager, anything, keep="1", title="check.[", labels="zone = host.", key="check.id")
    page = text(answer)
    assert answer.status_code == 422
    assert "An expression can&#x27;t be read" in page
    assert "is not JMESPath" in found(page, "title")
    assert "zone: is not JMESPath" in found(page, "labels")
    assert 'value="check.["' in page
    answer = mapped(manager, anything, keep="1", title="check.name", words="ok", resolved="done")
    assert (answer.status_code, "and not both" in text(answer)) == (422, True)
    anything.refresh_from_db()
    assert anything.settings == {}


def test_it_begins_with_the_last_event_and_the_usual_names(manager: Browser, anything: Integration) -> None:
    page = text(manager.get("integration_mapping", anything.pk))
    assert "A test alert" in page
    first = sent(anything, alert("first"))
    sent(anything, alert("last"))
    page = text(manager.get("integration_mapping", anything.pk))
    assert found(page, "title") == "Alert last"
    assert "key || fingerprint" in page
    page = text(mapped(manager, anything, htmx=True, event=first.pk, title="title"))
    assert found(page, "title") == "Alert first"


@pytest.mark.parametrize("body", ["", "no JSON", "[]", "7", '{"a": NaN}', '"' + "x" * 1000])
def test_a_body_that_is_none_is_said_so(body: str, manager: Browser, anything: Integration) -> None:
    page = text(mapped(manager, anything, htmx=True, body=body, title="a.["))
    assert "is not JMESPath" in found(page, "title")
    assert text(mapped(manager, anything, htmx=True, body=body, title="title"))


def test_cloudevents_are_mapped_with_their_data(manager: Browser, payments: Team) -> None:
    tool, _ = factories.integration(payments, kind="cloudevents")
    event = {"specversion": "1.0", "id": "1", "source": "/x", "type": "disk.full", "data": {"what": "Disk is full"}}
    page = text(mapped(manager, tool, htmx=True, body=json.dumps(event), title="data.what", key="id"))
    assert found(page, "title") == "Disk is full"
    assert "<h3>Disk is full</h3>" in page
    assert "An alert comes of it" in text(mapped(manager, tool, htmx=True, body=json.dumps(event)))


def test_other_kinds_have_no_mapping(manager: Browser, tool: Integration) -> None:
    assert manager.get("integration_mapping", tool.pk).status_code == 404
    assert "/mapping/" not in text(manager.get("integration", tool.pk))
