"""How much one caller may ask for: `1200/min`. Pure."""

from __future__ import annotations

from dataclasses import dataclass

SECONDS = {"sec": 1, "min": 60, "hour": 3600, "day": 86400}
OFF = "off"


@dataclass(frozen=True, slots=True)
class Rate:
    """`amount` requests in each window of `seconds`."""

    amount: int
    seconds: int


def rate(text: str) -> Rate | None:
    """The rate that a setting names, None for `off`. Raises ValueError that says how to write one."""
    if text.strip().lower() in (OFF, ""):
        return None
    amount, _, unit = text.partition("/")
    if not (amount.isascii() and amount.isdecimal() and 0 < len(amount) < 9 and int(amount)) or unit not in SECONDS:
        raise ValueError(f"is {text!r}; write it as 1200/min (per {', '.join(SECONDS)}), or off.")
    return Rate(int(amount), SECONDS[unit])
