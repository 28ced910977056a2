"""Alertmanager's webhook, version "4". Pure."""

from collections.abc import Callable
from typing import Any, Literal, cast

from incidents.grouping import fingerprint
from incidents.sources import AlertReport, Envelope, Link, Parsed, SourceError
from incidents.sources.reading import bounded, clean, decode, flat, key, link, links, moment, shown

MOST_PAIRS = 64
STATUSES = ("firing", "resolved")
# Kept first where an alert carries more labels than are stored: titles, routing and severity need them.
TELLING = (
    "alertname", "severity", "service", "job", "instance", "host", "hostname", "node", "pod",
    "cluster", "environment", "env", "region", "namespace", "team",
)  # fmt: skip


Seen = Callable[[AlertReport, dict[str, Any], str], AlertReport]
CONFIGURATION = """\
> In alertmanager.yml, among the receivers. Let a route lead to it.
receivers:
- name: watchbill
  webhook_configs:
  - url: {url}
    send_resolved: true
"""
TEST = Envelope(
    b"""{
  "version": "4", "groupKey": "watchbill-test", "status": "firing", "receiver": "watchbill",
  "alerts": [{
    "status": "firing",
    "labels": {"alertname": "WatchbillTest", "severity": "info"},
    "annotations": {"summary": "A test alert: Alertmanager reaches Watchbill"},
    "startsAt": "0001-01-01T00:00:00Z", "endsAt": "0001-01-01T00:00:00Z"
  }]
}"""
)


def read(sent: Envelope) -> Parsed:
    """See `parse`."""
    return parse(decode(sent.body))


def parse(body: object) -> Parsed:
    """The alerts of a decoded webhook body.

    Unknown keys are ignored. A malformed alert becomes a problem and leaves the others be; of several with
    one fingerprint the last counts. SourceError names the field when the body as a whole can't be read: not
    an object, another version, no list of alerts.
    """
    return batch(body, "4", "Alertmanager", lambda report, alert, at: report)


def batch(body: object, version: str, sender: str, seen: Seen) -> Parsed:
    """The alerts of a body of Alertmanager's shape that says this `version`.

    `seen(report, alert, field)` adds what the `sender` has beyond it; it may raise SourceError.
    """
    if not isinstance(body, dict):
        raise SourceError("body", "give a JSON object")
    if body.get("version") != version:
        raise SourceError("version", f'give "{version}", not {shown(body.get("version"))}')
    group = body.get("groupKey") or ""
    if not isinstance(group, str):
        raise SourceError("groupKey", "give text")
    alerts = body.get("alerts")
    if not isinstance(alerts, list):
        raise SourceError("alerts", "give a list")

    reports: dict[str, AlertReport] = {}
    problems: list[SourceError] = []
    home = link(body.get("externalURL"), sender)
    for index, item in enumerate(alerts):
        try:
            at = f"alerts[{index}]"
            report = seen(_alert(item, at, body.get("status"), key(group, 255), home), item, at)
        except SourceError as problem:
            problems.append(problem)
        else:
            # Out and in again, so that the order is that of the reports which count.
            reports.pop(report.fingerprint, None)
            reports[report.fingerprint] = report
    return Parsed(list(reports.values()), problems, _count(body.get("truncatedAlerts")))


def _alert(item: object, at: str, group_status: object, group: str, home: Link | None) -> AlertReport:
    if not isinstance(item, dict):
        raise SourceError(at, "give an object")
    labels = flat(item.get("labels"), f"{at}.labels")
    annotations = flat(item.get("annotations"), f"{at}.annotations")
    status = _status(item.get("status") or group_status, f"{at}.status")
    starts_at = moment(item.get("startsAt"), f"{at}.startsAt")
    # While it fires this is only the time at which the sender would give it up.
    ends_at = moment(item.get("endsAt"), f"{at}.endsAt")
    said = annotations.get("summary", "").strip()
    return AlertReport(
        fingerprint=_fingerprint(item.get("fingerprint"), labels, at),
        status=status,
        title=clean(labels.get("alertname", ""), 255) or clean(said, 255) or "Alert without a name",
        summary=clean(said or annotations.get("description") or annotations.get("message") or "", 4000),
        severity=clean(labels.get("severity", ""), 40) or None,
        service=clean(labels.get("service", ""), 255) or clean(labels.get("job", ""), 255) or None,
        labels=bounded(labels, MOST_PAIRS, 2000, TELLING),
        annotations=bounded(annotations, MOST_PAIRS, 8000, ("summary", "description", "runbook_url")),
        starts_at=starts_at,
        ends_at=ends_at if status == "resolved" else None,
        group_key=group,
        links=_links(annotations, item, home),
    )


def _status(value: object, field: str) -> Literal["firing", "resolved"]:
    if value not in STATUSES:
        raise SourceError(field, f"give firing or resolved, not {shown(value)}")
    return cast(Literal["firing", "resolved"], value)


def _fingerprint(value: object, labels: dict[str, str], at: str) -> str:
    if value is None or value == "":
        if not labels:
            raise SourceError(f"{at}.labels", "give at least one label, or a fingerprint")
        return fingerprint(labels)
    if not isinstance(value, str):
        raise SourceError(f"{at}.fingerprint", "give text")
    return key(value, 128)


def _links(annotations: dict[str, str], item: dict[str, Any], home: Link | None) -> list[Link]:
    """The runbook, other annotations named `…_url`, the expression's graph, and Alertmanager itself."""
    names = sorted((n for n in annotations if n.endswith("_url")), key=lambda n: (n != "runbook_url", n))
    named = [link(annotations[name], name.removesuffix("_url").replace("_", " ")) for name in names]
    return links([*named, link(item.get("generatorURL"), "source"), home])


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
