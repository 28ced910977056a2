"""One row of everything, and somebody in each role of the table of access, for tests that walk all addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import get_resolver
from django.utils import timezone

from comms.models import (
    Bundle,
    Component,
    ComponentGroup,
    Delivery,
    Drill,
    PageIncident,
    PageLogo,
    PageMaintenance,
    PageRole,
    StatusPage,
    StatusUpdate,
    Subscriber,
    SubscriberImport,
    UpdateTemplate,
)
from comms.tokens import bundle_token, drill_token, subscriber_token
from incidents.actions import attachments, exercises, walls
from incidents.actions.trackers import keeping
from incidents.links import item_token, page_token
from incidents.models import (
    Alert,
    EscalationRun,
    Event,
    Exercise,
    Export,
    FigureDefinition,
    Incident,
    Maintenance,
    Page,
    PostmortemTemplate,
    RoleDuty,
    RoutingRule,
    SavedFilter,
    Silence,
)
from incidents.phases import Phase
from teams import access, service_accounts
from teams.access import Role
from teams.ical import feeds
from teams.models import ApiToken, Invitation, Membership, Override, Swap, Team, TimeOff, User, Webhook
from teams.models import Role as Seat
from tests import factories

# Who somebody is to the world's rows, and their role in the organization.
PERSONAS: dict[str, tuple[str, frozenset[Role]]] = {
    "owner": ("owner", frozenset()),
    "admin": ("admin", frozenset()),
    "responder": ("responder", frozenset()),
    "viewer": ("viewer", frozenset()),
    "manager": ("viewer", frozenset({Role.MANAGER})),
    "member": ("viewer", frozenset({Role.MEMBER})),
    "guest": ("viewer", frozenset({Role.GUEST})),
    "participant": ("viewer", frozenset({Role.PARTICIPANT})),
    "commander": ("viewer", frozenset({Role.COMMANDER, Role.PARTICIPANT})),
    "editor": ("viewer", frozenset({Role.EDITOR})),
    "approver": ("viewer", frozenset({Role.APPROVER})),
    "reader": ("viewer", frozenset({Role.READER})),
}
SECRET = "Zanzibar"


@dataclass
class World:
    """`people` by persona; `values` fill the addresses, `rows` are what the administration lists."""

    team: Team
    incident: Incident
    people: dict[str, User]
    values: dict[str, Any]
    rows: dict[str, Any] = field(default_factory=dict)


def unlimited(settings: Any) -> None:
    """Lift every limit on how often something may be asked: a walk asks for everything at once."""
    for name in ("API", "ANONYMOUS", "CONSOLE", "PUBLIC", "SUBSCRIBE", "LINK", "EVENT", "SCIM"):
        setattr(settings, f"WATCHBILL_{name}_RATE", "off" if name != "SCIM" else "")


def build(*, private: bool = False) -> World:
    """Everything of a team whose incident is in review."""
    people = {
        name: factories.UserFactory(username=name, role=role, last_name="Persona", password="not to be guessed")
        for name, (role, _) in PERSONAS.items()
    }
    hands = factories.UserFactory(username="hands")
    team = factories.TeamFactory(name="Payments", people=[people["manager"], people["member"], hands])
    service = factories.ServiceFactory(name="Checkout", slug="checkout", team=team)
    schedule = factories.schedule(team, [hands])
    policy = factories.policy(team, [schedule])
    now = timezone.now()
    override = Override.objects.create(
        schedule=schedule, user=hands, starts_at=now + timedelta(days=1), ends_at=now + timedelta(days=2)
    )
    begins = now + timedelta(days=3)
    swap = Swap.objects.create(schedule=schedule, user=hands, starts_at=begins, ends_at=begins + timedelta(days=1))
    away = TimeOff.objects.create(user=hands, starts_at=begins, ends_at=begins + timedelta(days=1))
    integration, key = factories.integration(team)
    page = StatusPage.objects.create(
        name="Public", slug="public", is_default=True, other_languages=["de"], accent_light="#0c5f78"
    )
    group = ComponentGroup.objects.create(page=page, name="Shop")
    component = Component.objects.create(page=page, name="Checkout", service=service, group=group)
    PageRole.objects.create(page=page, user=people["editor"], role="editor")
    PageRole.objects.create(page=page, user=people["approver"], role="approver")
    PageRole.objects.create(page=page, user=people["reader"], role="reader")
    PageLogo.objects.create(page=page, variant="light", data=b"x", icon=b"x", width=9, height=9, sha256="x")
    incident = factories.incident(
        team, hands, phase=Phase.REVIEW, title=f"{SECRET} leaks", services=[service], private=private
    )
    # Later than the incident, which brings people of the team in.
    Membership.objects.create(team=team, user=people["guest"], role="guest")
    incident.participants.add(people["participant"], people["commander"])
    _command(incident, people["commander"])
    # A relation is both incidents': whoever takes part in one alone is the other's stranger.
    another = Incident.objects.create(title="Another", team=team, private=private)
    another.participants.add(people["participant"], people["commander"])
    event = Event.objects.create(integration=integration, source="alertmanager", body=b"{}")
    alert = Alert.objects.create(integration=integration, incident=incident, fingerprint="f", title="Errors")
    alert.refresh_from_db()
    metric, check = factories.metrics(incident, service)
    change = factories.ChangeFactory(service=service, integration=integration, at=incident.detected_at)
    item = incident.action_items.create(title="Add an alert", team=team, owner=hands)
    tracker = keeping.keep(
        None, by=None, name="Shop", kind="github", project="acme/shop", token="t", team=team, private_allowed=private
    )
    told, _ = PageIncident.objects.get_or_create(page=page, incident=incident, defaults={"title": "Shop down"})
    update = StatusUpdate.objects.create(page_incident=told, body=f"{SECRET}, draft of it", author=hands)
    run = incident.runs.first() or EscalationRun.objects.create(incident=incident, policy=policy)
    called = Page.objects.create(incident=incident, run=run, user=hands, level=9, why="on call")
    subscriber = Subscriber.objects.create(page=page, email="reader@example.org", state="active")
    brought = SubscriberImport.objects.create(page=page, name="readers.csv", state="done")
    token, _ = ApiToken.issue(hands, "script")
    attached = attachments.attach(
        incident.pk, [SimpleUploadedFile("it.log", b"draft of it leaks")], by=hands
    ).attachments.get()
    invited, invitation_key = _invitation(team, hands)
    feed, feed_address = feeds.issue(by=hands)
    wall, wall_address = walls.issue(by=people["owner"], name="Second floor")
    robot = service_accounts.make(by=people["owner"], name="Robot", role="responder")
    gone = factories.UserFactory(username="gone", is_active=False)
    rule = RoutingRule.objects.create(
        position=1, name="Errors", conditions=[{"what": "text", "values": ["error"]}], team=team
    )
    silence = Silence.objects.create(
        reason=f"{SECRET} is known",
        team=team,
        private=private,
        ends_at=now + timedelta(hours=1),
        conditions=[{"what": "text", "values": ["error"]}],
    )
    window = Maintenance.objects.create(
        title=f"{SECRET} is moved", team=team, private=private, starts_at=now, ends_at=now + timedelta(hours=1)
    )
    window.services.add(service)
    planned = PageMaintenance.objects.create(
        page=page,
        title="Database upgrade",
        mail_title="Database upgrade",
        scheduled_for=now + timedelta(days=1),
        scheduled_until=now + timedelta(days=1, hours=1),
    )
    planned.parts.create(component=component)
    of_planned = planned.updates.create(
        kind="planned",
        state="scheduled",
        body="New disks.",
        scheduled_for=planned.scheduled_for,
        scheduled_until=planned.scheduled_until,
    )
    mailed = Delivery.objects.create(
        key="z", kind="update", subscriber=subscriber, address=subscriber.email, maintenance_update=of_planned
    )
    session = UserSession.objects.create(user=hands, ip="127.0.0.1", session_key="s" * 32)
    Delivery.objects.create(key="x", kind="page", page=called, user=hands, address=hands.email)
    bundle = Bundle.objects.create(user=hands, urgency="high", closes_at=timezone.now())
    drill = Drill.objects.create(
        schedule=schedule, state="running", began_at=now, starts_at=now, ends_at=now + timedelta(hours=1)
    )
    drilled = Delivery.objects.create(
        key="y", kind="drill", user=hands, address=hands.email, drill_call=drill.calls.create(person=hands)
    )
    exercise = _exercise(incident, hands, people)
    scenario = exercises.keep(exercises.shipped()["database-failover"].text, by=people["owner"])
    Webhook.objects.create(team=team, name="Light", url="https://light.example/", secret="s" * 32)
    return World(
        team,
        incident,
        people,
        values={
            "incident": incident.pk,
            "figure": "time_to_detect",
            "team": team.slug,
            "service": service.slug,
            "schedule": schedule.pk,
            "layer": schedule.layers.get().pk,
            "override": override.pk,
            "swap": swap.pk,
            "away": away.pk,
            "policy": policy.pk,
            "entry": incident.timeline.first().pk,
            "mitigation": incident.mitigations.first().pk,
            "playbook": (playbook := team.playbooks.create(title="When it fails")).pk,
            "run": (run_of := incident.playbook_runs.create(playbook=playbook, title=f"{SECRET}, step by step")).pk,
            "step": run_of.steps.create(position=1, text="Look").pk,
            "card": service.cards.create(title="Fail over", success_signal="Errors drop").pk,
            "seat": incident.assignments.filter(state="held").first().pk,
            "change": change.pk,
            "metric": metric.pk,
            "metric_check": check.pk,
            "duty": RoleDuty.objects.get(role__slug="scribe", phase="declare", position=0).pk,
            "item": item.pk,
            "factor": incident.postmortem.factors.create(text=f"{SECRET} was full", position=9).pk,
            "tracker": tracker.pk,
            "tracker_key": tracker.hook_key,
            "link": item.tracker_links.create(tracker=tracker, marker="watchbill-1").pk,
            "comment": incident.postmortem.sections.get(key="factors").comments.create(text=f"{SECRET}?", by=hands).pk,
            "template": PostmortemTemplate.objects.get(severity=None).pk,
            "crew": incident.team_requests.create(team=team, why=SECRET, asked_by=hands).pk,
            "relation": incident.relations.create(other=another, created_by=hands).pk,
            "task": incident.tasks.create(title=f"Check {SECRET}", created_by=hands).pk,
            "update": update.pk,
            "update_uid": update.uid,
            "page": page.slug,
            "told": told.uid,
            "subscriber": subscriber.pk,
            "brought": brought.pk,
            "subscriber_token": subscriber_token(subscriber),
            "page_token": page_token(called),
            "item_token": item_token(item),
            "contact": 999_999_999,
            "bundle_token": bundle_token(bundle),
            "drill": drill.pk,
            "exercise": exercise.pk,
            "scenario": scenario.slug,
            "drill_token": drill_token(drilled),
            "key": key,
            "integration": integration.pk,
            "integration_key": integration.keys.get().pk,
            "heartbeat": integration.heartbeats.create(name="backup").pk,
            "event": event.public_id,
            "alert": alert.public_id,
            "token": token.pk,
            "postmortem": incident.postmortem.public_slug,
            "attachment": attached.pk,
            "file": attached.uid,
            "file_name": "it.log",
            "invitation": invited.pk,
            "invitation_key": invitation_key,
            "robot": robot.pk,
            "gone": gone.pk,
            "somebody": people["guest"].pk,
            "session": session.pk,
            "rule": rule.pk,
            "silence": silence.pk,
            "window": window.pk,
            "board": SavedFilter.objects.create(name="Ours", owner=hands, shared="everybody").uid,
            "wall": wall.pk,
            "export": Export.objects.create(user=hands, state="done", due_at=None).uid,
            "wall_key": wall_address.rstrip("/").rsplit("/", 1)[1],
            "planned": planned.uid,
            "planned_update": of_planned.uid,
            "planned_letter": mailed.pk,
            "feed": feed.pk,
            "feed_key": feed_address.rsplit("/", 1)[1].removesuffix(".ics"),
        },
        rows={
            "schedule": schedule,
            "escalationpolicy": policy,
            "service": service,
            "team": team,
            "integration": integration,
            "alert": alert,
            "metriccheck": check,
            "figuredefinition": FigureDefinition.objects.get(slug="time_to_detect"),
            "component": component,
            "componentgroup": group,
            "statuspage": page,
            "subscriber": subscriber,
            "updatetemplate": UpdateTemplate.objects.create(name="Ours", page=page, body="We look into it."),
        },
    )


def _exercise(past: Incident, by: User, people: dict[str, User]) -> Exercise:
    """A drill that runs, in which the same people take part, with one in command."""
    made = exercises.of_incident(past, by=by, participants=[people["participant"], people["commander"]])
    _command(made.incident, people["commander"])
    return made


def _invitation(team: Team, by: User) -> tuple[Invitation, str]:
    made = Invitation(
        email="new@example.org",
        role="viewer",
        team=team,
        invited_by=by,
        expires_at=timezone.now() + timedelta(days=7),
    )
    key = made.renew_key()
    made.save()
    return made, key


def _command(incident: Incident, user: User) -> None:
    incident.assignments.filter(role__slug=Seat.COMMANDER, state="held").update(state="ended", ended_at=timezone.now())
    incident.assignments.create(
        role=Seat.objects.get(slug=Seat.COMMANDER), user=user, state="held", held_at=timezone.now()
    )


# Route -> what its `pk` and other numbers stand for. A new address gives its values here, or the matrix fails.
NAMES: dict[str, dict[str, str]] = {
    "api:figure": {"slug": "figure"},
    "api:figure_values": {"slug": "figure"},
    "incidents:figure": {"slug": "figure"},
    "incidents:figure_csv": {"slug": "figure"},
    "incidents:figure_incidents": {"slug": "figure"},
    "api:token": {"pk": "token"},
    "api:team": {"slug": "team"},
    "api:service": {"slug": "service"},
    "api:service_dependencies": {"slug": "service"},
    "api:schedule": {"pk": "schedule"},
    "api:shifts": {"pk": "schedule"},
    "api:who": {"pk": "schedule"},
    "api:fairness": {"pk": "schedule"},
    "api:proposed_start": {"pk": "schedule"},
    "api:team_fairness": {"slug": "team"},
    "api:schedule_preview": {"pk": "schedule"},
    "api:schedule_versions": {"schedule_id": "schedule"},
    "api:layers": {"schedule_id": "schedule"},
    "api:layer": {"schedule_id": "schedule", "pk": "layer"},
    "api:layer_withdraw": {"schedule_id": "schedule", "pk": "layer"},
    "api:overrides": {"schedule_id": "schedule"},
    "api:override": {"schedule_id": "schedule", "pk": "override"},
    "api:schedule_swaps": {"schedule_id": "schedule"},
    "api:swap": {"pk": "swap"},
    "api:swap_accept": {"pk": "swap"},
    "api:swap_decline": {"pk": "swap"},
    "api:swap_undo": {"pk": "swap"},
    "api:swap_withdraw": {"pk": "swap"},
    "api:time_off": {"pk": "away"},
    "api:time_off_cover": {"pk": "away"},
    "api:policy": {"pk": "policy"},
    "api:correct": {"pk": "entry"},
    "api:duty_tick": {"pk": "duty"},
    "incidents:duty": {"duty": "duty"},
    "api:pin": {"pk": "entry"},
    "api:seat_accept": {"pk": "seat"},
    "api:seat_decline": {"pk": "seat"},
    "api:seat_leave": {"pk": "seat"},
    "api:team_request_verb": {"pk": "crew", "verb": "=release"},
    "incidents:crew": {"crew": "crew", "verb": "=release"},
    "api:relation": {"pk": "relation"},
    "incidents:unrelate": {"relation": "relation"},
    "api:task_verb": {"pk": "task", "verb": "=accept"},
    "incidents:task": {"task": "task", "verb": "=accept"},
    **{f"api:playbook{verb}": {"pk": "playbook"} for verb in ("", "_retire", "_take_back")},
    "api:playbook_run_put_away": {"pk": "run"},
    "api:playbook_run_step": {"pk": "run", "position": "=1"},
    **{f"incidents:playbook{verb}": {"pk": "playbook", "verb": "=retire"} for verb in ("", "_edit", "_export", "_do")},
    "incidents:playbook_put_away": {"run_pk": "run"},
    "incidents:playbook_step": {"step": "step", "verb": "=done"},
    "api:mitigation_extend": {"pk": "mitigation"},
    **{f"api:mitigation_card{verb}": {"pk": "card"} for verb in ("", "_approve", "_retire", "_take_back")},
    **{
        f"incidents:{name}": {"slug": "service", "pk": "card", "verb": "=retire"}
        for name in ("deck", "card_new", "card", "card_edit", "card_do")
    },
    "incidents:mitigation_extend": {"mitigation": "mitigation"},
    "api:mitigation_verb": {"pk": "mitigation", "verb": "=undo"},
    "api:update": {"pk": "update"},
    "api:update_release": {"pk": "update"},
    "api:update_withdraw": {"pk": "update"},
    "api:update_ask": {"pk": "update"},
    "api:update_approve": {"pk": "update"},
    "api:update_send_back": {"pk": "update"},
    "api:update_bypass": {"pk": "update"},
    "api:update_correct": {"pk": "update"},
    "api:update_deliveries": {"pk": "update"},
    "api:update_resend": {"pk": "update"},
    "api:postmortem_verb": {"verb": "=submit"},
    "api:factor": {"pk": "factor"},
    "incidents:factor": {"factor": "factor"},
    "incidents:factor_do": {"factor": "factor", "verb": "=up"},
    "api:postmortem_redraft": {"key": "=summary"},
    "incidents:review_meeting": {"verb": "=invite"},
    "incidents:section_redraft": {"key": "=summary"},
    "api:postmortem_section": {"key": "=factors"},
    "api:postmortem_section_versions": {"key": "=factors"},
    "api:postmortem_section_restore": {"key": "=factors", "number": "=0"},
    "api:postmortem_comment": {"pk": "comment"},
    "api:postmortem_comment_settle": {"pk": "comment"},
    "incidents:postmortem_template_do": {"pk": "template", "verb": "=retire"},
    **{f"api:postmortem_template{verb}": {"pk": "template"} for verb in ("", "_versions")},
    **{f"incidents:postmortem_template{verb}": {"pk": "template"} for verb in ("", "_edit")},
    **{
        f"incidents:section{verb}": {"key": "=factors", "number": "=0"}
        for verb in ("", "_write", "_claim", "_comment", "_history", "_restore")
    },
    "incidents:comment_reply": {"comment": "comment"},
    "incidents:comment_verb": {"comment": "comment", "verb": "=resolve"},
    "api:verb_unknown": {"verb": "=dance"},
    "api:action_item": {"pk": "item"},
    "api:action_item_settle": {"pk": "item"},
    "api:action_item_relevant": {"pk": "item"},
    "api:item_issues": {"item": "item"},
    "api:item_issue": {"item": "item", "pk": "link"},
    "api:item_issue_again": {"item": "item", "pk": "link"},
    "api:tracker": {"pk": "tracker"},
    "api:tracker_try": {"pk": "tracker"},
    "api:tracker_try_again": {"pk": "tracker"},
    "api:status_page": {"slug": "page"},
    **{
        f"api:{name}": {"pk": "subscriber"}
        for name in ("subscriber", "subscriber_events", "subscriber_deliveries", "subscriber_ask", "unsubscribe")
    },
    "api:subscriber_import": {"pk": "brought"},
    "api:subscriber_import_problems": {"pk": "brought"},
    "comms:subscriber": {"pk": "subscriber"},
    "comms:subscriber_do": {"pk": "subscriber", "verb": "=unsubscribe"},
    "comms:subscriber_import": {"pk": "brought"},
    "comms:import_report": {"pk": "brought"},
    "comms:mail_provider": {"provider": "=postmark"},
    "incidents:verb": {"verb": "=cancel"},
    "incidents:correct": {"entry": "entry"},
    "incidents:bring_in": {"user": "somebody"},
    "incidents:mitigation": {"mitigation": "mitigation", "verb": "=undo"},
    "incidents:metric_remove": {"metric": "metric"},
    "incidents:metric_check_new": {"slug": "service"},
    "incidents:metric_check": {"slug": "service", "pk": "metric_check"},
    "incidents:metric_check_remove": {"slug": "service", "pk": "metric_check"},
    "api:metric": {"pk": "metric"},
    "api:metric_points": {"pk": "metric"},
    "api:service_metrics": {"slug": "service"},
    "api:service_metric": {"slug": "service", "pk": "metric_check"},
    "incidents:change_mark": {"change": "change"},
    "incidents:roll_back": {"change": "change"},
    "incidents:call_again": {"mitigation": "mitigation"},
    "api:change_roll_back": {"pk": "change"},
    "api:mitigation_call_again": {"pk": "mitigation"},
    "api:change_mark": {"pk": "change"},
    "incidents:role_verb": {"verb": "=take"},
    "incidents:seat": {"seat": "seat", "verb": "=accept"},
    "incidents:postmortem_verb": {"verb": "=submit"},
    "incidents:action_item": {"pk": "item"},
    "incidents:action_item_settle": {"pk": "item"},
    "incidents:action_item_relevant": {"pk": "item"},
    "incidents:action_item_asked": {"token": "item_token"},
    "incidents:action_item_export": {"pk": "item"},
    "incidents:tracker_link_again": {"pk": "item", "link": "link"},
    "incidents:tracker_link_part": {"pk": "item", "link": "link"},
    **{
        f"incidents:tracker{name}": {"pk": "tracker"}
        for name in ("", "_edit", "_try", "_again", "_renew", "_person", "_remove", "_export")
    },
    "incidents:tracker_hook": {"key": "tracker_key"},
    "incidents:service": {"slug": "service"},
    "api:exercise": {"pk": "exercise"},
    **{
        f"api:exercise_{verb}": {"pk": "exercise"} for verb in ("start", "pause", "forward", "speed", "stop", "debrief")
    },
    "incidents:exercise": {"pk": "exercise"},
    "incidents:exercise_do": {"pk": "exercise", "verb": "=hint"},
    "incidents:exercise_debrief": {"pk": "exercise"},
    "incidents:scenario": {"slug": "scenario"},
    "incidents:scenario_edit": {"slug": "scenario"},
    "incidents:scenario_remove": {"slug": "scenario"},
    "incidents:rule": {"pk": "rule"},
    "incidents:rule_move": {"pk": "rule", "way": "=up"},
    "incidents:rule_remove": {"pk": "rule"},
    "incidents:alerts_undo": {"entry": "entry"},
    "incidents:recovery": {"verb": "=accept"},
    "incidents:alert": {"public_id": "alert"},
    "api:alert": {"public_id": "alert"},
    "incidents:silence": {"pk": "silence"},
    "incidents:silence_edit": {"pk": "silence"},
    "incidents:silence_end": {"pk": "silence"},
    "incidents:maintenance": {"pk": "window"},
    "incidents:maintenance_edit": {"pk": "window"},
    "incidents:maintenance_end": {"pk": "window"},
    "api:silence": {"pk": "silence"},
    "api:silence_end": {"pk": "silence"},
    "api:maintenance_window": {"pk": "window"},
    "api:maintenance_window_end": {"pk": "window"},
    "incidents:integration": {"pk": "integration"},
    "incidents:integration_edit": {"pk": "integration"},
    "incidents:integration_mapping": {"pk": "integration"},
    "incidents:integration_test": {"pk": "integration"},
    "incidents:integration_renew": {"pk": "integration"},
    "incidents:integration_stop_former": {"pk": "integration"},
    "incidents:integration_revoke": {"pk": "integration", "key": "integration_key"},
    "incidents:integration_heartbeat": {"pk": "integration", "heartbeat": "heartbeat"},
    "incidents:integration_event": {"pk": "integration", "public_id": "event"},
    "incidents:integration_event_became": {"pk": "integration", "public_id": "event"},
    "incidents:integration_event_again": {"pk": "integration", "public_id": "event"},
    "incidents:board": {"uid": "board"},
    "incidents:board_edit": {"uid": "board"},
    "incidents:board_remove": {"uid": "board"},
    "incidents:board_first": {"uid": "board"},
    "incidents:export": {"uid": "export"},
    "incidents:export_file": {"uid": "export"},
    "incidents:export_cancel": {"uid": "export"},
    "api:export": {"uid": "export"},
    "api:export_file": {"uid": "export"},
    "api:export_cancel": {"uid": "export"},
    "incidents:wall_revoke": {"pk": "wall"},
    "incidents:wall_by_link": {"token": "wall_key"},
    "api:saved_filter": {"uid": "board"},
    "incidents:page": {"token": "page_token"},
    "incidents:page_acknowledge": {"token": "page_token"},
    "comms:drill": {"pk": "drill"},
    "comms:drill_cancel": {"pk": "drill"},
    "comms:drill_remind": {"pk": "drill"},
    "comms:drill_csv": {"pk": "drill"},
    "comms:drill_answer": {"token": "drill_token"},
    "comms:drill_confirm": {"token": "drill_token"},
    "api:drill": {"pk": "drill"},
    "api:drill_cancel": {"pk": "drill"},
    "comms:page_maintenance": {"uid": "planned"},
    "comms:maintenance": {"uid": "planned"},
    "comms:maintenance_edit": {"uid": "planned"},
    "comms:maintenance_do": {"uid": "planned", "verb": "=start"},
    "api:planned_maintenance": {"uid": "planned"},
    **{
        f"api:planned_maintenance_{verb}": {"uid": "planned"}
        for verb in ("start", "verify", "complete", "cancel", "extend", "tell")
    },
    "comms:digest": {"token": "bundle_token"},
    "comms:contact_verify": {"pk": "contact"},
    "comms:contact_rules": {"urgency": "=high"},
    "comms:contact_do": {"pk": "contact", "verb": "=off"},
    "comms:twilio_voice": {"kind": "=page", "token": "page_token"},
    "comms:digest_acknowledge": {"token": "bundle_token"},
    "incidents:receive": {"name": "=alertmanager", "key": "key"},
    "incidents:receive_bare": {"name": "=alertmanager", "key": "key"},
    "incidents:receive_at": {"name": "=heartbeat", "key": "key", "path": "=backup"},
    "incidents:opsgenie_request": {"request_id": "event"},
    "incidents:opsgenie_alert": {"path": "=a/close"},
    "incidents:opsgenie_heartbeat": {"path": "=backup/ping"},
    "incidents:event_state": {"key": "key", "public_id": "event"},
    "comms:page_api": {"name": "=summary"},
    "comms:api": {"name": "=summary"},
    "comms:page_feed": {"kind": "=rss"},
    "comms:feed": {"kind": "=rss"},
    "comms:page_incident": {"uid": "told"},
    "comms:month": {"name": "=2026-11"},
    "comms:month_in": {"name": "=2026-11"},
    "comms:page_maintenance_in": {"uid": "planned"},
    "comms:page_incident_in": {"uid": "told"},
    "comms:page_feed_in": {"kind": "=rss"},
    "comms:logo": {"variant": "=light"},
    "comms:subscription": {"token": "subscriber_token"},
    "comms:unsubscribe": {"token": "subscriber_token"},
    "comms:postmortem": {"slug": "postmortem"},
    "comms:edit_update": {"uid": "update_uid"},
    "comms:withdraw_update": {"uid": "update_uid"},
    "comms:review_update": {"uid": "update_uid"},
    "comms:correct_update": {"uid": "update_uid"},
    "comms:deliveries": {"uid": "update_uid"},
    "comms:resend_update": {"uid": "update_uid"},
    "comms:letter": {"uid": "update_uid", "delivery": "=1"},
    "comms:maintenance_deliveries": {"uid": "planned", "update": "planned_update"},
    "comms:maintenance_resend": {"uid": "planned", "update": "planned_update"},
    "comms:maintenance_letter": {"uid": "planned", "update": "planned_update", "delivery": "planned_letter"},
    "teams:team": {"slug": "team"},
    "teams:schedule": {"pk": "schedule"},
    "teams:schedule_fairness": {"pk": "schedule"},
    "teams:schedule_fairness_csv": {"pk": "schedule"},
    "teams:team_fairness": {"slug": "team"},
    "teams:team_fairness_csv": {"slug": "team"},
    "teams:override_remove": {"pk": "override"},
    "teams:away_edit": {"pk": "away"},
    "teams:away_remove": {"pk": "away"},
    "teams:away_stand_in": {"pk": "away"},
    "teams:time_off": {"pk": "away"},
    "teams:swap": {"pk": "swap"},
    "teams:swap_accept": {"pk": "swap"},
    "teams:swap_decline": {"pk": "swap"},
    "teams:swap_new": {"pk": "schedule"},
    "teams:swap_undo": {"pk": "swap"},
    "teams:swap_withdraw": {"pk": "swap"},
    "mfa_remove_webauthn": {"pk": "=1"},
    "mfa_edit_webauthn": {"pk": "=1"},
    "account_confirm_email": {"key": "=x"},
    "account_reset_password_from_key": {"uidb36": "=x", "key": "=y"},
    "openid_connect_login": {"provider_id": "=none"},
    "openid_connect_callback": {"provider_id": "=none"},
    "api:attachment": {"pk": "attachment"},
    "api:attachment_content": {"pk": "attachment"},
    "api:attachment_remove": {"pk": "attachment"},
    "api:invitation": {"pk": "invitation"},
    "api:invitation_resend": {"pk": "invitation"},
    "incidents:attachment_remove": {"attachment": "attachment"},
    "incidents:file": {"uid": "file", "name": "file_name"},
    "incidents:file_preview": {"uid": "file", "name": "file_name"},
    "scim:groups": {"uuid": "=1"},
    "scim:resource-types": {"uuid": "=User"},
    "scim:schemas": {"uuid": "=x"},
    "scim:users": {"uuid": "=1"},
    "signin:end_session": {"pk": "session"},
    "sso_backchannel": {"provider_id": "=none"},
    "sso_confirm": {"provider_id": "=none"},
    "teams:audit_export": {"form": "=csv"},
    "teams:erase": {"pk": "gone"},
    "teams:person_export": {"pk": "gone"},
    "teams:invitation": {"key": "invitation_key"},
    "teams:invitation_resend": {"pk": "invitation"},
    "teams:invitation_revoke": {"pk": "invitation"},
    "teams:service_account": {"pk": "robot"},
    "teams:service_account_off": {"pk": "robot"},
    "teams:service_account_role": {"pk": "robot"},
    "teams:service_account_token": {"pk": "robot"},
    "teams:token_revoke": {"pk": "token"},
    "api:calendar_feed": {"pk": "feed"},
    "api:schedule_calendar": {"schedule_id": "schedule"},
    "api:schedule_calendar_refresh": {"schedule_id": "schedule"},
    "teams:schedule_calendar": {"pk": "schedule"},
    "teams:schedule_calendar_drop": {"pk": "schedule"},
    "teams:schedule_calendar_read": {"pk": "schedule"},
    "teams:feed": {"token": "feed_key"},
    "teams:feed_revoke": {"pk": "feed"},
    "mail:message": {"number": "=1"},
    "mail:html": {"number": "=1"},
    "mail:raw": {"number": "=1"},
}
EVERYWHERE = {"incident_id": "incident", "role": "=scribe", "slug": "page", "lang": "=de"}
OF_INCIDENT = {"pk": "incident"}


@dataclass(frozen=True)
class Endpoint:
    """An address of the URL table with one method. `verb` is what the table of access knows it as."""

    name: str
    route: str
    method: str
    verb: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.method} {self.route}"

    def address(self, world: World) -> str:
        """The address with the world's rows in it. KeyError where the world has no value for a part of it."""
        known = EVERYWHERE | (OF_INCIDENT if self.name.startswith(("incidents:", "comms:")) else {})
        known |= NAMES.get(self.name, {})
        path = "/" + self.route
        for part in self.names:
            told = known[part]
            path = path.replace(f"<{part}>", told[1:] if told.startswith("=") else str(world.values[told]))
        return path


def endpoints() -> Iterator[Endpoint]:
    """Every address and method outside the administration, from the URL table itself."""
    for prefix, name, pattern in walk(get_resolver().url_patterns):
        if prefix.startswith("admin/"):
            continue
        view = pattern.callback
        text = prefix + str(pattern.pattern).removeprefix("^").removesuffix("$")
        names = tuple(pattern.pattern.converters) or tuple(re.findall(r"\(\?P<(\w+)>", text))
        route = re.sub(r"<\w+:(\w+)>", r"<\1>", text)
        route = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", route)
        route = re.sub(r"\(\?:(.*?)\)\?", r"\1", route).replace("\\.", ".")
        actions = getattr(view, "actions", None)
        if actions is not None:
            for method, action in actions.items():
                if method != "head":
                    yield Endpoint(name, route, method.upper(), view.cls.verbs[action], names)
            continue
        for method in ("GET", "POST"):
            yield Endpoint(name, route, method, view.verbs.get(method, view.verbs[""]), names)


def walk(patterns: Any, prefix: str = "", space: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every pattern of the URL table as (what stands before it, its whole name, the pattern)."""
    for pattern in patterns:
        text = str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from walk(pattern.url_patterns, prefix + text.removeprefix("^"), inner)
        else:
            yield prefix, f"{space}{pattern.name or ''}", pattern


def allowed(persona: str, verb: str, *, private: bool = False) -> bool:
    """What the table says about a persona, for a row of the world."""
    organization, more = PERSONAS[persona]
    return access.allows(verb, {Role(organization), *more}, private=private)


def admin_pages(world: World) -> Iterator[tuple[str, str, str, Any]]:
    """(address, act, model's name, its admin) of the administration's lists, forms and deletions."""
    for model, model_admin in admin.site._registry.items():
        name = f"{model._meta.app_label}/{model._meta.model_name}"
        row = world.rows.get(model._meta.model_name) or model._default_manager.first()
        yield f"/admin/{name}/", "view", name, model_admin
        yield f"/admin/{name}/add/", "add", name, model_admin
        if row is not None:
            yield f"/admin/{name}/{row.pk}/change/", "view", name, model_admin
            yield f"/admin/{name}/{row.pk}/delete/", "delete", name, model_admin
