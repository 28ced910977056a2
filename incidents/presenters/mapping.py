"""What a mapping makes of one body, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from incidents.models import Integration
from incidents.sources import AlertReport, Envelope, InvalidEventError, SourceError, cloudevents, generic, reading

# The kinds that a mapping reads.
MAPPED = ("json", "cloudevents")


@dataclass(frozen=True, slots=True)
class Found:
    """What one expression gives. `name`: of the label or link, where the field has several. `wrong`: it can't be kept
    so; else a `problem` is only one of this body."""

    name: str
    value: str = ""
    problem: str = ""
    wrong: bool = False


@dataclass(slots=True)
class Preview:
    """`found` by field of the form; `report`: the alert that would come, if any; `problem`: why the body itself is no
    use; `several`: how many alerts the body has, where the mapping says where they are."""

    found: dict[str, list[Found]] = field(default_factory=dict)
    report: AlertReport | None = None
    problem: str = ""
    several: str = ""

    @property
    def wrong(self) -> int:
        return sum(each.wrong for several in self.found.values() for each in several)


def preview(integration: Integration, given: Mapping[str, Any], sent: Envelope) -> Preview:
    """What `given` makes of a request; what the usual names do where it is empty."""
    told = Preview()
    if not sent.body.strip():
        told.problem = "Paste a body, or choose an event that came."
        _compiled(told, given)
        return told
    try:
        body = cloudevents.structured(sent) if integration.kind == "cloudevents" else reading.decode(sent.body)
        if integration.kind == "cloudevents" and not given:
            told.report = next(iter(cloudevents.read(sent).reports), None)
            return told
    except (SourceError, InvalidEventError) as error:
        told.problem = str(error)
        _compiled(told, given)
        return told
    faults = generic.faults(given)
    shows, told.report = generic.preview(given or generic.USUAL, body)
    for each in shows:
        name, _, rest = each.field.partition(".")
        if name == "alerts" and not each.problem:
            told.several = each.value
        told.found.setdefault(name, []).append(Found(rest, each.value, each.problem, each.field in faults))
    if faults:
        # A field that is wrong is left out of the alert: what would come without it is nobody's wish.
        told.report = None
    return told


def _compiled(told: Preview, given: Mapping[str, Any]) -> None:
    """Without a body there is still to see which expressions are none."""
    for at, message in generic.faults(given).items():
        name, _, rest = at.partition(".")
        told.found.setdefault(name, []).append(Found(rest, problem=message, wrong=True))
