"""What a new installation starts with: the severities, whose definitions an admin edits, and the rule that catches
every alert."""

from typing import Any

from incidents import routing
from incidents.models import RoutingRule, Severity

SEVERITIES: tuple[dict[str, Any], ...] = (
    {
        "level": 1,
        "label": "Critical",
        "definition": "A main service is down or data is at risk for most users, and there is no way around it.",
        "update_minutes": 20,
        "postmortem_days": 3,
    },
    {
        "level": 2,
        "label": "Major",
        "definition": "An important function fails or is very slow for many users.",
        "update_minutes": 30,
        "postmortem_days": 5,
    },
    {
        "level": 3,
        "label": "Minor",
        "definition": "Something is degraded for some users, and there is a way around it.",
        "update_minutes": 60,
        "postmortem_days": 10,
        "waiver_allowed": True,
    },
    {
        "level": 4,
        "label": "Low",
        "definition": "Nobody outside notices yet; it would get worse if left alone.",
        "urgency": "low",
        "comms_required": False,
        "update_minutes": 240,
        "postmortem_days": 10,
        "waiver_allowed": True,
    },
)


def install(**_: Any) -> None:
    """Make the severities and the default rule where there are none. Safe to call again."""
    if not Severity.objects.exists():
        Severity.objects.bulk_create(Severity(**severity) for severity in SEVERITIES)
    if not RoutingRule.objects.filter(is_default=True).exists():
        RoutingRule.objects.create(name=routing.DEFAULT.name, position=0, is_default=True)
