"""Where a tool sends to, and what to enter in it."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from incidents import ingest_mail
from incidents.models import Integration
from incidents.sources.registry import SOURCES, Source
from incidents.sources.setup import Step

# What stands where the key would, which is shown once only.
PLACEHOLDER = "<key>"
NO_MAIL = "(this installation takes no mail: WATCHBILL_MAIL_IN_DOMAIN names no domain)"
GROUPS = (
    ("Monitoring", ("alertmanager", "grafana", "datadog", "cloudwatch", "zabbix", "sentry", "uptime_kuma")),
    ("In the place of another pager", ("pagerduty", "opsgenie", "webhook")),
    ("Jobs", ("heartbeat", "healthchecks")),
    ("Anything else", ("json", "cloudevents", "email")),
    ("Changes, which page nobody", ("github", "gitlab", "changes")),
)
FOR = {
    "alertmanager": "Prometheus and its kin, by a webhook",
    "grafana": "Alerting, by a contact point",
    "datadog": "Monitors, by a webhook",
    "cloudwatch": "Alarms, by a topic of SNS",
    "zabbix": "Problems, by a media type",
    "sentry": "Issues and alert rules",
    "uptime_kuma": "Monitors, by a notification",
    "pagerduty": "Whatever speaks to PagerDuty: only its address changes",
    "opsgenie": "Whatever speaks to Opsgenie: only its address changes",
    "webhook": "Whatever sent to Grafana OnCall",
    "heartbeat": "An alert when a job does not come",
    "healthchecks": "Checks that go down and up",
    "json": "Any shape, by a mapping that you edit beside a preview",
    "cloudevents": "Knative, Argo and others",
    "email": "Whatever can only send mail",
    "github": "Deployments, releases and pushes",
    "gitlab": "Deployments, releases and pipelines",
    "changes": "Deploys, from a pipeline",
}


@dataclass(frozen=True, slots=True)
class Setup:
    """`address` is where it sends; empty where the installation has none. `key`: shown apart from that, where the
    address has it not in itself; else empty."""

    what: str
    address: str
    key: str
    steps: list[Step]


def address(source: Source, key: str) -> str:
    """Where the tool with this key sends: a URL, or of mail an address; "" where this installation takes no mail."""
    if source.name != "email":
        return source.url(root=settings.WATCHBILL_BASE_URL, key=key)
    return ingest_mail.address(key)


def of(integration: Integration, key: str = PLACEHOLDER) -> Setup:
    """What to enter in the tool of an integration, with its key where that is known."""
    source = integration.source
    where = address(source, key)
    what = "Mail address" if source.name == "email" else "URL"
    return Setup(what, where, key if source.key else "", source.steps(url=where or NO_MAIL, key=key))


def kinds() -> list[tuple[str, list[tuple[Source, str]]]]:
    """Every source there is, in groups, with what it is for. One without a group comes under “Anything else”."""
    named = {name for _, names in GROUPS for name in names}
    rest = [name for name in SOURCES if name not in named]
    return [
        (label, [(SOURCES[name], FOR.get(name, "")) for name in (*names, *(rest if "json" in names else ()))])
        for label, names in GROUPS
    ]
