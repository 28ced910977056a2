"""The administration of what responders' work is made of."""

from incidents.admin import events, kept, metrics, roles, shown

__all__ = ["events", "kept", "metrics", "roles", "shown"]
