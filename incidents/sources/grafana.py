"""Grafana's webhook contact point: Alertmanager's shape with version "1" and more on each alert. Pure."""

from dataclasses import replace
from typing import Any

from incidents.sources import AlertReport, Envelope, Parsed
from incidents.sources.alertmanager import MOST_PAIRS, batch
from incidents.sources.reading import bounded, clean, decode, link, links, text, told

# What Grafana calls an alert whose rule got no data, or could not be evaluated; the rule is the label "rulename".
STATES_OF_RULES = {"DatasourceNoData": "no data", "DatasourceError": "error"}
PAGES = {"panelURL": "panel", "dashboardURL": "dashboard", "imageURL": "picture", "silenceURL": "silence it"}
CONFIGURATION = """\
> In Grafana: Alerting, Contact points, Add contact point. Integration "Webhook", method POST, and this URL.
{url}
> Or as a file in provisioning/alerting. Leave the template of the payload empty.
apiVersion: 1
contactPoints:
- orgId: 1
  name: watchbill
  receivers:
  - uid: watchbill
    type: webhook
    settings:
      url: {url}
      httpMethod: POST
    disableResolveMessage: false
"""
TEST = Envelope(
    b"""{
  "version": "1", "groupKey": "watchbill-test", "status": "firing", "receiver": "watchbill", "orgId": 1,
  "title": "[FIRING:1] WatchbillTest", "state": "alerting", "message": "",
  "alerts": [{
    "status": "firing",
    "labels": {"alertname": "WatchbillTest", "severity": "info"},
    "annotations": {"summary": "A test alert: Grafana reaches Watchbill"},
    "startsAt": "0001-01-01T00:00:00Z", "endsAt": "0001-01-01T00:00:00Z"
  }]
}"""
)


def read(sent: Envelope) -> Parsed:
    """See `parse`."""
    return parse(decode(sent.body))


def parse(body: object) -> Parsed:
    """The alerts of a decoded body; what is malformed is handled as `alertmanager.parse` does.

    The measured values become the annotations "value" and "value of B"; panel, dashboard, picture and the page that
    silences become links.
    """
    return batch(body, "1", "Grafana", _seen)


def _seen(report: AlertReport, alert: dict[str, Any], at: str) -> AlertReport:
    values = {f"value of {name}": value for name, value in _values(alert).items()}
    if said := text(alert.get("valueString"), f"{at}.valueString", 8000):
        values["value"] = said
    state = STATES_OF_RULES.get(report.title)
    rule = report.labels.get("rulename", "")
    pages = [link(alert.get(name), title) for name, title in PAGES.items()]
    return replace(
        report,
        title=clean(f"{rule}: {state}", 255) if state and rule else report.title,
        annotations=bounded(values | report.annotations, MOST_PAIRS, 8000, ("summary", "description", "value")),
        links=links([*report.links[:1], *pages, *report.links[1:]]),
    )


def _values(alert: dict[str, Any]) -> dict[str, str]:
    values = alert.get("values")
    return told(values) if isinstance(values, dict) else {}
