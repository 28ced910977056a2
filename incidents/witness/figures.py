"""Figures as people read them. Pure."""

from __future__ import annotations

import math
from datetime import timedelta

_LARGE = ((1e12, "T"), (1e9, "G"), (1e6, "M"))


def spelled(value: float, unit: str = "") -> str:
    """Three or four digits and the unit: "4.2 %", "12,300 /s", "1.5M"."""
    size = abs(value)
    large = next(((step, sign) for step, sign in _LARGE if size >= step), None)
    if large and size < 1e15:
        text = f"{value / large[0]:.3g}{large[1]}"
    elif size >= 1000 and not large:
        text = f"{value:,.0f}"
    else:
        text = f"{value:.3g}"
    return f"{text} {unit}".strip()


def lasting(span: timedelta) -> str:
    """A span in whole seconds, minutes or hours: "40 s", "5 min", "2 h 10 min"."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes % 60 else f"{minutes // 60} h"


def ticks(low: float, high: float, wanted: int = 4) -> list[float]:
    """Round figures over `low` to `high`, the first at or below, the last at or above them."""
    if not high > low:
        high = low + (abs(low) or 1.0)
    rough = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [number * step for number in range(first, last + 1)]
