"""A mail relay, as the settings name it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Relay:
    """Where mail is handed over; `tls` is `starttls`, `ssl` or `none`. `name` is what people and rows call it: it holds
    no user, because with some providers that is a key.

    What else is known of it does not tell one from another: `rate`, how many letters it takes a second (None: as many
    as go), `failures` in a row, and whether it is `on_trial`, so that it gets one letter to see how it does.
    """

    name: str
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: str = "none"
    rate: float | None = field(default=None, compare=False)
    failures: int = field(default=0, compare=False)
    on_trial: bool = field(default=False, compare=False)
