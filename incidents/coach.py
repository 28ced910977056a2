"""The blameless coach of this organization: its phrases, and who took part in an incident."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from incidents.coaching import Coach, Kind, Person, Remark, is_readable
from incidents.coaching.engine import MOST_REMARKS
from incidents.models import CoachPhrase, Incident, Postmortem, RoleAssignment
from teams.models import User

LONGEST = 20_000
# Of all texts of a postmortem together: one page takes no longer than a few long texts do.
LONGEST_IN_ALL = 100_000
MOST_IN_ALL = 300
ONE_FACTOR = "Only one factor is named. An incident seldom has one cause: which other conditions came together?"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A text that was looked at; `key` is the name of its section, `text` has "\\n" between lines, as the remarks count
    it. `whole`: nothing of it was left unread, and nothing unsaid."""

    key: str
    title: str
    text: str
    remarks: list[Remark] = field(default_factory=list)
    whole: bool = True


def coach(code: str = "en") -> Coach:
    """The coach with the phrases that are switched on. One query. What can't be read, as after a downgrade, is left
    out: whoever writes a postmortem can't mend it."""
    rows = CoachPhrase.objects.active(code)
    return Coach([row.as_phrase() for row in rows if is_readable(row.pattern) and is_readable(row.unless)], code)


def people(incident: Incident | None) -> list[Person]:
    """Who took part, with the first role that each held. Two queries."""
    if incident is None:
        return []
    held = RoleAssignment.objects.filter(incident=incident, held_at__isnull=False).order_by("role__position", "pk")
    roles: dict[int, str] = {}
    for user, role in held.values_list("user", "role__name"):
        roles.setdefault(user, role)
    took_part = User.objects.filter(pk__in=[*roles, *incident.participants.values_list("pk", flat=True)])
    # Whoever held a role comes first: two people may have the same first name.
    found = sorted(took_part, key=lambda user: (user.pk not in roles, user.pk))
    return [Person(user.name, roles.get(user.pk, ""), user.username) for user in found]


def texts(postmortem: Postmortem) -> list[tuple[str, str, str]]:
    """Its sections and its contributing factors as (key, title, text). Two queries."""
    said = [(section.key, section.title, section.text) for section in postmortem.sections.all()]
    rows = enumerate(postmortem.factors.all(), start=1)
    return said + [(f"factor-{factor.pk}", f"Contributing factor {n}", factor.text) for n, factor in rows]


def read(text: str, incident: Incident | None = None, code: str = "en") -> tuple[str, list[Remark]]:
    """`text` as the remarks count it, and the remarks. Three queries."""
    said = text.replace("\r\n", "\n")[:LONGEST]
    return said, coach(code).read(said, people(incident))


def review(texts: Iterable[tuple[str, str, str]], incident: Incident) -> list[Reviewed]:
    """`texts` as (key, title, text), of which at most `LONGEST_IN_ALL` characters are read, and `MOST_IN_ALL` remarks
    made. Three queries."""
    mine, names = coach(), people(incident)
    found: list[Reviewed] = []
    left, remarks_left = LONGEST_IN_ALL, MOST_IN_ALL
    for key, title, text in texts:
        full = text.replace("\r\n", "\n")
        most = min(MOST_REMARKS, remarks_left)
        said = full[: min(LONGEST, left)] if most else ""
        remarks = mine.read(said, names, most=most)
        whole = said == full and (len(remarks) < most or not full)
        found.append(Reviewed(key, title, said, remarks, whole))
        left -= len(said)
        remarks_left -= len(remarks)
    return found


def only_one(factors: int) -> Remark | None:
    """What is said of a postmortem that names a single contributing factor."""
    if factors != 1:
        return None
    return Remark(0, 0, "", Kind.FIRST_CAUSE, ONE_FACTOR, "", "only-one-factor")
