from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incidents.presenters.helm import Scene


def shown(scene: Scene, may: Mapping[str, bool]) -> dict[str, Any]:
    return {}
