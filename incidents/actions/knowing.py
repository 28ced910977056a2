"""Gathers what is known of an incident when its review begins. A handful of queries, none per row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q

from incidents.models import (
    ChangeMark,
    Incident,
    IncidentTask,
    Mitigation,
    PlaybookRun,
    Relation,
    TeamRequest,
    TimelineEntry,
    Witness,
)
from incidents.models.relation import REVERSE
from incidents.postmortem_draft import Attempt, Known, Suspect

MOST = 20


def known(incident: Incident) -> Known:
    """What the draft of its postmortem says. Everybody who may see the incident will read it: of another one that is
    private it says nothing, even where this one is private too: others may see that than this."""
    alert = incident.alerts.select_related("integration").order_by("received_at", "pk").first()
    return Known(
        title=incident.title,
        detected_at=incident.detected_at,
        impact_started_at=incident.impact_started_at,
        impact_ended_at=incident.impact_ended_at,
        declared_at=incident.declared_at,
        mitigated_at=incident.mitigated_at,
        resolved_at=incident.resolved_at,
        impact=incident.impact,
        affected=incident.affected,
        alert=alert.title if alert else "",
        alerted_by=alert.integration.name if alert else "",
        reporter=incident.reported_by.name if incident.reported_by else "",
        attempts=[attempt(row) for row in tried(incident)],
        by_itself=incident.recovered_by_itself,
        confirmation=incident.confirmation,
        relapses=incident.relapses + incident.reopens,
        suspects=_suspects(incident),
        relations=_relations(incident),
        playbooks=_playbooks(incident),
        unanswered=_unanswered(incident),
        questions=_questions(incident),
        unreadable=[w.title for w in Witness.objects.standing().filter(incident=incident) if w.unreadable_since],
    )


def tried(incident: Incident) -> list[Mitigation]:
    """Mitigations that were begun, in the order in which they were."""
    rows = incident.mitigations.exclude(state__in=[*Mitigation.WAITING, Mitigation.State.DROPPED])
    return sorted(
        rows.select_related("carried_by", "card"), key=lambda row: (row.executed_at or row.proposed_at, row.pk)
    )


def attempt(row: Mitigation) -> Attempt:
    return Attempt(
        title=row.title or row.get_kind_display(),
        outcome=row.get_state_display().lower(),
        worked=row.state in (Mitigation.State.WORKED, Mitigation.State.PARTLY),
        began_at=row.executed_at,
        effect=_between(row.executed_at, row.finished_at),
        held=row.held,
        note=row.outcome_note,
        by=row.carried_by.name if row.carried_by else "",
    )


def _between(start: datetime | None, end: datetime | None) -> timedelta | None:
    return end - start if start is not None and end is not None and end >= start else None


def _suspects(incident: Incident) -> list[Suspect]:
    marks = ChangeMark.objects.filter(incident=incident).exclude(state=ChangeMark.State.DISMISSED)
    began = incident.impact_started_at or incident.detected_at
    return [
        Suspect(
            f"{mark.change.summary} ({mark.change.service.name})" if mark.change.service else mark.change.summary,
            mark.get_state_display(),
            _between(mark.change.at, began),
        )
        for mark in marks.select_related("change__service").order_by("state", "pk")[:MOST]
    ]


def _relations(incident: Incident) -> list[str]:
    rows = Relation.objects.filter(Q(incident=incident) | Q(other=incident)).select_related("incident", "other")
    found = []
    for row in rows[:MOST]:
        forward = row.incident_id == incident.pk
        other = row.other if forward else row.incident
        if other.private:
            continue
        word = row.get_kind_display() if forward else REVERSE[row.kind]
        found.append(f"{word} {other.reference}: {other.title}")
    return found


def _playbooks(incident: Incident) -> list[str]:
    runs = PlaybookRun.objects.with_counts().filter(incident=incident)
    return [f"“{run.title}” was followed: {run.settled} of {run.all_steps} steps." for run in runs[:MOST]]  # type: ignore[attr-defined]


def _unanswered(incident: Incident) -> list[str]:
    tasks = IncidentTask.objects.unfinished().filter(incident=incident).select_related("owner")
    asked = TeamRequest.objects.filter(incident=incident, state=TeamRequest.State.ASKED).select_related("team")
    return _lines(
        [
            *(f"{task.title} ({task.owner.name})" if task.owner else task.title for task in tasks[:MOST]),
            *(f"{row.team.name} was asked: {row.why}" for row in asked[:MOST]),
        ]
    )


def _questions(incident: Incident) -> list[str]:
    notes = TimelineEntry.objects.filter(
        incident=incident, kind=TimelineEntry.Kind.NOTE, text__endswith="?", corrections=None
    )
    return _lines(notes.order_by("pk").values_list("text", flat=True)[:MOST])


def _lines(texts: Iterable[str]) -> list[str]:
    return [" ".join(text.split()) for text in texts]
