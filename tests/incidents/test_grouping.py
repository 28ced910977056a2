"""Which alerts are one, and what people call a group of them."""

import json
from pathlib import Path

import pytest

from incidents.grouping import fingerprint, group_key, title
from incidents.sources import AlertReport
from incidents.sources.alertmanager import parse

CAPTURED = Path(__file__).parent.parent / "data" / "alertmanager-0.25"


def reports(name: str) -> list[AlertReport]:
    return parse(json.loads((CAPTURED / f"{name}.json").read_bytes())["body"]).reports


def alert(name: str, summary: str = "", **labels: str) -> AlertReport:
    labels = {"alertname": name, **labels}
    annotations = {"summary": summary} if summary else {}
    return AlertReport(fingerprint(labels), "firing", name, labels=labels, annotations=annotations)


class TestFingerprint:
    @pytest.mark.parametrize("name", ["am-grouped3-webhook-002-firing", "prom-e2e-webhook-002-firing"])
    def test_it_is_the_one_that_alertmanager_computes(self, name):
        for report in reports(name):
            assert fingerprint(report.labels) == report.fingerprint

    def test_order_does_not_matter_and_where_a_name_ends_does(self):
        assert fingerprint({"a": "1", "b": "2"}) == fingerprint({"b": "2", "a": "1"})
        assert fingerprint({"a": "bc"}) != fingerprint({"ab": "c"})
        assert fingerprint({"a": "ü"}) != fingerprint({"a": "u"})


class TestGroupKey:
    def test_the_tools_own_else_the_alert_itself(self):
        assert {group_key(report) for report in reports("am-grouped3-webhook-002-firing")} == {
            '{}/{capture="yes"}:{alertname="HighCPU", cluster="prod-eu"}'
        }
        alone, other = alert("Down", host="a"), alert("Down", host="b")
        assert group_key(alone) == f"alert:{alone.fingerprint}"
        assert group_key(alone) != group_key(other)


class TestTitle:
    def test_one_alert_is_called_by_its_summary(self):
        assert title(reports("prom-e2e-webhook-002-firing")) == "Always firing, value 1"

    def test_a_group_is_called_by_what_it_has_in_common(self):
        assert title(reports("am-grouped3-webhook-002-firing")) == "HighCPU on node (prod-eu): 3 alerts"

    @pytest.mark.parametrize(
        ("labels", "expected"),
        [
            ({"instance": "node-0:9100", "cluster": "prod-eu"}, "HighCPU on node-0 (prod-eu)"),
            ({"instance": "node-0:9100", "service": "checkout"}, "HighCPU on checkout"),
            ({"instance": "[::1]:9100"}, "HighCPU on [::1]"),
            ({"instance": "fe80::1"}, "HighCPU on fe80::1"),
            ({"instance": "https://shop.example/health"}, "HighCPU on https://shop.example/health"),
            ({"region": "eu-1"}, "HighCPU (eu-1)"),
            ({"service": "", "cluster": ""}, "HighCPU"),
            ({}, "HighCPU"),
        ],
    )
    def test_without_a_summary_it_is_called_by_its_labels(self, labels, expected):
        assert title([alert("HighCPU", **labels)]) == expected

    def test_several_names(self):
        group = [alert("HighCPU", cluster="a"), alert("DiskFull", cluster="a"), alert("OOM", cluster="a")]
        assert title(group) == "HighCPU and 2 more (a): 3 alerts"

    def test_one_alert_told_twice_is_one(self):
        one = alert("HighCPU", "CPU is high", host="a")
        assert title([one, one]) == "CPU is high"

    def test_alerts_that_the_sender_left_out_count(self):
        assert title([alert("HighCPU", "CPU is high", host="a")], more=4) == "HighCPU on a: 5 alerts"

    def test_it_is_one_bounded_line(self):
        assert title([alert("X", "CPU\n  is   high\t")]) == "CPU is high"
        assert len(title([alert("X", "s" * 500)])) == 200
        long = title([alert("n" * 500, host="a"), alert("n" * 500, host="b")])
        assert len(long) == 200
        assert long.endswith("…: 2 alerts")

    def test_there_is_no_group_of_none(self):
        with pytest.raises(ValueError, match="at least one"):
            title([])
