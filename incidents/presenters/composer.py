"""What the line under the timeline needs: its form, the commands that it offers, and what completes a word."""

from __future__ import annotations

import json
import secrets
from typing import Any

from django.db.models import Exists, OuterRef, Q

from incidents.actions.commands import OFFERED
from incidents.forms import NoteForm
from incidents.mentions import HANDLE
from incidents.models import Incident, Severity
from teams.models import Membership, Role, Team, User
from teams.words import storable

MOST = 8
LONGEST = 80
COMMANDS = json.dumps(
    [{"name": each.name, "takes": each.takes, "explains": each.explains, "also": each.others} for each in OFFERED]
)


def composer(incident: Incident, form: NoteForm | None = None) -> dict[str, Any]:
    """The context of `incidents/note_form.html`. The key lets a form that is sent twice write once."""
    key = form.data.get("key") if form is not None and form.is_bound else None
    return {
        "note_form": form or NoteForm(incident),
        "note_key": key or secrets.token_urlsafe(18),
        "commands": COMMANDS,
        "offered": OFFERED,
    }


def options(incident: Incident, kind: str, begin: str) -> list[dict[str, str]]:
    """What may stand where somebody types: `insert` is what to put there, `label` and `hint` say what it is. `kind` is
    whom (people and teams), person, role or severity; `begin` what is there already. At most `MOST`."""
    begin = storable(begin).strip()[:LONGEST]
    if kind == "role":
        return [
            {"insert": role.name, "label": role.name, "hint": role.duties[:LONGEST]}
            for role in Role.objects.all()
            if begin.casefold() in role.name.casefold()
        ][:MOST]
    if kind == "severity":
        return [
            {"insert": str(each.level), "label": str(each), "hint": each.definition[:LONGEST]}
            for each in Severity.objects.all()
            if begin.casefold() in str(each).casefold()
        ]
    found = _people(incident, begin)
    if kind == "whom":
        found += _teams(begin)
    return found[:MOST]


def _people(incident: Incident, begin: str) -> list[dict[str, str]]:
    """Whoever takes part comes first, then the team's people."""
    here = incident.participants.through.objects.filter(incident=incident, user=OuterRef("pk"))
    near = Membership.objects.filter(team=incident.team_id, user=OuterRef("pk"))
    people = User.objects.present().annotate(here=Exists(here), near=Exists(near))
    if begin:
        people = people.filter(
            Q(username__istartswith=begin)
            | Q(first_name__istartswith=begin)
            | Q(last_name__istartswith=begin)
            | Q(first_name__iexact=begin.partition(" ")[0], last_name__istartswith=begin.partition(" ")[2] or begin)
        )
    rows = people.order_by("-here", "-near", "first_name", "last_name", "pk")[:MOST]
    return [
        {
            "insert": handle_of(user.username, user.name),
            "label": user.name,
            "hint": "takes part" if user.here else "of the team" if user.near else f"@{user.username}",
        }
        for user in rows
    ]


def _teams(begin: str) -> list[dict[str, str]]:
    teams = Team.objects.filter(Q(name__icontains=begin) | Q(slug__istartswith=begin))[:MOST]
    return [{"insert": f"@{team.slug}", "label": team.name, "hint": "team: whoever is on call"} for team in teams]


def handle_of(username: str, name: str) -> str:
    """How a text names somebody, so that it is read as the same again."""
    plain = f"@{username}"
    found = HANDLE.fullmatch(plain)
    return plain if found and not username.endswith((".", "+", "@", "-")) else f'@"{name}"'
