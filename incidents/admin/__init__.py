"""The administration of what responders' work is made of."""

from incidents.admin import kept, shown

__all__ = ["kept", "shown"]
