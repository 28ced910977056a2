"""Earlier incidents like this one whose postmortem says what contributed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incidents import learning
from incidents.presenters.helm import Scene


def shown(scene: Scene, may: Mapping[str, bool]) -> dict[str, Any]:
    """`seen_before`, from what is remembered anyway. Four queries, and none where nothing is remembered."""
    return {"seen_before": learning.seen_before(scene.memories)}
