"""DMARC (RFC 7489): what a domain asks of receivers of mail in its name, and whether ours would pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from comms.senders.dkim import tags
from comms.senders.findings import Finding, Names

ABOUT = "DMARC"
POLICIES = ("none", "quarantine", "reject")


def found_at(domain: str, names: Names) -> tuple[str, list[str]]:
    """Where the policy for a domain is found, at itself or above it (but for the last label), and its records there."""
    labels = domain.split(".")
    for start in range(max(1, len(labels) - 1)):
        place = ".".join(labels[start:])
        records = [text for text in names.txt(f"_dmarc.{place}") if tags(text).get("v", "").upper() == "DMARC1"]
        if records:
            return place, records
    return domain, []


def aligned(other: str, domain: str, place: str, *, strict: bool) -> bool:
    """Whether `other`, the domain that SPF or DKIM proved, counts for the From of `domain`: the same one, or unless
    that is asked for strictly one of the same organization, `place` and below."""
    if other == domain:
        return True
    return not strict and (other == place or other.endswith(f".{place}"))


def check(domain: str, envelope: str, signed: Sequence[str], names: Names) -> Iterator[Finding]:
    """The policy for From addresses of `domain`, with mail whose return path is at `envelope` and that is signed for
    the domains `signed` (empty where that is unknown). Raises Unanswered."""
    place, records = found_at(domain, names)
    if len(records) != 1:
        told = f"{place} has {len(records)} DMARC records" if records else f"{domain} has no DMARC record"
        yield Finding(
            "error",
            ABOUT,
            f"{told}, so large receivers treat its mail with suspicion.",
            f"Publish one TXT record at _dmarc.{place}: “v=DMARC1; p=none; rua=mailto:postmaster@{place}”.",
        )
        return
    found = tags(records[0])
    policy = found.get("p", "").lower()
    if place != domain:
        policy = found.get("sp", policy).lower()
    yield _of_policy(place, policy)
    if "rua" not in found:
        yield Finding(
            "warning",
            ABOUT,
            "Nobody gets the reports of receivers.",
            f"Add rua=mailto:… to the record at _dmarc.{place}: they say whose mail in your name passes.",
        )
    if found.get("pct", "100") not in ("", "100"):
        yield Finding("warning", ABOUT, f"The policy holds for {found['pct']} % of mail only.", "Take pct= out.")
    yield from _alignment(domain, envelope, signed, place, found)


def _of_policy(place: str, policy: str) -> Finding:
    if policy not in POLICIES:
        return Finding(
            "error", ABOUT, f"The record at _dmarc.{place} has no policy (p=).", "Let p= be none, quarantine or reject."
        )
    if policy == "none":
        return Finding(
            "warning",
            ABOUT,
            f"The policy of {place} is none: mail that others send in its name arrives all the same.",
            "Read the reports for a while, then go on to p=quarantine and p=reject.",
        )
    return Finding("ok", ABOUT, f"The policy of {place} is {policy}.")


def _alignment(
    domain: str, envelope: str, signed: Sequence[str], place: str, found: dict[str, str]
) -> Iterator[Finding]:
    for about, mode, others in (("SPF", found.get("aspf", "r"), [envelope]), ("DKIM", found.get("adkim", "r"), signed)):
        strict = mode.lower() == "s"
        asked = "strict" if strict else "relaxed"
        for other in others:
            if aligned(other, domain, place, strict=strict):
                yield Finding("ok", ABOUT, f"{about} counts for From: {other} is aligned with {domain} ({asked}).")
            else:
                yield Finding(
                    "error",
                    ABOUT,
                    f"{about} does not count for From: {other} is not aligned with {domain} ({asked}).",
                    f"Let the relay use {domain}"
                    + (f", or ask for relaxed alignment (a{about.lower()}=r)." if strict else "."),
                )
