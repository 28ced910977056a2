"""The administration of what responders' work is made of."""

from incidents.admin import deck, events, kept, metrics, roles, shown, templates

__all__ = ["deck", "events", "kept", "metrics", "roles", "shown", "templates"]
