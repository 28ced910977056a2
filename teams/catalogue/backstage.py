"""A Backstage catalogue as services: its components, resources, APIs and systems, and what they say of others. Pure.

What an entity says that it depends on (`dependsOn`, `consumesApis`) is all that it depends on. What others say of it
is added: an API needs the component that provides it, a system its parts, a component its subcomponents, and what is
named in a `dependencyOf` needs whoever says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from teams.catalogue.documents import Node
from teams.catalogue.entries import Entry, Link, Owner, Said, Sheet, Told

# Of two entities of one name, the first of these has its plain word.
KINDS = ("component", "resource", "api", "system")
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
REF = re.compile(r"(?:(?P<kind>[^:/]+):)?(?:(?P<namespace>[^:/]+)/)?(?P<name>[^:/]+)")
LIFECYCLES = ("experimental", "production", "deprecated")
# (field of `spec`, kind where a name says none, whether the entity needs what it names)
RELATIONS = (
    ("dependsOn", "component", True),
    ("consumesApis", "api", True),
    ("dependencyOf", "component", False),
    ("providesApis", "api", False),
    ("system", "system", False),
    ("subcomponentOf", "component", False),
)
# Our own words among an entity's annotations.
OURS = "watchbill/"
OUR_WORDS = ("tier", "slug", "runbook-url")
HOSTS = {"github.com/project-slug": "https://github.com/", "gitlab.com/project-slug": "https://gitlab.com/"}
SOURCES = ("backstage.io/source-location", "backstage.io/view-url")


@dataclass(slots=True)
class Entity:
    """One entity: where it says what, and what service that makes."""

    kind: str
    name: Said
    namespace: str
    metadata: Sheet
    spec: Sheet | None
    entry: Entry = field(init=False)


def is_entity(document: Node) -> bool:
    return document.at("kind") is not None and document.at("apiVersion") is not None


def read(documents: list[Node], told: Told) -> None:
    """Take the entities of a file down in `told`, all at once: they speak of one another."""
    groups: dict[str, str] = {}
    found: list[Entity] = []
    for document in documents:
        top = Sheet(document, "", told)
        kind, metadata = top.text("kind"), top.sheet("metadata")
        name = metadata.text("name") if metadata else None
        if kind is None or metadata is None or name is None:
            top.remark("metadata", "An entity has a kind, and metadata with its name.")
            continue
        top.of = metadata.of = name.text
        space = metadata.text("namespace")
        entity = Entity(kind.text.lower(), name, space.text if space else "default", metadata, top.sheet("spec"))
        if entity.kind == "group":
            groups[_ref(name.text, "group", entity.namespace)] = _title(document)
        elif entity.kind not in KINDS:
            top.remark("kind", f"{kind.text[:40]} is no service: it is left out.", grave=False)
        elif not NAME.fullmatch(name.text):
            said = "A name has letters and digits, with - _ . in between, at most 63 in all."
            metadata.remark("name", said)
        else:
            entity.entry = _entry(entity)
            found.append(entity)
    for entity in found:
        _own(entity, groups)
    _relate(found, told)
    # In the order of the kinds, so that who has the plain word does not depend on who stands first.
    taken: set[str] = set()
    for entity in sorted(found, key=lambda each: KINDS.index(each.kind)):
        if entity.entry.slug.text in taken:
            entity.entry.slug = Said(entity.entry.spare_slug, entity.entry.slug.line)
        taken.add(entity.entry.slug.text)
    told.entries += [entity.entry for entity in found]


def _entry(entity: Entity) -> Entry:
    name, kind, metadata, spec = entity.name, entity.kind, entity.metadata, entity.spec
    words = _annotations(metadata)
    plain = name.text.replace(".", "-")
    slug = words.get(f"{OURS}slug") or Said(plain, name.line)
    title, description = metadata.text("title"), metadata.text("description")
    lifecycle = spec.text("lifecycle") if spec else None
    links = _links(metadata)
    runbook = words.get(f"{OURS}runbook-url") or next(
        (Said(x.url, x.line) for x in links or [] if x.kind == "runbook"), None
    )
    texts: dict[str, Said | None] = {
        "name": title,
        "description": description,
        "lifecycle": lifecycle,
        "tier": words.get(f"{OURS}tier"),
        "runbook_url": runbook,
        "repository_url": _repository(words),
    }
    if lifecycle and lifecycle.text not in LIFECYCLES and spec:
        spec.remark(
            "lifecycle", f"{lifecycle.text[:40]} is none of: {', '.join(LIFECYCLES)}. Left as it is.", grave=False
        )
        texts["lifecycle"] = None
    return Entry(
        line=name.line,
        slug=slug,
        ref=_ref(name.text, kind, entity.namespace),
        texts={field: said for field, said in texts.items() if said},
        first_name=name.text,
        spare_name=f"{title.text if title else name.text} ({kind})",
        spare_slug=f"{slug.text}-{kind}",
        links=None if links is None else [link for link in links if not runbook or link.url != runbook.text],
        exact=False,
    )


def _title(group: Node) -> str:
    """How people call a group."""
    found = group.at("spec", "profile", "displayName") or group.at("metadata", "title")
    return (found.text or "").strip() if found else ""


def _ref(name: str, kind: str, namespace: str) -> str:
    return f"{kind}:{namespace}/{name}".lower()


def _full(said: str, kind: str, namespace: str) -> str | None:
    """A name that an entity gives another, whole: `kind:namespace/name`. None where it is none."""
    match = REF.fullmatch(said)
    return _ref(match["name"], match["kind"] or kind, match["namespace"] or namespace) if match else None


def _annotations(metadata: Sheet) -> dict[str, Said]:
    sheet = metadata.sheet("annotations")
    if sheet is None:
        return {}
    found = {name: said for name in (*SOURCES, *HOSTS) if (said := sheet.text(name))}
    for name in sheet.node.fields or {}:
        if name.startswith(OURS):
            if name.removeprefix(OURS) in OUR_WORDS:
                if said := sheet.text(name):
                    found[name] = said
            else:
                known = ", ".join(f"{OURS}{word}" for word in OUR_WORDS)
                sheet.remark(name[:80], f"There is no such annotation. Known here: {known}.")
    return found


def _repository(words: dict[str, Said]) -> Said | None:
    for name in SOURCES:
        if (said := words.get(name)) and (url := said.text.removeprefix("url:")).startswith(("https://", "http://")):
            return Said(url, said.line)
    for name, host in HOSTS.items():
        if said := words.get(name):
            return Said(host + said.text, said.line)
    return None


def _links(metadata: Sheet) -> list[Link] | None:
    given = metadata.sheets("links")
    if given is None:
        return None
    found: dict[str, Link] = {}
    for each in given:
        url, title, kind, icon = (each.text(name) for name in ("url", "title", "type", "icon"))
        if url is None:
            each.remark("url", "A link has a url.")
        elif url.text in found:
            each.remark("url", "The same address stands there twice: one is left out.", url.line, grave=False)
        else:
            words = " ".join(said.text.lower() for said in (kind, icon, title) if said)
            told = next((name for name in ("runbook", "dashboard") if name in words), "other")
            found[url.text] = Link(told, (title.text if title else url.text)[:80], url.text, each.node.line)
    return list(found.values())


def _own(entity: Entity, groups: dict[str, str]) -> None:
    """Who answers for it: the group that it names, by its word and as people call it. A person is no team, and is named
    as the file does."""
    spec = entity.spec
    said = spec.text("owner") if spec else None
    if spec is None or said is None:
        return
    match, whole = REF.fullmatch(said.text), _full(said.text, "group", entity.namespace)
    if match is None or whole is None:
        spec.remark("owner", f"“{said.text[:80]}” is no name of a group.")
    else:
        word = match["name"] if whole.startswith("group:") else said.text
        entity.entry.owner = Owner(tuple(filter(None, (word, groups.get(whole, "")))), said.line)


def _relate(found: list[Entity], told: Told) -> None:
    """What needs what, as both sides say it."""
    here = {entity.entry.ref: entity.entry for entity in found}
    for entity in found:
        entry, spec = entity.entry, entity.spec
        for name, kind, needs in RELATIONS if spec else ():
            given = _named(spec, name, kind, entity.namespace)  # type: ignore[arg-type]
            if given is None:
                continue
            if needs:
                known = {said.text for said in entry.needs or ()}
                entry.needs = [*(entry.needs or ()), *(said for said in given if said.text not in known)]
                continue
            for other in given:
                if other.text in here:
                    here[other.text].also.append(Said(entry.ref, other.line))
                else:
                    told.beside.append((other, Said(entry.ref, other.line)))


def _named(spec: Sheet, field: str, kind: str, namespace: str) -> list[Said] | None:
    """The whole names in a list; None where there is none."""
    given = spec.texts(field)
    if given is None:
        return None
    found: dict[str, Said] = {}
    for said in given:
        whole = _full(said.text, kind, namespace)
        if whole is None:
            spec.remark(field, f"“{said.text[:80]}” is no name of an entity.", said.line)
        else:
            found.setdefault(whole, Said(whole, said.line))
    return list(found.values())
