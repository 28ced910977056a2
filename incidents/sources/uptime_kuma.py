"""Uptime Kuma's webhook with a JSON body. Pure.

A check that is down or up again comes with `monitor` and `heartbeat`; tests and certificates that end soon only with
`msg`. What is pending or in maintenance is no news.
"""

from incidents.sources import AlertReport, Envelope, Parsed, SourceError
from incidents.sources.reading import bounded, clean, decode, fields, key, link, links, rows, shown, stamp, text

DOWN, UP, PENDING, MAINTENANCE = range(4)
MOST_PAIRS = 64
CONFIGURATION = """\
> In Uptime Kuma: Settings, Notifications, Setup Notification. Notification Type "Webhook", Request Body
> "Preset - application/json", and this Post URL.
{url}
"""
TEST = Envelope(b'{"heartbeat": null, "monitor": null, "msg": "A test alert: Uptime Kuma reaches Watchbill"}')


def read(sent: Envelope) -> Parsed:
    """One alert, or none for a check that is pending or in maintenance. SourceError names the field."""
    body = fields(decode(sent.body), "body")
    heartbeat = fields(body.get("heartbeat"), "heartbeat")
    monitor = fields(body.get("monitor"), "monitor")
    message = text(body.get("msg"), "msg", 4000)
    if not heartbeat:
        return Parsed([_message(message)])
    status = heartbeat.get("status")
    if isinstance(status, bool) or status not in range(4):
        raise SourceError("heartbeat.status", f"give 0, 1, 2 or 3, not {shown(status)}")
    if status in (PENDING, MAINTENANCE):
        return Parsed()
    number = text(monitor.get("id") or heartbeat.get("monitorID"), "monitor.id", 100)
    name = text(monitor.get("name"), "monitor.name", 255)
    if not number and not name:
        raise SourceError("monitor", "give an id or a name")
    labels = _tags(monitor.get("tags"))
    for label, field in (("type", "type"), ("host", "hostname"), ("group", "pathName")):
        if said := text(monitor.get(field), f"monitor.{field}", 2000):
            labels.setdefault(label, said)
    at = stamp(heartbeat.get("time"), "heartbeat.time")
    report = AlertReport(
        fingerprint=key(f"monitor-{number or name}", 128),
        status="resolved" if status == UP else "firing",
        title=name or f"Monitor {number}",
        summary=text(heartbeat.get("msg"), "heartbeat.msg", 4000) or message,
        severity=clean(labels.get("severity", ""), 40) or None,
        service=clean(labels.get("service", ""), 255) or None,
        labels=bounded(labels, MOST_PAIRS, 2000, ("service", "severity", "host")),
        starts_at=at if status == DOWN else None,
        ends_at=at if status == UP else None,
        links=links([link(monitor.get("url"), name)]),
    )
    return Parsed([report])


def _message(message: str) -> AlertReport:
    if not message:
        raise SourceError("msg", "give text that is not empty")
    # "… certificate example.org will expire in 14 days" is one alert, however many days are left.
    about = message.partition(" will expire in ")[0]
    return AlertReport(
        fingerprint=key(f"message-{about}", 128),
        status="firing",
        title=clean(message, 255),
        summary=message if len(message) > 255 else "",
        severity="warning" if about != message else "info",
    )


def _tags(value: object) -> dict[str, str]:
    found = {}
    for index, each in enumerate(rows(value, "monitor.tags")):
        tag = fields(each, f"monitor.tags[{index}]")
        name = text(tag.get("name"), f"monitor.tags[{index}].name", 200)
        if name:
            found[name] = text(tag.get("value"), f"monitor.tags[{index}].value", 2000) or "true"
    return found
