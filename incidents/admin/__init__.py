"""The administration of what responders' work is made of."""

from incidents.admin import deck, events, figures, kept, metrics, roles, shown

__all__ = ["deck", "events", "figures", "kept", "metrics", "roles", "shown"]
