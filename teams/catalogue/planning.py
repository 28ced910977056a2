"""What a file of services would do here: what it creates, changes and leaves, and every problem with its line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

from teams import permits
from teams.actions.services import MOST_DEPENDENCIES, MOST_LINKS, check_link, dependencies, said_circle
from teams.catalogue import graph
from teams.catalogue.entries import Entry, Link, Remark, Said, Told
from teams.models import EscalationPolicy, Service, ServiceLink, Team, User

# What people call the fields of a service.
WORDS = {
    "name": "name",
    "team": "owner",
    "tier": "tier",
    "lifecycle": "lifecycle",
    "description": "description",
    "runbook_url": "runbook",
    "repository_url": "repository",
    "escalation_policy": "escalation policy",
    "entity_ref": "name in Backstage",
}
TIERS = tuple(str(tier.value) for tier in Service.Tier)


@dataclass(frozen=True, slots=True)
class Change:
    """A field, or a list, that the file changes. Of a list, `before` is what goes and `after` what comes."""

    field: str
    before: str
    after: str


@dataclass(slots=True)
class Row:
    """What becomes of one service. `service` carries the new values, saved or not yet, and `fields` are those that are
    others; `links` and `needs` (slugs) None: as they are. `teams` are those that this takes a right in."""

    service: Service
    line: int
    new: bool = False
    changes: list[Change] = field(default_factory=list)
    fields: set[str] = field(default_factory=set)
    links: list[Link] | None = None
    needs: list[str] | None = None
    teams: dict[int, Team] = field(default_factory=dict)

    @property
    def act(self) -> str:
        return "create" if self.new else "change" if self.changes else "leave"


@dataclass(slots=True)
class Plan:
    """What a file would do. With a problem it does nothing."""

    rows: list[Row]
    remarks: list[Remark]

    @property
    def problems(self) -> list[Remark]:
        return [remark for remark in self.remarks if remark.grave]

    @property
    def notes(self) -> list[Remark]:
        return [remark for remark in self.remarks if not remark.grave]

    @property
    def created(self) -> list[Row]:
        return [row for row in self.rows if row.act == "create"]

    @property
    def changed(self) -> list[Row]:
        return [row for row in self.rows if row.act == "change"]

    @property
    def left(self) -> list[Row]:
        return [row for row in self.rows if row.act == "leave"]

    @property
    def idle(self) -> bool:
        return not self.created and not self.changed

    @property
    def fingerprint(self) -> str:
        """The same for two plans that do the same."""
        told = [[r.act, r.service.slug, [[c.field, c.before, c.after] for c in r.changes]] for r in self.rows]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


class Planner:
    """What is here, read once in a number of queries that does not depend on how much that is; `plan` then asks
    nothing more. `fallback` answers for services whose owner is no team here."""

    def __init__(self, by: User | None, fallback: Team | None) -> None:
        self.fallback = fallback
        self.may = set(permits.teams_where(by, "team.change").values_list("pk", flat=True))
        teams = list(Team.objects.order_by("-pk"))
        # A team is meant by its word before it is by its name.
        self.teams = {team.name.casefold(): team for team in teams} | {team.slug.casefold(): team for team in teams}
        self.policies = {(p.team_id, p.name.casefold()): p for p in EscalationPolicy.objects.select_related("team")}
        services = list(Service.objects.select_related("team", "escalation_policy__team").order_by("pk"))
        self.by_slug: dict[str, Service] = {service.slug: service for service in services}
        self.by_ref: dict[str, Service] = {each.entity_ref: each for each in services if each.entity_ref}
        # Whose a name is, in whatever letters: two that differ only in those would be mistaken for one another.
        self.names: dict[str, Any] = {service.name.casefold(): service.pk for service in services}
        self.links: dict[int, list[ServiceLink]] = {}
        for link in ServiceLink.objects.order_by("pk"):
            self.links.setdefault(link.service_id, []).append(link)
        slugs = {service.pk: service.slug for service in services}
        self.needs = {slugs[pk]: [slugs[other] for other in others] for pk, others in dependencies().items()}
        self.remarks: list[Remark] = []
        self.rows: dict[str, Row] = {}
        # (service, what it depends on) -> the line that says so.
        self.said_at: dict[tuple[str, str], int] = {}

    def plan(self, told: Told) -> Plan:
        self.remarks = list(told.remarks)
        named = [(entry, row) for entry in told.entries if (row := self._row(entry)) is not None]
        for entry, row in named:
            self._fields(entry, row)
            self._links(entry, row)
        self._dependencies(named, told.beside)
        for row in self.rows.values():
            self._rights(row)
        self.remarks.sort(key=lambda remark: (not remark.grave, remark.line or 0))
        return Plan(list(self.rows.values()), self.remarks)

    def _remark(self, row: Row, line: int, name: str, text: str, *, grave: bool = True) -> None:
        self.remarks.append(Remark(line, row.service.slug, name, text, grave))

    def _row(self, entry: Entry) -> Row | None:
        service = self._known(entry)
        if service is None:
            taken = entry.slug.text in self.by_slug and entry.spare_slug
            service = Service(slug=entry.spare_slug if taken else entry.slug.text)
        new = service.pk is None
        row = Row(service, entry.line, new, teams={} if new else {service.team_id: service.team})
        if service.slug in self.rows:
            self._remark(row, entry.slug.line, "slug", "This service is there twice. Leave one of them out.")
            return None
        self.rows[service.slug] = row
        return row

    def _known(self, entry: Entry) -> Service | None:
        """The service that has the entry's name in Backstage, else the one with its word, unless that is another
        entity's."""
        if entry.ref and entry.ref in self.by_ref:
            return self.by_ref[entry.ref]
        found = self.by_slug.get(entry.slug.text)
        return found if found is not None and not (entry.ref and found.entity_ref) else None

    def _rights(self, row: Row) -> None:
        """What somebody may not change is a problem; that it stays as it is, is none."""
        for pk, team in row.teams.items():
            if row.act != "leave" and pk not in self.may:
                self._remark(row, row.line, "team", f"You may not change the services of {team}.")

    # What it says

    def _set(self, row: Row, name: str, value: Any) -> None:
        before = None if row.new else getattr(row.service, name)
        if before == value:
            return
        setattr(row.service, name, value)
        row.fields.add(name)
        if value not in ("", None) or not row.new:
            row.changes.append(Change(WORDS[name], str(before or ""), str(value or "")))

    def _fields(self, entry: Entry, row: Row) -> None:
        self._name(entry, row)
        self._owner(entry, row)
        self._policy(entry, row)
        if tier := entry.texts.get("tier"):
            if tier.text in TIERS:
                self._set(row, "tier", int(tier.text))
            else:
                self._remark(row, tier.line, "tier", f"A tier is one of {', '.join(TIERS)}.")
        for name in ("lifecycle", "description", "runbook_url", "repository_url"):
            if (said := entry.texts.get(name)) is not None:
                self._set(row, name, said.text)
        if entry.ref:
            self._set(row, "entity_ref", entry.ref)
        try:
            row.service.clean_fields(exclude=["team", "escalation_policy", "tier"])
        except ValidationError as refusal:
            for name, texts in refusal.message_dict.items():
                at = entry.slug if name == "slug" else entry.texts.get(name)
                self._remark(row, at.line if at else entry.line, name.removesuffix("_url"), " ".join(texts))

    def _name(self, entry: Entry, row: Row) -> None:
        said = entry.texts.get("name")
        if said is None and not row.new:
            return
        name = said.text if said else entry.first_name
        if self._taken(name, row) and entry.spare_name:
            name = entry.spare_name
        if self._taken(name, row):
            self._remark(row, said.line if said else entry.line, "name", f"Another service is called {name}.")
        self.names[name.casefold()] = row.service.pk or row
        self._set(row, "name", name)

    def _taken(self, name: str, row: Row) -> bool:
        """Whether a service has the name, or an earlier one of the file gets it."""
        holder = self.names.get(name.casefold(), row)
        return holder is not row and holder != row.service.pk

    def _owner(self, entry: Entry, row: Row) -> None:
        said = entry.owner
        if said is None and not row.new:
            return
        line = said.line if said else entry.line
        team = (
            next((self.teams[n.casefold()] for n in said.names if n.casefold() in self.teams), None) if said else None
        )
        if team is None and self.fallback is not None:
            # Whose it is already, by whatever hand, keeps it.
            team = self.fallback if row.new else row.service.team
            if said and row.new:
                text = f"There is no team “{said.names[0]}”: {team} answers for it."
                self._remark(row, line, "team", text, grave=False)
        if team is None and said:
            text = f"There is no team “{said.names[0]}”. Make it first, or choose who answers for such services."
            self._remark(row, line, "team", text)
        elif team is None:
            self._remark(row, line, "team", "It says no owner. Name a team.")
        else:
            row.teams[team.pk] = team
            if row.new or row.service.team_id != team.pk:
                self._set(row, "team", team)

    def _policy(self, entry: Entry, row: Row) -> None:
        said = entry.policy
        if said is None:
            return
        team = self.teams.get(said.team.casefold()) if said.team else row.service.team if row.service.team_id else None
        found = self.policies.get((team.pk, said.name.casefold())) if team else None
        if said.name and found is None:
            whose = said.team or team or "its team"
            self._remark(row, said.line, "escalation_policy", f"{whose} has no escalation policy “{said.name}”.")
        elif row.service.escalation_policy_id != (found.pk if found else None):
            self._set(row, "escalation_policy", found)

    def _links(self, entry: Entry, row: Row) -> None:
        if entry.links is None:
            return
        wanted: dict[str, Link] = {}
        for link in entry.links:
            try:
                check_link(ServiceLink(kind=link.kind, title=link.title, url=link.url))
            except ValidationError as refusal:
                self._remark(row, link.line, "links", " ".join(refusal.messages))
                continue
            if link.url in wanted:
                self._remark(row, link.line, "links", f"{link.url} is there twice. Leave one of them out.")
            wanted[link.url] = link
        if len(wanted) > MOST_LINKS:
            text = f"That is more than {MOST_LINKS} links. Keep those that help at night."
            self._remark(row, entry.line, "links", text)
        here = {each.url: (each.kind, each.title) for each in self.links.get(row.service.pk, ())}
        gone = [title for url, (_, title) in here.items() if url not in wanted]
        come = [link.title for url, link in wanted.items() if here.get(url) != (link.kind, link.title)]
        if gone or come:
            row.links = list(wanted.values())
            row.changes.append(Change("links", ", ".join(gone), ", ".join(come)))

    # What depends on what

    def _dependencies(self, named: list[tuple[Entry, Row]], beside: list[tuple[Said, Said]]) -> None:
        known = {slug: slug for slug in (*self.by_slug, *self.rows)}
        known |= {ref: service.slug for ref, service in self.by_ref.items()}
        known |= {entry.ref: row.service.slug for entry, row in named if entry.ref}
        wanted = {slug: list(others) for slug, others in self.needs.items()}
        for entry, row in named:
            if entry.needs is not None:
                wanted[row.service.slug] = list(self._resolved(entry, row, known))
        if circle := graph.circle(wanted, [row.service.slug for _, row in named]):
            self._circle(circle)
            return
        # What others say is added as far as it closes no circle: of itself the service does not say so.
        for entry, row in named:
            for said in entry.also:
                if other := known.get(said.text):
                    self._added(wanted, row, other, said.line)
        for whom, what in beside:
            self._beside(wanted, known, whom, what)
        for slug, row in self.rows.items():
            here = self.needs.get(slug, [])
            gone = [other for other in here if other not in wanted.get(slug, ())]
            come = [other for other in wanted.get(slug, ()) if other not in here]
            if gone or come:
                row.needs = wanted.get(slug, [])
                row.changes.append(Change("depends on", ", ".join(gone), ", ".join(come)))

    def _resolved(self, entry: Entry, row: Row, known: dict[str, str]) -> Iterable[str]:
        """The slugs of what an entry names."""
        found: dict[str, None] = {}
        for said in entry.needs or ():
            slug = known.get(said.text)
            if slug is None:
                text = f"“{said.text}” is neither here nor in this file{'.' if entry.exact else ': left out.'}"
                self._remark(row, said.line, "depends_on", text, grave=entry.exact)
            elif slug == row.service.slug:
                self._remark(row, said.line, "depends_on", "A service can't depend on itself.")
            else:
                found[slug] = None
                self.said_at[row.service.slug, slug] = said.line
        if len(found) > MOST_DEPENDENCIES:
            text = f"That is more than {MOST_DEPENDENCIES} dependencies. Name the nearest."
            self._remark(row, entry.line, "depends_on", text)
        return found

    def _circle(self, circle: list[str]) -> None:
        row = self.rows[circle[0]]
        names = [(self.rows[slug].service if slug in self.rows else self.by_slug[slug]).name for slug in circle]
        line = self.said_at.get((circle[0], circle[1]), row.line)
        self._remark(row, line, "depends_on", said_circle(names))

    def _added(self, wanted: dict[str, list[str]], row: Row, other: str, line: int) -> None:
        slug = row.service.slug
        if other == slug or other in wanted.get(slug, ()):
            return
        if way := graph.way(wanted, other, slug):
            text = f"That it needs {other} is left out: {' → '.join(way)} holds already, the other way round."
            self._remark(row, line, "depends_on", text, grave=False)
        else:
            wanted.setdefault(slug, []).append(other)

    def _beside(self, wanted: dict[str, list[str]], known: dict[str, str], whom: Said, what: Said) -> None:
        """What an entity says of one that is not in the file, and may be here."""
        other = known.get(what.text)
        if other is None:
            return
        service = self.by_slug.get(known.get(whom.text, ""))
        if service is None:
            text = f"“{whom.text}” is neither here nor in this file: left out."
        elif service.team_id not in self.may and other not in wanted.get(service.slug, ()):
            text = f"That {service} needs it is left out: you may not change the services of {service.team}."
        else:
            row = self.rows.get(service.slug)
            if row is None:
                row = self.rows[service.slug] = Row(service, whom.line, teams={service.team_id: service.team})
            self._added(wanted, row, other, whom.line)
            return
        self.remarks.append(Remark(whom.line, other, "", text, grave=False))


def lines_of(plan: Plan) -> Iterator[str]:
    """The plan in lines, for a terminal."""
    for row in plan.rows:
        if row.act == "leave":
            continue
        yield f"{row.act} {row.service.slug} (line {row.line})"
        for change in row.changes:
            was = f"{change.before} → " if change.before else ""
            yield f"  {change.field}: {was}{change.after or 'nothing'}"
    for remark in plan.remarks:
        where = ", ".join(filter(None, [f"line {remark.line}" if remark.line else "", remark.of, remark.field]))
        yield f"{'problem' if remark.grave else 'note'}: {f'{where}: ' if where else ''}{remark.text}"
