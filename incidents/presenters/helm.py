"""The helm: the one next thing, and the buttons for what can be done now."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.urls import reverse

from incidents.actions.rollback import hook_of
from incidents.guards import Facts
from incidents.models import (
    Change,
    CustomField,
    CustomValue,
    Incident,
    Mitigation,
    Postmortem,
    RoleAssignment,
    Witness,
)
from incidents.phases import PURPOSE, VERBS, Phase, blockers, verbs_in
from incidents.presenters.fixes import compose_url
from incidents.presenters.there import ANYTHING, There
from incidents.remembering import Memory
from incidents.suggesting import Suggestion
from teams.models import Organization, Role, User

ICONS = {
    "declare": "declare",
    "start_mitigation": "mitigate",
    "confirm_mitigated": "check",
    "resolve": "resolve",
    "start_review": "review",
    "close": "closed",
    "relapse": "undo",
    "reopen": "undo",
    "cancel": "cancelled",
    "uncancel": "undo",
    "merge": "merged",
    "unmerge": "undo",
}


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press. `post` does it at once, `plain` goes to a page, else it opens its form. `missing` counts what
    stands in the way."""

    label: str
    url: str
    icon: str = ""
    help: str = ""
    key: str = ""
    name: str = ""
    missing: int = 0
    post: bool = False
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Next:
    """The one next thing and the button that does it."""

    text: str
    explains: str = ""
    button: Button | None = None


@dataclass(slots=True)
class Scene:
    """What the helm and the parts of the page are computed from: rows that it has loaded anyway. `target` is what it
    was merged into, where the user may see that; `memories` what helped in incidents like it, while it goes on;
    `roles` all there are; `moves` to which phase it went, when that was and when it was recorded; `fields` the
    organization's own that are asked for, and `values` what was said, by field."""

    incident: Incident
    user: User
    now: datetime
    facts: Facts
    mitigations: list[Mitigation]
    command: RoleAssignment | None
    offered: list[RoleAssignment]
    postmortem: Postmortem | None
    target: Incident | None = None
    suggestions: list[Suggestion] = field(default_factory=list)
    memories: list[Memory] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)
    organization: Organization | None = None
    there: There = ANYTHING
    moves: list[tuple[str, datetime | None, datetime]] = field(default_factory=list)
    fields: list[CustomField] = field(default_factory=list)
    values: dict[int, CustomValue] = field(default_factory=dict)
    witnesses: list[Witness] = field(default_factory=list)

    @property
    def nearest_change(self) -> Change | None:
        """What to roll back first: the likeliest change before it began that nobody ruled out."""
        return next((s.change for s in self.suggestions if s.worth_taking_back), None)


def verb_button(scene: Scene, name: str, key: str = "") -> Button:
    """The button of a verb of the table. What its own form can supply is not counted as missing."""
    verb = VERBS[name]
    typed = {given.name for given in verb.inputs if given.kind != "bool"}
    missing = [b for b in blockers(verb, scene.facts, {}) if b.field not in typed]
    return Button(
        verb.label,
        reverse("incidents:verb", args=[scene.incident.pk, name]),
        ICONS.get(name, ""),
        verb.explains,
        key,
        name.replace("_", "-"),
        len(missing),
    )


def acknowledge_button(incident: Incident) -> Button:
    url = reverse("incidents:acknowledge", args=[incident.pk])
    return Button("Acknowledge", url, "ack", "Stops the paging of others.", "a", "acknowledge", post=True)


def propose_button(incident: Incident, change: Any = None) -> Button:
    url = reverse("incidents:propose", args=[incident.pk])
    if change is not None and hook_of(change, incident):
        url = reverse("incidents:roll_back", args=[incident.pk, change.pk])
        return Button("Roll it back", url, "mitigate", "Its webhook is called once you confirm.", "", "helm-roll-back")
    label = "Propose rollback" if change else "Propose mitigation"
    return Button(
        label,
        url + (f"?change={change.pk}" if change else ""),
        "mitigate",
        "Roll back, fail over, scale up.",
        "",
        "helm-propose",
    )


def move_button(mitigation: Mitigation, verb: str, label: str, icon: str) -> Button:
    url = reverse("incidents:mitigation", args=[mitigation.incident_id, mitigation.pk, verb])
    return Button(label, url, icon, name=f"helm-{verb}")


def _update_button(scene: Scene) -> Button | None:
    url = compose_url(scene.incident)
    if not url or not scene.incident.is_active or scene.incident.declared_at is None:
        return None
    return Button("Status update", url, "communicate", "Tell stakeholders.", "s", "status-update", plain=True)


def next_thing(scene: Scene) -> Next:
    """The one next thing, from the phase and from what the board, the seats and the review show."""
    mine = next((o for o in scene.offered if o.user_id == scene.user.pk), None)
    if mine is not None and scene.incident.is_open:
        url = reverse("incidents:role", args=[scene.incident.pk, mine.role.slug])
        by = f"{mine.offered_by} offers you" if mine.offered_by else "You are offered"
        button = Button(f"Answer: {mine.role.name}", url, "role", name="answer-offer")
        return Next(f"{by} {mine.role.name}.", mine.role.duties, button)
    return NEXT[Phase(scene.incident.phase)](scene)


def _detect(scene: Scene) -> Next:
    incident = scene.incident
    if incident.acknowledged_at is None:
        return Next(
            "Acknowledge, so that nobody else is called.",
            PURPOSE[Phase.DETECT],
            acknowledge_button(incident),
        )
    by = incident.acknowledged_by
    said = f"{by} has it. Is it an incident?" if by else "Is it an incident?"
    return Next(said, "Declare it, or cancel it as a false alarm. When in doubt, declare.", None)


def _declare(scene: Scene) -> Next:
    incident, command = scene.incident, scene.command
    seat = reverse("incidents:role", args=[incident.pk, Role.COMMANDER])
    if command is None:
        button = Button("Take command", seat, "command", name="take-command")
        return Next("Somebody has to command.", PURPOSE[Phase.DECLARE], button)
    if command.accepted_at is None and command.user_id == scene.user.pk:
        button = Button("Accept command", seat, "command", name="take-command")
        return Next("You were chosen to command. Accept it, or hand it over.", command.role.duties, button)
    live = [m for m in scene.mitigations if m.is_waiting or m.is_in_flight]
    if not live:
        change = scene.nearest_change
        said = f"Last change: {change.summary}. Roll it back?" if change else "What would restore service now?"
        return Next(said, PURPOSE[Phase.MITIGATE], propose_button(incident, change))
    if command.accepted_at is None:
        button = Button("Command", seat, "command", name="take-command")
        return Next(f"{command.user} has still to accept command.", PURPOSE[Phase.DECLARE], button)
    return Next(f"Start: {live[0].title}", "The cause can wait. Restore service first.", None)


def _mitigate(scene: Scene) -> Next:
    running = [m for m in scene.mitigations if m.is_in_flight]
    waiting = [m for m in scene.mitigations if m.is_waiting]
    seen = scene.facts.metrics_holding
    if scene.facts.mitigation_worked:
        explains = f"{seen}." if seen else PURPOSE[Phase.COMMUNICATE]
        return Next("Is service back for its users? Confirm it.", explains, None)
    if running:
        signal = f"Did it work? You will see: {running[0].success_signal}" if running[0].success_signal else ""
        button = move_button(running[0], "worked", "It worked", "resolve")
        explains = f"{seen}. {signal}".strip() if seen else signal or PURPOSE[Phase.MITIGATE]
        return Next(f"Judge it: {running[0].title}", explains, button)
    if seen:
        return Next("Is service back? Confirm that it is mitigated.", f"{seen}.", None)
    if waiting:
        button = move_button(waiting[0], "execute", "Carry it out", "arrow")
        return Next(f"Carry out: {waiting[0].title}", PURPOSE[Phase.MITIGATE], button)
    return Next("What else would restore service?", PURPOSE[Phase.MITIGATE], propose_button(scene.incident))


def _communicate(scene: Scene) -> Next:
    facts = scene.facts
    if facts.comms_required and not facts.recovery_told:
        return Next("Tell stakeholders that service is restored.", PURPOSE[Phase.COMMUNICATE], _update_button(scene))
    if scene.incident.comms_track(scene.now) == "overdue":
        return Next("The promised update is overdue.", PURPOSE[Phase.COMMUNICATE], _update_button(scene))
    if facts.soak_until is not None and facts.now < facts.soak_until:
        return Next("Watch that it holds.", "Resolve once the time to watch is over, or say why sooner.", None)
    return Next("Does it hold? Confirm recovery and resolve.", PURPOSE[Phase.COMMUNICATE], None)


def _resolve(scene: Scene) -> Next:
    return Next("Choose who leads the review.", PURPOSE[Phase.RESOLVE], None)


def _review(scene: Scene) -> Next:
    postmortem = scene.postmortem
    if postmortem is None:
        return Next("Close it.", "", None)
    url = postmortem.get_absolute_url()
    page = Button("Postmortem", url, "review", name="to-postmortem", plain=True)
    steps = {
        "draft": Next(
            "Write the postmortem and hand it in.",
            PURPOSE[Phase.REVIEW],
            Button(
                "Write it",
                reverse("incidents:postmortem_edit", args=[scene.incident.pk]),
                "edit",
                name="to-edit",
                plain=True,
            ),
        ),
        "in_review": Next("Somebody other than its owner approves the postmortem.", "", page),
        "approved": Next("Publish the postmortem.", "", page),
    }
    facts = scene.facts
    # What would have helped is said before it is published.
    if postmortem.state in steps and not (postmortem.state == "approved" and facts.hindsight_unasked):
        return steps[postmortem.state]
    if postmortem.state == "published" and not (facts.concrete_items or facts.no_items_needed):
        return Next("Add a concrete action item: an owner, a date, and how we know.", "", page)
    if facts.items_lacking:
        return Next("Make each action item concrete.", f"{facts.items_lacking}.", page)
    if facts.hindsight_unasked:
        url = reverse("incidents:hindsight", args=[scene.incident.pk])
        said = "Which open action item would have helped here?"
        return Next(said, PURPOSE[Phase.REVIEW], Button("Say it", url, "review", name="to-hindsight"))
    if scene.facts.unseen_by:
        return Next(f"Not yet read by {', '.join(scene.facts.unseen_by)}.", "", page)
    return Next("Everything is there. Close it.", PURPOSE[Phase.CLOSED], None)


def _over(scene: Scene) -> Next:
    incident = scene.incident
    if incident.phase == Phase.MERGED:
        into = scene.target
        if into is None:
            return Next("Handled in a private incident.", PURPOSE[Phase.MERGED], None)
        button = Button(f"Go to {into.reference}", into.get_absolute_url(), "merged", name="to-target", plain=True)
        return Next(f"Handled in {into.reference}.", PURPOSE[Phase.MERGED], button)
    if incident.phase == Phase.CANCELLED:
        return Next(f"Cancelled: {incident.get_cancel_kind_display().lower() or 'no reason'}.", "", None)
    return Next("Reviewed and closed.", "What follows from it is kept among the action items.", None)


NEXT = {
    Phase.DETECT: _detect,
    Phase.DECLARE: _declare,
    Phase.MITIGATE: _mitigate,
    Phase.COMMUNICATE: _communicate,
    Phase.RESOLVE: _resolve,
    Phase.REVIEW: _review,
    Phase.CLOSED: _over,
    Phase.CANCELLED: _over,
    Phase.MERGED: _over,
}


def buttons(scene: Scene, following: Next, shown: int = 2) -> tuple[list[Button], list[Button]]:
    """Big buttons, the next thing's own first, and the rest behind "More"."""
    incident = scene.incident
    big = [following.button] if following.button else []
    rest: list[Button] = []
    if "paging" in scene.there and incident.phase != Phase.DETECT:
        # Somebody else declared it, and whoever owns it has not answered yet.
        big.append(acknowledge_button(incident))
    for verb in verbs_in(incident.phase):
        # Where it may be done, and is not what this phase is for, it stays out of the way.
        main = verb.weight == "main" and verb.sources[0] == incident.phase
        (big if main else rest).append(verb_button(scene, verb.name, "v" if main else ""))
    update = _update_button(scene)
    if update and update not in big:
        big.append(update)
    if incident.phase in (Phase.DECLARE, Phase.MITIGATE) and not any(b.icon == "mitigate" for b in big[:1]):
        rest.insert(0, replace(propose_button(incident), name="more-propose"))
    if incident.is_open:
        rest.append(
            Button(
                "Change severity",
                reverse("incidents:severity", args=[incident.pk]),
                "sev3",
                "When in doubt, the higher.",
                name="severity",
            )
        )
    return big[:shown], big[shown:] + rest
