"""Which of many changes most likely did it, and what most likely helps, from what is known of them. Pure.

Each figure here is a rule of thumb that a responder would apply too, said in words beside what it puts first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

DEPLOY, FLAG, CONFIG, MIGRATION, OTHER = "deploy", "flag", "config", "migration", ""
# Words of a summary or of a tool's name, and what kind of change they speak of. The first that is found counts.
WORDS = (
    (FLAG, ("flag", "flags", "toggle", "toggled", "feature", "launchdarkly", "unleash", "flagsmith", "experiment")),
    (MIGRATION, ("migration", "migrations", "migrate", "migrated", "schema")),
    (CONFIG, ("config", "configuration", "configured", "setting", "settings", "terraform", "secret", "certificate")),
    (DEPLOY, ("deploy", "deploys", "deployed", "deployment", "release", "released", "rollout", "rolled", "upgraded")),
)
TOLD_BY = ("kind", "type", "change_type", "category")
CALLED = {DEPLOY: "deploys", FLAG: "flags", CONFIG: "settings", MIGRATION: "migrations", OTHER: "changes"}
# What runs other code breaks more than what turns something on or off; what is not known stands between.
WEIGHTS = {DEPLOY: 1.0, MIGRATION: 1.0, OTHER: 0.9, CONFIG: 0.8, FLAG: 0.8}
# After so many minutes a change is half as likely as one of the same minute.
HALF_AFTER = 30.0
# What one step along a dependency leaves, and what is left of a change of the same team elsewhere.
STEP, ELSEWHERE = 0.7, 0.35
# What comes after the trouble began did not cause it, unless that time is a guess.
AFTER = 0.1
# As if so many changes had been looked at before, of which a quarter were the cause: few cases don't say much.
SUPPOSED, SUPPOSED_CAUSED = 4.0, 1.0
# From here on two incidents look alike.
ALIKE = 0.35
# What the words of a title rank at when all of them are found.
ALL_WORDS = 0.6
# What an outcome is worth, and what is supposed of a kind before anything was seen of it: that it fails.
OUTCOMES = {"worked": 1.0, "partly": 0.5, "no_effect": 0.0, "harmful": -1.0}
DOUBT = 1.0
# Enough words to tell one symptom from another.
MOST_WORDS = 40


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a change.

    - `minutes`: before the trouble began; negative: after.
    - `steps`: to its service along dependencies, 0 on the incident's own; None: elsewhere in the team, or nowhere.
    - `kind`: one of the above.
    - `caused`, `judged`: of the `judged` changes of this kind on this service that were looked at in earlier incidents,
      so many were the cause.
    """

    minutes: float
    steps: int | None
    kind: str = OTHER
    caused: int = 0
    judged: int = 0


def kind_of(summary: str, source: str = "", details: Mapping[str, Any] | None = None) -> str:
    """What kind of change it is, as far as its words say."""
    told = [value for name in TOLD_BY if isinstance(value := (details or {}).get(name), str)]
    for text in (*told, summary, source):
        words = set(_words(text))
        for kind, known in WORDS:
            if words.intersection(known):
                return kind
    return OTHER


def score(facts: Facts) -> float:
    """How likely it did it, against others: more is likelier. Nearness × service × past guilt × kind."""
    near = 1 / (1 + abs(facts.minutes) / HALF_AFTER)
    if facts.minutes < 0:
        near *= AFTER
    place = ELSEWHERE if facts.steps is None else STEP**facts.steps
    rate = (facts.caused + SUPPOSED_CAUSED) / (facts.judged + SUPPOSED)
    guilt = 0.5 + 0.5 * rate * SUPPOSED / SUPPOSED_CAUSED
    return near * place * guilt * WEIGHTS.get(facts.kind, WEIGHTS[OTHER])


def reason(facts: Facts, service: str, of: str) -> str:
    """Why it stands where it stands: `service` is the change's, "" for none; `of` the incident's, in words."""
    said = [f"{_ago(abs(facts.minutes))} {'before' if facts.minutes >= 0 else 'after it began'}"]
    if facts.steps == 0:
        said.append(f"on {service} itself")
    elif facts.steps == 1:
        said.append(f"on {service}, which {of} depends on")
    elif facts.steps is not None:
        said.append(f"on {service}, {facts.steps} steps behind {of}")
    elif service:
        said.append(f"on {service}, of the same team")
    else:
        said.append("on no service that we know")
    text = ", ".join(said)
    called = CALLED[facts.kind]
    if facts.judged == 1:
        text += f"; the last of its {called} looked at was {'the cause' if facts.caused else 'not the cause'}"
    elif facts.judged:
        text += f"; {called} of it caused {facts.caused} of the last {facts.judged} looked at"
    return text


def likeness(*, words: float, letters: float, service: bool, kind: bool) -> float:
    """How much two incidents look alike, 0 to 1: `words` is their rank by full text, `letters` the similarity of their
    trigrams, `service` whether they share one, `kind` whether they are of the same type."""
    return 0.5 * min(1.0, words / ALL_WORDS) + 0.25 * letters + 0.2 * service + 0.05 * kind


def worth(tries: Iterable[tuple[float, str]]) -> float:
    """What a kind of mitigation promises, at most 1, from attempts as (likeness of their incident, outcome): one that
    worked seven times of nine is worth more than one that worked the only time."""
    known = list(tries)
    weight = sum(like for like, _ in known)
    return sum(like * OUTCOMES.get(outcome, 0.0) for like, outcome in known) / (weight + DOUBT) if known else 0.0


def words(text: str) -> list[str]:
    """Words to look for, each once; numbers alone tell nothing."""
    return list(dict.fromkeys(word for word in _words(text) if not word.isdigit() and len(word) > 1))[:MOST_WORDS]


def _words(text: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in text.lower()).split()


def _ago(minutes: float) -> str:
    whole = round(minutes)
    if whole < 60:
        return f"{whole} min"
    hours, rest = divmod(whole, 60)
    return f"{hours} h" + (f" {rest} min" if rest and hours < 6 else "")
