"""The administration of what responders' work is made of."""

from incidents.admin import events, kept, roles, shown

__all__ = ["events", "kept", "roles", "shown"]
