"""Figures as people and programs see them."""

from __future__ import annotations

import csv
import html
import re
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from incidents.actions import figures
from incidents.figures import asking, drawing
from incidents.figures.judging import State, summed
from incidents.models import ActionItem, FigureDefinition, Incident
from incidents.problems import Blocked
from teams.models import ApiToken, Service, Team, User
from tests import factories
from tests.incidents import figured
from tests.incidents.figured import FIRST, LAST, at

pytestmark = pytest.mark.django_db
SPAN = {"since": "2026-07-01", "until": "2026-10-12"}


def words(client: Client, address: str, **asked: Any) -> str:
    answer = client.get(address, asked)
    assert answer.status_code == 200, (address, answer.status_code)
    return " ".join(answer.content.decode().split())


def of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


class TestThirty:
    standing = staticmethod(figured.standing)

    @pytest.fixture
    def incidents(self, stood: dict[str, Any]) -> list[Incident]:
        found: list[Incident] = stood["incidents"]
        return found

    def test_the_pages_show_every_figure_with_what_lies_behind_it(
        self,
        incidents: list[Incident],
        alice: User,
        charlie: User,
        payments: Team,
        checkout: Service,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        client = of(alice)
        with at(LAST), django_assert_max_num_queries(45) as counted:
            everything = words(client, "/figures/", **SPAN)
            few = len(counted)
        with at(LAST):
            everything += words(client, "/figures/", **SPAN, page=2) + words(client, "/figures/", **SPAN, page=3)
        for figure in FigureDefinition.objects.all():
            assert figure.title in everything
            assert figure.says.replace("'", "&#x27;") in everything
            with at(LAST):
                page = words(client, f"/figures/{figure.slug}/", **SPAN)
                told = b"".join(client.get(f"/figures/{figure.slug}/csv/", SPAN).streaming_content).decode()
            drawn = page[page.index("<svg class=") :]
            assert "<table" in page
            # What is drawn leads to what lies behind it.
            for address in re.findall(r'<a href="(/figures/[^"]+/incidents/[^"]+)"', drawn)[:1]:
                with at(LAST):
                    assert "INC-" in words(client, html.unescape(address)), address
            assert len(list(csv.reader(StringIO(told)))) > 3
        assert re.search(rf'<a href="/incidents/{incidents[0].pk}/"[^>]*><title>INC-', everything)
        with at(LAST):
            invalid = words(client, "/figures/time_to_detect/incidents/", **SPAN, state="invalid")
            narrowed = words(client, "/figures/time_to_detect/incidents/", **SPAN, q="Trouble 1", team=str(payments.pk))
            report = words(client, "/figures/report/", quarter="2026-Q3")
            hidden = next(incident for incident in incidents if incident.private)
            seen_by_charlie = words(of(charlie), "/figures/incidents/incidents/", **SPAN, q=hidden.title)
            caused = words(client, "/figures/by_change/incidents/", **SPAN)
            nothing = words(client, "/figures/", since="2020-01-01", until="2020-01-02")
            assert client.get("/figures/load/incidents/").status_code == 404
            for odd in ({"last": "9999-12-31"}, {"first": "0001-01-01"}):
                asked = {**SPAN, "kind": "opened", **odd}
                assert client.get("/figures/action_items/incidents/", asked).status_code == 200
            led = {"kind": "commanded", "person": str(alice.pk)}
            assert "INC-" in words(client, "/figures/load/incidents/", **SPAN, **led)
            assert of(charlie).get("/figures/load/incidents/", {**SPAN, **led}).status_code == 404
            assert client.get("/figures/nothing/").status_code == 404
            by_service = words(client, "/figures/time_to_detect/", **SPAN)
            ActionItem.objects.filter(pk=ActionItem.objects.earliest("pk").pk).update(kind="")
            items = words(client, "/figures/action_items/", **SPAN)
        assert f"&amp;service={checkout.pk}" in by_service
        nobodys = by_service.partition("No service</th>")[2].partition("</tr>")[0]
        assert nobodys
        assert "href" not in nobodys
        assert "Not chosen" in items
        assert "ends before it starts" in invalid
        assert "Trouble 5" not in narrowed
        assert "2026" in report
        assert "incidents were detected" in report
        assert f'href="/incidents/{hidden.pk}/"' not in seen_by_charlie
        assert incidents[5].title in caused
        assert incidents[6].title not in caused
        assert "No incident in this time" in nothing
        with at(LAST), django_assert_max_num_queries(few):
            words(client, "/figures/", since="2026-07-01", until="2026-07-20")

    def test_programs_and_prometheus_read_the_same_numbers(
        self, incidents: list[Incident], alice: User, payments: Team, settings: Any
    ) -> None:
        _, key = ApiToken.issue(alice, "script", scopes=["read"])
        client = Client(headers={"authorization": f"Bearer {key}"})
        asked = {"since": FIRST.isoformat(), "until": LAST.isoformat()}
        with at(LAST):
            told = client.get("/api/v1/figures/", asked).json()
            one = client.get("/api/v1/figures/time_to_mitigate/", {**asked, "team": "payments"}).json()
            values = client.get("/api/v1/figures/time_to_mitigate/values/", {**asked, "page_size": 100}).json()[
                "results"
            ]
            counted = client.get("/api/v1/figures/mitigations/values/", asked)
        by_slug = {figure["slug"]: figure for figure in told["figures"]}
        whole = by_slug["time_to_mitigate"]
        seconds = sorted(value["seconds"] for value in values if value["state"] == "recorded")
        summary = summed((State.RECORDED, each) for each in seconds)
        assert (whole["recorded"], whole["median_seconds"], whole["p90_seconds"]) == (
            len(seconds),
            summary.median,
            pytest.approx(summary.p90),
        )
        states = [whole[state] for state in ("recorded", "pending", "not_applicable", "invalid")]
        assert sum(states) == told["incidents"] == len(values)
        assert 0 < one["recorded"] < whole["recorded"]
        assert [table["caption"] for table in one["tables"]][:1] == ["Time to mitigate, by severity"]
        assert counted.status_code == 404
        settings.WATCHBILL_METRICS_TOKEN = "t" * 16
        with at(LAST):
            exposed = Client().get("/metrics", headers={"authorization": f"Bearer {'t' * 16}"}).content.decode()
            ninety = asking.Asked(LAST - timedelta(days=90), LAST)
        definition = FigureDefinition.objects.get(slug="time_to_mitigate")
        table = asking.read(ninety.incidents(None), ("impact_started", "mitigated"))
        worst = [v for v in asking.values(table, "impact_started", "mitigated") if v.severity == 1]
        median = summed(asking.plain(worst)).median
        assert f"# HELP watchbill_time_to_mitigate_seconds {definition.says}" in exposed
        assert f'watchbill_time_to_mitigate_seconds{{severity="1",window="90d",quantile="0.5"}} {median:g}' in exposed
        assert 'watchbill_action_items{state="open"}' in exposed


def test_an_admin_says_from_when_to_when_a_figure_counts(alice: User) -> None:
    owner = factories.UserFactory(username="owner", role="owner")
    figure = FigureDefinition.objects.get(slug="time_to_acknowledge")
    changed = figures.define(figure, by=owner, start="detected", says="From when it was noticed.")
    assert (changed.start, changed.end) == ("detected", "acknowledged")
    assert figures.back_to_default(changed, by=owner).start == "first_paged"
    with pytest.raises(Blocked) as refused:
        figures.define(None, by=owner, slug="report", title="", says="", start="declared", end="declared")
    assert {blocker.field for blocker in refused.value.blockers} == {"slug", "title", "says", "end"}
    like = {"slug": "time-to-detect", "title": "x", "says": "x", "start": "declared", "end": "closed"}
    with pytest.raises(Blocked, match="already"):
        figures.define(None, by=owner, **like)
    own = figures.define(None, by=owner, slug="to_call", title="To a call", says="So.", start="declared", end="closed")
    with pytest.raises(Blocked, match="nothing to go back to"):
        figures.back_to_default(own, by=owner)
    with pytest.raises(Blocked, match="Untick"):
        figures.drop(changed, by=owner)
    with pytest.raises(PermissionDenied):
        figures.define(own, by=alice, title="Mine")
    client = of(owner)
    address = f"/admin/incidents/figuredefinition/{own.pk}/change/"
    given = {"title": "To a call", "says": "So.", "start": "declared", "end": "declared", "position": 30, "shown": "on"}
    assert "Choose two moments that differ" in client.post(address, given).content.decode()
    assert client.post(address, {**given, "end": "resolved"}).status_code == 302
    own.refresh_from_db()
    assert own.end == "resolved"
    figures.drop(own, by=owner)


def test_values_lie_where_their_scale_says() -> None:
    skewed = drawing.scale([30.0, 60.0, 90.0, 7200.0])
    assert skewed.log
    assert [skewed.share(skewed.low), skewed.share(skewed.high)] == [0, 1]
    even = drawing.scale([60.0, 90.0, 120.0])
    assert not even.log
    assert even.ticks[0] == 0
    assert even.ticks[-1] >= 120
    assert drawing.spelled(-90) == "−1 min"
    assert drawing.spelled(3 * 86400 + 3600) == "3 d 1 h"
    bounds = skewed.bounds(drawing.STEPS)
    assert (bounds[0], bounds == sorted(set(bounds)), bounds[-1] < skewed.high) == (0, True, True)
    fields = [drawing.Field(0.0, 0.1, 3, 40, "", ""), drawing.Field(0.9, 1.0, 15, 1, "", "")]
    (sheet, _) = drawing.over_time(skewed, (FIRST, LAST), (200.0, 360.0), str, fields=fields)
    assert [field.kind for field in sheet.fields] == [drawing.SHADES - 1, 0]
