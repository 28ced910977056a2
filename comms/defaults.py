"""What a new installation starts with: words for the updates that every incident needs."""

from __future__ import annotations

from typing import Any

from comms.models import PageIncident, StatusPage, UpdateTemplate

State = PageIncident.State
Audience = StatusPage.Audience

TEMPLATES: tuple[dict[str, Any], ...] = (
    {
        "name": "We know, and look into it",
        "state": State.INVESTIGATING,
        "body": "We are seeing problems with {{ components }} since {{ started }} and are looking into the cause.\n\n"
        "We will tell you more by {{ next_update }}.",
    },
    {
        "name": "What you can do meanwhile",
        "state": State.INVESTIGATING,
        "body": "{{ components }}: some requests fail. What was done before is safe.\n\n"
        "**Until then:** …\n\nThe next update comes by {{ next_update }}.",
    },
    {
        "name": "We know the cause and restore service",
        "state": State.IDENTIFIED,
        "body": "We have found what is behind the problems with {{ components }} and are restoring service. "
        "We expect it back by {{ eta }}.\n\nThe next update comes by {{ next_update }}.",
    },
    {
        "name": "Restored, and we watch it",
        "state": State.MONITORING,
        "body": "{{ components }} work again. We watch this closely and will tell you by {{ next_update }} whether it "
        "holds.",
    },
    {
        "name": "It is over",
        "state": State.RESOLVED,
        "body": "The problems with {{ components }}, which began at {{ started }}, are over. We are sorry for the "
        "trouble, and will look at how this came about.",
    },
    {
        "name": "Where we stand",
        "audience": Audience.EXECUTIVES,
        "body": "**Impact:** {{ impact }}, {{ components }}, since {{ started }}.\n\n**State:** {{ state }}.\n\n"
        "**Customers are told:** on {{ page }}.\n\n**Decision needed:** none.\n\nNext word by {{ next_update }}.",
    },
    {
        "name": "For customers",
        "audience": Audience.CUSTOMERS,
        "body": "What you may see: problems with {{ components }} since {{ started }}.\n\nWhat we do: …\n\n"
        "Questions reach us at {{ support }}. The next update comes by {{ next_update }}.",
    },
)


def install(**_: Any) -> None:
    """Make the templates where there are none. Safe to call again."""
    if not UpdateTemplate.objects.exists():
        UpdateTemplate.objects.bulk_create(
            UpdateTemplate(**template, position=number) for number, template in enumerate(TEMPLATES)
        )
