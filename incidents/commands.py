"""The command line of an incident: what somebody typed after `/`, as what they ask for.

`parse` knows neither people nor roles: whom a handle names and which seat a word means, `actions.commands` finds out.
Whatever can't be read is said in one sentence by `Unreadable`, and the text stays as it was typed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import get_close_matches

from incidents import mentions, moments

# A note that begins with a time longer ago than this is likelier one about the time to come.
RECENT = timedelta(hours=12)
KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("roll_back", ("roll back", "rollback", "revert")),
    ("fail_over", ("fail over", "failover", "switch over")),
    ("scale_up", ("scale", "add capacity")),
    ("feature_off", ("turn off", "switch off", "disable", "feature off")),
    ("restart", ("restart", "reboot", "bounce")),
    ("shed_load", ("shed", "block", "rate limit", "throttle")),
    ("fix_forward", ("fix forward", "fix", "hotfix", "patch")),
    ("watch", ("watch", "wait")),
)
NOTHING = ("none", "unknown", "clear", "never", "-")


class Unreadable(Exception):
    """What is wrong with a command, in a sentence for whoever typed it. `code` is for programs."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Command:
    """A line of the list that `/` opens. `takes` says what may follow, `past`: it may be given the time it happened."""

    name: str
    takes: str
    explains: str
    example: str
    others: tuple[str, ...] = ()
    past: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """What a line asks for. `text` is what is to be written or done, `words` names a severity or a role as it was
    typed, `whom` are handles, `due` a moment to come and `at` the one when it happened, if it was not just now."""

    command: str
    text: str = ""
    words: str = ""
    whom: tuple[str, ...] = ()
    kind: str = ""
    address: str = ""
    reason: str = ""
    due: datetime | None = None
    at: datetime | None = None


COMMANDS = (
    Command("note", "text", "Write a note", "/note errors fall to 11 %", past=True),
    Command("decide", "text", "Write down a decision", "/decide we fail over at 15:00", ("decision",), past=True),
    Command(
        "mitigate",
        "what [@person] [within 10m]",
        "Propose a mitigation",
        "/mitigate roll back deploy 42 @bob within 10m",
        ("propose",),
        past=True,
    ),
    Command("role", "role [@person]", "Take a role, or offer it", "/role comms @dana", past=True),
    Command("task", "@person what [by 15:00]", "Give somebody a task", "/task @sam check the replicas by 15m"),
    Command(
        "page", "@team why", "Call a team in: whoever is on call is paged", "/page @database why is the primary slow?"
    ),
    Command("severity", "1 to 4 [because why]", "Change the severity", "/severity 2 because nobody can pay", ("sev",)),
    Command("eta", "time, or none", "Say when service is expected back", "/eta 14:40"),
    Command("status", "[text]", "Write a status update", "/status We are rolling back.", ("update",)),
    Command(
        "link", "address [title]", "Put a link on the timeline", "/link https://example.org/graph Errors", past=True
    ),
    Command("pin", "text", "Write a note and pin it on top", "/pin Bridge: room 4", past=True),
    Command("at", "time, then a note or a command", "Say when it happened", "/at 14:05 errors began"),
)
BY_NAME = {name: command for command in COMMANDS for name in (command.name, *command.others)}


def is_command(text: str) -> bool:
    """Whether a line is for `parse`. A path such as /var/log, or a comment //, is a note."""
    word = _word(text)
    return text.startswith("/") and bool(word) and "/" not in word and word[0].isalpha()


def parse(text: str, now: datetime) -> Ask:
    """What a line asks for: a command, or else a note. `now` is in the zone in which times are meant. Raises
    Unreadable."""
    text = text.strip()
    if not is_command(text):
        return _note(text, now)
    word = _word(text).casefold()
    command = BY_NAME.get(word)
    if command is None:
        near = get_close_matches(word, list(BY_NAME), 1, 0.6)
        hint = f" Did you mean /{BY_NAME[near[0]].name}?" if near else " Type / to see all."
        why = f"There is no command /{word[:20]}.{hint} To write it as a note, put /note first."
        raise Unreadable("command_unknown", why)
    return READ[command.name](text[1 + len(word) :].strip(), now)


def _word(text: str) -> str:
    return text[1:].split(maxsplit=1)[0] if text[1:].strip() and not text[1:2].isspace() else ""


def _note(text: str, now: datetime) -> Ask:
    """A note; one that begins with “at 14:05” says when it happened."""
    begin, _, rest = text.partition(" ")
    if begin.casefold() == "at" and rest:
        moment, rest = _leading_moment(rest, now)
        if moment and rest and moment >= now - RECENT:
            return Ask("note", rest, at=moment)
    return Ask("note", text)


def _leading_moment(text: str, now: datetime) -> tuple[datetime | None, str]:
    """A moment that has been at the begin of a text, and what comes after it. The longest way to read it counts."""
    words = text.split(maxsplit=3)
    for count in range(min(3, len(words)), 0, -1):
        said = " ".join(words[:count])
        if count > 1 and not said.casefold().endswith(("ago", "am", "pm")):
            continue
        if moment := moments.before(said.rstrip(",:"), now):
            return moment, text.split(maxsplit=count)[count].strip() if len(words) > count else ""
    return None, text


def _needs(text: str, command: str, what: str) -> str:
    if not text:
        raise Unreadable("text_missing", f"Say {what} after /{command}, such as: {BY_NAME[command].example}")
    return text


def _write(command: str, what: str) -> Callable[[str, datetime], Ask]:
    def read(text: str, now: datetime) -> Ask:
        return Ask(command, _needs(text, command, what))

    return read


def _at(text: str, now: datetime) -> Ask:
    moment, rest = _leading_moment(_needs(text, "at", "when it happened"), now)
    if moment is None:
        raise Unreadable("time_unreadable", "Say when it happened, such as: /at 14:05 errors began, or /at 10m ago …")
    if is_command(rest) and _word(rest).casefold() == "at":
        raise Unreadable("time_unreadable", "Say once when it happened, such as: /at 14:05 errors began")
    ask = parse(_needs(rest, "at", "what happened"), now)
    if not BY_NAME[ask.command].past:
        raise Unreadable("not_backdated", f"/{ask.command} counts from now on; it can't be given an earlier time.")
    return replace(ask, at=ask.at or moment)


def _severity(text: str, now: datetime) -> Ask:
    word, _, reason = _needs(text, "severity", "which severity").partition(" ")
    return Ask("severity", words=word.rstrip(",:"), reason=_because(reason))


def _because(text: str) -> str:
    """A reason without what only leads to it."""
    text = text.strip().lstrip("-–,:").strip()
    first, _, rest = text.partition(" ")
    return rest.strip() if first.casefold() in ("because", "as", "since") and rest.strip() else text


def _role(text: str, now: datetime) -> Ask:
    named = next(mentions.each(_needs(text, "role", "which role")), None)
    if named is None:
        return Ask("role", words=text)
    words = text[: named.start].strip().removesuffix(" to").strip()
    if not words:
        raise Unreadable("role_missing", f"Name the role before the person, such as: {BY_NAME['role'].example}")
    return Ask("role", words=words, whom=(named.handle,), text=text[named.end :].strip())


def _mitigate(text: str, now: datetime) -> Ask:
    text, whom = _first_named(_needs(text, "mitigate", "what shall be done"))
    text, due = _ending(text, ("within",), now)
    text = text.removesuffix(" by").strip()
    said = text.casefold()
    kind = next((kind for kind, begins in KINDS if any(_begins(said, b) for b in begins)), "other")
    return Ask("mitigate", _needs(text, "mitigate", "what shall be done"), whom=whom, kind=kind, due=due)


def _begins(text: str, begin: str) -> bool:
    return text == begin or text.startswith(f"{begin} ")


def _task(text: str, now: datetime) -> Ask:
    text, whom = _first_named(_needs(text, "task", "what shall be done"))
    text, due = _ending(text, ("by", "in", "within"), now)
    return Ask("task", _needs(text, "task", "what shall be done"), whom=whom, due=due)


def _first_named(text: str) -> tuple[str, tuple[str, ...]]:
    """A text without the first handle in it, and that."""
    named = next(mentions.each(text), None)
    if named is None:
        return text, ()
    return f"{text[: named.start].rstrip()} {text[named.end :].lstrip()}".strip(), (named.handle,)


def _ending(text: str, words: tuple[str, ...], now: datetime) -> tuple[str, datetime | None]:
    """A text without “by 15:00” at its end, and when that is. What is no time stays in the text."""
    parts = text.split()
    for count in range(2, min(4, len(parts)) + 1):
        first, *said = parts[-count:]
        if first.casefold() in words and (due := moments.ahead(" ".join(said), now)):
            return " ".join(parts[:-count]), due
    return text, None


def _page(text: str, now: datetime) -> Ask:
    found = list(mentions.each(text))
    if not found:
        raise Unreadable("whom_missing", f"Say whom with @, such as: {BY_NAME['page'].example}")
    first = found[0]
    why = f"{text[: first.start].rstrip()} {text[first.end :].lstrip()}".strip()
    return Ask("page", whom=(first.handle,), reason=_because(why))


def _eta(text: str, now: datetime) -> Ask:
    said = _needs(text, "eta", "when service is expected back").casefold()
    if said in NOTHING:
        return Ask("eta")
    due = moments.ahead(said.removeprefix("at "), now)
    if due is None:
        raise Unreadable("time_unreadable", f"“{text[:40]}” is no time. {moments.HINT}")
    return Ask("eta", due=due)


def _link(text: str, now: datetime) -> Ask:
    address, _, title = _needs(text, "link", "which address").partition(" ")
    if not address.startswith(("https://", "http://")):
        raise Unreadable("address_unreadable", f"“{address[:40]}” is no web address: it begins with https://")
    return Ask("link", title.strip(), address=address)


READ: dict[str, Callable[[str, datetime], Ask]] = {
    "note": _write("note", "what happened"),
    "decide": _write("decide", "what was decided"),
    "pin": _write("pin", "what everybody has to see"),
    "status": lambda text, now: Ask("status", text),
    "at": _at,
    "severity": _severity,
    "role": _role,
    "mitigate": _mitigate,
    "task": _task,
    "page": _page,
    "eta": _eta,
    "link": _link,
}


def choose(word: str, options: dict[str, str], *, what: str) -> str:
    """The key of the one of `options` (key: name) that `word` means: its key, its name, its initials such as “ic”, or
    the begin of one of its words. Raises Unreadable where that is none or several."""
    said = word.strip().casefold()
    plain = {key: name.casefold() for key, name in options.items()}
    ways = (
        [key for key, name in plain.items() if said in (key.casefold(), name)],
        [key for key, name in plain.items() if "".join(w[0] for w in name.replace("-", " ").split()) == said],
        [key for key, name in plain.items() if name.startswith(said)],
        [key for key, name in plain.items() if any(w.startswith(said) for w in name.split())],
    )
    for meant in ways if said else ():
        if len(meant) == 1:
            return meant[0]
        if meant:
            names = ", ".join(options[key] for key in meant)
            raise Unreadable(f"{what}_unclear", f"“{word}” may mean several: {names}. Write more of it.")
    names = ", ".join(options.values())
    raise Unreadable(f"{what}_unknown", f"There is no {what} “{word[:40]}”. Choose one of: {names}.")
