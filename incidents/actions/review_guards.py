"""What stands in the way of a postmortem's verbs, and whose text it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from django.urls import reverse

from incidents import hindsight, postmortem_draft
from incidents.actions import concluding
from incidents.guards import Blocker
from incidents.models import Postmortem, PostmortemChange, PostmortemSection, SectionRevision, TimelineEntry
from teams import permits
from teams.models import User

UNASKED = "hindsight_missing"


def missing(
    postmortem: Postmortem,
    verb: str,
    by: User,
    *,
    reason: str = "",
    approvers: Iterable[User] = (),
    announce: str = "",
) -> list[Blocker]:
    """All that stands in the way of a verb that its state allows."""
    found = []
    url = postmortem.get_absolute_url()
    if verb in ("submit", "publish"):
        wanted = PostmortemSection.objects.filter(postmortem=postmortem, required=True)
        empty = [section.title for section in wanted if not is_written(section)]
        if empty:
            found.append(Blocker("sections_empty", f"Still to be written: {', '.join(empty)}.", fix_url=url))
        if not postmortem.factors.exists():
            said = "No contributing factor is named. Which conditions came together?"
            found.append(Blocker("factors_missing", said, fix_url=f"{url}#factors"))
    wrote = authors(postmortem) if verb in ("submit", "approve") else set()
    if verb == "submit" and (own := [each for each in approvers if each.pk in {by.pk, *wrote}]):
        said = f"{own[0].name} writes it or hands it in: choose somebody else to approve it."
        found.append(Blocker("own_approval", said, field="approvers"))
    if verb == "approve" and by.pk in {submitter(postmortem), *wrote}:
        said = "It is approved by somebody other than its owner, whoever handed it in and whoever wrote most of it; "
        said += "whoever owned it before and wrote in it doesn't either. Ask anybody else."
        found.append(Blocker("own_approval", said, fix_url=url))
    if verb == "approve":
        found += concluding.unready(postmortem.incident)
    if verb == "send_back" and not reason.strip():
        found.append(Blocker("reason_missing", "Say what is to be changed.", field="reason"))
    if verb == "publish":
        found += _missing_in_public(postmortem, by, announce)
        found += _missing_in_hindsight(postmortem, by, reason)
    if verb == "waive":
        found += _missing_to_waive(postmortem, by, reason)
    return found


def authors(postmortem: Postmortem) -> set[int]:
    """The numbers of those whose text it is: its owner, whoever owned it before and wrote in it, and whoever wrote more
    words of its sections than anybody else. Who only mends a few of somebody's words is none. Two queries."""
    wrote: Counter[int] = Counter()
    last: tuple[int, Counter[str]] = (0, Counter())
    revisions = SectionRevision.objects.filter(section__postmortem=postmortem).order_by("section", "number")
    for section, by, text, restores in revisions.values_list("section", "by", "text", "restores"):
        words = Counter(text.split())
        if by is not None and restores is None:
            wrote[by] += (words - last[1] if section == last[0] else words).total()
        last = (section, words)
    changes = PostmortemChange.objects.filter(postmortem=postmortem, field="owner").values_list("before", "after")
    found = {pk for change in changes for pk in change if pk and wrote[pk]}
    most = wrote.most_common(2)
    if most and most[0][1] > (most[1][1] if len(most) > 1 else 0):
        found.add(most[0][0])
    return found | ({postmortem.owner_id} if postmortem.owner_id else set())


def is_written(section: PostmortemSection) -> bool:
    """Whether it says something that is more than a question of the draft's."""
    asks_only = section.key in postmortem_draft.ASKED and section.edited_at is None
    return bool(section.text.strip()) and not asks_only


def _missing_to_waive(postmortem: Postmortem, by: User, reason: str) -> list[Blocker]:
    found, url = [], postmortem.get_absolute_url()
    severity = postmortem.incident.severity
    if severity is not None and not severity.waiver_allowed:
        found.append(Blocker("waiver_not_allowed", f"A {severity.code} is always reviewed.", fix_url=url))
    if not reason.strip():
        found.append(Blocker("reason_missing", "Say why there is nothing to learn here.", field="reason"))
    if postmortem.owner_id == by.pk:
        found.append(Blocker("own_approval", "It is waived by somebody other than its owner.", fix_url=url))
    return found


def _missing_in_public(postmortem: Postmortem, by: User, announce: str) -> list[Blocker]:
    """Nothing goes to strangers that nobody has meant for them."""
    found = []
    if postmortem.public and not postmortem.public_wording.strip() and not postmortem.public_as_written:
        said = "It is to be public, and nothing says what the public reads: write a public wording, or choose that "
        said += "the sections are public as they are."
        found.append(Blocker("public_wording_missing", said, field="public_wording"))
    if announce and (not postmortem.public or postmortem.incident.private):
        said = "Readers of the status page can only be told of a postmortem that is public."
        if postmortem.incident.private:
            said = "The incident is private: readers of the status page are told nothing of it."
        found.append(Blocker("not_public", said, field="announce"))
    if announce:
        permits.require(by, "update.publish", postmortem.incident)
    return found


def _missing_in_hindsight(postmortem: Postmortem, by: User, reason: str) -> list[Blocker]:
    """Whoever reads it wants to know what would have helped; closing the incident asks the same."""
    count = 0 if reason.strip() else hindsight.unasked(postmortem.incident, by)
    if not count:
        return []
    said = "Nobody has said which open action item or earlier mitigation would have helped here, or that none would "
    said += f"({count} to look at). Say it first, or give the reason for publishing without."
    url = reverse("incidents:hindsight", args=[postmortem.incident_id])
    return [Blocker(UNASKED, said, fix_url=url, overridable=True)]


def submitter(postmortem: Postmortem) -> int | None:
    """Who handed it in last: ownership may have passed on since."""
    asked = TimelineEntry.objects.filter(
        incident=postmortem.incident_id, verb=f"postmortem.{Postmortem.State.IN_REVIEW}"
    )
    return asked.order_by("-pk").values_list("actor", flat=True).first()
