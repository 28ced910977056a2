"""A page's own colours and shapes, as CSS. Pure but for its refusals.

Colours are checked against the grounds that our stylesheet has, so that no page becomes hard to read by its theme:
text needs 4.5 to 1 (WCAG 2.2, 1.4.3), and what is readable as text is visible as a control, too (1.4.11 asks for 3).
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError

CORNERS = [("round", "Round"), ("soft", "Slightly round"), ("sharp", "Sharp")]
TYPEFACES = [("sans", "Sans serif"), ("serif", "Serif"), ("mono", "Monospaced")]
# The grounds that links and buttons stand on: --paper, --surface and --hover of watchbill.css.
LIGHT_GROUNDS = ("#ffffff", "#f2f5f6", "#edf2f4")
DARK_GROUNDS = ("#0d151a", "#152127", "#1c2a31")
LIGHT_INK, DARK_INK = "#14232b", "#e4ecef"
LEAST = 4.5
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
RADII = {"round": "", "soft": "--r1: 2px; --r2: 4px; --r3: 6px;", "sharp": "--r1: 0; --r2: 0; --r3: 0;"}
FONTS = {
    "sans": "",
    "serif": '--font: "Iowan Old Style", "Palatino Linotype", Palatino, "Noto Serif", "Liberation Serif", serif;',
    "mono": "--font: var(--mono);",
}


class Rgb(NamedTuple):
    """Each from 0 to 255."""

    red: int
    green: int
    blue: int

    @classmethod
    def read(cls, colour: str) -> Rgb:
        return cls(*(int(colour[at : at + 2], 16) for at in (1, 3, 5)))

    def __str__(self) -> str:
        return "#" + "".join(f"{part:02x}" for part in self)

    @property
    def luminance(self) -> float:
        """Relative luminance as WCAG defines it."""
        parts = [part / 255 for part in self]
        r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    def towards(self, other: Rgb, share: float) -> Rgb:
        return Rgb(*(round(mine + (theirs - mine) * share) for mine, theirs in zip(self, other, strict=True)))


def contrast(one: str, other: str) -> float:
    """From 1 (none) to 21 (black on white)."""
    bright, dark = sorted((Rgb.read(one).luminance, Rgb.read(other).luminance), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def validate_light(value: str) -> None:
    _validate(value, LIGHT_GROUNDS, "light", "darker")


def validate_dark(value: str) -> None:
    _validate(value, DARK_GROUNDS, "dark", "lighter")


def _validate(value: str, grounds: tuple[str, ...], named: str, better: str) -> None:
    if COLOUR.fullmatch(value) is None:
        raise ValidationError("Write a colour as # and six hexadecimal digits, such as #0c5f78.")
    found = min(contrast(value, ground) for ground in grounds)
    if found < LEAST:
        nearest = readable(value, grounds, LIGHT_INK if named == "light" else DARK_INK)
        raise ValidationError(
            f"On {named} ground its contrast is {found:.1f} to 1, and text is hard to read below {LEAST} to 1 "
            f"(WCAG 2.2 AA). Take one that is {better}: {nearest} is the nearest that does."
        )


def readable(colour: str, grounds: tuple[str, ...], ink: str) -> str:
    """`colour`, or as little nearer to `ink` as makes it readable on all `grounds`."""
    for step in range(51):
        mixed = str(Rgb.read(colour).towards(Rgb.read(ink), step / 50))
        if all(contrast(mixed, ground) >= LEAST for ground in grounds):
            return mixed
    return ink


def css(light: str, dark: str, corners: str, typeface: str) -> str:
    """Custom properties in the place of our own; empty where nothing was chosen."""
    rules = [RADII[corners], FONTS[typeface]]
    if light or dark:
        light = light or readable(dark, LIGHT_GROUNDS, LIGHT_INK)
        dark = dark or readable(light, DARK_GROUNDS, DARK_INK)
        rules += [
            _both("accent", light, dark),
            _both("accent-hover", _nearer(light, LIGHT_INK), _nearer(dark, DARK_INK)),
            _both("on-accent", "#ffffff", DARK_GROUNDS[0]),
            _both(
                "accent-soft",
                str(Rgb.read(LIGHT_GROUNDS[0]).towards(Rgb.read(light), 0.14)),
                str(Rgb.read(DARK_GROUNDS[1]).towards(Rgb.read(dark), 0.2)),
            ),
        ]
    said = "\n  ".join(rule for rule in rules if rule)
    return f":root {{\n  {said}\n}}\n" if said else ""


def _both(name: str, light: str, dark: str) -> str:
    return f"--{name}: light-dark({light.lower()}, {dark.lower()});"


def _nearer(colour: str, ink: str) -> str:
    return str(Rgb.read(colour).towards(Rgb.read(ink), 0.3))


def css_of(page: Any) -> str:
    """A status page's own; empty where nothing was chosen."""
    return css(page.accent_light, page.accent_dark, page.corners, page.typeface)


def version_of(page: Any) -> str:
    """Another one whenever its colours are others; empty for ours."""
    found = css_of(page)
    return hashlib.sha256(found.encode()).hexdigest()[:8] if found else ""
