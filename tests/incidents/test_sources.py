"""What tools really send: bodies captured from Alertmanager 0.25, and what others make of the protocols."""

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.sources import InvalidEventError, SourceError, alertmanager, pagerduty_change
from incidents.sources.reading import clean, decode, key, link, moment

CAPTURED = Path(__file__).parent.parent / "data" / "alertmanager-0.25"
NODES = ["74ddc74d4047f3c0", "aee7427a2fece601", "04a9f1bf9d78e6b6"]


def captured(name: str) -> dict:
    """The body of a captured request, sent through the reader as bytes."""
    return decode(json.dumps(json.loads((CAPTURED / f"{name}.json").read_bytes())["body"]).encode())


@pytest.fixture
def body() -> dict:
    return captured("am-grouped3-webhook-002-firing")


class TestCapturedAlerts:
    def test_three_grouped_alerts_fire(self, body):
        parsed = alertmanager.parse(body)
        assert (parsed.problems, parsed.truncated) == ([], 0)
        assert [report.fingerprint for report in parsed.reports] == NODES
        first = parsed.reports[0]
        assert (first.status, first.title, first.severity, first.service) == (
            "firing",
            "HighCPU",
            "critical",
            "node",
        )
        assert first.summary == "CPU above 90% on node-0"
        assert (first.starts_at, first.ends_at) == (datetime(2026, 11, 23, 4, tzinfo=UTC), None)
        assert first.labels == body["alerts"][0]["labels"]
        assert first.annotations == body["alerts"][0]["annotations"]
        assert first.links == [
            {"href": "http://runbook.example/HighCPU", "text": "runbook"},
            {"href": "http://prom.example:9090/graph?g0.expr=cpu", "text": "source"},
            {"href": "http://vm:19093", "text": "Alertmanager"},
        ]
        assert {report.group_key for report in parsed.reports} == {body["groupKey"]}

    def test_one_of_the_group_resolves_while_the_group_fires(self):
        parsed = alertmanager.parse(captured("am-grouped3-webhook-004-firing"))
        assert [report.status for report in parsed.reports] == ["resolved", "firing", "firing"]
        assert parsed.reports[0].ends_at == datetime(2026, 11, 23, 4, 39, 15, 217904, tzinfo=UTC)
        assert parsed.reports[1].ends_at is None

    def test_all_resolve_under_the_same_names(self):
        parsed = alertmanager.parse(captured("am-grouped3-webhook-005-resolved"))
        assert [(report.fingerprint, report.status) for report in parsed.reports] == [(n, "resolved") for n in NODES]

    def test_from_prometheus_end_to_end(self):
        firing, resolved = (
            alertmanager.parse(captured(f"prom-e2e-webhook-{name}")).reports for name in ("002-firing", "003-resolved")
        )
        assert firing[0].fingerprint == resolved[0].fingerprint == "7110b575735b0e2e"
        assert firing[0].group_key == resolved[0].group_key
        assert resolved[0].ends_at - resolved[0].starts_at == timedelta(seconds=7)
        assert firing[0].service is None


class TestAlertmanager:
    def test_unknown_keys_of_a_newer_release_are_ignored(self, body):
        expected = alertmanager.parse(deepcopy(body))
        body["notificationReason"] = {"deep": [1]}
        body["alerts"][0]["silencedBy"] = ["x"]
        assert alertmanager.parse(body) == expected

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"status": "exploded"}, "alerts[1].status"),
            ({"labels": ["HighCPU"]}, "alerts[1].labels"),
            ({"labels": {"alertname": {"deep": "x"}}}, "alerts[1].labels.alertname"),
            ({"labels": {}, "fingerprint": ""}, "alerts[1].labels"),
            ({"annotations": "none"}, "alerts[1].annotations"),
            ({"fingerprint": 7}, "alerts[1].fingerprint"),
            ({"startsAt": "yesterday"}, "alerts[1].startsAt"),
            ({"startsAt": 1700000000}, "alerts[1].startsAt"),
            ({"endsAt": "2026-11-23T25:00:00Z"}, "alerts[1].endsAt"),
        ],
    )
    def test_a_malformed_alert_is_named_and_does_not_lose_the_others(self, body, change, field):
        body["alerts"][1].update(change)
        parsed = alertmanager.parse(body)
        assert [report.fingerprint for report in parsed.reports] == [NODES[0], NODES[2]]
        assert [problem.field for problem in parsed.problems] == [field]
        assert parsed.problems[0].message

    def test_an_alert_that_is_no_object_is_named_too(self, body):
        body["alerts"][1] = "down"
        parsed = alertmanager.parse(body)
        assert (len(parsed.reports), parsed.problems[0].field) == (2, "alerts[1]")

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"version": "3"}, "version"),
            ({"version": 4}, "version"),
            ({"version": None}, "version"),
            ({"alerts": None}, "alerts"),
            ({"alerts": {"0": {}}}, "alerts"),
            ({"groupKey": ["x"]}, "groupKey"),
        ],
    )
    def test_a_body_that_breaks_the_protocol_is_refused_by_field(self, body, change, field):
        with pytest.raises(SourceError) as caught:
            alertmanager.parse(body | change)
        assert caught.value.field == field

    @pytest.mark.parametrize("value", [None, [], "x", 4])
    def test_what_is_no_object_is_refused(self, value):
        with pytest.raises(SourceError) as caught:
            alertmanager.parse(value)
        assert caught.value.field == "body"

    def test_without_a_fingerprint_it_gets_the_one_that_alertmanager_would_give(self, body):
        for alert in body["alerts"]:
            del alert["fingerprint"]
            alert["labels"] = dict(reversed(alert["labels"].items()))
        assert [report.fingerprint for report in alertmanager.parse(body).reports] == NODES

    def test_one_alert_twice_in_a_batch_counts_as_it_was_told_last(self, body):
        body["alerts"].append(body["alerts"][0] | {"status": "resolved", "endsAt": "2026-11-23T05:00:00Z"})
        parsed = alertmanager.parse(body)
        assert [(r.fingerprint, r.status) for r in parsed.reports][-1] == (NODES[0], "resolved")
        assert len(parsed.reports) == 3

    def test_text_that_postgresql_refuses_is_replaced(self, body):
        raw = json.dumps(body).replace("node-0:9100", "node\\u0000\\ud800:9100").replace("prod-eu", "prod\\u0000eu")
        report = alertmanager.parse(decode(raw.encode())).reports[0]
        assert report.labels["instance"] == "node\ufffd\ufffd:9100"
        assert "\x00" not in repr(report)
        assert "prod\ufffdeu" in report.group_key
        json.dumps(report.labels, ensure_ascii=False).encode()

    def test_text_and_labels_are_bounded_and_the_telling_labels_stay(self, body):
        alert = body["alerts"][0]
        alert["labels"] |= {f"a{number}": "x" for number in range(500)} | {"z" * 5000: "y" * 50_000}
        alert["annotations"] |= {"summary": "s" * 50_000, "note": "n" * 50_000}
        report = alertmanager.parse(body).reports[0]
        assert len(report.labels) == 64
        assert {"alertname", "severity", "cluster", "instance", "job"} <= report.labels.keys()
        assert max(map(len, report.labels)) <= 200
        assert max(map(len, report.annotations.values())) == 8000
        assert len(report.summary) == 4000
        assert report.summary.endswith("…")

    def test_long_keys_stay_apart(self, body):
        body["groupKey"] = "{}" + "k" * 3000 + "1"
        body["alerts"][0]["fingerprint"] = "f" * 300 + "1"
        first = alertmanager.parse(deepcopy(body)).reports[0]
        body["groupKey"] = body["groupKey"][:-1] + "2"
        body["alerts"][0]["fingerprint"] = "f" * 300 + "2"
        second = alertmanager.parse(body).reports[0]
        assert len(first.group_key) == 255
        assert len(first.fingerprint) == 128
        assert first.group_key != second.group_key
        assert first.fingerprint != second.fingerprint

    def test_links_that_would_run_code_are_dropped(self, body):
        alert = body["alerts"][0]
        alert["generatorURL"] = "javascript:alert(1)"
        alert["annotations"] |= {
            "runbook_url": "/relative",
            "dashboard_url": "https://dash.example/d/1?var=a|b",
        }
        assert [found["text"] for found in alertmanager.parse(body).reports[0].links] == [
            "dashboard",
            "Alertmanager",
        ]

    def test_what_a_sparse_sender_leaves_out(self):
        bare = {
            "version": "4",
            "status": "firing",
            "truncatedAlerts": 2,
            "alerts": [{"labels": {"a": 1, "b": True}}],
        }
        parsed = alertmanager.parse(bare)
        report = parsed.reports[0]
        assert (report.status, report.title, report.group_key) == ("firing", "Alert without a name", "")
        assert (report.severity, report.service, report.starts_at, report.links) == (None, None, None, [])
        assert report.labels == {"a": "1", "b": "true"}
        assert parsed.truncated == 2
        assert alertmanager.parse(bare | {"alerts": [], "truncatedAlerts": "many"}).truncated == 0

    @settings(max_examples=100, deadline=None)
    @given(
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
            max_leaves=8,
        ),
        st.sampled_from(["status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"]),
    )
    def test_whatever_one_field_holds_the_others_arrive(self, junk, name):
        sound = {"status": "firing", "labels": {"alertname": "X"}, "fingerprint": "sound"}
        bent = {"status": "firing", "labels": {"alertname": "Y"}, "fingerprint": "bent", name: junk}
        parsed = alertmanager.parse({"version": "4", "alerts": [bent, sound]})
        assert parsed.reports[-1].fingerprint == "sound"
        assert len(parsed.reports) + len(parsed.problems) == 2
        for report in parsed.reports:
            json.dumps([report.labels, report.annotations, report.links], ensure_ascii=False, allow_nan=False).encode()


class TestReading:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("2026-11-23T04:00:00Z", datetime(2026, 11, 23, 4, tzinfo=UTC)),
            ("2026-11-23t04:00:00.5z", datetime(2026, 11, 23, 4, 0, 0, 500_000, tzinfo=UTC)),
            ("2026-11-23T04:00:00.123456789+01:00", datetime(2026, 11, 23, 3, 0, 0, 123_456, tzinfo=UTC)),
            ("2026-11-23T04:00:00.315-0530", datetime(2026, 11, 23, 9, 30, 0, 315_000, tzinfo=UTC)),
            ("0001-01-01T00:00:00Z", None),
            ("0001-01-01T00:00:00+01:00", None),
            ("", None),
            (None, None),
        ],
    )
    def test_times(self, text, expected):
        assert moment(text, "at") == expected

    @pytest.mark.parametrize(
        "text",
        [
            "2026-11-23",
            "2026-11-23T04:00:00",
            "2026-11-23 04:00:00Z",
            "2026-11-23T04:00:00Zulu",
            "2026-02-30T04:00:00Z",
            "2026-11-23T04:00:60Z",
            "2026-11-23T04:00:00+25:00",
            "2026-11-23T04:00:00+01:75",
            "9999-12-31T23:59:59-10:00",
            "0000-01-01T00:00:00Z",
            "٢٠٢٦-11-23T04:00:00Z",
            1,
            True,
            {},
        ],
    )
    def test_what_is_no_time_is_refused_with_an_example(self, text):
        with pytest.raises(SourceError, match=r"^at: give a time such as 2026-11-23T04:00:00Z, not ") as caught:
            moment(text, "at")
        assert len(str(caught.value)) < 130

    @pytest.mark.parametrize(
        ("raw", "said"),
        [
            (b"", "is not JSON"),
            (b"{", "is not JSON"),
            (b'{"a": NaN}', "is not JSON"),
            (b"9" * 5000, "is not JSON"),
            (b'{"a": "\xff"}', "is not UTF-8"),
            (b"[" * 22 + b"]" * 22, "nested more than 20 deep"),
            (b"[" * 100_000 + b"]" * 100_000, "nested more than 20 deep"),
        ],
        ids=["empty", "cut off", "NaN", "long number", "latin-1", "22 deep", "100000 deep"],
    )
    def test_a_body_that_is_no_json_is_refused(self, raw, said):
        with pytest.raises(SourceError, match=said) as caught:
            decode(raw)
        assert caught.value.field == "body"

    def test_a_body_as_some_windows_tools_send_it(self):
        assert decode(b'\xef\xbb\xbf{"a": [1]}') == {"a": [1]}

    @pytest.mark.parametrize(
        "href",
        [
            "",
            "ftp://x/",
            "//x/",
            "http://",
            "http://[::1",
            "http://x/ y",
            'http://x/"onclick',
            "http://x/\x00",
            None,
            7,
        ],
    )
    def test_what_is_no_link(self, href):
        assert link(href, "x") is None

    def test_a_link_without_text_is_called_by_its_address(self):
        assert link("https://x.example/a", "") == {
            "href": "https://x.example/a",
            "text": "https://x.example/a",
        }

    def test_bounds(self):
        assert (clean("  abc ", 3), clean("abcd", 3)) == ("abc", "ab…")
        assert key("x" * 255, 255) == "x" * 255
        assert len(key("x" * 256, 255)) == 255


class TestPagerDutyChange:
    event = {
        "routing_key": "0123456789abcdef0123456789abcdef",
        "payload": {
            "summary": "Deploy checkout 2026.11.23-2",
            "source": "ci",
            "timestamp": "2026-11-23T13:58:00.000+0000",
            "custom_details": {"service": "checkout", "version": "2026.11.23-2", "steps": [1, 2]},
        },
        "links": [
            {"href": "https://ci.example/42", "text": "build 42"},
            {"href": "javascript:x", "text": "bad"},
        ],
        "images": [{"src": "http://img.example/g.png"}],
    }

    def test_a_deploy(self):
        change = pagerduty_change.parse(self.event)
        assert (change.routing_key, change.summary, change.source) == (
            self.event["routing_key"],
            "Deploy checkout 2026.11.23-2",
            "ci",
        )
        assert change.timestamp == datetime(2026, 11, 23, 13, 58, tzinfo=UTC)
        assert change.custom_details == self.event["payload"]["custom_details"]
        assert change.links == [{"href": "https://ci.example/42", "text": "build 42"}]
        assert change.service == "checkout"

    def test_only_the_key_and_a_summary_are_required(self):
        change = pagerduty_change.parse({"routing_key": "a" * 32, "payload": {"summary": "s" * 1024}})
        assert (change.timestamp, change.source, change.custom_details, change.links) == (None, "", {}, [])

    @pytest.mark.parametrize("name", ["001-trigger", "003-trigger", "006-resolve"])
    def test_real_pagerduty_payloads_share_the_shape(self, name):
        body = captured(f"am-grouped3-pagerduty-{name}")
        change = pagerduty_change.parse(body)
        assert (change.summary, change.source) == (body["payload"]["summary"], "Alertmanager")
        assert change.links == [{"href": "http://runbook.example/HighCPU", "text": "runbook"}]
        assert change.custom_details == body["payload"]["custom_details"]

    @pytest.mark.parametrize(
        ("where", "value", "error"),
        [
            ("routing_key", "short", "Length of 'routing_key' is incorrect (should be 32 characters)"),
            ("routing_key", None, "'routing_key' is missing or blank"),
            ("routing_key", "\x00" * 32, "'routing_key' is invalid (should be letters and digits)"),
            ("payload", "x", "'payload' is missing or not an object"),
            ("links", {}, "'links' is invalid (should be an array of objects)"),
            ("payload.summary", " ", "'payload.summary' is missing or blank"),
            ("payload.summary", 7, "'payload.summary' is missing or blank"),
            (
                "payload.summary",
                "s" * 1025,
                "Length of 'payload.summary' is incorrect (should be at most 1024 characters)",
            ),
            ("payload.source", 7, "'payload.source' is invalid (should be a string)"),
            ("payload.custom_details", "x", "'payload.custom_details' is invalid (should be an object)"),
        ],
    )
    def test_errors_in_its_own_words(self, where, value, error):
        event = deepcopy(self.event)
        if where.startswith("payload."):
            event["payload"][where.removeprefix("payload.")] = value
        else:
            event[where] = value
        with pytest.raises(InvalidEventError) as caught:
            pagerduty_change.parse(event)
        assert caught.value.errors == [error]

    def test_all_errors_are_told_at_once_in_its_own_shape(self):
        deep: dict = {}
        for _ in range(12):
            deep = {"deeper": deep}
        event = {"routing_key": "short", "payload": {"timestamp": "now", "custom_details": deep}}
        with pytest.raises(InvalidEventError) as caught:
            pagerduty_change.parse(event)
        told = caught.value.body
        assert (told["status"], told["message"]) == ("invalid event", "Event object is invalid")
        assert len(told["errors"]) == 4
        with pytest.raises(InvalidEventError, match="not a JSON object"):
            pagerduty_change.parse([])

    def test_details_are_fit_for_a_json_column(self):
        event = deepcopy(self.event)
        event["payload"]["custom_details"] = decode(b'{"a\\u0000": ["\\ud800", 1e999, 1, null, true]}')
        change = pagerduty_change.parse(event)
        assert change.custom_details == {"a\ufffd": ["\ufffd", "inf", 1, None, True]}
        assert change.service is None
