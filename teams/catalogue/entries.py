"""What a file says of services, whichever format it is in, each word with its line; and what is wrong with it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from teams.catalogue.documents import Node

# What a service says in one line or text each.
TEXTS = ("name", "tier", "lifecycle", "description", "runbook_url", "repository_url")
LINK_KINDS = ("dashboard", "runbook", "other")


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about a line. A grave one keeps the file from being used; of the others it is told what was left
    out. `of` is the service, `field` the name in the file."""

    line: int | None
    of: str
    field: str
    text: str
    grave: bool = True


@dataclass(frozen=True, slots=True)
class Said:
    """A text and the line that it stands on."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Link:
    kind: str
    title: str
    url: str
    line: int


@dataclass(frozen=True, slots=True)
class Owner:
    """Who answers for a service: any of `names` is the team's word or name."""

    names: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Policy:
    """An escalation policy by its name, of the team with that word; empty: of the owner."""

    name: str
    team: str
    line: int


@dataclass(slots=True)
class Entry:
    """One service of a file. None, or a text that is not there, says nothing: it stays as it is.

    `ref` is what a Backstage catalogue calls it. `needs` names what it depends on, by word or by such a name, and is
    all that it depends on; `also` is what others say that it depends on, which is added. `exact`: what is named and is
    not there is wrong, and not only left out. `first_name` is what it is called where it is new and has no name;
    `spare_name` and `spare_slug` are taken where another service has the name or the word.
    """

    line: int
    slug: Said
    ref: str = ""
    texts: dict[str, Said] = field(default_factory=dict)
    first_name: str = ""
    spare_name: str = ""
    spare_slug: str = ""
    owner: Owner | None = None
    policy: Policy | None = None
    links: list[Link] | None = None
    needs: list[Said] | None = None
    also: list[Said] = field(default_factory=list)
    exact: bool = True


@dataclass(slots=True)
class Told:
    """What a file says: its services in order, what others say that somebody depends on (who, on what) where that is
    not in the file, and remarks."""

    entries: list[Entry] = field(default_factory=list)
    beside: list[tuple[Said, Said]] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    @property
    def grave(self) -> list[Remark]:
        return [remark for remark in self.remarks if remark.grave]


@dataclass(slots=True)
class Sheet:
    """One map of a file as it is read: it hands out texts and lists, and writes down what is no such thing."""

    node: Node
    of: str
    told: Told
    prefix: str = ""

    def remark(self, name: str, text: str, line: int | None = None, *, grave: bool = True) -> None:
        at = line or self.node.keys.get(name, self.node.line)
        self.told.remarks.append(Remark(at, self.of, f"{self.prefix}{name}", text, grave))

    def text(self, *names: str) -> Said | None:
        """The text under the first of `names` that is there."""
        for name in names:
            found = self.node.at(name)
            if found is None:
                continue
            if found.text is None:
                self.remark(name, "This has to be a text.")
            elif found.text.strip():
                return Said(found.text.strip(), found.line)
        return None

    def texts(self, name: str) -> list[Said] | None:
        """The texts of a list; one alone is a list of one. An empty list is one, nothing at all is None."""
        found = (self.node.fields or {}).get(name)
        if found is None or found.value is None:
            return None
        nodes = [found] if found.text is not None else found.items
        if nodes is None or any(not node.text for node in nodes):
            self.remark(name, "This has to be a list of texts.")
            return None
        return [Said(str(node.text).strip(), node.line) for node in nodes]

    def sheets(self, name: str) -> list[Sheet] | None:
        """The maps of a list."""
        found = (self.node.fields or {}).get(name)
        if found is None or found.value is None:
            return None
        if found.items is None or any(node.fields is None for node in found.items):
            self.remark(name, "This has to be a list of maps.")
            return None
        return [Sheet(node, self.of, self.told, f"{self.prefix}{name}.") for node in found.items]

    def sheet(self, name: str) -> Sheet | None:
        """The map under `name`."""
        found = self.node.at(name)
        if found is None:
            return None
        if found.fields is None:
            self.remark(name, "This has to be a map.")
            return None
        return Sheet(found, self.of, self.told, f"{self.prefix}{name}.")

    def known(self, names: Iterable[str]) -> None:
        """Write down every name that is none of these: a typing error must not be lost."""
        told = list(names)
        for name in self.node.fields or {}:
            if name not in told:
                self.remark(name[:80], f"There is no such field. Known here: {', '.join(told)}.")
