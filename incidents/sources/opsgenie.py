"""Opsgenie's Alert API and the pings of its Heartbeat API. Pure.

`Envelope.path` says what is asked: "v2/alerts" creates an alert, "v2/alerts/{identifier}/close" (and acknowledge,
unacknowledge, snooze, notes) acts on one, "v2/heartbeats/{name}/ping" is a sign of life. Which identifier it is says
the query's `identifierType`: id (unless said otherwise), alias or tiny. What is changed of an alert afterwards (its
message, description, priority, tags, details) is taken and means nothing: an alert stays as it fired, and Alertmanager,
which sends such with `update_alerts`, is content.

Texts that are too long are cut instead of refused, so that no page is lost for its length.
"""

from typing import Any, Literal

from incidents.sources import (
    Acknowledgement,
    Act,
    AlertReport,
    Answer,
    Closing,
    Envelope,
    Heartbeat,
    InvalidEventError,
    Note,
    Parsed,
    Snooze,
    SourceError,
    Unacknowledgement,
)
from incidents.sources.reading import bounded, clean, decode, fields, key, link, links, rows, shown, stamp, text, told

# P1 to P5 by the names that Opsgenie itself gives them.
SEVERITIES = {"P1": "critical", "P2": "high", "P3": "moderate", "P4": "low", "P5": "informational"}
IDENTIFIERS: dict[str, Literal["fingerprint", "id", "number"]] = {
    "id": "id",
    "alias": "fingerprint",
    "tiny": "number",
}
CHANGED = ("message", "description", "priority", "tags", "details")
SEARCHED = ("status", "alias")
MOST_PAIRS = 64
MOST_TAGS = 20
CONFIGURATION = """\
> In the tool that you have, this address instead of https://api.opsgenie.com
{url}
> and this API key.
{key}
> Alertmanager, for example: in alertmanager.yml, among the receivers.
receivers:
- name: watchbill
  opsgenie_configs:
  - api_url: {url}
    api_key: {key}
> Or by hand.
curl {url}v2/alerts -H 'Authorization: GenieKey {key}' -H 'Content-Type: application/json' \\
  -d '{"message": "Checkout is slow", "alias": "checkout-slow", "priority": "P2"}'
"""
TEST = Envelope(
    b"""{
  "message": "A test alert: your tool reaches Watchbill", "alias": "watchbill-test", "priority": "P5",
  "source": "watchbill"
}""",
    {"Authorization": "GenieKey {key}"},
    path="v2/alerts",
)


def api_key(sent: Envelope) -> str:
    """The integration's key: of the header `Authorization: GenieKey …`, else the query's `apiKey`."""
    scheme, _, value = sent.header("Authorization").strip().partition(" ")
    return value.strip() if scheme.lower() == "geniekey" else sent.query.get("apiKey", "")


def read(sent: Envelope) -> Parsed:
    """What the request asks for: an alert, an act on one, or a heartbeat.

    SourceError names the field of the body, "identifierType", or "path" for what Watchbill does not do.
    """
    parts = sent.path.strip("/").split("/")
    if parts[:2] == ["v2", "heartbeats"] and len(parts) >= 4 and parts[-1] == "ping":
        return Parsed(heartbeats=[Heartbeat(clean("/".join(parts[2:-1]), 200))])
    if parts == ["v2", "alerts"]:
        return _created(_body(sent), sent.request_id)
    if parts[:2] == ["v2", "alerts"] and len(parts) >= 4:
        kind = sent.query.get("identifierType") or "id"
        if kind not in IDENTIFIERS:
            raise SourceError("identifierType", f"give id, alias or tiny, not {shown(kind)}")
        if parts[-1] in CHANGED:
            if not _body(sent).get(parts[-1]):
                raise SourceError(parts[-1], "can not be empty")
            return Parsed()
        # An alias may have slashes of its own.
        return Parsed(acts=[_act(parts[-1], "/".join(parts[2:-1]), IDENTIFIERS[kind], _body(sent))])
    raise SourceError("path", "is not served here; alerts are created, closed, acknowledged, snoozed and noted")


def answer(parsed: Parsed, sent: Envelope, took: float) -> Answer:
    """What Opsgenie's clients wait for; `requestId` is the envelope's."""
    result = "PONG - Heartbeat received" if parsed.heartbeats else "Request will be processed"
    return Answer(202, {"result": result, "took": round(took, 3), "requestId": sent.request_id})


def refuse(error: SourceError | InvalidEventError, sent: Envelope, took: float) -> Answer:
    """400 for what is no JSON, 404 for another path, and 422 with `errors` by field for the rest."""
    at, message = (error.field, error.message) if isinstance(error, SourceError) else ("body", str(error))
    told: dict[str, Any] = {"message": message, "took": round(took, 3), "requestId": sent.request_id}
    if at == "path":
        return Answer(404, told)
    if at == "body":
        return Answer(400, told | {"message": f"Request body {message}"})
    said = {"message": "Request body is not processable. Please check the errors.", "errors": {at: message}}
    return Answer(422, told | said)


def searched(query: str) -> dict[str, str]:
    """What a search for alerts asks for: `status` ("open" or "closed") and `alias`, as in "status: open AND alias: x".

    SourceError for what else Opsgenie's searches know: an answer that leaves out a condition would be a wrong one.
    """
    found: dict[str, str] = {}
    rest = query[:2000].strip()
    while rest:
        at = min((place for mark in ":=" if (place := rest.find(mark)) >= 0), default=-1)
        name, rest = rest[:at].strip().lower(), rest[at + 1 :].strip()
        if at < 0 or name not in SEARCHED or name in found:
            raise SourceError("query", "is understood where it asks for status and alias, as in: status: open")
        value, _, rest = rest[1:].partition('"') if rest.startswith('"') else rest.partition(" ")
        found[name] = value.strip()
        rest = rest.strip()
        if rest[:4].upper() == "AND ":
            rest = rest[4:].strip()
    if found.get("status", "open") not in ("open", "closed"):
        raise SourceError("query", f"give open or closed for status, not {shown(found['status'])}")
    return found


def _body(sent: Envelope) -> dict[str, Any]:
    if not sent.body.strip():
        return {}
    body = decode(sent.body)
    if not isinstance(body, dict):
        raise SourceError("body", "is not a JSON object")
    return body


def _created(body: dict[str, Any], request_id: str) -> Parsed:
    message = text(body.get("message"), "message", 8000)
    if not message:
        raise SourceError("message", "can not be empty")
    priority = body.get("priority") or "P3"
    if not isinstance(priority, str) or priority not in SEVERITIES:
        raise SourceError("priority", f"give P1, P2, P3, P4 or P5, not {shown(priority)}")
    description = text(body.get("description"), "description", 15_000)
    details = told(fields(body.get("details"), "details"))
    alias = body.get("alias") or ""
    if not isinstance(alias, str):
        raise SourceError("alias", "give text")
    fingerprint = key(alias.strip() or request_id, 128)
    entity = text(body.get("entity"), "entity", 512)
    labels = {
        "entity": entity,
        "source": text(body.get("source"), "source", 255),
        "priority": priority,
        "tags": ", ".join(_tags(body.get("tags"))),
    }
    annotations = {
        "description": description,
        "responders": ", ".join(_responders(body.get("responders") or body.get("teams"))),
        "user": text(body.get("user"), "user", 100),
    }
    report = AlertReport(
        fingerprint=fingerprint,
        status="firing",
        title=clean(message, 255),
        summary=clean(description or (message if len(message) > 255 else ""), 4000),
        severity=SEVERITIES[priority],
        service=clean(details.get("service", ""), 255) or clean(entity, 255) or None,
        labels=bounded({n: v for n, v in (labels | details).items() if v}, MOST_PAIRS, 2000, [*labels, "service"]),
        annotations=bounded({n: v for n, v in annotations.items() if v}, MOST_PAIRS, 8000),
        links=links([link(body.get("source"), "source")]),
    )
    note = text(body.get("note"), "note", 8000)
    by = text(body.get("user"), "user", 100)
    return Parsed(
        [report], acts=[Note(fingerprint=fingerprint, by=by, note=note)] if note else [], key=clean(alias, 255)
    )


def _act(verb: str, identifier: str, known_as: Literal["fingerprint", "id", "number"], body: dict[str, Any]) -> Act:
    fingerprint = key(identifier.strip(), 128)
    if not fingerprint:
        raise SourceError("identifier", "can not be empty")
    by = text(body.get("user"), "user", 100) or text(body.get("source"), "source", 100)
    note = text(body.get("note"), "note", 8000)
    match verb:
        case "close":
            return Closing(fingerprint=fingerprint, known_as=known_as, by=by, note=note)
        case "acknowledge":
            return Acknowledgement(fingerprint=fingerprint, known_as=known_as, by=by, note=note)
        case "unacknowledge":
            return Unacknowledgement(fingerprint=fingerprint, known_as=known_as, by=by, note=note)
        case "notes":
            if not note:
                raise SourceError("note", "can not be empty")
            return Note(fingerprint=fingerprint, known_as=known_as, by=by, note=note)
        case "snooze":
            until = stamp(body.get("endTime"), "endTime")
            if until is None:
                raise SourceError("endTime", "can not be empty")
            return Snooze(fingerprint=fingerprint, known_as=known_as, by=by, note=note, until=until)
    raise SourceError(
        "path", f"{shown(verb)} is not served here; close, acknowledge, unacknowledge, snooze and notes are"
    )


def _tags(value: object) -> list[str]:
    found = [text(each, f"tags[{index}]", 50) for index, each in enumerate(rows(value, "tags")[:MOST_TAGS])]
    return [each for each in found if each]


def _responders(value: object) -> list[str]:
    found = []
    for index, each in enumerate(rows(value, "responders")[:50]):
        one = fields(each, f"responders[{index}]")
        name = next((one[part] for part in ("name", "username", "id") if one.get(part)), None)
        if said := text(name, f"responders[{index}].name", 200):
            found.append(said)
    return found
