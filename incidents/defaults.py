"""What a new installation starts with: the severities, whose definitions an admin edits, the rule that catches every
alert, the checklists of the roles, what reviews start with, and
the definitions of the figures."""

from typing import Any

from incidents import review_defaults, routing
from incidents.figures.defaults import DEFAULTS
from incidents.models import FigureDefinition, RoleDuty, RoutingRule, Severity
from incidents.phases import Phase
from teams.models import Role

SEVERITIES: tuple[dict[str, Any], ...] = (
    {
        "level": 1,
        "label": "Critical",
        "definition": "A main service is down or data is at risk for most users, and there is no way around it.",
        "update_minutes": 20,
        "postmortem_days": 3,
        "meeting_days": 3,
        "action_days": 10,
    },
    {
        "level": 2,
        "label": "Major",
        "definition": "An important function fails or is very slow for many users.",
        "update_minutes": 30,
        "postmortem_days": 5,
        "meeting_days": 5,
        "action_days": 20,
    },
    {
        "level": 3,
        "label": "Minor",
        "definition": "Something is degraded for some users, and there is a way around it.",
        "update_minutes": 60,
        "postmortem_days": 10,
        "meeting_days": 10,
        "action_days": 30,
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
        "meeting_days": 10,
        "action_days": 40,
        "waiver_allowed": True,
    },
)

# Who does what in which phase, the first thing first.
DUTIES: dict[str, dict[Phase, tuple[str, ...]]] = {
    Role.COMMANDER: {
        Phase.DECLARE: (
            "Say that you command",
            "Confirm the severity: in doubt, the higher",
            "Fill Operations Lead and Communications Lead",
            "Ask what changed last, and choose the first mitigation",
        ),
        Phase.MITIGATE: (
            "Give the mitigation to one person, with a time to judge it",
            "Ask for condition, actions and needs every few minutes",
            "Name the next option before this one is judged",
            "Ask whether more people or another team are needed",
        ),
        Phase.COMMUNICATE: (
            "Have recovery seen in a metric, not only said",
            "See that stakeholders are told that service is back",
            "Undo what was only for the emergency, or note who will",
        ),
        Phase.RESOLVE: ("Let people go who are not needed", "Name who owns the postmortem"),
        Phase.REVIEW: ("Read the postmortem", "See that every action item has one owner and a date"),
    },
    Role.DEPUTY: {
        Phase.DECLARE: ("Say that you are ready to take command", "Note the promised time of the next update"),
        Phase.MITIGATE: ("Call the time of what runs", "Follow up on what was delegated"),
        Phase.COMMUNICATE: ("Ask each role what is still open",),
    },
    Role.OPERATIONS: {
        Phase.DECLARE: ("Say what you see: condition, actions, needs", "Name the quickest way back, and its risk"),
        Phase.MITIGATE: (
            "Say what will be seen when it works, and how to undo it",
            "Carry it out, one change at a time",
            "Report what you see, and judge it in time",
        ),
        Phase.COMMUNICATE: ("Watch that it holds", "Say what is still degraded"),
        Phase.RESOLVE: ("Write down what was changed by hand",),
    },
    Role.COMMUNICATIONS: {
        Phase.DECLARE: ("Agree with the commander on what is said", "Send the first update, with the time of the next"),
        Phase.MITIGATE: ("Keep the promised time, also without news", "Ask the commander before an ETA is given"),
        Phase.COMMUNICATE: ("Say that service is back, and what readers have to do",),
        Phase.RESOLVE: ("Send the last update", "Answer what readers asked meanwhile"),
    },
    "internal-liaison": {
        Phase.DECLARE: ("Tell leadership, and who answers their questions",),
        Phase.MITIGATE: ("Bring in the teams that the commander asks for", "Keep questions away from the commander"),
        Phase.COMMUNICATE: ("Tell support and sales that service is back",),
    },
    Role.SCRIBE: {
        Phase.DECLARE: ("Say that you write", "Note who holds which role"),
        Phase.MITIGATE: ("Note each decision with its reason", "Note what was seen, with its time"),
        Phase.COMMUNICATE: ("Note how recovery was seen",),
        Phase.RESOLVE: ("Add what was said elsewhere, with its time",),
    },
}


def install(**_: Any) -> None:
    """Make severities, the default rule and checklists where there are none. Safe to call again."""
    if not Severity.objects.exists():
        Severity.objects.bulk_create(Severity(**severity) for severity in SEVERITIES)
    if not RoutingRule.objects.filter(is_default=True).exists():
        RoutingRule.objects.create(name=routing.DEFAULT.name, position=0, is_default=True)
    if not RoleDuty.objects.exists():
        _duties()
    review_defaults.install()
    _figures()


def _duties() -> None:
    roles = {role.slug: role for role in Role.objects.filter(slug__in=DUTIES)}
    RoleDuty.objects.bulk_create(
        RoleDuty(role=roles[slug], phase=phase, text=text, position=n)
        for slug, by_phase in DUTIES.items()
        if slug in roles
        for phase, texts in by_phase.items()
        for n, text in enumerate(texts)
    )


def _figures() -> None:
    there = set(FigureDefinition.objects.values_list("slug", flat=True))
    FigureDefinition.objects.bulk_create(
        FigureDefinition(slug=slug, position=n, **default._asdict())
        for n, (slug, default) in enumerate(DEFAULTS.items(), start=1)
        if slug not in there
    )
