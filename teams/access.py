"""Who may do what: one table of verbs and roles. Everything that asks "may they?" asks here.

PURE: no framework and no query. `teams.permits` finds out which roles somebody has on a thing, and `docs/access.md`
shows this table as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from teams.words import listed


class Role(StrEnum):
    """What somebody is: in the organization (one of four), in a team, in an incident, on a status page, or merely to
    this request."""

    OWNER = "owner"
    ADMIN = "admin"
    RESPONDER = "responder"
    VIEWER = "viewer"

    MANAGER = "manager"
    MEMBER = "member"
    GUEST = "guest"

    PARTICIPANT = "participant"
    COMMANDER = "commander"

    EDITOR = "editor"
    APPROVER = "approver"
    READER = "reader"

    ANYONE = "anyone"
    LINK = "link"
    TOOL = "tool"
    PROVISIONER = "provisioner"


ORGANIZATION = (Role.OWNER, Role.ADMIN, Role.RESPONDER, Role.VIEWER)
TEAM = (Role.MANAGER, Role.MEMBER, Role.GUEST)
INCIDENT = (Role.COMMANDER, Role.PARTICIPANT)
PAGE = (Role.EDITOR, Role.APPROVER, Role.READER)
BY_KEY = (Role.ANYONE, Role.LINK, Role.TOOL, Role.PROVISIONER)

EXPLAINED = {
    Role.OWNER: "Answers for the installation: everything, private incidents included.",
    Role.ADMIN: "Sets up people, teams, rosters, integrations and pages. Private incidents only where they take part.",
    Role.RESPONDER: "Responds to incidents of any team.",
    Role.VIEWER: "Reads. Does more only where a team, an incident or a page gives them a role.",
    Role.MANAGER: "Looks after one team: its people, rosters, policies, services and integrations.",
    Role.MEMBER: "Belongs to a team: responds to its incidents, private ones included, and covers its watches.",
    Role.GUEST: "Works with a team for a while: responds to its public incidents.",
    Role.COMMANDER: "Holds command of an incident.",
    Role.PARTICIPANT: "Takes part in an incident: was paged, holds a role, or was brought in.",
    Role.EDITOR: "Writes and publishes on one status page, and keeps its components and subscribers.",
    Role.APPROVER: "Publishes on one status page that only its approvers publish on.",
    Role.READER: "Reads one status page that is for executives.",
    Role.ANYONE: "Everybody, without signing in.",
    Role.LINK: "Whoever holds a link that was sent to one person; it opens that one thing.",
    Role.TOOL: "A tool with the key of an integration.",
    Role.PROVISIONER: "An identity provider with a token for SCIM.",
}

# On a private incident, and on all that hangs on it, only these count. An admin is nobody there unless they take part.
ON_PRIVATE = frozenset({Role.OWNER, Role.MANAGER, Role.MEMBER, Role.PARTICIPANT, Role.COMMANDER})


@dataclass(frozen=True, slots=True)
class Verb:
    """One row. `scope` is what an API token needs; empty: no token may. `again`: who signed in a while ago is asked
    again who they are."""

    name: str
    does: str
    roles: frozenset[Role]
    scope: str = ""
    again: bool = False

    @property
    def noun(self) -> str:
        return self.name.partition(".")[0]


def _verb(name: str, does: str, roles: str, scope: str = "", *, again: bool = False) -> Verb:
    return Verb(name, does, frozenset(map(Role, roles.split())), scope, again)


_STAFF = "owner admin"
_READERS = f"{_STAFF} responder viewer manager member guest"
_ROSTER = f"{_STAFF} manager"
_RESPONDERS = f"{_STAFF} responder manager member guest"
_CREW = f"{_STAFF} responder manager member guest participant commander"

SCOPES = {
    "read": "Read what the person may read.",
    "respond": "Report and respond to incidents, review them, keep action items.",
    "publish": "Write and publish status updates.",
    "rosters": "Change teams, rosters, policies and services.",
    "people": "Change people, roles and invitations.",
    "setup": "Change integrations, pages, severities and settings.",
    "audit": "Read the audit log.",
    "provision": "Keep people and teams in step with an identity provider (SCIM).",
}

_ROWS = (
    # Oneself
    _verb("self.view", "see one's own account, duty and pages", _READERS, "read"),
    _verb("self.change", "change one's own profile, address, password and sessions", _READERS),
    _verb("self.prove", "change one's own second factor, or set a first password", _READERS, again=True),
    _verb("self.tokens", "make and revoke one's own API tokens", _READERS, again=True),
    # The organization
    _verb("admin.enter", "use the administration", f"{_ROSTER} editor"),
    _verb("organization.view", "read the organization's settings", _STAFF, "setup"),
    _verb("organization.change", "change the organization's settings, roles and severities", _STAFF, "setup"),
    _verb("security.change", "change how people get in, and what is kept of it", "owner", again=True),
    _verb("audit.view", "read and export the audit log", f"{_ROSTER}", "audit"),
    # People
    _verb("person.view", "find people", _READERS, "read"),
    _verb("person.change", "change people and their roles", _STAFF, "people", again=True),
    _verb("person.invite", "invite people", _ROSTER, "people"),
    _verb("person.erase", "export or erase what is kept of a person", _STAFF, again=True),
    _verb("token.service", "keep service accounts and revoke anybody's tokens", _STAFF, again=True),
    _verb("people.provision", "keep people and teams in step by SCIM", "provisioner", "provision"),
    # Teams and rosters
    _verb("team.view", "see teams, services, schedules, policies, and who is on call", _READERS, "read"),
    _verb("team.create", "make and remove teams", _STAFF, "rosters"),
    _verb("team.change", "change a team, its people and services", _ROSTER, "rosters"),
    _verb("roster.change", "change schedules, overrides and escalation policies", _ROSTER, "rosters"),
    _verb("drill.view", "see page drills, and who could not be reached", f"{_ROSTER} member guest", "read"),
    _verb("drill.start", "start, plan and cancel page drills", _ROSTER, "rosters"),
    _verb("deck.change", "write playbooks, and generic mitigations of services", f"{_ROSTER} member", "rosters"),
    _verb("deck.approve", "approve generic mitigations, so that incidents offer them", _ROSTER, "rosters"),
    _verb("override.add", "stand in, swap, or have one's own duty covered", f"{_ROSTER} member guest", "rosters"),
    _verb("away.change", "say when one is away", _READERS, "rosters"),
    _verb("feed.change", "make and revoke one's own calendar feeds", _READERS, "rosters"),
    _verb("integration.change", "see and change integrations and their keys", _ROSTER, "setup"),
    _verb("routing.view", "see how alerts are routed, and try it", f"{_STAFF} responder manager member", "read"),
    _verb("routing.change", "change the rules by which alerts are routed", _STAFF, "setup"),
    _verb("quiet.change", "silence alerts of a team, and plan its maintenance windows", _RESPONDERS, "respond"),
    _verb("quiet.everywhere", "silence alerts of every team", _STAFF, "respond"),
    # Incidents
    _verb("incident.view", "read an incident and all that belongs to it", f"{_READERS} participant commander", "read"),
    _verb("incident.report", "report an incident", _RESPONDERS, "respond"),
    _verb("incident.respond", "acknowledge, declare, take roles, mitigate, resolve, write notes", _CREW, "respond"),
    _verb("follow.change", "follow an incident, or no longer", f"{_READERS} participant commander", "respond"),
    _verb("attachment.remove", "take away a file that somebody else attached", "owner commander", "respond"),
    _verb("incident.share", "make an incident private or public, and name the teams that see it", _CREW, "respond"),
    _verb("exercise.run", "prepare, start and stop drills of incidents", _RESPONDERS, "respond"),
    _verb("scenario.change", "write scenarios for drills", f"{_STAFF} responder", "respond"),
    _verb("review.write", "write the postmortem and its action items", _CREW, "respond"),
    _verb(
        "board.change",
        "keep and share filters of incidents, and choose what one's list opens with",
        _READERS,
        "respond",
    ),
    _verb("wall.change", "make and revoke links that show public incidents on a screen", _STAFF, "setup"),
    _verb("incident.export", "take incidents that one may see away as a file", _READERS, "read"),
    _verb("change.view", "see deploys and other changes", _READERS, "read"),
    # Telling stakeholders
    _verb("update.view", "see unpublished updates", f"{_READERS} participant commander editor approver", "read"),
    _verb("update.write", "write, change and withdraw drafts of status updates", f"{_CREW} editor approver", "publish"),
    _verb("update.publish", "publish and schedule status updates", f"{_CREW} editor approver", "publish"),
    _verb("update.approve", "publish where a page leaves that to its approvers", f"{_STAFF} approver", "publish"),
    _verb(
        "update.bypass",
        "publish without the approval that a page wants, saying why",
        f"{_CREW} editor approver",
        "publish",
    ),
    _verb("maintenance.view", "see maintenance that status pages tell of", f"{_READERS} editor approver", "read"),
    _verb(
        "maintenance.plan",
        "plan, move, begin, end and cancel maintenance that a status page tells of",
        f"{_RESPONDERS} editor approver",
        "publish",
    ),
    _verb("page.view", "see status pages and components in the console", f"{_READERS} editor approver", "read"),
    _verb("page.read", "read a status page that is for executives", f"{_STAFF} editor approver reader", "read"),
    _verb("page.change", "change a status page and its components", f"{_STAFF} editor", "setup"),
    _verb("page.create", "make and remove status pages, and name their editors", _STAFF, "setup"),
    _verb("subscriber.view", "see subscribers", f"{_STAFF} editor", "setup"),
    _verb("subscriber.change", "add, change and remove subscribers", f"{_STAFF} editor", "setup"),
    _verb("delivery.view", "see what was sent to whom, and send it again", _STAFF, "setup"),
    # Without an account
    _verb("public.read", "read public pages, feeds and postmortems, subscribe, and sign in", "anyone"),
    _verb("link.use", "do the one thing that a link is for: acknowledge, confirm, choose, leave, accept", "link"),
    _verb("event.send", "send alerts and changes", "tool"),
)
TABLE: dict[str, Verb] = {verb.name: verb for verb in _ROWS}
# Opened without an account or by a key, which the view itself asks for: no role of a person matters.
OPEN = frozenset({"public.read", "link.use", "event.send", "people.provision"})


def allows(verb: str, roles: Iterable[Role], *, private: bool = False, scopes: Iterable[str] | None = None) -> bool:
    """Whether any of `roles` may do `verb`. `private`: on a private incident. `scopes`: those of the API token that
    the request came with; None without a token. KeyError for a verb that is not in the table."""
    row = TABLE[verb]
    held = frozenset(roles)
    if private:
        held &= ON_PRIVATE
    if scopes is not None and row.scope not in scopes:
        return False
    return bool(row.roles & held)


def who(verb: str, *, private: bool = False) -> str:
    """Who may, in words: "owner, admin or manager"."""
    roles = TABLE[verb].roles & ON_PRIVATE if private else TABLE[verb].roles
    return listed([role.value for role in Role if role in roles], "or")
