"""The postmortem and its action items, from draft to the end."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from incidents.actions import claims, comments, factors, postmortem
from incidents.models import ActionItem, FactorTag, Incident, Postmortem, PostmortemTemplate, SectionComment
from incidents.phases import Phase
from incidents.postmortem_template import DEFAULT
from incidents.presenters.history import LABELS
from teams.models import Team, User
from tests import factories
from tests.incidents.console import Browser, text

pytestmark = pytest.mark.django_db
WRITTEN = {f"text_{each.key}": f"All about {each.key}." for each in DEFAULT}


@pytest.fixture
def incident(payments: Team, alice: User) -> Incident:
    return factories.incident(payments, alice, phase=Phase.REVIEW)


def post(incident: Incident) -> Postmortem:
    return Postmortem.objects.get(incident=incident)


def typed(incident: Incident, **more: Any) -> dict[str, Any]:
    mine = post(incident)
    chosen = [e.pk for e in mine.entries.all()]
    return {
        "title": "How it went",
        "version": mine.version,
        "owner": mine.owner_id,
        "entries": chosen,
        **{f"seen_{each.key}": each.version for each in mine.sections.all()},
        **WRITTEN,
        **more,
    }


def test_there_is_none_before_it_is_resolved(payments: Team, alice: User) -> None:
    early = factories.incident(payments, alice)
    assert "No postmortem yet" in text(Browser(alice).get("postmortem", early.pk))
    assert Browser(alice).get("postmortem_edit", early.pk).status_code == 302


def test_the_editor_guides_and_saves(incident: Incident, alice: User, bob: User) -> None:
    browser = Browser(alice)
    editor = text(browser.get("postmortem_edit", incident.pk))
    assert all(each.hint in unescape(editor) for each in DEFAULT)
    first = post(incident).entries.first()
    assert first is not None
    given = typed(incident, facilitator=bob.pk, due_on="2030-02-01", meeting_at="2030-01-30T10:00", public="on")
    answer = browser.post("postmortem_edit", incident.pk, **given | {"entries": [first.pk]})
    assert answer.status_code == 302
    mine = post(incident)
    assert (mine.facilitator, mine.public) == (bob, True)
    assert list(mine.entries.all()) == [first]
    page = text(browser.get("postmortem", incident.pk))
    assert "All about factors." in page


def test_two_writers_lose_nothing(incident: Incident, alice: User, bob: User) -> None:
    mine, theirs = typed(incident, text_factors="Mine."), typed(incident, text_factors="Theirs.")
    Browser(bob).post("postmortem_edit", incident.pk, **theirs)
    answer = Browser(alice).post("postmortem_edit", incident.pk, **mine)
    page = text(answer)
    assert answer.status_code == 409
    assert "Somebody saved a newer text meanwhile" in page
    assert "Bob saved another text of" in page
    assert "Mine." in page
    assert "Theirs." in page
    assert 'name="seen_factors" value="1"' in page
    assert factories.section(incident.pk, "factors") == "Theirs."
    again = typed(incident, text_factors="Mine and theirs.")
    assert Browser(alice).post("postmortem_edit", incident.pk, **again).status_code == 302
    assert factories.section(incident.pk, "factors") == "Mine and theirs."


def test_from_draft_to_published_and_closed(incident: Incident, alice: User, bob: User) -> None:
    owner, mate = Browser(alice), Browser(bob)
    early = owner.post("postmortem_verb", incident.pk, "submit")
    assert early.status_code == 409
    assert "Still to be written" in text(early)
    owner.post("postmortem_edit", incident.pk, **typed(incident))
    owner.post("factor_new", incident.pk, text="The limit was lower than the load")
    owner.post("postmortem_verb", incident.pk, "submit")
    own = owner.post("postmortem_verb", incident.pk, "approve")
    assert "somebody other than its owner" in text(own)
    assert "at least one concrete action item" in text(mate.post("postmortem_verb", incident.pk, "approve")).lower()
    given = {
        "title": "Add an alert",
        "owner": bob.pk,
        "due_on": "2100-01-01",
        "end_state": "It fires",
        "kind": "detect",
    }
    owner.post("action_item_new", incident.pk, **given)
    mate.post("postmortem_verb", incident.pk, "approve")
    owner.post("postmortem_verb", incident.pk, "publish")
    assert post(incident).state == "published"
    for user in (alice, bob):
        Browser(user).get("postmortem", incident.pk)
    assert owner.post("verb", incident.pk, "close").status_code == 302
    assert Incident.objects.get(pk=incident.pk).phase == Phase.CLOSED


def test_no_section_takes_the_place_of_another_part_of_the_page(incident: Incident, alice: User) -> None:
    section = post(incident).sections.get(key="was_hard")
    section.key = "timeline"
    section.save()
    page = text(Browser(alice).get("postmortem", incident.pk))
    main = page.split("<main")[1].split("</main")[0]
    ids = [part.partition('"')[0] for part in main.split(' id="')[1:]]
    assert len(ids) == len(set(ids))
    assert {"timeline", "section-timeline", "factors", "section-factors"} <= set(ids)
    assert 'href="#section-factors"' in main


def test_reading_a_draft_is_not_having_seen_it(incident: Incident, bob: User) -> None:
    Browser(bob).get("postmortem", incident.pk)
    assert not post(incident).seen_by.exists()


def test_waiving_says_all_that_stands_against_it(incident: Incident, alice: User, bob: User) -> None:
    page = text(Browser(alice).post("postmortem_verb", incident.pk, "waive"))
    for said in ("A SEV2 is always reviewed", "Say why there is nothing to learn", "somebody other than its owner"):
        assert said in page
    Browser(bob).post("severity", incident.pk, severity=4, reason="few are hit")
    Browser(bob).post("postmortem_verb", incident.pk, "waive", reason="A drill")
    assert post(incident).state == "waived"
    assert "A drill" in text(Browser(bob).get("postmortem", incident.pk))


def test_a_published_one_is_not_written_on(incident: Incident, alice: User) -> None:
    closed = factories.incident(incident.team, alice, phase=Phase.CLOSED)  # type: ignore[arg-type]
    answer = Browser(alice).post("postmortem_edit", closed.pk, **typed(closed))
    assert answer.status_code == 409
    assert "Take it back to draft first" in text(answer)
    Browser(alice).post("postmortem_verb", closed.pk, "return_to_draft", reason="A number was wrong")
    assert post(closed).state == "draft"


def test_action_items_are_edited_and_settled_with_evidence(incident: Incident, alice: User, bob: User) -> None:
    browser = Browser(alice)
    empty = browser.post("action_item_new", incident.pk, title=" ", end_state="It fires")
    assert empty.status_code == 409
    assert "Begin with a verb" in text(empty)
    assert "It fires" in text(empty)
    browser.post("action_item_new", incident.pk, title="Add an alert")
    item = ActionItem.objects.get()
    assert item.missing() == ["owner", "due date", "kind", "end state"]
    browser.post(
        "action_item",
        item.pk,
        title="Add two alerts",
        owner=bob.pk,
        due_on="2100-01-01",
        end_state="Both fire",
        kind="detect",
        priority=1,
    )
    item.refresh_from_db()
    assert (item.title, item.owner, item.missing()) == ("Add two alerts", bob, [])
    bare = browser.post("action_item_settle", item.pk)
    assert bare.status_code == 409
    assert "Say what shows that it is done" in text(bare)
    browser.post("action_item_settle", item.pk, evidence="https://example.com/drill")
    item.refresh_from_db()
    assert (item.state, item.evidence) == ("done", "https://example.com/drill")
    assert browser.post("action_item", item.pk, title="Again").status_code == 409


def test_what_is_approved_is_taken_back_before_it_is_written_on(incident: Incident, alice: User, bob: User) -> None:
    owner = Browser(alice)
    owner.post("postmortem_edit", incident.pk, **typed(incident))
    factors.add(incident.pk, by=alice, text="The limit was lower than the load")
    factories.action_item(incident.pk, alice)
    owner.post("postmortem_verb", incident.pk, "submit")
    edit = reverse("incidents:postmortem_edit", args=[incident.pk])
    assert f'href="{edit}"' in text(owner.get("postmortem", incident.pk))
    Browser(bob).post("postmortem_verb", incident.pk, "approve")
    assert f'href="{edit}"' not in text(owner.get("postmortem", incident.pk))
    answer = owner.post("postmortem_edit", incident.pk, **typed(incident, text_factors="Nobody approved this."))
    assert answer.status_code == 409
    assert "Take it back to draft first" in text(answer)
    assert factories.section(incident.pk, "factors") == "All about factors."


def test_two_edit_one_factor_and_what_changed_beside_the_text_is_told(
    incident: Incident, alice: User, bob: User
) -> None:
    owner, mate = Browser(alice), Browser(bob)
    row = factors.add(incident.pk, by=alice, text="The limit was low")
    where = (incident.pk, row.pk)
    assert 'name="seen" value="The limit was low"' in text(owner.get("factor", *where))
    mate.post("factor", *where, text="The limit was lower than the load", seen="The limit was low", tags_seen="seen")
    late = owner.post("factor", *where, text="Nobody knew the limit", seen="The limit was low", tags_seen="seen")
    assert late.status_code == 409
    for said in ("Somebody wrote meanwhile: “The limit was lower than the load”", "Nobody knew the limit"):
        assert said in unescape(text(late))
    again = {"text": "Nobody knew the limit, nor the load", "seen": "The limit was lower than the load"}
    assert owner.post("factor", *where, **again).status_code == 302
    first = post(incident).entries.first()
    assert first is not None
    postmortem.edit(incident.pk, by=alice, people_affected=0, public_wording="A long text", names_as_roles=False)
    postmortem.edit(incident.pk, by=alice, entries=[first], meet_by=None, circulate_on=None)
    factors.add(incident.pk, by=alice, text="A flag")
    factors.move(row.pk, by=alice, steps=1)
    factors.edit(row.pk, by=alice, tags=FactorTag.objects.filter(slug__in=("capacity", "data")))
    history = unescape(text(owner.get("postmortem_history", incident.pk, kind="facts")))
    for said in (
        "The limit was lower than the load → Nobody knew the limit, nor the load",
        "not set → 0",
        "as the organization has it → by their names",
        "Public wording was changed",
        "Meet by was changed",
        "Entries of the timeline were chosen",
        "taken out: “",
        "“Nobody knew the limit, nor the load”: place 1 → place 2",
        "“Nobody knew the limit, nor the load”: none → Capacity, Data",
    ):
        assert said in history
    assert "A long text" not in history
    assert set(postmortem.FACTS) < set(LABELS)


def test_a_section_is_written_by_itself_and_both_texts_are_kept(incident: Incident, alice: User, bob: User) -> None:
    owner, mate = Browser(alice), Browser(bob)
    where = (incident.pk, "factors")
    assert "How the contributing factors met" in text(owner.get("section_write", *where))
    first = owner.save(*where, "A cache grew.", 0)
    assert (first.status_code, first.json()["version"]) == (200, 1)
    assert mate.get("postmortem_live", incident.pk).json()["sections"][3]["by"] == "Alice"
    assert "Alice is writing here" in text(mate.get("postmortem", incident.pk))
    claimed = mate.save(*where, "A queue grew.", 1)
    assert (claimed.status_code, claimed.json()["code"]) == (409, "section_claimed")
    assert mate.post("section_claim", *where, do="take_over").status_code == 302
    assert mate.save(*where, "A cache and a queue grew.", 1).status_code == 200
    known = mate.get("postmortem_live", incident.pk).json()["seen"]
    assert mate.get("postmortem_live", incident.pk, seen=known).status_code == 204

    differ = owner.post("section_write", *where, text_factors="A cache grew without a limit.", seen_factors=1)
    page = text(differ)
    assert differ.status_code == 409
    assert '<ins><span class="hidden">[added: </span> without a limit<span class="hidden">]</span></ins>' in page
    merged = "A cache and a queue grew without a limit."
    assert f'<textarea name="merged_factors" autocomplete="off" hidden>{merged}</textarea>' in page
    given = {"text_factors": "A cache grew without a limit.", "seen_factors": 2, "merged_factors": merged}
    assert owner.post("section_write", *where, **given, use_factors="merged").status_code == 302
    assert factories.section(incident.pk, "factors") == merged

    history = text(owner.get("section_history", *where))
    assert "From version 2 to 3" in history
    assert "[added: </span> without a limit" in history
    assert owner.post("section_restore", *where, 1).status_code == 302
    assert factories.section(incident.pk, "factors") == "A cache grew."
    everything = text(owner.get("postmortem_history", incident.pk))
    assert "says again what it said in version 1" in everything
    assert "Postmortem drafted" in everything


def test_comments_stand_in_place_and_in_no_published_text(incident: Incident, alice: User, bob: User) -> None:
    owner, mate = Browser(alice), Browser(bob)
    mate.post("section_comment", incident.pk, "factors", text="Which **one**?", quote="A cache")
    page = text(owner.get("postmortem", incident.pk))
    assert "Open comments: 1" in page
    assert "Which <strong>one</strong>?" in page
    thread = SectionComment.objects.get()
    owner.post("comment_reply", incident.pk, thread.pk, text="The one of carts.")
    mate.post("comment_verb", incident.pk, thread.pk, "edit", text="Which **cache**?")
    page = text(owner.get("postmortem", incident.pk))
    assert "Which <strong>cache</strong>?" in page
    assert "What it said before" in page
    assert f'id="edit-{thread.pk}"' not in page
    assert f'id="edit-{thread.pk}"' in text(mate.get("postmortem", incident.pk))
    kept = {"HX-Request": "true"}
    address = reverse("incidents:comment_verb", args=[incident.pk, thread.pk, "edit"])
    refused = mate.client.post(address, {"text": " "}, headers=kept)
    assert refused.status_code == 409
    assert "Write what you want to say." in text(refused)  # type: ignore[arg-type]
    factories.written(incident.pk, alice)
    owner.post("postmortem_verb", incident.pk, "submit")
    assert "Still open: 1 comment." in unescape(text(mate.get("postmortem_verb", incident.pk, "approve")))
    mate.post("comment_verb", incident.pk, thread.pk, "resolve")
    assert "No open comments" in text(owner.get("postmortem", incident.pk))
    assert "The one of carts." not in text(owner.get("postmortem_comments", incident.pk))
    assert "The one of carts." in text(owner.get("postmortem_comments", incident.pk, state="resolved"))


def test_pages_of_the_review_cost_the_same_however_much_was_said(incident: Incident, alice: User, bob: User) -> None:
    browser = Browser(alice)
    names = ("postmortem", "postmortem_comments", "postmortem_history", "postmortem_live")

    def cost() -> list[int]:
        counts = []
        for name in names:
            browser.get(name, incident.pk)
            with CaptureQueriesContext(connection) as counted:
                browser.get(name, incident.pk)
            counts.append(len(counted))
        return counts

    def talk(times: int) -> None:
        for number in range(times):
            for key in ("summary", "factors"):
                thread = comments.add(incident.pk, key, f"Why {number}?", by=bob)
                comments.reply(incident.pk, thread.pk, "So.", by=alice)
                postmortem.edit(incident.pk, by=bob, sections={key: f"Text {number}"}, title=f"Title {number}")
            claims.claim(incident.pk, "factors", by=bob)

    talk(1)
    few = cost()
    talk(4)
    assert cost() == few
    assert few[-1] < 8


def test_a_template_is_written_with_buttons_and_a_postmortem_gains_its_sections(
    incident: Incident, alice: User, bob: User
) -> None:
    standard = PostmortemTemplate.objects.get(severity=None)
    assert Browser(bob).get("postmortem_template_edit", standard.pk).status_code == 403
    User.objects.filter(pk=alice.pk).update(role="admin")
    owner, edit = Browser(alice), ("postmortem_template_edit", standard.pk)
    rows = [each for each in DEFAULT if each.key != "got_lucky"]
    given: dict[str, Any] = {
        "name": "Standard",
        "key": [*(each.key for each in rows), ""],
        "title": [*(each.title for each in rows), "Customers"],
        "hint": [*(each.hint for each in rows), "What they told us"],
        "required": ["0", "8"],
    }
    moved = text(owner.post(*edit, **given, up="8"))
    assert moved.index('value="Customers"') < moved.index('value="Open questions"')
    assert standard.versions.count() == 1
    assert owner.post(*edit, **given).status_code == 302
    assert "Standard" in text(owner.get("postmortem_templates"))
    assert "Nothing fits" in text(owner.get("postmortem_templates", q="Severe"))
    assert owner.post("postmortem_template_do", standard.pk, "retire").status_code == 302
    assert "No postmortem begins with it any more" in text(owner.get("postmortem_template", standard.pk))
    assert "Standard" in text(owner.get("postmortem_templates", state="retired"))
    assert owner.post("postmortem_template_do", standard.pk, "offer").status_code == 302
    page = text(owner.get("postmortem_template", standard.pk))
    assert "What changed since version 1" in page
    assert "Version 2 of the template asks for more: Customers." in text(Browser(bob).get("postmortem", incident.pk))
    Browser(bob).post("postmortem_add_sections", incident.pk)
    kept = [each.key for each in post(incident).sections.all()]
    assert kept == [*(each.key for each in DEFAULT), "customers"]
    wrong = owner.post(*edit, **given | {"name": ""})
    assert wrong.status_code == 422
    assert "Give it a name" in text(wrong)
    assert 'value="Customers"' in text(wrong)
