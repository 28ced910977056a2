"""The one table of all sources: what each is called, how it is read, and what it answers. Pure.

To receive a request: find the source by the address (`Source.address`; its name there may be an alias, `named` knows)
and the integration by the key, which is in the address too unless the source has `key`; where the integration keeps a
secret and the source has `proof`, ask that; then `read`, keep what was read, and send what `answer` says, or what
`refuse` says to a SourceError or InvalidEventError.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from incidents.sources import (
    Answer,
    Envelope,
    InvalidEventError,
    Parsed,
    SourceError,
    alertmanager,
    cloudevents,
    cloudwatch,
    datadog,
    generic,
    github,
    gitlab,
    grafana,
    healthchecks,
    heartbeats,
    mail,
    oncall,
    opsgenie,
    pagerduty,
    pagerduty_change,
    sentry,
    setup,
    sns,
    uptime_kuma,
    zabbix,
)

MOST_PROBLEMS = 20


def accepted(parsed: Parsed, sent: Envelope, took: float) -> Answer:
    """The name under which the request is kept, how much of it, and the first of what could not be read."""
    return Answer(
        202,
        {
            "status": "success",
            "id": sent.request_id,
            "alerts": len(parsed.reports),
            "acts": len(parsed.acts),
            "changes": len(parsed.changes),
            "heartbeats": len(parsed.heartbeats),
            "problems": [{"field": each.field, "message": each.message} for each in parsed.problems[:MOST_PROBLEMS]],
        },
    )


def refused(error: SourceError | InvalidEventError, sent: Envelope, took: float) -> Answer:
    """Which field of the body is wrong, and what to give."""
    at, message = (error.field, error.message) if isinstance(error, SourceError) else ("body", str(error))
    return Answer(400, {"status": "error", "field": at, "message": message})


@dataclass(frozen=True, slots=True)
class Source:
    """A protocol that tools speak.

    - `name`: in the address and as the integration's kind; lower case letters and "_".
    - `title`: for people.
    - `read`: the request as `Parsed`; raises SourceError or InvalidEventError.
    - `address`: where requests go, below the installation's root and with "{name}" and "{key}" where they stand in
      it; `url` fills it in. Protocols with addresses of their own put more after it, which is `Envelope.path`: empty
      for Opsgenie, whose "v2/alerts" begins at the root. Empty for mail, too, which goes to a mail address.
    - `configuration`: what to enter in the tool, with "{url}" for that and "{key}" for the integration's key, and what
      is said about it in lines that begin with "> "; `steps` fills it in, and `configured`, as one text.
    - `sample`: a request that opens one harmless alert (or tells one change or heartbeat); `test` fills in the key.
    - `key`: where the integration's key is, when it is not in the address; "" where the request has none.
    - `proof`: whether the request was made with a secret that the integration and the tool share. For a source with
      `certificate` it takes the certificate instead, as PEM.
    - `certificate`: where to fetch what the request says it is signed with; raises SourceError for addresses that
      nobody may be sent to. See `sns` for all that has to hold.
    - `configurable`: whether `read` asks `Envelope.settings`.
    - `answer`, `refuse`: what to say with which status; their last argument is how long it took, in seconds.
    """

    name: str
    title: str
    read: Callable[[Envelope], Parsed]
    configuration: str
    sample: Envelope
    address: str = "integrations/v1/{name}/{key}/"
    key: Callable[[Envelope], str] | None = None
    proof: Callable[[Envelope, str], bool] | None = None
    certificate: Callable[[Envelope], str] | None = None
    configurable: bool = False
    answer: Callable[[Parsed, Envelope, float], Answer] = accepted
    refuse: Callable[[SourceError | InvalidEventError, Envelope, float], Answer] = refused

    def url(self, *, root: str, key: str) -> str:
        """The address of one integration of an installation whose root, such as https://watchbill.example.org, is
        known."""
        return f"{root.rstrip('/')}/{self.address}".replace("{name}", self.name).replace("{key}", key)

    def configured(self, *, url: str, key: str) -> str:
        """The text to enter in the tool, for one integration."""
        return setup.plain(self._filled(url, key))

    def steps(self, *, url: str, key: str) -> list[setup.Step]:
        """The same, cut into what is said and what is copied."""
        return setup.steps(self._filled(url, key))

    def _filled(self, url: str, key: str) -> str:
        return self.configuration.replace("{url}", url).replace("{key}", key)

    def test(self, *, key: str) -> Envelope:
        """The request of "send a test alert", as the tool of the integration with this key would send it."""
        filled = {name: value.replace("{key}", key) for name, value in self.sample.headers.items()}
        return replace(
            self.sample,
            body=self.sample.body.replace(b"{key}", key.encode()),
            headers=filled,
            request_id=Envelope().request_id,
        )


def _table(sources: Iterable[Source]) -> dict[str, Source]:
    return {source.name: source for source in sources}


SOURCES = _table(
    [
        Source("alertmanager", "Alertmanager", alertmanager.read, alertmanager.CONFIGURATION, alertmanager.TEST),
        Source("grafana", "Grafana", grafana.read, grafana.CONFIGURATION, grafana.TEST),
        Source("sentry", "Sentry", sentry.read, sentry.CONFIGURATION, sentry.TEST, proof=sentry.proof),
        Source("datadog", "Datadog", datadog.read, datadog.CONFIGURATION, datadog.TEST),
        Source(
            "cloudwatch",
            "Amazon CloudWatch",
            cloudwatch.read,
            cloudwatch.CONFIGURATION,
            cloudwatch.TEST,
            proof=sns.is_signed,
            certificate=sns.certificate,
            configurable=True,
        ),
        Source("zabbix", "Zabbix", zabbix.read, zabbix.CONFIGURATION, zabbix.TEST),
        Source("uptime_kuma", "Uptime Kuma", uptime_kuma.read, uptime_kuma.CONFIGURATION, uptime_kuma.TEST),
        Source("healthchecks", "Healthchecks", healthchecks.read, healthchecks.CONFIGURATION, healthchecks.TEST),
        Source("json", "Any JSON", generic.read, generic.CONFIGURATION, generic.TEST, configurable=True),
        Source(
            "cloudevents",
            "CloudEvents",
            cloudevents.read,
            cloudevents.CONFIGURATION,
            cloudevents.TEST,
            configurable=True,
        ),
        Source("email", "Mail", mail.read, mail.CONFIGURATION, mail.TEST, address="", configurable=True),
        Source("webhook", "Grafana OnCall webhook", oncall.read, oncall.CONFIGURATION, oncall.TEST),
        Source(
            "pagerduty",
            "PagerDuty Events API v2",
            pagerduty.read,
            pagerduty.CONFIGURATION,
            pagerduty.TEST,
            address="v2/enqueue",
            key=pagerduty.routing_key,
            answer=pagerduty.answer,
            refuse=pagerduty.refuse,
        ),
        Source(
            "opsgenie",
            "Opsgenie API",
            opsgenie.read,
            opsgenie.CONFIGURATION,
            opsgenie.TEST,
            address="",
            key=opsgenie.api_key,
            answer=opsgenie.answer,
            refuse=opsgenie.refuse,
        ),
        Source("heartbeat", "Heartbeat", heartbeats.read, heartbeats.CONFIGURATION, heartbeats.TEST),
        Source("github", "GitHub", github.read, github.CONFIGURATION, github.TEST, proof=github.proof),
        Source("gitlab", "GitLab", gitlab.read, gitlab.CONFIGURATION, gitlab.TEST, proof=gitlab.proof),
        Source(
            "changes",
            "PagerDuty change events",
            pagerduty_change.read,
            pagerduty_change.CONFIGURATION,
            pagerduty_change.TEST,
            address="v2/change/enqueue",
            key=pagerduty_change.routing_key,
            answer=pagerduty_change.answer,
            refuse=pagerduty_change.refuse,
        ),
    ]
)
# The names that Grafana OnCall had for them.
ALIASES = {
    "alertmanagerV2": "alertmanager",
    "amazon_sns": "cloudwatch",
    "formatted_webhook": "webhook",
    "grafana_alerting": "grafana",
}
# After the address of an integration of any kind: a sign of life of what sends there.
HEARTBEAT = "heartbeat"


def named(name: str) -> Source | None:
    """The source of this name in an address."""
    return SOURCES.get(ALIASES.get(name, name))
