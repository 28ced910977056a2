"""The blameless coach: what it marks and lets pass, what it offers, and where people meet it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client
from django.urls import reverse

from incidents import coach, review_defaults, tagging
from incidents.actions import factors
from incidents.coaching import Coach, PatternError, Person, Phrase, Remark, compiled, language
from incidents.coaching.engine import MOST_REMARKS
from incidents.models import ActionPhrase, CoachPhrase, Incident
from incidents.phases import Phase
from teams.models import Team, User
from tests import factories
from tests.incidents.console import Browser, text

DATA = Path(__file__).parent.parent / "data" / "coach"
DOCS = Path(__file__).parent.parent.parent / "docs" / "blameless-coach.md"
CAST = [Person("Ann Lee", "Operations Lead", "ann"), Person("Will Ott", "", "will")]
PHRASES = [Phrase(**{"unless": "", **given}) for given in language("en").phrases]


@pytest.fixture(scope="module")
def english() -> Coach:
    return Coach(PHRASES)


def rewritten(said: str, remark: Remark) -> str:
    assert remark.rewrite is not None
    return said[: remark.from_] + remark.rewrite + said[remark.to :]


def measured(mine: Coach, name: str) -> tuple[int, int, int, list[str], list[str]]:
    """(found, blaming, wrongly marked, what was missed, what was wrongly marked) of a file of sentences."""
    given = yaml.safe_load((DATA / f"{name}.yaml").read_text())
    people = [Person(**person) for person in given["people"]]
    missed = [each for each in given["blaming"] if not mine.read(each, people)]
    wrong = [each for each in given["blameless"] if mine.read(each, people)]
    return len(given["blaming"]) - len(missed), len(given["blaming"]), len(wrong), missed, wrong


def test_the_docs_say_what_is_measured(english: Coach) -> None:
    page = DOCS.read_text()
    for name in ("sentences", "learned_from", "held_out", "unseen"):
        found, blaming, wrong, missed, wrongly = measured(english, name)
        precision, recall = round(100 * found / (found + wrong)), round(100 * found / blaming)
        row = f"| `{name}` | {found} of {blaming} | {wrong} of 30 | {precision} % | {recall} % |"
        assert row in page, row
        for sentence in (*missed, *wrongly):
            assert sentence in page, sentence


def test_quotations_code_and_denials_are_let_pass(english: Coach) -> None:
    for said in (
        "Nobody is to blame: the form took any date.",
        "This was not human error.",
        "A customer wrote “you should have told us”.",
        "> Ann broke it.\n\nThat was said in the chat.",
        "The log said `operator error`.",
        "```\nhuman error\n```\n",
        "See https://example.com/human-error/carelessly for more.",
        "What would have told us sooner?",
        "The pod failed to start, and the switch broke the link.",
        "Nobody, e.g. an operator, made any error; ann did it. they saw it.",
        "They will mark the release; will anybody see it?",
        "The controller ignored it, which no one saw; the team never ignored a page.",
        "The runbook should have a step for this, and the job exited without telling the client.",
        "The engineers were misled by the dashboard, and we did not know about the second cluster.",
        "Traffic would have been lost by rolling back, and it was not obvious what else to do.",
    ):
        assert english.read(said, CAST) == [], said
    both = english.read("Nobody is to blame, but Ann forgot to look.\n- It was human error\n- “human error”", CAST)
    assert [remark.words for remark in both] == ["Ann forgot to", "human error"]


def test_what_is_offered_asks_how_and_names_roles(english: Coach) -> None:
    for said, rather in {
        "Ann should have checked the lag.": "What would it have taken for the Operations Lead to have checked the lag?",
        "At 14:05, Will forgot to mute it, but the pager was off.": (
            "At 14:05, what would have prompted the person on call to mute it? The pager was off."
        ),
        "She broke the index by hand.": "What made it possible to break the index by hand?",
        "Obviously the cache was cold.": "The cache was cold.",
        "The root cause was a full disk.": "One contributing factor was a full disk.",
        "He should not have restarted it.": "What made it reasonable then for him to have restarted it?",
        "It was Ann's fault.": "Which conditions led to it?",
        "@ann failed to check it.": "What would have helped the Operations Lead to check it?",
        "The alert was ignored by the night shift.": "What made it reasonable then to ignore the alert?",
        "If the reviewer had read it, we were done.": "What would it have taken for the reviewer to have read it?",
        "Why didn't the engineers check the graph?": "What would have led the engineers to check the graph?",
        "Ann ran it without checking the host.": (
            "The Operations Lead ran it. What would have made it easy to check the host first?"
        ),
        "Nobody tested the restore.": "What would have led somebody to test the restore?",
        "It was caused solely by a typo.": "It was caused in part by a typo.",
    }.items():
        (remark,) = english.read(said, CAST)
        assert rewritten(said, remark) == rather
        assert remark.why
        assert english.read(rather, CAST) == []
    # Where a sentence goes on in a way that no question takes, names are told as roles, and no more is offered.
    for said in (
        "Ann deleted it and then went home.",
        "It was a stupid one.",
        "Somebody left it on, but saw it later.",
        # Nor where a question would lose a fact, or cut in two what is no clause, or Markdown.
        "When the disk filled up at 14:02, the on-call engineer failed to notice.",
        "The on-call/backup engineer failed to check it.",
        "The front-end & mobile team failed to check it.",
        "At 14:05 the engineer failed to check it.",
        "The **on-call engineer** failed to check it.",
        "| Ann failed to check it | yes |",
        "**Ann** failed to check it.",
    ):
        (remark,) = english.read(said, CAST)
        assert remark.rewrite == ("The Operations Lead" if remark.kind == "name" else None), remark
    # A sentence without an end is marked, and put in no question.
    endless = english.read("He failed to " * 1500, CAST)
    assert (len(endless), {remark.rewrite for remark in endless}) == (MOST_REMARKS, {None})


def test_patterns_are_words_and_say_what_is_wrong_with_them() -> None:
    for pattern in ("", "*", "so? *", "(a+)+", "<nothing>", "w " * 20, "a|" * 60 + "b"):
        with pytest.raises(PatternError):
            compiled(pattern)
    assert all(tagging.patterns(words) for _, _, _, words in review_defaults.TAGS)
    own = Coach([Phrase("own", "blame", "pilot* error\n<name> * did it", "Why.")])
    hits = own.read("PILOT’S error? Ann alone did it. Somebody did it. " + "pilot " * 3000, CAST)
    assert [hit.words for hit in hits] == ["PILOT’S error", "Ann alone did it"]


@pytest.mark.django_db
def test_an_upgrade_keeps_what_an_organization_chose() -> None:
    off, edited, old = CoachPhrase.objects.filter(pk__in=CoachPhrase.objects.values("pk")[:3])
    CoachPhrase.objects.filter(pk=off.pk).update(active=False)
    CoachPhrase.objects.filter(pk=edited.pk).update(why="Ours.")
    # As an earlier version had shipped them, and one that is new.
    CoachPhrase.objects.exclude(pk=edited.pk).update(why="Earlier.")
    for row in CoachPhrase.objects.filter(pk__in=[off.pk, old.pk]):
        said = {name: getattr(row, name) for name in review_defaults.CONTENT}
        CoachPhrase.objects.filter(pk=row.pk).update(shipped_as=review_defaults.digest(said))
    CoachPhrase.objects.filter(slug="blame").delete()
    review_defaults.install()
    for row in (off, edited, old):
        row.refresh_from_db()
    assert (off.active, old.active) == (False, True)
    assert (edited.why, old.why) == ("Ours.", next(p["why"] for p in language("en").phrases if p["slug"] == old.slug))
    assert off.why != "Earlier."
    assert CoachPhrase.objects.filter(slug="blame", active=True).exists()
    assert off.slug not in {phrase.slug for phrase in [row.as_phrase() for row in CoachPhrase.objects.active()]}


@pytest.fixture
def incident(payments: Team, alice: User) -> Incident:
    return factories.incident(payments, alice, phase=Phase.REVIEW)


@pytest.mark.django_db
def test_it_looks_while_one_writes_without_a_script_and_over_the_whole(
    incident: Incident, alice: User, charlie: User
) -> None:
    browser, name = Browser(alice), alice.first_name or alice.username
    part = text(browser.post("coach", incident.pk, text=f"\U0001f525 {name} forgot to <b>look</b>."))
    assert "<html" not in part
    assert 'data-start="3"' in part
    assert "What would have prompted the Incident Commander to &lt;b&gt;look&lt;/b&gt;?" in part
    form = {
        "of": "text_summary,title",
        "text_summary": "All was human error.",
        "text_was_hard": "Sloppy",
        "title": "No",
    }
    typed = text(browser.post("coach", incident.pk, **form))
    assert "Nothing of this is saved" in typed
    assert "human error" in typed
    assert "Sloppy" not in typed
    assert "Not all of it" not in typed
    names = [f"text_{n}" for n in range(5)]
    much = text(browser.post("coach", incident.pk, of=",".join(names), **dict.fromkeys(names, "Sloppy. " * 90)))
    assert (much.count('<li class="remark"'), "Not all of it" in much) == (coach.MOST_IN_ALL, True)
    said = "Support should have told us. Carelessly, Bob broke it."
    incident.postmortem.sections.filter(key="was_hard").update(text=said)
    page = text(browser.get("postmortem", incident.pk))
    assert "Have it looked at" in page
    factors.add(incident.pk, by=alice, text="The admin was careless")
    address = reverse("incidents:coach", args=[incident.pk])
    panel = text(browser.client.get(address, headers={"HX-Request": "true"}))  # type: ignore[arg-type]
    assert "<html" not in panel
    for told in ("See why, and what to ask instead", "Counterfactual", "Contributing factor 1", "Only one factor"):
        assert told in panel
    assert 'id="coach-was_hard"' in text(browser.get("coach", incident.pk))
    Incident.objects.update(private=True)
    assert Browser(charlie).post("coach", incident.pk, text="x").status_code == 404


@pytest.mark.django_db
def test_an_admin_tries_sentences_and_the_api_looks_at_texts(incident: Incident, alice: User) -> None:
    admin = Client()
    admin.force_login(factories.UserFactory(role="owner"))
    tried = text(admin.get(reverse("admin:incidents_coachphrase_try"), {"text": "He was careless."}))  # type: ignore[arg-type]
    assert "1 remark" in tried
    listed = text(admin.get(reverse("admin:incidents_coachphrase_changelist"), {"q": "human"}))  # type: ignore[arg-type]
    assert "human-error" in listed
    add = reverse("admin:incidents_coachphrase_add")
    given = {"slug": "own", "language": "en", "kind": "blame", "why": "Ours.", "puts": "sentence", "active": "on"}
    assert "can&#x27;t be read" in text(admin.post(add, given | {"pattern": "(a+)+"}))  # type: ignore[arg-type]
    assert admin.post(add, given | {"pattern": "muppet*"}).status_code == 302
    assert [remark.phrase for remark in coach.read("What muppets.")[1]] == ["own"]
    shipped = CoachPhrase.objects.filter(shipped_as__gt="").first()
    assert shipped is not None
    assert (
        admin.post(reverse("admin:incidents_coachphrase_delete", args=[shipped.pk]), {"post": "yes"}).status_code == 403
    )

    caller = Client()
    caller.force_login(alice)
    body: dict[str, Any] = {"text": "Alice forgot to look.", "incident": incident.pk}
    answer = caller.post("/api/v1/postmortem-coach/", body, content_type="application/json")
    (remark,) = answer.json()["remarks"]
    assert (remark["kind"], remark["start"], remark["words"]) == ("name", 0, "Alice forgot to")
    assert remark["rewrite"]["text"].startswith("What would have prompted the Incident Commander")
    long = caller.post("/api/v1/postmortem-coach/", {"text": "x" * 20_001}, content_type="application/json")
    assert long.status_code == 400
    found = caller.get("/api/v1/coach-phrases/?active=true&q=human")
    assert re.search("human-error", text(found))  # type: ignore[arg-type]
    ActionPhrase.objects.create(words="Chase", kind="vague", asks="Until what is done?")
    begun = caller.get("/api/v1/action-phrases/?kind=vague").json()["results"]
    assert [(each["words"], each["asks"]) for each in begun] == [("Chase", "Until what is done?")]
