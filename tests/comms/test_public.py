"""What the world reads: pages, JSON in the shape that is common, feeds, and postmortems without names."""

from __future__ import annotations

import re
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from django.utils import timezone

from comms.actions import publishing
from comms.models import Component, PageIncident, StatusPage
from comms.rollup import overall
from incidents.anonymous import without_names
from incidents.models import Factor, Incident, Postmortem
from incidents.phases import Phase
from tests import factories

OK, DEGRADED, PARTIAL, MAJOR, MAINTENANCE = (
    "operational",
    "degraded_performance",
    "partial_outage",
    "major_outage",
    "under_maintenance",
)
FILES = [
    "summary",
    "status",
    "components",
    "incidents",
    "incidents/unresolved",
    "scheduled-maintenances",
    "scheduled-maintenances/upcoming",
    "scheduled-maintenances/active",
]
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def tell(status_page, alice):
    """Tells of something new, and more of it."""

    def publish(title="Payments fail", **fields):
        told = PageIncident.objects.create(page=status_page, title=title)
        publishing.publish_update(told, by=alice, **({"body": "We look into it.", "title": title} | fields))
        return told

    return publish


@pytest.mark.parametrize(
    ("statuses", "indicator", "description"),
    [
        ([], "none", "All Systems Operational"),
        ([OK, OK], "none", "All Systems Operational"),
        ([OK, MAINTENANCE], "none", "Service Under Maintenance"),
        ([MAINTENANCE, DEGRADED], "minor", "Partially Degraded Service"),
        ([OK, PARTIAL, DEGRADED], "minor", "Minor Service Outage"),
        ([OK, MAJOR, PARTIAL], "major", "Partial System Outage"),
        ([MAJOR, MAJOR], "critical", "Major System Outage"),
    ],
)
def test_roll_up(statuses, indicator, description):
    assert overall(statuses)[:2] == (indicator, description)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("prefix", ["/api/v2/", "/status/shop/api/v2/"])
def test_every_file_answers_everybody(client, status_page, components, name, prefix):
    url = f"{prefix}{name}.json"
    answer = client.get(url)
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Content-Type"] == "application/json"
    assert not answer.cookies
    page = answer.json()["page"]
    assert set(page) == {"id", "name", "url", "time_zone", "updated_at"}
    assert INSTANT.fullmatch(page["updated_at"])
    assert client.head(url).status_code == 200
    assert client.post(url).status_code == 405


def test_unknown_file_and_page(client, status_page):
    assert client.get("/api/v2/nothing.json").status_code == 404
    assert client.get("/status/nowhere/api/v2/summary.json").status_code == 404
    StatusPage.objects.all().delete()
    assert client.get("/api/v2/summary.json").status_code == 404
    assert client.get("/status/").status_code == 404


def test_summary_in_full(client, tell, components, alice):
    told = tell(
        component_states={components["export"]: PARTIAL},
        impact="major",
        next_update_at=timezone.now() + timedelta(hours=1),
    )
    publishing.publish_update(told, by=alice, state="monitoring", body="A fix is in place.")
    done = tell("Old trouble")
    publishing.publish_update(done, by=alice, state="resolved", body="Done.")
    summary = client.get("/api/v2/summary.json").json()
    assert set(summary) == {"page", "status", "components", "incidents", "scheduled_maintenances"}
    assert summary["status"] == {"indicator": "minor", "description": "Minor Service Outage"}
    assert summary["scheduled_maintenances"] == []

    rows = {row["name"]: row for row in summary["components"]}
    search, export, group = rows["Search"], rows["Export"], rows["Back office"]
    common = [
        "id",
        "name",
        "status",
        "created_at",
        "updated_at",
        "position",
        "description",
        "showcase",
        "start_date",
        "group_id",
        "page_id",
        "group",
        "only_show_if_degraded",
    ]
    assert set(search) == set(export) == set(common)
    assert set(group) == {*common, "components"}
    assert (search["group"], search["group_id"], search["description"]) == (False, None, "Finding things")
    assert export["group_id"] == group["id"]
    assert export["description"] is None
    assert (group["group"], group["components"], group["status"]) == (True, [export["id"]], PARTIAL)
    assert isinstance(export["id"], str)

    [incident] = summary["incidents"]
    assert set(incident) == {
        "id",
        "name",
        "status",
        "created_at",
        "updated_at",
        "monitoring_at",
        "resolved_at",
        "impact",
        "shortlink",
        "started_at",
        "page_id",
        "incident_updates",
        "components",
    }
    assert (incident["name"], incident["status"], incident["impact"]) == ("Payments fail", "monitoring", "major")
    assert INSTANT.fullmatch(incident["monitoring_at"])
    assert incident["resolved_at"] is None
    assert incident["shortlink"].startswith("http")
    assert [row["name"] for row in incident["components"]] == ["Export"]

    newest, first = incident["incident_updates"]
    assert set(newest) == {
        "id",
        "status",
        "body",
        "incident_id",
        "created_at",
        "updated_at",
        "display_at",
        "affected_components",
        "deliver_notifications",
        "custom_tweet",
        "tweet_id",
    }
    assert (newest["status"], newest["affected_components"]) == ("monitoring", None)
    assert first["affected_components"] == [
        {"code": export["id"], "name": "Back office - Export", "old_status": OK, "new_status": PARTIAL}
    ]
    assert (newest["custom_tweet"], newest["tweet_id"], newest["deliver_notifications"]) == (None, None, True)
    assert newest["incident_id"] == incident["id"]

    every = client.get("/api/v2/incidents.json").json()["incidents"]
    assert [i["name"] for i in every] == ["Old trouble", "Payments fail"]
    unresolved = client.get("/api/v2/incidents/unresolved.json").json()["incidents"]
    assert [i["name"] for i in unresolved] == ["Payments fail"]


def test_latest_fifty_at_the_same_price_as_one(client, tell, components, django_assert_max_num_queries):
    tell(component_states={components["export"]: PARTIAL})
    with django_assert_max_num_queries(8):
        client.get("/api/v2/incidents.json")
    for n in range(52):
        tell(f"Trouble {n}", component_states={components["search"]: PARTIAL}, notify=False)
    with django_assert_max_num_queries(8):
        assert len(client.get("/api/v2/incidents.json").json()["incidents"]) == 50
    with django_assert_max_num_queries(14):
        client.get("/status/")
    with django_assert_max_num_queries(14):
        client.get("/status/shop/history/")


def test_feeds(client, tell, alice, status_page):
    told = tell("Payments & carts fail", body="**Sorry.**")
    publishing.publish_update(told, by=alice, state="resolved", body="Over.")
    tell("Second")
    rss = client.get("/history.rss")
    assert rss["Content-Type"].startswith("application/rss+xml")
    items = ET.fromstring(rss.content).findall("channel/item")
    assert [item.findtext("title") for item in items] == ["Second", "Payments & carts fail"]
    story = items[1].findtext("description")
    assert "<strong>Sorry.</strong>" in story
    assert story.index("Over.") < story.index("Sorry.")
    assert items[1].findtext("link") == items[1].findtext("guid")
    atom = client.get("/status/shop/history.atom")
    assert atom["Content-Type"].startswith("application/atom+xml")
    ns = {"a": "http://www.w3.org/2005/Atom"}
    entries = ET.fromstring(atom.content).findall("a:entry", ns)
    assert [entry.findtext("a:title", namespaces=ns) for entry in entries] == ["Second", "Payments & carts fail"]
    for feed in (rss, atom):
        assert feed["Access-Control-Allow-Origin"] == "*"
        assert not feed.cookies
    assert client.head("/history.atom").status_code == 200
    assert client.get("/history.pdf").status_code == 404


def test_page_shows_what_is_going_on(client, tell, components, alice):
    told = tell(component_states={components["search"]: MAJOR}, next_update_at=timezone.now() + timedelta(minutes=30))
    Component.objects.filter(name="Export").update(only_show_if_degraded=True)
    answer = client.get("/status/")
    seen = answer.content.decode()
    assert not answer.cookies
    for said in ("Partial System Outage", "Payments fail", "We look into it.", "Major outage", "Next update"):
        assert said in seen
    assert "Export" not in seen
    detail = client.get(told.get_absolute_url()).content.decode()
    assert "We look into it." in detail
    publishing.publish_update(told, by=alice, state="resolved", body="Over.")
    seen = client.get("/status/").content.decode()
    assert "All Systems Operational" in seen
    assert "resolved after" in seen


def test_what_people_write_is_no_markup(client, tell):
    tell("<script>alert(1)</script>", body="<img src=x onerror=alert(1)> [x](javascript:alert(1))")
    seen = client.get("/status/").content.decode() + client.get("/history.rss").content.decode()
    assert "<script>alert" not in seen
    assert "<img" not in seen
    assert 'href="javascript' not in seen


def test_history_is_searched_filtered_and_paged(client, tell, components, alice):
    for n in range(25):
        tell(f"Trouble {n}", notify=False)
    tell("Carts vanish", component_states={components["search"]: PARTIAL}, body="They come back.")
    history = "/status/shop/history/"
    page = client.get(history)
    assert len(page.context["page"].object_list) == 20
    assert len(client.get(history, {"page": 2}).context["page"].object_list) == 6

    def found(**query):
        return [told.title for told in client.get(history, query).context["page"].object_list]

    assert found(q="carts") == ["Carts vanish"]
    assert found(q="come back") == ["Carts vanish"]
    assert found(component=components["search"].uid) == ["Carts vanish"]
    [(_, _), (month, _)] = page.context["filter_form"].fields["month"].choices
    assert len(found(month=month)) == 20
    nothing = client.get(history, {"q": "unicorn"})
    assert b"No incident matches" in nothing.content
    PageIncident.objects.all().delete()
    assert b"No incidents so far" in client.get(history).content
    assert client.get(history, {"month": "nonsense"}).status_code == 200


@pytest.fixture
def postmortem(payments, alice, bob, status_page):
    incident = factories.incident(payments, alice, phase=Phase.CLOSED)
    Postmortem.objects.filter(incident=incident).update(
        title="Why payments failed", public=True, public_as_written=True
    )
    sections = incident.postmortem.sections
    sections.filter(key="summary").update(
        text="Alice saw it first. Then bob@example.org and @charlie helped; alice's plan held."
    )
    sections.filter(key="went_well").update(text="Bob rolled back at once.")
    Factor.objects.create(postmortem=incident.postmortem, position=7, text="Only bob@example.org or Alice had *access*")
    return Postmortem.objects.get(incident=incident)


def test_public_postmortem_names_roles(client, postmortem, charlie, status_page):
    answer = client.get(f"/postmortems/{postmortem.public_slug}/")
    assert answer.status_code == 200
    seen = answer.content.decode()
    assert "Why payments failed" in seen
    assert "The Incident Commander saw it first." in seen
    assert seen.count(">Contributing factors<") == 1
    assert "<li>The limit was lower than the load</li>" in seen
    assert "had *access*</li>" in seen
    assert "Incident Commander's plan held" in seen or "Incident Commander&#x27;s plan held" in seen
    for name in ("Alice", "alice", "Bob", "bob@", "@charlie"):
        assert name not in seen.split("<main")[1].split("</main")[0]


@pytest.mark.parametrize("change", ["private", "not public", "nothing said", "draft", "missing"])
def test_postmortem_that_is_not_for_everybody(client, postmortem, change):
    slug = postmortem.public_slug
    if change == "private":
        Incident.objects.filter(pk=postmortem.incident_id).update(private=True)
    elif change == "not public":
        Postmortem.objects.update(public=False)
    elif change == "nothing said":
        Postmortem.objects.update(public_as_written=False)
    elif change == "draft":
        Postmortem.objects.filter(pk=postmortem.pk).update(state="draft")
    else:
        slug = "nothing"
    assert client.get(f"/postmortems/{slug}/").status_code == 404


def test_names_inside_words_stay(payments, alice, bob, charlie):
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    charlie.first_name, charlie.last_name = "Will", "Stone"
    charlie.save()
    [text] = without_names(incident, ["It will be maliced. Will Stone rang alice."])
    assert text == "It will be maliced. A responder rang the Incident Commander."
