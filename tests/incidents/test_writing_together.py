"""Several people write one postmortem: claims, versions, differences, comments and templates."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from incidents import merging, postmortem_template
from incidents.actions import claims, comments, postmortem, postmortem_templates, sections
from incidents.models import (
    Incident,
    PostmortemChange,
    PostmortemSection,
    PostmortemTemplate,
    SectionClaim,
    SectionComment,
    SectionRevision,
    Severity,
    TimelineEntry,
)
from incidents.phases import Phase
from incidents.postmortem_template import Section
from incidents.presenters import writing
from incidents.problems import Blocked
from teams import moments
from teams.models import Team, User
from tests import factories
from tests.incidents.console import Browser
from tests.incidents.console import text as read

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(payments: Team, alice: User, bob: User) -> Incident:
    return factories.incident(payments, alice, phase=Phase.REVIEW)


def section(incident: Incident, key: str = "factors") -> PostmortemSection:
    return PostmortemSection.objects.get(postmortem__incident=incident, key=key)


def code(call: pytest.ExceptionInfo[Blocked]) -> str:
    return call.value.blockers[0].code


def test_differences_and_merging() -> None:
    base = "The cache grew.\n\nNobody saw the alert, which was silenced.\nWe restarted it.\n"
    mine = base.replace("grew", "grew without a limit").replace("We restarted it.", "We restarted it twice.")
    theirs = base.replace("Nobody saw", "Nobody on call saw") + "It held.\n"
    merged = merging.merge(base, mine, theirs)
    assert merged.collisions == 0
    assert merged.text == (
        "The cache grew without a limit.\n\nNobody on call saw the alert, which was silenced.\n"
        "We restarted it twice.\nIt held.\n"
    )
    for before, after in ((base, mine), (mine, theirs), ("", theirs), (mine, ""), ("a " * 9_000, "b a " * 9_000)):
        found = merging.pieces(before, after)
        assert "".join(p.text for p in found if p.kind != merging.ADDED) == before
        assert "".join(p.text for p in found if p.kind != merging.REMOVED) == after
        assert merging.merge(before, after, before).text == merging.merge(before, before, after).text == after
        assert merging.merge(before, after, after) == merging.Merged(after, 0)
    both = merging.merge("It was slow.", "It was down.", "It was late.")
    assert (both.collisions, both.text) == (1, "It was down late.")
    empty = merging.merge("", "Mine.", "Theirs.")
    assert (empty.collisions, empty.text) == (1, "Mine. Theirs.")


def test_a_claim_keeps_others_from_typing_over_it_and_lapses(incident: Incident, alice: User, bob: User) -> None:
    claims.claim(incident.pk, "factors", by=alice)
    postmortem.edit(incident.pk, by=alice, sections={"factors": "A cache, @bob"}, autosaved=True)
    with pytest.raises(Blocked) as refused:
        claims.claim(incident.pk, "factors", by=bob)
    assert code(refused) == "section_claimed"
    with pytest.raises(Blocked) as by_itself:
        postmortem.edit(incident.pk, by=bob, sections={"factors": "Mine"}, autosaved=True)
    assert code(by_itself) == "section_claimed"
    assert not TimelineEntry.objects.filter(verb=claims.NAMED).exists()

    claims.claim(incident.pk, "factors", by=bob, take_over=True)
    told = TimelineEntry.objects.get(verb=claims.NAMED)
    assert (told.actor, [row["as"] for row in told.data["mentions"]]) == (alice, ["bob"])
    claims.release(incident.pk, "factors", by=alice)
    assert SectionClaim.objects.get().user == bob
    with pytest.raises(Blocked) as taken:
        postmortem.edit(incident.pk, by=alice, sections={"factors": "Mine, still"}, autosaved=True)
    assert code(taken) == "section_claimed"

    postmortem.edit(incident.pk, by=bob, sections={"factors": "A cache, @bob and @alice"}, autosaved=True)
    assert claims.lapse_due(moments.now()) == 0
    assert claims.lapse_due(moments.now() + 2 * claims.LEASE) == 1
    assert not SectionClaim.objects.exists()
    assert [e.actor for e in TimelineEntry.objects.filter(verb=claims.NAMED)] == [alice, bob]
    postmortem.edit(incident.pk, by=alice, sections={"factors": "By hand, @alice and @bob"})
    assert TimelineEntry.objects.filter(verb=claims.NAMED).count() == 2


def test_one_sitting_is_one_version_and_any_is_taken_again(incident: Incident, alice: User, bob: User) -> None:
    for text in ("A", "A cache", "A cache without"):
        postmortem.edit(incident.pk, by=alice, sections={"factors": text}, autosaved=True)
    postmortem.edit(incident.pk, by=alice, sections={"factors": "A cache without a limit"})
    claims.release(incident.pk, "factors", by=alice)
    postmortem.edit(incident.pk, by=bob, sections={"factors": "A queue"}, autosaved=True)
    SectionRevision.objects.filter(by=bob).update(began_at=moments.now() - timedelta(minutes=6))
    postmortem.edit(incident.pk, by=bob, sections={"factors": "A queue, too"}, autosaved=True)
    kept = section(incident).revisions.values_list("number", "text", "by__username")
    assert list(kept) == [
        (6, "A queue, too", "bob"),
        (5, "A queue", "bob"),
        (4, "A cache without a limit", "alice"),
        (0, "", None),
    ]
    postmortem.restore(incident.pk, "factors", 4, by=bob)
    now = section(incident)
    assert (now.text, now.version, now.revisions.first().restores) == ("A cache without a limit", 7, 4)
    with pytest.raises(Blocked) as gone:
        postmortem.restore(incident.pk, "factors", 2, by=bob)
    assert code(gone) == "revision_unknown"
    postmortem.edit(incident.pk, by=alice, title="How the cache grew", facilitator=bob)
    changed = PostmortemChange.objects.order_by("field").values_list("field", "after")
    assert list(changed) == [("facilitator", bob.pk), ("title", "How the cache grew")]


def test_a_thread_is_resolved_and_opened_by_an_answer(incident: Incident, alice: User, bob: User) -> None:
    first = comments.add(incident.pk, "factors", "Was it *one* cache, @alice?", by=bob, quote="A   cache")
    told = TimelineEntry.objects.get(verb="postmortem.commented")
    assert first.quote == "A cache"
    assert [row["as"] for row in told.data["mentions"]] == ["alice"]
    assert "Was it" not in told.text
    comments.resolve(incident.pk, first.pk, by=bob)
    assert comments.open_count(incident.postmortem) == 0
    comments.reply(incident.pk, first.pk, "Two.", by=alice)
    assert comments.open_count(incident.postmortem) == 1
    with pytest.raises(Blocked) as empty:
        comments.reply(incident.pk, first.pk, " ", by=alice)
    assert code(empty) == "text_missing"


def test_whoever_wrote_a_comment_edits_it_and_takes_it_back(incident: Incident, alice: User, bob: User) -> None:
    first = comments.add(incident.pk, "factors", "Was it one cache, @alice?", by=bob)
    answer = comments.reply(incident.pk, first.pk, "Two.", by=alice)
    knows = writing.live(incident.pk, alice)
    for call in (comments.remove, lambda *args, by: comments.edit(*args, "Mine", by=by)):
        with pytest.raises(Blocked) as other:
            call(incident.pk, answer.pk, by=bob)
        assert code(other) == "not_yours"
    comments.edit(incident.pk, first.pk, "Was it *two* caches, @alice?", by=bob)
    assert [each.text for each in first.earlier.all()] == ["Was it one cache, @alice?"]
    assert TimelineEntry.objects.filter(verb="postmortem.commented").count() == 2
    now = writing.live(incident.pk, alice)
    assert now != knows
    (shown,) = writing.shown(incident.postmortem, alice, may=True, key="factors")
    assert shown.said in {each.said for each in now}

    third = comments.reply(incident.pk, first.pk, "Or three.", by=bob)
    knows = writing.live(incident.pk, alice)
    comments.remove(incident.pk, third.pk, by=bob)
    fourth = comments.reply(incident.pk, first.pk, "Or four.", by=bob)
    assert writing.live(incident.pk, alice) != knows
    comments.remove(incident.pk, fourth.pk, by=bob)
    comments.remove(incident.pk, first.pk, by=bob)
    first.refresh_from_db()
    assert (first.text, first.quote, first.earlier.count()) == ("", "", 0)
    comments.remove(incident.pk, answer.pk, by=alice)
    assert not SectionComment.objects.exists()
    with pytest.raises(Blocked) as gone:
        comments.edit(incident.pk, first.pk, "Again", by=bob)
    assert code(gone) == "comment_unknown"


def test_a_template_has_versions_and_a_postmortem_catches_up(incident: Incident, alice: User, bob: User) -> None:
    User.objects.filter(pk=alice.pk).update(role="admin")
    alice.refresh_from_db()
    standard = PostmortemTemplate.objects.get(severity=None)
    had = list(postmortem_template.read(standard.current.sections))
    wanted = [*had, Section("", "Customers' words", "What they told us.", False)]
    kept = postmortem_templates.keep(standard, by=alice, name="Standard", severity=None, sections=wanted)
    assert kept.current.number == 2
    postmortem_templates.keep(standard, by=alice, name="Standard", severity=None, sections=kept_sections(kept))
    assert kept.current.number == 2
    added = postmortem.add_new_sections(incident.pk, by=bob)
    assert [(each.key, each.position) for each in added] == [("customers_words", len(had))]
    assert postmortem.add_new_sections(incident.pk, by=bob) == []
    with pytest.raises(Blocked) as wrong:
        postmortem_templates.keep(None, by=alice, name="Standard", severity=None, sections=[Section("", "")])
    assert [b.code for b in wrong.value.blockers] == ["name_taken", "severity_taken", "section_title_missing"]
    severe = postmortem_templates.keep(None, by=alice, name="Severe", severity=Severity.objects.get(pk=2), sections=had)
    assert severe.current.number == 1
    incident.severity = severe.severity
    assert sections.template_for(incident) == severe.current
    postmortem_templates.retire(severe, by=alice)
    assert sections.template_for(incident) == standard.current
    other = postmortem_templates.keep(None, by=alice, name="Other", severity=severe.severity, sections=had)
    with pytest.raises(Blocked) as taken:
        postmortem_templates.offer(severe, by=alice)
    assert code(taken) == "severity_taken"
    postmortem_templates.retire(other, by=alice)
    assert not postmortem_templates.offer(severe, by=alice).retired


def test_two_who_keep_one_template_are_told_of_each_other(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(role="admin")
    standard, browser = PostmortemTemplate.objects.get(severity=None), Browser(alice)
    had = kept_sections(standard)
    assert 'name="seen" value="1"' in read(browser.get("postmortem_template_edit", standard.pk))
    alice.refresh_from_db()
    postmortem_templates.keep(standard, by=alice, name="Standard", severity=None, sections=[*had, Section("", "More")])
    typed = {"name": "Standard", "key": [""], "title": ["Mine"], "hint": [""], "seen": "1"}
    late = read(browser.post("postmortem_template_edit", standard.pk, **typed))
    assert "Somebody kept version 2 meanwhile" in late
    assert 'value="Mine"' in late
    assert 'name="seen" value="2"' in late
    assert standard.current.number == 2
    assert browser.post("postmortem_template_edit", standard.pk, **typed | {"seen": "2"}).status_code == 302
    assert standard.current.number == 3


def test_the_administration_keeps_templates_by_the_same_action(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(role="admin")
    standard, browser = PostmortemTemplate.objects.get(severity=None), Client()
    browser.force_login(alice)
    url = reverse("admin:incidents_postmortemtemplate_change", args=[standard.pk])
    form = {"name": "Standard", "severity": "", "versions-TOTAL_FORMS": "0", "versions-INITIAL_FORMS": "0"}
    wrong = browser.post(url, {**form, "sections": '[{"title": "", "hint": 3}]'})
    assert "Give a list of objects" in wrong.content.decode()
    untitled = browser.post(url, {**form, "sections": '[{"title": "", "required": true}]'})
    assert "Section 1 has no title." in untitled.content.decode()
    assert browser.post(url, {**form, "sections": '[{"title": "In short", "required": true}]'}).status_code == 302
    assert standard.current.number == 2
    assert standard.current.made_by == alice
    assert kept_sections(standard) == [Section("in_short", "In short", "", True)]


def kept_sections(template: PostmortemTemplate) -> list[Section]:
    return list(postmortem_template.read(template.current.sections))
