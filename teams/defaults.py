"""What a new installation starts with. An admin may change or delete all of it."""

from typing import Any

from teams.models import Organization, Role


def _each(*lines: str) -> str:
    return "\n".join(lines)


ROLES: tuple[dict[str, Any], ...] = (
    {
        "slug": Role.COMMANDER,
        "name": "Incident Commander",
        "duties": "Coordinates: assigns roles, decides, keeps the overview. Does not fix anything hands-on; hands over "
        "command first.",
        "wanted": True,
        "does": _each(
            "Assigns the roles, and hears each as condition, actions, needs.",
            "Decides what is tried next, and for how long.",
            "Sets the severity: in doubt, the higher.",
            "Keeps the promised times, and asks for help early.",
        ),
        "does_not": _each(
            "Carry out a mitigation: hand over command first.",
            "Look for the cause while users still wait.",
            "Wait until everybody agrees: ask for strong objections, and go on.",
        ),
    },
    {
        "slug": Role.DEPUTY,
        "name": "Deputy",
        "duties": "Is ready to take command, watches the clock, and follows up on what the commander delegated.",
        "does": _each(
            "Knows what the commander knows, ready to take over at any moment.",
            "Calls the time of mitigations, tasks and promised updates.",
            "Follows up on what was delegated.",
        ),
        "does_not": _each(
            "Command beside the commander: speaks through them.",
            "Take on other work that can't be dropped at once.",
        ),
    },
    {
        "slug": Role.OPERATIONS,
        "name": "Operations Lead",
        "duties": "Carries out the mitigation and reports condition, actions and needs to the commander.",
        "wanted": True,
        "does": _each(
            "Carries out the mitigation that was decided, one at a time.",
            "Names beforehand what will be seen when it works, and how to undo it.",
            "Reports condition, actions and needs, unasked.",
        ),
        "does_not": _each(
            "Decide alone what is tried next.",
            "Explain the cause before service is back.",
        ),
    },
    {
        "slug": Role.COMMUNICATIONS,
        "name": "Communications Lead",
        "duties": "Tells customers and stakeholders what is known, and keeps the promised time of the next update.",
        "wanted": True,
        "does": _each(
            "Tells customers and stakeholders what is broken and when they hear more.",
            "Keeps the promised time, also when there is nothing new.",
            "Asks the commander before an ETA is given.",
        ),
        "does_not": _each(
            "Wait until everything is known.",
            "Promise what nobody has agreed to, or guess a cause.",
        ),
    },
    {
        "slug": "internal-liaison",
        "name": "Internal Liaison",
        "duties": "Keeps leadership and other teams informed and brings in the help that the commander asks for.",
        "does": _each(
            "Keeps leadership and other teams informed, so that nobody asks the commander.",
            "Brings in the help that the commander asks for.",
        ),
        "does_not": _each(
            "Speak to customers.",
            "Pass on orders from outside past the commander.",
        ),
    },
    {
        "slug": Role.SCRIBE,
        "name": "Scribe",
        "duties": "Writes down what is seen, decided and done, with its time.",
        "wanted": True,
        "does": _each(
            "Writes down what is seen, decided and done, with its time.",
            "Asks for the reason of a decision while it is fresh.",
        ),
        "does_not": _each(
            "Judge or explain: the review does.",
            "Take part in the work itself.",
        ),
    },
    {
        "slug": "subject-matter-expert",
        "name": "Subject-Matter Expert",
        "duties": "Knows a part of the system, answers about it, and proposes mitigations.",
        "single_seat": False,
        "does": _each(
            "Answers about a part of the system, and says how sure they are.",
            "Proposes mitigations, with their risk.",
        ),
        "does_not": "Change anything without telling the Operations Lead.",
    },
    {
        "slug": "shadow",
        "name": "Shadow",
        "duties": "Learns a role by watching whoever holds it.",
        "single_seat": False,
        "does": "Watches how a role is held, and asks afterwards.",
        "does_not": "Answer for the role.",
    },
    {
        "slug": "observer",
        "name": "Observer",
        "duties": "Follows along and does not direct.",
        "single_seat": False,
        "does": "Follows along.",
        "does_not": "Direct, or ask for reports: reads the timeline.",
    },
)


def install(**_: Any) -> None:
    """Make the organization and the default roles where there are none. Safe to call again."""
    Organization.current()
    if not Role.objects.exists():
        Role.objects.bulk_create(Role(position=n, **role) for n, role in enumerate(ROLES))
