"""What reviews of a new installation start with: the sections of a postmortem, the coach's phrases and the tags of
contributing factors."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from incidents import postmortem_template
from incidents.coaching import LANGUAGES, language
from incidents.models import CoachPhrase, FactorTag, PostmortemTemplate

# Slug, name, what it means, and the words for which it is suggested.
TAGS: tuple[tuple[str, str, str, str], ...] = (
    (
        "missing-alert",
        "Missing alert",
        "Nothing told anybody, or too late.",
        "no|missing|without alert|alerts|alerting|alarm|monitoring|monitor, not alert*|monitor*|page*|notify, "
        "unmonitored, undetected, did not page|fire, customer* noticed|reported|told, silently, blind spot*",
    ),
    (
        "alert-noise",
        "Alert noise",
        "The signal was there, among many that meant nothing.",
        "nois*, alert fatigue, too many alerts|pages|alarms, false alarm*|positive*, flapping, muted, ignored alert*, "
        "fired * often, unactionable",
    ),
    (
        "untested-change",
        "Untested change",
        "A change was not tried where it would have failed harmlessly.",
        "untested, not|never tested, no test|tests, test* * missing, without * test|tests|testing, not * covered, "
        "test coverage, staging, canary, bug, regression, deploy*, release*, migration*",
    ),
    (
        "missing-rollback",
        "Missing rollback",
        "There was no quick way back.",
        "rollback*, roll back, rolled back, revert*, irreversible, no way back, could not * undo*, restore*, backup*",
    ),
    (
        "capacity",
        "Capacity",
        "More was asked of it than it could carry.",
        "capacity, overload*, out of memory|space|connections|addresses|inodes, disk * full|space, full disk, "
        "memory, cpu, quota*, limit*, exhaust*, saturat*, scal*, traffic, load, spike*, queue*, throttl*, leak",
    ),
    (
        "dependency",
        "Dependency",
        "Something that it depends on failed, and took it along.",
        "dependenc*, depends, upstream, third-party, third party, vendor*, provider*, external, downstream, "
        "cascad*, retry, retries, retry storm, timeout*, single point, library, api",
    ),
    (
        "configuration",
        "Configuration",
        "A setting was not what was meant, or differed between places.",
        "config*, misconfig*, setting*, flag*, parameter*, environment variable*, default|defaults, drift*, "
        "hard-coded, hardcoded, dns, certificate*, expired",
    ),
    (
        "unclear-ownership",
        "Unclear ownership",
        "Nobody knew whose it was.",
        "ownership, no owner, unowned, orphan*, nobody own*, not clear * who, unclear, whose, responsib*, "
        "owner|owners * left|changed, both teams",
    ),
    (
        "runbook-gap",
        "Runbook gap",
        "What to do was not written down, or no longer right.",
        "runbook*, playbook*, undocumented, documentation, not documented, outdated, procedure*, manual step*, "
        "by hand, instructions, tribal knowledge",
    ),
    (
        "access",
        "Access",
        "Those who could help could not get in.",
        "access, permission*, credential*, password*, locked out, vpn, token*, role|roles, unauthori*, sso, "
        "two-factor, key|keys",
    ),
    (
        "communication",
        "Communication",
        "What somebody knew did not reach who needed it.",
        "communicat*, not told|informed|announced, unaware, did not know, misunderst*, chat, hand-over, handover, "
        "hand-off, handoff, announcement*, escalat*, language barrier, two rooms",
    ),
    (
        "design",
        "Design",
        "It behaved as built, and what was built did not fit.",
        "design*, architect*, race condition, deadlock*, lock|locks, cache*, single point of failure, no redundancy, "
        "failover*, assumption*, coupling, legacy, schema, bottleneck*",
    ),
    (
        "human-interface",
        "Tools and interfaces",
        "A tool made the wrong step easy, or the right one hard to find.",
        "dashboard*, interface, dialog*, button*, tool|tools, command|commands, shell, console, label*, looked alike, "
        "confirm*, error message*, misleading, ambiguous",
    ),
    (
        "data",
        "Data",
        "Data was not what the software expects.",
        "data, corrupt*, duplicate*, malformed, null, encoding, invalid, inconsisten*, replication, lag, stale",
    ),
    (
        "time-and-load-on-people",
        "Load on people",
        "Too few people, too tired, or with too much at once.",
        "night, tired, fatigue, understaffed, on leave|holiday|vacation, weekend, alone, context switch*, parallel, "
        "too many|much at once, interrupt*, on-call load, deadline*, time pressure",
    ),
)


def install() -> None:
    """Bring phrases up to date and make tags where there are none. Safe to call again."""
    for code in LANGUAGES:
        _phrases(code)
    if not PostmortemTemplate.objects.exists():
        template = PostmortemTemplate.objects.create(name="Standard")
        template.versions.create(number=1, sections=postmortem_template.stored(postmortem_template.DEFAULT))
    if not FactorTag.objects.exists():
        FactorTag.objects.bulk_create(
            FactorTag(slug=slug, name=name, description=description, words=words, position=n)
            for n, (slug, name, description, words) in enumerate(TAGS)
        )


def _phrases(code: str) -> None:
    """Add phrases that are new, and take over what changed in those that nobody edited. None is switched on or off."""
    kept = {row.slug: row for row in CoachPhrase.objects.filter(language=code)}
    new, changed = [], []
    for given in language(code).phrases:
        fields = {"puts": "sentence", "unless": "", "asks": "", "rewrite": "", **given}
        shipped_as = digest(fields)
        row = kept.get(given["slug"])
        if row is None:
            new.append(CoachPhrase(language=code, shipped_as=shipped_as, **fields))
        elif row.shipped_as and row.shipped_as != shipped_as and is_untouched(row):
            for name, value in {**fields, "shipped_as": shipped_as}.items():
                setattr(row, name, value)
            changed.append(row)
    CoachPhrase.objects.bulk_create(new)
    CoachPhrase.objects.bulk_update(changed, [*CONTENT, "shipped_as"])


CONTENT = ("kind", "pattern", "unless", "why", "asks", "rewrite", "puts")


def digest(fields: dict[str, Any]) -> str:
    """Of what a phrase says, to tell later whether somebody edited it."""
    said = [" ".join(str(fields[name]).split()) for name in CONTENT]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def is_untouched(row: CoachPhrase) -> bool:
    """Whether it still says what it said when it came with Watchbill."""
    return digest({name: getattr(row, name) for name in CONTENT}) == row.shipped_as
