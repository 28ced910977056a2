"""What makes an action item concrete, and what is worth a remark. PURE.

The lists are data, each phrase with its reason. English only so far: another language brings lists of its own
(`Language`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum


class Wording(StrEnum):
    """What the beginning of a title is like."""

    CLEAR = ""
    NO_VERB = "no_verb"
    VAGUE = "vague"


ASKS = "Say what will be different, so that two people would do the same."
# How `lacking` calls each thing, and what supplies it.
SUPPLIES = {
    "verb": "Begin with what is done: Add, Remove, Alert, Limit, Document …",
    "clear verb": ASKS,
    "owner": "Name one person who can sign in. A team does nothing by itself.",
    "due date": "Give the day by which it is done.",
    "kind": "Choose whether it prevents, detects sooner, mitigates faster, or changes how we work.",
    "end state": "Say what anybody can check once it is done.",
}


@dataclass(frozen=True, slots=True)
class Language:
    """`vague` begins a title that nobody can act on, `soft` one that asks for a closer word; both with what to ask.
    `no_verbs` begin no instruction, `either` none before `of_what`: “Process for deploys”, but “Process dead letters”.
    `nouns` are endings of words that are no verbs, but for `verbs`."""

    code: str
    vague: Mapping[str, str]
    soft: Mapping[str, str]
    no_verbs: frozenset[str]
    either: frozenset[str]
    of_what: frozenset[str]
    nouns: tuple[str, ...]
    verbs: frozenset[str]
    polite: frozenset[str]
    unverifiable: Mapping[str, str] = field(default_factory=dict)

    def having(self, verbs: Iterable[str], vague: Mapping[str, str]) -> Language:
        """The same, where these are verbs and those are vague, whatever it says of them itself."""
        own = frozenset(verbs)
        said = {phrase: asks or ASKS for phrase, asks in vague.items()}
        return replace(
            self,
            vague={phrase: asks for phrase, asks in self.vague.items() if phrase not in own} | said,
            soft={phrase: asks for phrase, asks in self.soft.items() if phrase not in own},
            verbs=self.verbs | own,
        )


_NO_VERBS = """
a an the this that these those we i you they it he she our my your their its there here what why who how when where
which if for with without in on at to from of by as and or but no not never none more less fewer better worse faster
slower new old good bad all some any each every both should could would must shall need needs want wants maybe perhaps
is are was were will may might can careful attention awareness education runbooks playbooks dashboards alerts alarms
logs metrics tests processes teams databases capacity timeouts retries ownership tbd todo
"""
# End like nouns or like what was done already, and are verbs.
_VERBS = """
bring ping ring string spring swing implement document experiment supplement complement segment instrument augment
comment increment decrement partition provision position condition mention question transition function section version
commission decommission balance rebalance finance reference sequence silence fence advance embed shed feed seed speed
shred exceed proceed succeed commence evidence influence action caution sanction station fragment cement torment harness
witness
"""
ENGLISH = Language(
    code="en",
    vague={
        "improve": "Which change, and how far? Name what will be different.",
        "enhance": "Which change, and how far? Name what will be different.",
        "optimize": "What is too slow or too costly, and what is enough?",
        "optimise": "What is too slow or too costly, and what is enough?",
        "investigate": "What is decided once it is known? Name the decision or the document.",
        "look into": "What is decided once it is known? Name the decision or the document.",
        "look at": "What is decided once it is known? Name the decision or the document.",
        "explore": "What is decided once it is known? Name the decision or the document.",
        "research": "What is decided once it is known? Name the decision or the document.",
        "analyze": "What is decided once it is known? Name the decision or the document.",
        "analyse": "What is decided once it is known? Name the decision or the document.",
        "figure out": "What is decided once it is known? Name the decision or the document.",
        "find out": "What is decided once it is known? Name the decision or the document.",
        "understand": "What is decided once it is known? Name the decision or the document.",
        "think about": "Who decides what, by when?",
        "consider": "Who decides what, by when?",
        "discuss": "Who decides what, by when?",
        "talk to": "What shall come of the talk?",
        "talk about": "What shall come of the talk?",
        "evaluate": "Between what, and who decides by when?",
        "try": "What is done, and how is it judged?",
        "be": "Care is no change. What would make the careful way the easy one?",
        "pay": "Care is no change. What would make the careful way the easy one?",
        "remember": "Memory fails at night. Which check or prompt would remember it?",
        "don't forget": "Memory fails at night. Which check or prompt would remember it?",
        "do not forget": "Memory fails at night. Which check or prompt would remember it?",
        "avoid": "What would make it impossible, or at least noticed?",
        "retrain": "People knew. What would help the next person who doesn't?",
        "remind": "Memory fails at night. Which check or prompt would remember it?",
        "encourage": "What would make it the easy way?",
        "raise awareness": "What would make it the easy way?",
        "keep an eye": "Which alert would watch it?",
        "watch out": "Which alert would watch it?",
        "work on": "What stands at the end of the work?",
        "deal with": "What stands at the end of the work?",
    },
    soft={
        "address": "By which change?",
        "handle": "By which change?",
        "ensure": "By which change? A check, a limit, an alert …",
        "make sure": "By which change? A check, a limit, an alert …",
        "review": "What may come of the review, and who decides?",
        "revisit": "What may come of it, and who decides?",
        "monitor": "Which signal, and who is called at which value?",
        "fix": "What is different once it is fixed?",
        "clean up": "What is gone once it is clean?",
        "refactor": "What gets easier or safer by it?",
        "support": "Who can do what afterwards?",
        "train": "People knew. What would help the next person who doesn't?",
        "communicate": "What is told to whom, and where does it stand?",
        "update": "Which part says what afterwards?",
        "strengthen": "By which change, and against what?",
        "increase": "To how much?",
        "reduce": "To how much?",
        "do": "Name what is done.",
    },
    no_verbs=frozenset(_NO_VERBS.split()),
    either=frozenset(("process", "team", "dashboard", "alarm", "database", "playbook", "runbook")),
    of_what=frozenset(("of", "for", "in", "at")),
    nouns=("ing", "tion", "sion", "ment", "ness", "ance", "ence", "ity", "ed"),
    verbs=frozenset(_VERBS.split()),
    polite=frozenset({"please", "let's", "lets", "then", "also", "finally"}),
    unverifiable={
        "it works": "Seen where, by whom?",
        "works": "Seen where, by whom?",
        "it is done": "What can be looked at?",
        "when done": "What can be looked at?",
        "done": "What can be looked at?",
        "finished": "What can be looked at?",
        "completed": "What can be looked at?",
        "fixed": "What can be looked at?",
        "resolved": "What can be looked at?",
        "merged": "And what is different in production?",
        "better": "By how much, and where is it read?",
        "improved": "By how much, and where is it read?",
        "more stable": "By how much, and where is it read?",
        "more reliable": "By how much, and where is it read?",
        "more careful": "What can be looked at?",
        "everybody knows": "Where does it stand, and who has read it?",
        "everyone knows": "Where does it stand, and who has read it?",
        "people know": "Where does it stand, and who has read it?",
        "no more incidents": "In which time, and what would tell?",
        "doesn't happen again": "Which test or drill would show it?",
        "does not happen again": "Which test or drill would show it?",
        "never happens again": "Which test or drill would show it?",
        "tbd": "What can be looked at?",
    },
)
# What a title is about, before a colon, in so many words at most.
LONGEST_ABOUT = 3
_EDGES = " \t\n-*•–—.,;:!?\"'“”‘’()[]"


def wording(title: str, language: Language = ENGLISH) -> Wording:
    """Whether a title begins with a verb that somebody can act on, or does so after what it is about: “Database: add an
    index”. A word that is unknown counts as one: nobody's language is listed whole."""
    head, *tail = (_begun(words, language) for words in _clauses(title, language))
    if head == Wording.NO_VERB and tail:
        return tail[0]
    return Wording.VAGUE if Wording.VAGUE in (head, *tail) else head


def _begun(words: Sequence[str], language: Language) -> Wording:
    if not words:
        return Wording.NO_VERB
    if _begins(words, language.vague):
        return Wording.VAGUE
    first = words[0]
    if first in language.verbs:
        return Wording.CLEAR
    if first in language.either:
        return Wording.NO_VERB if len(words) == 1 or words[1] in language.of_what else Wording.CLEAR
    if first in language.no_verbs or not any(letter.isalpha() for letter in first):
        return Wording.NO_VERB
    # Short words end so by chance: “ring”, “red”.
    return Wording.NO_VERB if len(first) > 5 and first.endswith(language.nouns) else Wording.CLEAR


def lacking(*, words: str, owner: bool, due: bool, kind: bool, end_state: bool) -> list[str]:
    """What keeps an item from being concrete, by the names of `SUPPLIES`, in the order in which it is asked for.
    `words` is the `Wording` of its title."""
    verb = {Wording.NO_VERB: "verb", Wording.VAGUE: "clear verb"}.get(Wording(words), "")
    wants = (("owner", owner), ("due date", due), ("kind", kind), ("end state", end_state))
    return [*([verb] if verb else []), *(name for name, given in wants if not given)]


def remarks(
    title: str,
    end_state: str,
    *,
    due_on: date | None = None,
    latest: date | None = None,
    late_reason: str = "",
    words: str | None = None,
    language: Language = ENGLISH,
) -> list[str]:
    """Sentences on what would make an item better, without standing in its way. `latest` is the day that its severity
    allows, None where nothing says; `words` the `Wording` that its title was given, which may follow longer lists."""
    found = []
    clauses = _clauses(title, language)
    phrase = next(filter(None, (_begins(each, language.vague) for each in clauses)), "")
    if phrase and words in (None, Wording.VAGUE):
        found.append(f"“{phrase.capitalize()}” says too little. {language.vague[phrase]}")
    elif phrase := next(filter(None, (_begins(each, language.soft) for each in clauses)), ""):
        found.append(f"“{phrase.capitalize()}” leaves much open. {language.soft[phrase]}")
    elif words == Wording.VAGUE:
        found.append(f"How it begins says too little. {ASKS}")
    plain = " ".join(end_state.lower().split()).strip(_EDGES)
    # Whoever writes much of it, or a number, has thought of how it is seen.
    if plain and len(plain.split()) <= 6 and not any(letter.isdigit() for letter in plain):
        vague = next((p for p in language.unverifiable if plain == p or (" " in p and p in plain)), "")
        vague = vague or next((p for p in ("better", "improved") if p in plain.split()), "")
        if vague:
            found.append(f"Could somebody else check “{end_state.strip()}”? {language.unverifiable[vague]}")
    if due_on is not None and latest is not None and due_on > latest and not late_reason:
        found.append(
            f"Its day lies beyond {latest.day} {latest:%b %Y}, which its severity and priority allow. Say why."
        )
    return found


def of_all(kinds: Iterable[str]) -> list[str]:
    """Remarks on the items of one incident together, given the kinds of those that are not dropped."""
    chosen = [kind for kind in kinds if kind]
    if chosen and not {"detect", "mitigate"} & set(chosen):
        return ["None of them helps to detect it sooner or to mitigate it faster: what would, when it comes back?"]
    return []


def named(lacking_each: Sequence[tuple[str, Sequence[str]]], most: int = 8) -> str:
    """Items by title with what each lacks: “Add an alert” (owner, kind); “Cap it” (end state)."""
    told = [f"“{title}” ({', '.join(lacks)})" for title, lacks in lacking_each[:most]]
    if len(lacking_each) > most:
        told.append(f"{len(lacking_each) - most} more")
    return "; ".join(told)


def _clauses(title: str, language: Language) -> list[list[str]]:
    """The words of a title; where a colon ends what it is about, those before it and those after it."""
    typed = title.split()
    about = next((n for n, word in enumerate(typed[:LONGEST_ABOUT], start=1) if word.endswith(":")), 0)
    after = _words(typed[about:], language) if about else []
    return [_words(typed[:about], language), after] if after else [_words(typed, language)]


def _words(typed: Sequence[str], language: Language) -> list[str]:
    words = [word.strip(_EDGES).replace("’", "'").lower() for word in typed]
    words = [word for word in words if word]
    while words and words[0] in language.polite:
        words = words[1:]
    return words


def _begins(words: Sequence[str], phrases: Mapping[str, str]) -> str:
    """The longest of `phrases` with which `words` begin, or nothing."""
    for length in (3, 2, 1):
        phrase = " ".join(words[:length])
        if len(words) >= length and phrase in phrases:
            return phrase
    return ""
