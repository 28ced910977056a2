"""What a new installation starts with. An admin may change or delete all of it."""

from typing import Any

from teams.models import Organization, Role

ROLES: tuple[dict[str, Any], ...] = (
    {
        "slug": Role.COMMANDER,
        "name": "Incident Commander",
        "duties": "Coordinates: assigns roles, decides, keeps the overview. Does not fix anything hands-on; hands over "
        "command first.",
        "wanted": True,
    },
    {
        "slug": "deputy",
        "name": "Deputy",
        "duties": "Is ready to take command, watches the clock, and follows up on what the commander delegated.",
    },
    {
        "slug": Role.OPERATIONS,
        "name": "Operations Lead",
        "duties": "Carries out the mitigation and reports condition, actions and needs to the commander.",
        "wanted": True,
    },
    {
        "slug": Role.COMMUNICATIONS,
        "name": "Communications Lead",
        "duties": "Tells customers and stakeholders what is known, and keeps the promised time of the next update.",
        "wanted": True,
    },
    {
        "slug": "internal-liaison",
        "name": "Internal Liaison",
        "duties": "Keeps leadership and other teams informed and brings in the help that the commander asks for.",
    },
    {
        "slug": Role.SCRIBE,
        "name": "Scribe",
        "duties": "Writes down what is seen, decided and done, with its time.",
        "wanted": True,
    },
    {
        "slug": "subject-matter-expert",
        "name": "Subject-Matter Expert",
        "duties": "Knows a part of the system, answers about it, and proposes mitigations.",
        "single_seat": False,
    },
    {
        "slug": "shadow",
        "name": "Shadow",
        "duties": "Learns a role by watching whoever holds it.",
        "single_seat": False,
    },
    {
        "slug": "observer",
        "name": "Observer",
        "duties": "Follows along and does not direct.",
        "single_seat": False,
    },
)


def install(**_: Any) -> None:
    """Make the organization and the default roles where there are none. Safe to call again."""
    Organization.current()
    if not Role.objects.exists():
        Role.objects.bulk_create(Role(position=n, **role) for n, role in enumerate(ROLES))
