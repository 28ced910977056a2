"""The figures that an installation starts with, as the response contract defines them. PURE."""

from __future__ import annotations

from typing import NamedTuple


class Default(NamedTuple):
    title: str
    says: str
    start: str = ""
    end: str = ""
    unit: str = "duration"


DEFAULTS: dict[str, Default] = {
    "time_to_detect": Default(
        "Time to detect",
        "From the start of the impact until somebody, or an alert, noticed it.",
        "impact_started",
        "detected",
    ),
    "time_to_declare": Default(
        "Time to declare",
        "From when it was noticed until somebody said that it is an incident.",
        "detected",
        "declared",
    ),
    "time_to_acknowledge": Default(
        "Time to acknowledge",
        "From the first page until somebody answered: by acknowledging it, by declaring the incident, or by taking"
        " a role.",
        "first_paged",
        "acknowledged",
    ),
    "time_to_commander": Default(
        "Time to commander",
        "From the declaration until an Incident Commander had accepted.",
        "declared",
        "commander_accepted",
    ),
    "time_to_first_mitigation": Default(
        "Time to first mitigation",
        "From the declaration until the first attempt to restore service was carried out.",
        "declared",
        "first_mitigation",
    ),
    "time_to_first_update": Default(
        "Time to first update",
        "From the declaration until stakeholders were told for the first time.",
        "declared",
        "first_update",
    ),
    "time_to_mitigate": Default(
        "Time to mitigate",
        "From the start of the impact until service was confirmed to be restored. After a relapse it counts until "
        "it was restored for good.",
        "impact_started",
        "mitigated",
    ),
    "time_to_resolve": Default(
        "Time to resolve",
        "From the start of the impact until the incident was resolved. One that was reopened counts until it was "
        "resolved again.",
        "impact_started",
        "resolved",
    ),
    "impact": Default(
        "Impact",
        "From the start of the impact until its end, as somebody has entered them.",
        "impact_started",
        "impact_ended",
    ),
    "time_to_review": Default(
        "Time to review",
        "From the resolution until the review was started.",
        "resolved",
        "review_started",
    ),
    "time_to_publish": Default(
        "Time to publish",
        "From the resolution until the postmortem was published.",
        "resolved",
        "published",
    ),
    "time_in_phase": Default(
        "Time in each phase",
        "How long incidents were in each phase of the response. Where one came back to a phase, its stays are "
        "added up; the phase that an incident is in now is pending.",
    ),
    "incidents": Default(
        "Incidents",
        "Incidents by the month in which they were detected, and how bad they were.",
        unit="count",
    ),
    "by_change": Default(
        "Started by a change",
        "The part of the incidents of which somebody marked a change as what caused it. A change that is only "
        "suspected does not count.",
        unit="share",
    ),
    "mitigations": Default(
        "Mitigations",
        "Attempts to restore service by their kind: what came of them, and how long after an attempt began its "
        "outcome was seen.",
        unit="count",
    ),
    "promises_kept": Default(
        "Promises kept",
        "The part of the promised updates that came before the promised minute was over, of those that were due or"
        " came.",
        unit="share",
    ),
    "action_items": Default(
        "Action items",
        "Action items of these incidents: opened and done by month, and how old those are that are open. Overdue "
        "is what is open after the day it was due.",
        unit="count",
    ),
    "load": Default(
        "Load on people",
        "Incidents that people were paged for, their pages, the nights with a page (23:00 to 07:00 on their own "
        "clock), and the hours for which they commanded. You see your own beside everybody's, without names.",
        unit="count",
    ),
}
