"""Healthchecks, by a webhook whose body is that of CONFIGURATION. Pure."""

from incidents.sources import AlertReport, Envelope, Parsed, SourceError
from incidents.sources.reading import bounded, clean, decode, fields, key, shown, stamp, text

MOST_PAIRS = 64
CONFIGURATION = """\
> In Healthchecks: Integrations, Webhook, Add. Enter the same for when a check goes down and for when it goes up:
> method POST, this URL,
{url}
> this request header,
Content-Type: application/json
> and this request body.
{"code": "$CODE", "name": $NAME_JSON, "status": "$STATUS", "tags": "$TAGS", "now": "$NOW", "exit": "$EXITSTATUS",
 "body": $BODY_JSON}
"""
TEST = Envelope(b'{"code": "watchbill-test", "name": "A test alert: Healthchecks reaches Watchbill", "status": "down"}')


def read(sent: Envelope) -> Parsed:
    """A check that is late or failed, or came again. SourceError names the field that is wrong."""
    body = fields(decode(sent.body), "body")
    code = text(body.get("code"), "code", 200)
    status = body.get("status")
    if not code:
        raise SourceError("code", "give text that is not empty")
    if status not in ("up", "down"):
        raise SourceError("status", f"give up or down, not {shown(status)}")
    labels = {}
    plain = []
    for tag in text(body.get("tags"), "tags", 2000).split():
        name, equals, value = tag.replace("=", ":", 1).partition(":")
        if equals and name and value:
            labels[name] = value
        else:
            plain.append(tag)
    if plain:
        labels["tags"] = " ".join(plain)
    at = stamp(body.get("now"), "now")
    over = status == "up"
    failed = text(body.get("exit"), "exit", 20)
    report = AlertReport(
        fingerprint=key(code, 128),
        status="resolved" if over else "firing",
        title=text(body.get("name"), "name", 255) or f"Check {clean(code, 240)}",
        summary=text(body.get("body"), "body", 4000) or (f"Exit status {failed}" if failed not in ("", "-1") else ""),
        severity=clean(labels.get("severity", ""), 40) or None,
        service=clean(labels.get("service", ""), 255) or None,
        labels=bounded(labels, MOST_PAIRS, 2000),
        starts_at=None if over else at,
        ends_at=at if over else None,
    )
    return Parsed([report])
