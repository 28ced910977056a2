"""The administration of what responders' work is made of."""

from incidents.admin import events, kept, metrics, shown

__all__ = ["events", "kept", "metrics", "shown"]
