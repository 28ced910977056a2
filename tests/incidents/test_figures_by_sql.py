"""Every figure, counted once more by plain SQL on the timelines of thirty incidents: the same values and states."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from incidents.actions import figures as keeping
from incidents.actions import notes
from incidents.figures import asking, counting
from incidents.figures.judging import State, percentile, summed
from incidents.figures.summing import Measure, Source
from incidents.models import (
    FigureDefinition,
    Incident,
    IncidentMoments,
    IncidentType,
    Promise,
    Severity,
    TimelineEntry,
)
from incidents.phases import PATH
from teams.models import Service, Team, User
from tests.incidents import figured
from tests.incidents.figured import FIRST, LAST, at

pytestmark = pytest.mark.django_db

# A line's time: what its newest correction says, else its own.
TIME = """coalesce((SELECT c.occurred_at FROM incidents_timelineentry c WHERE c.corrects_id = e.id
                    ORDER BY c.id DESC LIMIT 1), e.occurred_at)"""
OF = "FROM incidents_timelineentry e WHERE e.incident_id = i.id AND"
AGAIN = "coalesce((SELECT max(g.id) FROM incidents_timelineentry g WHERE g.incident_id = i.id AND g.verb IN ({})), 0)"
COMMAND = "e.data->>'role' = 'incident-commander'"


def earliest(condition: str) -> str:
    return f"(SELECT min({TIME}) {OF} {condition})"


def standing(verb: str, *undone_by: str) -> str:
    gone = AGAIN.format(", ".join(f"'{each}'" for each in undone_by))
    return f"(SELECT {TIME} {OF} e.verb = '{verb}' AND e.id > {gone} ORDER BY e.id DESC LIMIT 1)"


def edited(column: str, *undone_by: str) -> str:
    gone = AGAIN.format(", ".join(f"'{each}'" for each in undone_by)) if undone_by else "0"
    return f"""(SELECT (e.data->'{column}'->>'to')::timestamptz {OF} e.verb = 'incident.edited' AND e.data ? '{column}'
                AND e.id > {gone} ORDER BY e.id DESC LIMIT 1)"""


ANSWERS = """(e.verb = 'page.acknowledged'
              OR e.verb IN ('page.stopped', 'role.taken', 'role.accepted') AND e.data->>'answered' = 'true')"""
MOMENTS = {
    "impact_started": f"""coalesce({edited("impact_started_at")},
        (SELECT (e.data->>'impact_started_at')::timestamptz {OF} e.verb = 'incident.opened' ORDER BY e.id LIMIT 1))""",
    "detected": f"(SELECT {TIME} {OF} e.verb = 'incident.opened' ORDER BY e.id LIMIT 1)",
    "first_paged": earliest("e.verb = 'page.sent'"),
    "acknowledged": earliest(ANSWERS),
    "declared": earliest("e.verb = 'incident.declare'"),
    "commander_accepted": earliest(
        f"""(e.verb IN ('role.taken', 'role.accepted', 'role.relieved')
             OR e.verb = 'role.assigned' AND e.data->>'accepted' = 'true') AND {COMMAND}"""
    ),
    "mitigation_started": earliest("e.verb = 'incident.start_mitigation'"),
    "first_mitigation": earliest("e.verb = 'mitigation.executing'"),
    "mitigated": standing("incident.confirm_mitigated", "incident.relapse", "incident.reopen"),
    "first_resolved": earliest("e.verb = 'incident.resolve'"),
    "resolved": standing("incident.resolve", "incident.reopen"),
    "impact_ended": edited("impact_ended_at", "incident.relapse", "incident.reopen"),
    "first_update": earliest("e.verb = 'update.published'"),
    "review_started": standing("incident.start_review", "incident.reopen"),
    "drafted": earliest("e.verb = 'postmortem.drafted'"),
    "published": standing("postmortem.published", "incident.reopen", "postmortem.draft"),
    "closed": standing("incident.close", "incident.reopen"),
}
ACTIVE = "'detect', 'declare', 'mitigate', 'communicate'"
AWAITED = {
    **dict.fromkeys(MOMENTS, ACTIVE),
    "detected": "''",
    "first_paged": "'detect'",
    "declared": "'detect'",
    "mitigation_started": "'detect', 'declare'",
    "first_mitigation": "'detect', 'declare', 'mitigate'",
    "mitigated": "'detect', 'declare', 'mitigate'",
    "review_started": f"{ACTIVE}, 'resolve'",
    "published": f"{ACTIVE}, 'resolve', 'review'",
    "closed": f"{ACTIVE}, 'resolve', 'review'",
}
COUNTED = "NOT i.drill AND i.phase NOT IN ('cancelled', 'merged')"


def ask(sql: str, *given: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return cursor.fetchall()


def by_sql(start: str, end: str, where: str = "true") -> str:
    """The incidents with the state and the seconds of a figure, as a query."""
    return f"""
        SELECT id, CASE
            WHEN a IS NOT NULL AND b IS NOT NULL THEN CASE WHEN b < a THEN 'invalid' ELSE 'recorded' END
            WHEN (a IS NOT NULL OR phase IN ({AWAITED[start]})) AND (b IS NOT NULL OR phase IN ({AWAITED[end]}))
            THEN 'pending' ELSE 'not_applicable' END AS state,
            extract(epoch FROM b - a)::float8 AS seconds
        FROM (SELECT i.id, i.phase, {MOMENTS[start]} AS a, {MOMENTS[end]} AS b
              FROM incidents_incident i WHERE {COUNTED} AND ({where})) AS moments"""


def product(asked: asking.Asked, figure: FigureDefinition, user: User | None = None) -> list[asking.Value]:
    table = asking.read(asked.incidents(user), (figure.start, figure.end))
    return asking.values(table, figure.start, figure.end)


class TestThirty:
    standing = staticmethod(figured.standing)

    @pytest.fixture
    def incidents(self, stood: dict[str, Any]) -> list[Incident]:
        found: list[Incident] = stood["incidents"]
        return found

    def test_figures_are_what_plain_sql_on_the_timeline_says(
        self, incidents: list[Incident], charlie: User, payments: Team, checkout: Service
    ) -> None:
        assert len(incidents) == 30
        everything = asking.Asked(FIRST - timedelta(days=1), LAST)
        middle = FIRST + timedelta(days=30)
        outage = IncidentType.objects.get()
        filters: list[tuple[asking.Asked, str]] = [
            (everything, "true"),
            (asking.Asked(middle, LAST), f"i.detected_at >= '{middle.isoformat()}'"),
            (asking.Asked(everything.since, LAST, team=payments), f"i.team_id = {payments.pk}"),
            (asking.Asked(everything.since, LAST, severity=Severity.objects.get(pk=1)), "i.severity_id = 1"),
            (asking.Asked(everything.since, LAST, type=outage), f"i.type_id = {outage.pk}"),
            (
                asking.Asked(everything.since, LAST, service=checkout),
                f"EXISTS (SELECT FROM incidents_incident_services s WHERE s.incident_id = i.id "
                f"AND s.service_id = {checkout.pk})",
            ),
        ]
        seen = set()
        figures = list(FigureDefinition.objects.exclude(start=""))
        assert len(figures) == 11
        for figure in figures:
            for asked, where in filters:
                query = by_sql(figure.start, figure.end, where)
                ours = product(asked, figure)
                theirs = ask(f"{query} ORDER BY id")
                assert sorted((v.incident, v.state.value, v.seconds) for v in ours) == theirs, (figure.slug, where)
                summary = (
                    Source(asked.incidents(None), [Measure(figure.start, figure.end)]).summaries()[0, "", 0].summary
                )
                plain = summed(asking.plain(ours))
                assert (summary.counts, summary.median) == (plain.counts, pytest.approx(plain.median))
                counted = ask(
                    f"""SELECT count(*) FILTER (WHERE state = 'recorded'), count(*) FILTER (WHERE state = 'pending'),
                        count(*) FILTER (WHERE state = 'not_applicable'), count(*) FILTER (WHERE state = 'invalid'),
                        percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) FILTER (WHERE state = 'recorded'),
                        percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) FILTER (WHERE state = 'recorded')
                        FROM ({query}) AS of_each"""
                )[0]
                assert counted[:4] == (summary.n, summary.pending, summary.not_applicable, summary.invalid)
                assert (summary.median, summary.p90) == (pytest.approx(counted[4]), pytest.approx(counted[5]))
                seen |= {value.state for value in ours}
        assert seen == set(State)
        detect = FigureDefinition.objects.get(slug="time_to_detect")
        hidden = {incident.pk for incident in incidents if incident.private}
        seen_by_charlie = {value.incident for value in product(everything, detect, charlie)}
        assert hidden
        assert seen_by_charlie == {value.incident for value in product(everything, detect)} - hidden

    def test_what_is_counted_is_what_plain_sql_says(self, incidents: list[Incident]) -> None:
        asked = asking.Asked(FIRST - timedelta(days=1), LAST)
        found = asked.incidents(None)
        table = asking.read(found, (), stays=True)
        with at(LAST):
            spans = counting.parts(asked.since, asked.until)
            items = counting.items(found, spans, LAST)
            kept = counting.promises(found, spans)
        for phase in PATH:
            ours = {v.incident: v.seconds for v in asking.in_phase(table, phase) if v.state is State.RECORDED}
            theirs = ask(
                f"""SELECT incident, extract(epoch FROM sum(until - since))::float8 FROM (
                    SELECT m.incident, m.phase, m.at AS since,
                        lead(m.at) OVER (PARTITION BY m.incident ORDER BY m.id) AS until
                    FROM (
                        SELECT i.id AS incident, 0 AS id, 'detect' AS phase, {MOMENTS["detected"]} AS at
                        FROM incidents_incident i WHERE {COUNTED}
                        UNION ALL
                        SELECT i.id, e.id, e.phase_to, {TIME} FROM incidents_incident i
                        JOIN incidents_timelineentry e ON e.incident_id = i.id WHERE {COUNTED} AND e.phase_to <> ''
                    ) AS m
                ) AS stays WHERE until IS NOT NULL AND phase = %s
                AND (SELECT phase FROM incidents_incident i WHERE i.id = incident) <> %s GROUP BY incident""",
                phase.value,
                phase.value,
            )
            assert ours == dict(theirs), phase
            told = Source(found, [Measure(phase=phase.value)]).summaries()[0, "", 0].summary
            plain = summed(asking.plain(asking.in_phase(table, phase)))
            assert (told.counts, told.median) == (plain.counts, pytest.approx(plain.median)), phase
        caused = ask(
            f"""SELECT i.id FROM incidents_incident i WHERE {COUNTED} AND 'caused' = (SELECT e.data->>'state' {OF}
                e.verb LIKE 'change.%%' ORDER BY e.id DESC LIMIT 1)"""
        )
        assert (
            set(found.filter(counting.caused_by_change()).values_list("pk", flat=True))
            == {pk for (pk,) in caused}
            == {incidents[5].pk}
        )
        attempts = ask(
            f"""SELECT first.data->>'kind', last.data->>'state',
                    extract(epoch FROM last.occurred_at - first.occurred_at)::float8
                FROM incidents_timelineentry first JOIN incidents_incident i ON i.id = first.incident_id
                JOIN LATERAL (SELECT * FROM incidents_timelineentry e
                    WHERE e.incident_id = i.id AND e.verb LIKE 'mitigation.%%'
                    AND e.data->>'mitigation' = first.data->>'mitigation'
                    ORDER BY e.id DESC LIMIT 1) AS last ON true
                WHERE first.verb = 'mitigation.executing' AND {COUNTED}"""
        )
        for each in counting.tried(found):
            of_kind = [(state, seconds) for kind, state, seconds in attempts if kind == each.kind]
            assert Counter(state for state, _ in of_kind) == Counter(each.states)
            took = sorted(s for state, s in of_kind if state in ("worked", "partly"))
            assert (each.spread.n, each.spread.p90) == (len(took), pytest.approx(percentile(took, 0.9)))
        outcomes = ask(
            f"""SELECT count(*) FILTER (WHERE (e.data->>'minutes_late')::int = 0), count(*)
                FROM incidents_timelineentry e JOIN incidents_incident i ON i.id = e.incident_id
                WHERE {COUNTED} AND e.verb = 'update.published' AND e.data ? 'promise'"""
        )[0]
        # What ended with its incident, and late, was never told: no line has it.
        untold = Promise.objects.filter(incident__in=found, outcome="broken", told_at=None).count()
        assert (kept.kept, kept.counted - untold) == outcomes
        load, later = (counting.load(found, now) for now in (LAST, LAST + timedelta(days=9)))
        paged = ask(
            f"""SELECT p.user_id, count(DISTINCT p.incident_id)::int, count(*)::int FROM incidents_page p
                JOIN incidents_incident i ON i.id = p.incident_id WHERE {COUNTED} GROUP BY 1"""
        )
        assert [(user, load[user].incidents, load[user].pages) for user, *_ in paged] == paged
        # Hours run on of nobody but those who are in command now.
        assert {user for user in load if later[user].hours > load[user].hours} == {u for u in load if load[u].commands}
        added = ask(
            f"""SELECT count(*) FROM incidents_timelineentry e JOIN incidents_incident i ON i.id = e.incident_id
                WHERE {COUNTED} AND e.verb = 'action_item.added'"""
        )[0][0]
        assert items.total("opened") == added == sum(items.opened)
        assert (items.total("open"), items.total("overdue")) == (added, added)

    def test_moments_follow_their_timelines_and_can_be_made_anew(self, incidents: list[Incident], alice: User) -> None:
        first = incidents[0]
        declared = TimelineEntry.objects.get(incident=first, verb="incident.declare")
        at_first = IncidentMoments.objects.get(incident=first).declared_at
        assert at_first == declared.occurred_at
        assert keeping.refresh_due() == (0, False)
        with at(LAST):
            notes.correct(declared.pk, "It was sooner.", by=alice, occurred_at=at_first - timedelta(minutes=2))
        assert keeping.refresh_due() == (1, False)
        assert IncidentMoments.objects.get(incident=first).declared_at == at_first - timedelta(minutes=2)
        call_command("rebuild_figures", "--check")
        IncidentMoments.objects.filter(incident=first).update(declared_at=None)
        with pytest.raises(CommandError, match="1 of 3"):
            call_command("rebuild_figures", "--check")
        call_command("rebuild_figures")
        call_command("rebuild_figures", "--check")
