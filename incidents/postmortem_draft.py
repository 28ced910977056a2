"""What a postmortem says before anybody has written on it: what is known, as Markdown for each section. PURE."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from incidents import postmortem_template as template
from incidents.witness.figures import lasting

WELL, QUESTIONS = "went_well", "open_questions"
# What the draft only asks about: it is not written until somebody has written on it.
ASKED = frozenset({template.FACTORS})
_PEOPLE = frozenset(
    [
        *("people", "users", "customers", "accounts", "shops", "merchants", "tenants", "clients", "subscribers"),
        *("patients", "students", "drivers"),
    ]
)
_REQUESTS = frozenset(
    [
        *("requests", "orders", "calls", "checkouts", "payments", "transactions", "jobs", "messages", "sessions"),
        "bookings",
    ]
)
_SCALES = {"k": 1_000, "m": 1_000_000}


@dataclass(frozen=True, slots=True)
class Attempt:
    """Something that was tried. `effect` is how long it took from its start to its outcome, None where nobody knows."""

    title: str
    outcome: str
    worked: bool
    began_at: datetime | None = None
    effect: timedelta | None = None
    held: bool = True
    note: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A change that somebody marked. `lead` is how long before the impact it was made."""

    text: str
    mark: str
    lead: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of an incident when its postmortem is drafted; empty is what nobody knows. Times are aware;
    those of the text are in UTC."""

    title: str
    detected_at: datetime
    impact_started_at: datetime | None = None
    impact_ended_at: datetime | None = None
    declared_at: datetime | None = None
    mitigated_at: datetime | None = None
    resolved_at: datetime | None = None
    impact: str = ""
    affected: str = ""
    alert: str = ""
    alerted_by: str = ""
    reporter: str = ""
    attempts: Sequence[Attempt] = ()
    by_itself: bool = False
    confirmation: str = ""
    relapses: int = 0
    suspects: Sequence[Suspect] = ()
    relations: Sequence[str] = ()
    playbooks: Sequence[str] = ()
    unanswered: Sequence[str] = ()
    questions: Sequence[str] = ()
    unreadable: Sequence[str] = ()
    roles: Sequence[str] = field(default=())

    @property
    def over_at(self) -> datetime | None:
        """When the impact ended, as far as anybody knows."""
        return self.impact_ended_at or self.mitigated_at

    @property
    def lasted(self) -> timedelta | None:
        """How long the impact lasted; None unless both of its ends are known."""
        if self.impact_started_at is None or self.over_at is None or self.over_at < self.impact_started_at:
            return None
        return self.over_at - self.impact_started_at

    @property
    def unseen_for(self) -> timedelta | None:
        """How long it went on before anybody or anything told us."""
        if self.impact_started_at is None or self.detected_at < self.impact_started_at:
            return None
        return self.detected_at - self.impact_started_at


def draft(known: Known) -> dict[str, str]:
    """Markdown by the key of the section; a section of which nothing is known is left out."""
    texts = {
        template.SUMMARY: _summary(known),
        template.IMPACT: _impact(known),
        template.DETECTION: _detection(known),
        template.FACTORS: _factors(known),
        template.RESOLUTION: _resolution(known),
        WELL: _went_well(known),
        QUESTIONS: _open(known),
    }
    return {key: text for key, text in texts.items() if text}


def continued(text: str, before: Iterable[str], again: str, heading: str) -> str:
    """`text` with what is new in `again` below a heading; `before` are the drafts that it came from. What somebody has
    taken out of a draft stays out."""
    told = {line.strip() for each in (text, *before) for line in each.splitlines()}
    new = [line for line in again.splitlines() if not line.strip() or line.strip() not in told]
    # A heading or a lead without what it leads to says nothing.
    kept = [
        line
        for place, line in enumerate(new)
        if not line.strip().endswith(":") or any(below.strip() for below in new[place + 1 :])
    ]
    added = "\n".join(kept).strip()
    if not added:
        return text
    return f"{text.rstrip()}\n\n### {heading}\n\n{added}".strip()


def counted(text: str) -> tuple[int | None, str, int | None, str]:
    """How many people and how many requests a sentence names, each with its word: "1,200 customers, 3k orders" is
    (1200, "customers", 3000, "orders"). A share ("3 in 10 orders") is no number of them."""
    words = text.replace(";", " ").replace("(", " ").replace(")", " ").split()
    people: tuple[int | None, str] = (None, "")
    requests: tuple[int | None, str] = (None, "")
    for place, word in enumerate(words[:-1]):
        number = _number(word)
        share = place > 1 and words[place - 1].lower() in ("in", "of", "out") and _number(words[place - 2]) is not None
        if number is None or share:
            continue
        named = words[place + 1].strip(".,:").lower()
        if named in _PEOPLE and people[0] is None:
            people = (number, named)
        elif named in _REQUESTS and requests[0] is None:
            requests = (number, named)
    return (*people, *requests)


def _number(word: str) -> int | None:
    text = word.strip(".,~≈<>").lower().replace(",", "").replace("'", "")
    scale = _SCALES.get(text[-1:], 1)
    digits = text[:-1] if scale > 1 else text
    whole, _, part = digits.partition(".")
    if not (whole.isascii() and whole.isdecimal() and len(whole) < 13) or (part and not part.isdecimal()):
        return None
    if part and scale == 1:
        return None
    return int(float(digits) * scale)


def _summary(known: Known) -> str:
    began = known.impact_started_at or known.detected_at
    parts = [f"On {began:%d %B %Y} at {began:%H:%M} UTC: {_sentence(known.title)}"]
    worked = [each for each in known.attempts if each.worked and each.held]
    if worked:
        parts.append(f"Service was restored by: {_sentence(worked[-1].title)}")
    elif known.by_itself:
        parts.append("Service recovered by itself.")
    if known.lasted is not None:
        parts.append(f"The impact lasted {lasting(known.lasted)}.")
    if known.confirmation:
        parts.append(f"Recovery was confirmed: {_sentence(known.confirmation)}")
    return " ".join(parts)


def _impact(known: Known) -> str:
    lines = [known.impact] if known.impact else []
    if known.affected:
        lines.append(f"Affected: {_sentence(known.affected)}")
    if known.lasted is not None and known.impact_started_at and known.over_at:
        until = (
            f"{known.over_at:%H:%M}" if known.over_at.date() == known.impact_started_at.date() else _at(known.over_at)
        )
        lines.append(f"It lasted {lasting(known.lasted)}, from {_at(known.impact_started_at)} to {until} UTC.")
    if known.relapses:
        lines.append(f"It came back {_times(known.relapses)} before it was over.")
    return "\n\n".join(lines)


def _detection(known: Known) -> str:
    lines = []
    if known.alert:
        lines.append(f"An alert from {known.alerted_by} told us: {_sentence(known.alert)}")
    elif known.reporter:
        lines.append(f"{known.reporter} reported it; no alert did.")
    if known.unseen_for is not None and known.unseen_for >= timedelta(minutes=1):
        lines.append(f"That was {lasting(known.unseen_for)} after the impact began.")
    if not lines:
        return ""
    asks = (
        "Could the alert have come sooner, and what would it have to look at?"
        if known.alert
        else "Which signal was there before somebody saw it, and what would have to alert on it?"
    )
    return "\n\n".join([" ".join(lines), f"*{asks}*"])


def _factors(known: Known) -> str:
    """A prompt, and only where something is known: several conditions come together, and a change is one of them."""
    lines = []
    for each in known.suspects:
        lead = f", {lasting(each.lead)} before" if each.lead is not None and each.lead >= timedelta(minutes=1) else ""
        lines.append(f"- {each.mark}: {_sentence(each.text + lead)} What let it reach users?")
    lines += [f"- {line}" for line in known.relations]
    if not lines:
        return ""
    return "\n".join(["What is known so far. Which other conditions had to come together?", "", *lines])


def _resolution(known: Known) -> str:
    done = [each for each in known.attempts if each.outcome]
    worked = [each for each in done if each.worked]
    rest = [each for each in done if not each.worked]
    lines: list[str] = []
    if worked:
        lines += ["What worked:", "", *map(_attempt, worked), ""]
    if rest:
        lines += ["What did not:", "", *map(_attempt, rest), ""]
    if known.by_itself and not worked:
        lines += ["It recovered by itself.", ""]
    if known.confirmation:
        lines += [f"We knew by: {_sentence(known.confirmation)}"]
    return "\n".join(lines).strip()


def _attempt(each: Attempt) -> str:
    effect = f" after {lasting(each.effect)}" if each.effect is not None else ""
    back = ", but it came back" if each.worked and not each.held else ""
    note = f". {_sentence(each.note)}" if each.note else ""
    return f"- {_line(each.title)}: {each.outcome}{effect}{back}{note}"


def _went_well(known: Known) -> str:
    lines = [f"- The playbook {line}" for line in known.playbooks]
    quick = [each for each in known.attempts if each.worked and each.held and each.effect is not None]
    lines += [f"- {_line(each.title)} helped within {lasting(each.effect)}." for each in quick if each.effect]
    return "\n".join(lines)


def _open(known: Known) -> str:
    lines = [
        *(f"- Nobody answered: {line}" for line in known.unanswered),
        *(f"- {line}" for line in known.questions),
        *(f"- Why could “{line}” not be read?" for line in known.unreadable),
    ]
    return "\n".join(dict.fromkeys(lines))


def _sentence(text: str) -> str:
    line = _line(text)
    return line if line.endswith((".", "!", "?", "…")) else f"{line}."


def _line(text: str) -> str:
    return " ".join(text.split())


def _at(moment: datetime) -> str:
    return f"{moment:%d %B, %H:%M}"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
