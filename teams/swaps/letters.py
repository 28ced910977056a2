"""Mail about swaps, handed to the outbox with the transaction that changes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from teams import mails
from teams.models import Swap, User


def asked(swap: Swap, readers: Iterable[User]) -> None:
    """To whoever may answer."""
    for reader in readers:
        lines = [f"{swap.schedule}: {_span(swap.starts_at, swap.ends_at, reader)}."]
        if swap.back_starts_at and swap.back_ends_at:
            back = _span(swap.back_starts_at, swap.back_ends_at, reader)
            lines.append(f"In return {swap.user} takes over from you: {back}.")
        if swap.asked_id is None:
            lines.append("Everybody of the team and the rotation was asked. Who accepts first stands in.")
        whom = "you" if swap.asked_id else "somebody"
        _send(reader, swap, f"{swap.user} asks {whom} to stand in", lines, said=swap.note, button="Answer")


def accepted(swap: Swap, by: User) -> None:
    """To who asked."""
    reader = swap.user
    lines = [f"{by} stands in for you on {swap.schedule}: {_span(swap.starts_at, swap.ends_at, reader)}."]
    if swap.back_starts_at and swap.back_ends_at:
        lines.append(f"You stand in for {by}: {_span(swap.back_starts_at, swap.back_ends_at, reader)}.")
    _send(reader, swap, f"{by} stands in for you", lines)


def declined(swap: Swap, by: User, word: str, *, left: bool = False) -> None:
    """To who asked. `left`: the one who was asked has left."""
    span = _span(swap.starts_at, swap.ends_at, swap.user)
    lines = [f"{by} has left." if left else "", f"It is your duty still: {swap.schedule}, {span}."]
    _send(swap.user, swap, f"{by} can't stand in for you", [*filter(None, lines)], said=word, button="Ask others")


def expired(swap: Swap) -> None:
    """To who asked: nobody answered before it began."""
    span = _span(swap.starts_at, swap.ends_at, swap.user)
    lines = [f"Your question was not answered in time. It is your duty: {swap.schedule}, {span}."]
    _send(swap.user, swap, "Nobody stands in for you", lines)


def undone(swap: Swap, by: User, reader: User) -> None:
    """To the other of the two."""
    lines = [f"What the two of you agreed on {swap.schedule} is undone: {_span(swap.starts_at, swap.ends_at, reader)}."]
    if swap.back_starts_at and swap.back_ends_at:
        lines.append(f"So is what was taken in return: {_span(swap.back_starts_at, swap.back_ends_at, reader)}.")
    lines.append("The rotation gives the duty to whom it gave it before.")
    _send(reader, swap, f"{by} undid the swap", lines)


def _send(reader: User, swap: Swap, heading: str, lines: list[str], *, said: str = "", button: str = "See it") -> None:
    if reader.email and reader.is_active:
        subject = f"{heading}: {swap.schedule}"
        url = mails.absolute(swap.get_absolute_url())
        mails.send(reader.email, "swap", subject, heading=heading, lines=lines, said=said, url=url, button=button)


def _span(start: datetime, end: datetime, reader: User) -> str:
    return f"{mails.when(start, reader)} to {mails.when(end, reader)}"
