"""What Grafana OnCall's integrations "webhook" and "formatted_webhook" took: its users change only the host. Pure.

A formatted body has `alert_uid`, `title`, `state` ("ok" for over, anything else for firing), `message`, `image_url`
and `link_to_upstream_details`. The plain webhook took any object; where it has no uid, the alert is whatever the
body says beside its `state`.
"""

import json
from hashlib import sha256

from incidents.sources import AlertReport, Envelope, Parsed, SourceError
from incidents.sources.reading import bounded, clean, decode, details, key, link, links, shown, text, told

MOST_PAIRS = 64
READ = ("alert_uid", "title", "state", "message", "image_url", "link_to_upstream_details", "url")
CONFIGURATION = """\
> Whatever sent to Grafana OnCall's webhook integration goes on; only its URL changes.
curl {url} -H 'Content-Type: application/json' -d '{
  "alert_uid": "checkout-slow",
  "title": "Checkout is slow",
  "state": "alerting",
  "message": "p99 above 2 s since 04:00",
  "link_to_upstream_details": "https://graphs.example.org/checkout"
}'
> The same alert_uid with "state": "ok" says that it is over.
"""
TEST = Envelope(
    b"""{"alert_uid": "watchbill-test", "title": "A test alert: your tool reaches Watchbill", "state": "alerting"}"""
)


def read(sent: Envelope) -> Parsed:
    """One alert. SourceError names the field that is wrong."""
    body = decode(sent.body)
    if not isinstance(body, dict):
        raise SourceError("body", f"give a JSON object, not {shown(body)}")
    state = text(body.get("state"), "state", 40)
    title = text(body.get("title"), "title", 255)
    message = text(body.get("message"), "message", 4000)
    uid = text(body.get("alert_uid"), "alert_uid", 1000)
    rest = {name: value for name, value in body.items() if name not in READ}
    report = AlertReport(
        fingerprint=key(uid, 128) if uid else _digest(body),
        status="resolved" if state.lower() == "ok" else "firing",
        title=title or clean(message.partition("\n")[0], 255) or "Alert without a name",
        summary=message
        or ("" if title else clean(json.dumps(details(rest, "body"), ensure_ascii=False, indent=1), 4000)),
        severity=text(body.get("severity"), "severity", 40) or None,
        service=text(body.get("service"), "service", 255) or None,
        annotations=bounded(told(rest), MOST_PAIRS, 8000),
        links=links(
            [
                link(body.get("link_to_upstream_details"), "source"),
                link(body.get("url"), "source"),
                link(body.get("image_url"), "picture"),
            ]
        ),
    )
    return Parsed([report])


def _digest(body: dict[str, object]) -> str:
    rest = {name: value for name, value in body.items() if name != "state"}
    return sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()
