"""The administration of what responders' work is made of."""

from incidents.admin import deck, events, figures, kept, learned, metrics, roles, shown, templates, trackers

__all__ = [
    "deck",
    "events",
    "figures",
    "kept",
    "learned",
    "metrics",
    "roles",
    "shown",
    "templates",
    "trackers",
]
