"""The administration of what responders' work is made of."""

from incidents.admin import events, kept, shown

__all__ = ["events", "kept", "shown"]
