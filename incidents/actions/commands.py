"""Does what a line of the command line asks for, by the same actions as the forms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils import timezone

from incidents import commands
from incidents.actions import attachments, crews, mentions, mitigation, notes, pins, roles, tasks
from incidents.actions.attachments import Upload
from incidents.commands import Ask, Unreadable
from incidents.models import Severity, TimelineEntry
from incidents.problems import refuse
from incidents.timeline import Kind
from teams.models import Role, Team, User


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a line: `said` in words, the `entry` that it wrote where it is known. `draft` True: an update is to
    be written next, which begins with the text of `ask`."""

    ask: Ask
    said: str
    entry: TimelineEntry | None = None
    draft: bool = False


def run(
    incident_pk: int,
    text: str,
    *,
    by: User,
    now: datetime | None = None,
    kind: str = "",
    occurred_at: datetime | None = None,
    time_unknown: bool = False,
    files: Sequence[Upload] = (),
) -> Done:
    """Read a line and do what it asks for; what is no command is written as a note, or as the `kind` that was chosen.

    `now` is when it was typed; times in it are meant in the zone that is active. Files go with a note or a decision.
    Raises Blocked, whose blockers are about `text` unless they say otherwise, and PermissionDenied.
    """
    try:
        ask = commands.parse(text, timezone.localtime(now))
        if occurred_at and ask.at is None:
            if not commands.BY_NAME[ask.command].past:
                raise Unreadable("not_backdated", f"/{ask.command} counts from now on. Leave the time out.")
            ask = replace(ask, at=occurred_at)
        if ask.command in ("note", "decide"):
            return _note(incident_pk, ask, by, kind, time_unknown, files)
        if files:
            raise refuse("files_unfit", f"Files go with a note or a decision, not with /{ask.command}.", field="files")
        if ask.command not in DO:
            raise Unreadable("command_unknown", f"/{ask.command} is not possible here.")
        return DO[ask.command](incident_pk, ask, by)
    except Unreadable as unreadable:
        raise refuse(unreadable.code, unreadable.message, field="text") from None


def _note(pk: int, ask: Ask, by: User, kind: str, time_unknown: bool, files: Sequence[Upload]) -> Done:
    kind = Kind.DECISION if ask.command == "decide" else kind or Kind.NOTE
    if files:
        entry = attachments.attach(
            pk, files, by=by, text=ask.text, kind=kind, occurred_at=ask.at, time_unknown=time_unknown
        )
    else:
        entry = notes.note(pk, ask.text, by=by, kind=kind, occurred_at=ask.at, time_unknown=time_unknown)
    return Done(ask, "Written down.", entry)


def _pin(pk: int, ask: Ask, by: User) -> Done:
    return Done(ask, "Written down and pinned.", pins.write(pk, ask.text, by=by, occurred_at=ask.at))


def _link(pk: int, ask: Ask, by: User) -> Done:
    return Done(ask, "Linked.", notes.link(pk, ask.address, title=ask.text, by=by, occurred_at=ask.at))


def _severity(pk: int, ask: Ask, by: User) -> Done:
    known = {str(each.level): each for each in Severity.objects.all()}
    level = commands.choose(ask.words, {key: str(each) for key, each in known.items()}, what="severity")
    notes.set_severity(pk, known[level], by=by, reason=ask.reason)
    return Done(ask, f"Severity is {known[level].code}.")


def _role(pk: int, ask: Ask, by: User) -> Done:
    known = {role.slug: role for role in Role.objects.all()}
    role = known[commands.choose(ask.words, {slug: each.name for slug, each in known.items()}, what="role")]
    whom = mentions.person(ask.whom[0], by=by) if ask.whom else by
    if whom == by:
        roles.take(pk, role, by=by, occurred_at=ask.at)
        return Done(ask, f"You are {role.name}.")
    if ask.at:
        raise Unreadable("not_backdated", "A role is offered now; only one that you take yourself can be backdated.")
    roles.offer(pk, role, whom, by=by, brief=ask.text)
    return Done(ask, f"Offered {role.name} to {whom}.")


def _mitigate(pk: int, ask: Ask, by: User) -> Done:
    whom = mentions.person(ask.whom[0], by=by) if ask.whom else None
    title = ask.text[:1].upper() + ask.text[1:]
    if len(title) > 200:
        raise Unreadable("text_too_long", "Say in at most 200 characters what shall be done.")
    made = mitigation.propose(
        pk, by=by, kind=ask.kind, title=title, carried_by=whom, deadline_at=ask.due, occurred_at=ask.at
    )
    return Done(ask, f"Proposed: {made.title}.")


def _task(pk: int, ask: Ask, by: User) -> Done:
    whom = mentions.person(ask.whom[0], by=by) if ask.whom else None
    made = tasks.add(pk, ask.text[:1].upper() + ask.text[1:], by=by, owner=whom, due_at=ask.due)
    return Done(ask, f"Given to {whom}: {made.title}." if whom else f"A task without an owner yet: {made.title}.")


def _page(pk: int, ask: Ask, by: User) -> Done:
    team = mentions.one(ask.whom[0])
    if not isinstance(team, Team):
        raise Unreadable("not_a_team", f"A team is paged, by whoever is on call. To ask {team} alone, mention them.")
    if not ask.reason:
        raise Unreadable("text_missing", f"Say what is needed of {team}, such as: /page @{team.slug} why is it slow?")
    crews.ask(pk, team, by=by, why=ask.reason)
    return Done(ask, f"{team} is paged.")


def _eta(pk: int, ask: Ask, by: User) -> Done:
    notes.set_facts(pk, by=by, eta_at=ask.due)
    return Done(ask, f"Service is expected back at {timezone.localtime(ask.due):%H:%M}." if ask.due else "No ETA now.")


def _status(pk: int, ask: Ask, by: User) -> Done:
    return Done(ask, "", draft=True)


DO: dict[str, Callable[[int, Ask, User], Done]] = {
    "pin": _pin,
    "link": _link,
    "severity": _severity,
    "role": _role,
    "mitigate": _mitigate,
    "task": _task,
    "page": _page,
    "eta": _eta,
    "status": _status,
}
# What can be done here, in the order of the list.
OFFERED = tuple(each for each in commands.COMMANDS if each.name in {*DO, "note", "decide", "at"})
