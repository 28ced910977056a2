"""What a mitigation is about, as scripts compare it."""

from __future__ import annotations

from incidents.models import Mitigation


def words_of(mitigation: Mitigation) -> str:
    """Its title, and the change that it takes back."""
    return f"{mitigation.title} {mitigation.change.summary if mitigation.change else ''}"
