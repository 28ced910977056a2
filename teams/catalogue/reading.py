"""A file of services, in Watchbill's own format or as Backstage's catalogue, or both in one. Pure."""

from __future__ import annotations

from teams.catalogue import backstage, documents, own
from teams.catalogue.documents import Node
from teams.catalogue.entries import Remark, Told

MOST_SERVICES = 2000
UNKNOWN = "This is neither a list of services (services:) nor an entity of Backstage (apiVersion:, kind:, metadata:)."


def read(text: str) -> Told:
    """What `text` says of services. All that is wrong is among the remarks."""
    told = Told()
    try:
        found = documents.read(text)
    except documents.Unreadable as wrong:
        told.remarks.append(Remark(wrong.line, "", "", str(wrong)))
        return told
    entities: list[Node] = []
    # A list of entities is what Backstage's own API answers.
    for document in (node for each in found for node in (each.items if each.items is not None else [each])):
        if "services" in (document.fields or {}):
            own.read(document, told)
        elif backstage.is_entity(document):
            entities.append(document)
        else:
            told.remarks.append(Remark(document.line, "", "", UNKNOWN))
    backstage.read(entities, told)
    if not told.entries and not told.grave:
        told.remarks.append(Remark(None, "", "", "There is no service in it."))
    if len(told.entries) > MOST_SERVICES:
        said = f"There are more than {MOST_SERVICES} services in it. Give it in several files."
        told.remarks.append(Remark(told.entries[MOST_SERVICES].line, "", "", said))
        del told.entries[MOST_SERVICES:]
    told.remarks = list(dict.fromkeys(told.remarks))
    return told
