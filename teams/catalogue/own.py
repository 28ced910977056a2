"""Watchbill's own file of services: written as it is read. Pure.

services:
  - slug: checkout
    name: Checkout
    team: payments
    depends_on: [ledger]
"""

from __future__ import annotations

from teams.catalogue.documents import Node
from teams.catalogue.entries import LINK_KINDS, Entry, Link, Owner, Policy, Said, Sheet, Told

# What a file calls the texts of a service.
NAMES = {
    "name": "name",
    "tier": "tier",
    "lifecycle": "lifecycle",
    "description": "description",
    "runbook": "runbook_url",
    "repository": "repository_url",
}
FIELDS = ("slug", *NAMES, "team", "escalation_policy", "links", "depends_on", "entity_ref")
LINK_FIELDS = ("kind", "title", "url")


def read(document: Node, told: Told) -> None:
    """Take the services of `document` down in `told`."""
    top = Sheet(document, "", told)
    top.known(["services"])
    for sheet in top.sheets("services") or []:
        slug = sheet.text("slug")
        sheet.of, sheet.prefix = slug.text if slug else "", ""
        sheet.known(FIELDS)
        if slug is None:
            sheet.remark("slug", "Every service has a word of its own. Give its slug.")
        else:
            told.entries.append(_entry(sheet, slug))


def _entry(sheet: Sheet, slug: Said) -> Entry:
    ref, team = sheet.text("entity_ref"), sheet.text("team")
    return Entry(
        line=sheet.node.line,
        slug=slug,
        ref=ref.text if ref else "",
        texts={field: found for name, field in NAMES.items() if (found := _text(sheet, name))},
        first_name=slug.text,
        owner=Owner((team.text,), team.line) if team else None,
        policy=_policy(sheet),
        links=_links(sheet),
        needs=sheet.texts("depends_on"),
    )


def _text(sheet: Sheet, name: str) -> Said | None:
    """A text, also an empty one, which takes away what there is. A name can't be taken away."""
    node = sheet.node.at(name)
    if node is not None and node.text is not None and not node.text.strip() and name not in ("name", "tier"):
        return Said("", node.line)
    return sheet.text(name)


def _policy(sheet: Sheet) -> Policy | None:
    """A name, or {team, name} where it is another team's; an empty one: the team's own."""
    node = sheet.node.at("escalation_policy")
    if node is None or node.text is not None:
        return Policy(str(node.text).strip(), "", node.line) if node else None
    inner = sheet.sheet("escalation_policy")
    if inner is None:
        return None
    inner.known(("team", "name"))
    name, team = inner.text("name"), inner.text("team")
    if name is None or team is None:
        inner.remark("name", "Give the policy's team and name.")
        return None
    return Policy(name.text, team.text, name.line)


def _links(sheet: Sheet) -> list[Link] | None:
    given = sheet.sheets("links")
    if given is None:
        return None
    found = []
    for each in given:
        each.known(LINK_FIELDS)
        kind, title, url = (each.text(name) for name in LINK_FIELDS)
        if title is None or url is None:
            each.remark("title" if title is None else "url", "A link has a title and a url.")
        elif kind is not None and kind.text not in LINK_KINDS:
            each.remark("kind", f"A link is one of: {', '.join(LINK_KINDS)}.")
        else:
            found.append(Link(kind.text if kind else LINK_KINDS[0], title.text, url.text, each.node.line))
    return found
