"""Which role policies hold for an incident, and in which order their rosters are asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

ANY_SEVERITY = (1, 4)


@dataclass(frozen=True, slots=True)
class Policy:
    """Conditions by key; None holds always. `severities`: the worst and the mildest, both included. The names are for
    saying why it does not hold."""

    id: int
    name: str
    role: int
    type: int | None = None
    severities: tuple[int, int] = ANY_SEVERITY
    team: int | None = None
    service: int | None = None
    position: int = 0
    enabled: bool = True
    type_name: str = ""
    team_name: str = ""
    service_name: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """What of an incident decides. `severity` None: nobody has said how bad it is."""

    role: int
    severity: int | None
    type: int | None = None
    team: int | None = None
    services: frozenset[int] = frozenset()


def misses(policy: Policy, case: Case) -> list[str]:
    """Why it does not hold, in words; empty where it does."""
    found = []
    if not policy.enabled:
        found.append("it is turned off")
    if policy.role != case.role:
        found.append("it is for another role")
    if policy.service is not None and policy.service not in case.services:
        found.append(f"only for the service {policy.service_name}")
    if policy.team is not None and policy.team != case.team:
        found.append(f"only for incidents of {policy.team_name}")
    if policy.type is not None and policy.type != case.type:
        found.append(f"only for the type {policy.type_name}")
    if not _bad_enough(policy, case.severity):
        found.append(f"only for {severities(policy)}")
    return found


def ranked(policies: Iterable[Policy], case: Case) -> list[Policy]:
    """Those that hold, the most specific first: a service counts more than a team, a team more than a type, a type
    more than a narrow range of severities; among equals the lower position, then the older."""
    return sorted((p for p in policies if not misses(p, case)), key=rank)


def rank(policy: Policy) -> tuple[bool, bool, bool, int, int, int]:
    worst, mildest = policy.severities
    return (
        policy.service is None,
        policy.team is None,
        policy.type is None,
        mildest - worst,
        policy.position,
        policy.id,
    )


def severities(policy: Policy) -> str:
    """The range in words: "SEV1", "SEV1 to SEV2"; empty for any."""
    worst, mildest = policy.severities
    if (worst, mildest) == ANY_SEVERITY:
        return ""
    return f"SEV{worst}" if worst == mildest else f"SEV{worst} to SEV{mildest}"


def _bad_enough(policy: Policy, severity: int | None) -> bool:
    if severity is None:
        return policy.severities == ANY_SEVERITY
    worst, mildest = policy.severities
    return worst <= severity <= mildest
