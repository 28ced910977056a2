"""One update in the words of each page's audience: placeholders, templates, companions, and who gets which mail."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from comms import wording
from comms.actions import delivering, publishing, reckoning
from comms.models import (
    Component,
    Delivery,
    PageIncident,
    PageRole,
    StatusPage,
    StatusUpdate,
    Subscriber,
    UpdateTemplate,
)
from incidents.models import Incident, TimelineEntry
from incidents.phases import Phase
from incidents.problems import Blocked
from tests import factories


@pytest.fixture
def outage(payments, alice, checkout):
    return factories.incident(payments, alice, phase=Phase.DECLARE, services=[checkout], title="Ledger secret 500s")


@pytest.fixture
def board(db):
    """A page for executives with one component and one reader."""
    page = StatusPage.objects.create(name="Board", slug="board", audience="executives")
    Component.objects.create(page=page, name="Revenue")
    ceo = factories.UserFactory(username="ceo", email="ceo@example.org", role="viewer")
    PageRole.objects.create(page=page, user=ceo, role="reader")
    Subscriber.objects.create(page=page, email="ceo@example.org", state="active")
    return page


def refused(error) -> dict[str, str]:
    return {blocker.code: blocker.field for blocker in error.value.blockers}


def test_each_page_says_it_in_its_own_words_with_its_own_components(outage, alice, status_page, components, board):
    revenue = board.components.get()
    update = publishing.publish_update(
        outage,
        by=alice,
        title="Payments fail",
        body="{{ components }} on {{ page }} fail. Next word by {{ next_update }}.",
        wordings={"executives": "Decision needed: none. {{ components }}, {{ impact }}."},
        also_on=[board],
        impact="major",
        next_update_at=timezone.now() + timedelta(minutes=30),
        component_states={components["checkout"].pk: "major_outage", revenue.pk: "degraded_performance"},
    )
    ours = StatusUpdate.objects.get(pk=update.pk)
    theirs = StatusUpdate.objects.get(companion_of=update)
    assert re.fullmatch(
        r"Checkout on Shop status fail\. Next word by \d\d:\d\d UTC, .*\(.*Europe/Berlin.*\)\.", ours.body
    )
    assert theirs.body == "Decision needed: none. Revenue, major."
    assert (theirs.page_incident.page, theirs.page_incident.title) == (board, "Payments fail")
    assert theirs.next_update_at == ours.next_update_at
    assert list(ours.component_states) == [str(components["checkout"].pk)]
    assert list(theirs.component_states) == [str(revenue.pk)]
    revenue.refresh_from_db()
    assert revenue.status == "degraded_performance"
    line = TimelineEntry.objects.get(verb="update.published")
    assert "on 2 pages" in line.text, "the timeline tells once that stakeholders were told"


def test_each_subscriber_is_mailed_the_words_of_their_page(
    outage, alice, status_page, components, board, reader, postbox
):
    reader("all@example.org")
    publishing.publish_update(
        outage, by=alice, title="Payments fail", body="Please wait.", wordings={"executives": "At risk: 2 %."},
        also_on=["board"],
    )  # fmt: skip
    Delivery.objects.exclude(kind="update").delete()
    delivering.deliver_due(budget=60)
    mails = {mail.recipient: mail.message.get_body(("plain",)).get_content() for mail in postbox.mails}
    assert set(mails) == {"all@example.org", "ceo@example.org"}
    assert "Please wait." in mails["all@example.org"]
    assert "At risk" not in mails["all@example.org"]
    assert "At risk: 2 %." in mails["ceo@example.org"]
    assert "Please wait." not in mails["ceo@example.org"]


def test_a_later_update_without_its_page_leaves_that_page_as_it_was(outage, alice, status_page, board):
    publishing.publish_update(outage, by=alice, title="Payments fail", body="Wait.", also_on=[board.pk])
    publishing.publish_update(outage, by=alice, body="Found it.", state="identified")
    states = dict(PageIncident.objects.values_list("page__slug", "state"))
    assert states == {"shop": "identified", "board": "investigating"}


def test_what_is_wrong_with_pages_audiences_and_placeholders_is_said_at_the_field(outage, alice, status_page, board):
    with pytest.raises(Blocked) as error:
        publishing.publish_update(
            outage,
            by=alice,
            title="Payments fail",
            body="By {{ eta }}, says {{ incident.team }}.",
            wordings={"martians": "Hello", "executives": "{{ title|upper }}"},
            also_on=["elsewhere"],
        )
    assert refused(error) == {
        "page_unknown": "also_on",
        "audience_unknown": "wordings",
        "placeholder_unknown": "body_executives",
        "placeholder_empty": "eta_at",
    }
    assert not StatusUpdate.objects.exists()


@pytest.mark.parametrize(
    "text",
    [
        "{{ incident }}",
        "{{ page.roles }}",
        "{{ title.__class__ }}",
        "{{ settings.SECRET_KEY }}",
        "{{ title|safe }}",
        "{% load static %}",
        "{% debug %}",
        "{{ }}",
        "{{ 7*7 }}",
        "{{ page }} {{ request }}",
    ],
)
def test_a_placeholder_reaches_into_nothing(text):
    assert "is no placeholder" in wording.unknown(text)
    assert wording.fill(text, {"page": "P", "title": "T"}) == text.replace("{{ page }}", "P")


def test_what_is_filled_in_is_text_and_is_not_read_again():
    values = {"title": "{{ page }} <b>[x](javascript:alert(1))</b> *a*", "page": "secret"}
    filled = wording.fill("About {{ title }}", values)
    assert "secret" not in filled
    assert filled == r"About {{ page }} \<b\>\[x\](javascript:alert(1))\</b\> \*a\*"


def test_a_promise_that_ran_out_while_it_waited_is_said_in_other_words(outage, alice, status_page):
    now = timezone.now()
    update = publishing.publish_update(
        outage, by=alice, title="T", body="More by {{ next_update }}.", publish_at=now + timedelta(minutes=5),
        next_update_at=now + timedelta(minutes=10),
    )  # fmt: skip
    publishing.publish_due(now + timedelta(minutes=20))
    update.refresh_from_db()
    assert update.body == "More by as soon as we know more."


def test_templates_that_fit_best_come_first(outage, status_page, board, components):
    UpdateTemplate.objects.all().delete()
    make = UpdateTemplate.objects.create
    make(name="For all", state="investigating", body="a")
    make(name="For the shop", state="investigating", body="b", page=status_page)
    make(name="For the board", state="investigating", body="c", page=board)
    make(name="For this severity", state="investigating", body="d", severity=outage.severity)
    names = list(UpdateTemplate.objects.fitting(status_page, outage.severity).values_list("name", flat=True))
    assert names == ["For the shop", "For this severity", "For all"]


def test_templates_for_readers_that_no_page_has_are_not_offered(outage, alice, status_page):
    client = Client()
    client.force_login(alice)
    offered = client.get(f"/incidents/{outage.pk}/updates/").context["form"].fields["template"].queryset
    assert {template.audience for template in offered} == {""}


def test_a_template_with_an_unknown_placeholder_is_refused(db):
    with pytest.raises(ValidationError, match="no placeholder"):
        UpdateTemplate(name="Bad", body="{{ incident.title }}").full_clean()


def test_using_a_template_keeps_all_else_that_was_typed(outage, alice, status_page, board, components):
    client = Client()
    client.force_login(alice)
    template = UpdateTemplate.objects.get(name="We know the cause and restore service")
    typed = {
        "do": "template",
        "template": template.pk,
        "uid": "abcdefgh2345",
        "title": "Payments fail",
        "state": "investigating",
        "body": "half a word",
        "impact": "critical",
        "promise": "15",
        "when": "now",
        "also_on": [str(board.pk)],
        "body_executives": "At risk",
    }
    page = client.post(f"/incidents/{outage.pk}/updates/", typed)
    form = page.context["form"]
    assert form["body"].value() == template.body
    assert form["state"].value() == "identified"
    assert (form["title"].value(), form["impact"].value()) == ("Payments fail", "critical")
    assert form["body_executives"].value() == "At risk"
    assert form["also_on"].value() == [str(board.pk)]
    assert not StatusUpdate.objects.exists()
    executives = UpdateTemplate.objects.get(audience="executives")
    form = client.post(f"/incidents/{outage.pk}/updates/", typed | {"template": executives.pk}).context["form"]
    assert (form["body"].value(), form["body_executives"].value()) == ("half a word", executives.body)


def test_the_preview_shows_page_and_mail_for_each_audience_and_whom_it_goes_to(
    outage, alice, status_page, board, components, reader
):
    owner = factories.UserFactory(role="owner")
    for number in range(12):
        reader(f"r{number:02}@example.org")
    reader("search@example.org", components["search"])
    typed = {
        "uid": "abcdefgh2345", "title": "Payments fail", "state": "investigating", "body": "On {{ page }}: wait.",
        "impact": "major", "promise": "30", "when": "now", "also_on": [str(board.pk)], "body_executives": "At risk",
        "notify": "on", f"component_{components['checkout'].pk}": "major_outage",
    }  # fmt: skip
    client = Client()
    client.force_login(owner)
    page = client.post(f"/incidents/{outage.pk}/updates/preview/", typed)
    shop, other = page.context["previews"]
    assert (shop.update.body, other.update.body) == ("On Shop status: wait.", "At risk")
    assert (shop.recipients, shop.subscribers, len(shop.readers), shop.more) == (12, 13, 10, 2)
    assert (other.recipients, other.readers) == (1, ["ceo@example.org"])
    assert shop.minutes == 1
    text = page.content.decode()
    assert text.count("On Shop status: wait.") == 2, "once as page and once as mail"
    rest = client.get(f"/incidents/{outage.pk}/updates/recipients/?on=shop&components={components['search'].pk}")
    assert rest.context["page"].paginator.count == 13
    found = client.get(f"/incidents/{outage.pk}/updates/recipients/?on=shop&components=&q=r07")
    assert [s.email for s in found.context["page"]] == ["r07@example.org"]
    client.force_login(alice)
    page = client.post(f"/incidents/{outage.pk}/updates/preview/", typed)
    assert page.context["previews"][0].recipients == 12
    assert "r00@example.org" not in page.content.decode(), "a responder may not see who subscribes"
    assert not StatusUpdate.objects.exists()


def test_the_minutes_follow_what_this_relay_did_last(outage, alice, status_page, reader):
    assert reckoning.minutes_for(0) == 0
    for number in range(30):
        reader(f"r{number:02}@example.org")
    publishing.publish_update(outage, by=alice, title="T", body="B")
    began = timezone.now() - timedelta(hours=1)
    mails = Delivery.objects.filter(kind="update")
    mails.update(state="sent", created_at=began, due_at=began, sent_at=began + timedelta(seconds=15))
    assert reckoning.rate() == pytest.approx(2)
    assert reckoning.minutes_for(1200) == 10


def test_what_was_said_earlier_can_be_told_afterwards(outage, alice, status_page):
    client = Client()
    client.force_login(alice)
    typed = {
        "uid": "abcdefgh2345", "title": "Payments failed", "state": "investigating", "body": "We looked into it.",
        "impact": "major", "promise": "none", "when": "earlier", "occurred_at": "2026-11-20T10:00", "do": "publish",
    }  # fmt: skip
    assert client.post(f"/incidents/{outage.pk}/updates/", typed).status_code == 302
    update = StatusUpdate.objects.get()
    assert update.status == "published"
    assert update.shown_at.date().isoformat() == "2026-11-20"
    assert not Delivery.objects.filter(kind="update").exists()


def test_a_scheduled_update_does_not_outlive_the_end(outage, alice, status_page):
    now = timezone.now()
    publishing.publish_update(outage, by=alice, title="T", body="We look.")
    late = publishing.publish_update(
        outage, by=alice, body="Still looking.", state="identified", publish_at=now + timedelta(minutes=30)
    )
    told = publishing.publish_update(outage, by=alice, body="Over.", state="resolved").page_incident
    assert publishing.publish_due(now + timedelta(hours=1)) == 1
    late.refresh_from_db()
    told.refresh_from_db()
    assert (late.status, told.state) == ("withdrawn", "resolved")


def test_the_next_update_goes_to_every_page_that_waits_for_it(outage, alice, status_page, board):
    publishing.publish_update(outage, by=alice, title="T", body="We look.", also_on=[board])
    client = Client()
    client.force_login(alice)
    form = client.get(f"/incidents/{outage.pk}/updates/").context["form"]
    assert form["also_on"].value() == [str(board.pk)]


def test_when_it_began_is_what_the_page_says(outage, alice, status_page):
    began = timezone.now().replace(microsecond=0) - timedelta(minutes=25)
    Incident.objects.filter(pk=outage.pk).update(detected_at=began, impact_started_at=None)
    outage.refresh_from_db()
    kept = publishing.draft_update(outage, by=alice, title="T", body="Since {{ started }}.")
    client = Client()
    client.force_login(alice)
    shown = client.get(f"/incidents/{outage.pk}/updates/{kept.uid}/review/").context["previews"][0].update.body
    update = publishing.release_update(kept.pk, by=alice)
    assert shown == update.body, "who reviews it reads what readers will"
    assert update.body.startswith(f"Since {began:%H:%M} UTC")
    assert update.page_incident.started_at == began


def test_the_panel_shows_nobody_the_words_of_a_page_that_they_may_not_read(outage, alice, status_page, board, payments):
    publishing.publish_update(
        outage, by=alice, title="T", body="Please wait.", wordings={"executives": "2 % at risk"}, also_on=[board]
    )
    client = Client()
    client.force_login(factories.UserFactory(role="viewer"))
    panel = client.get(f"/incidents/{outage.pk}/updates/panel/").content.decode()
    assert "Please wait." in panel
    assert "at risk" not in panel
    answer = client.get(f"/api/v1/incidents/{outage.pk}/updates/").content.decode()
    assert "Please wait." in answer
    assert "at risk" not in answer


def test_who_may_not_read_a_page_any_more_is_not_mailed(outage, alice, status_page, board, postbox):
    publishing.publish_update(outage, by=alice, title="T", body="B", page=board)
    Delivery.objects.exclude(kind="update").delete()
    PageRole.objects.all().delete()
    delivering.deliver_due(budget=60)
    assert not postbox.mails
    assert Delivery.objects.get(address="ceo@example.org").state == "suppressed"
