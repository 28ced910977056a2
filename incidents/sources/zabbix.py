"""Zabbix, by a webhook media type whose script sends its parameters as JSON; see CONFIGURATION. Pure.

A macro that Zabbix has no value for comes as "*UNKNOWN*" or as it was written.
"""

import json
from typing import Any

from incidents.sources import Acknowledgement, Act, AlertReport, Envelope, Note, Parsed, SourceError
from incidents.sources.reading import bounded, clean, decode, fields, key, link, links, shown, text

MOST_PAIRS = 64
CONFIGURATION = """\
> In Zabbix: Alerts, Media types, Create media type. Type Webhook, with a parameter "url":
{url}
> and these parameters beside it.
event_id       {EVENT.ID}
event_value    {EVENT.VALUE}
update         {EVENT.UPDATE.STATUS}
acknowledged   {EVENT.ACK.STATUS}
user           {USER.FULLNAME}
comment        {EVENT.UPDATE.MESSAGE}
name           {EVENT.NAME}
severity       {EVENT.SEVERITY}
host           {HOST.NAME}
opdata         {EVENT.OPDATA}
tags           {EVENT.TAGSJSON}
trigger_id     {TRIGGER.ID}
message        {ALERT.MESSAGE}
link           {TRIGGER.URL}
> This is its script.
var told = JSON.parse(value), request = new HttpRequest();
request.addHeader('Content-Type: application/json');
var answer = request.post(told.url, JSON.stringify(told));
if (request.getStatus() >= 300) throw 'Watchbill: ' + answer;
return 'OK';
> Then give the media to a user, and let an action send problems, recoveries and updates to that user.
"""
TEST = Envelope(
    b"""{
  "event_id": "watchbill-test", "event_value": "1", "update": "0", "severity": "Information",
  "name": "A test alert: Zabbix reaches Watchbill"
}"""
)


def read(sent: Envelope) -> Parsed:
    """A problem, its recovery, or what somebody did about it. SourceError names the field that is wrong."""
    body = fields(decode(sent.body), "body")
    named = key(_said(body, "event_id", 200), 128)
    if not named:
        raise SourceError("event_id", "give text that is not empty")
    if _said(body, "update", 10) == "1":
        return Parsed(acts=_acts(body, named))
    value = _said(body, "event_value", 10)
    if value not in ("0", "1"):
        raise SourceError("event_value", f"give 0 or 1, not {shown(body.get('event_value'))}")
    labels = _tags(body)
    for name in ("host", "trigger_id"):
        if said := _said(body, name, 2000):
            labels.setdefault(name, said)
    data = _said(body, "opdata", 8000)
    report = AlertReport(
        fingerprint=named,
        status="firing" if value == "1" else "resolved",
        title=_said(body, "name", 255) or "Zabbix problem",
        summary=_said(body, "message", 4000),
        severity=_said(body, "severity", 40) or None,
        service=clean(labels.get("service", ""), 255) or None,
        labels=bounded(labels, MOST_PAIRS, 2000, ("service", "host")),
        annotations={"data": data} if data else {},
        links=links([link(body.get("link"), "Zabbix")]),
    )
    return Parsed([report])


def _acts(body: dict[str, Any], named: str) -> list[Act]:
    by, note = _said(body, "user", 100), _said(body, "comment", 8000)
    if _said(body, "acknowledged", 10).lower() in ("yes", "1"):
        return [Acknowledgement(fingerprint=named, by=by, note=note)]
    return [Note(fingerprint=named, by=by, note=note)] if note else []


def _said(body: dict[str, Any], name: str, most: int) -> str:
    said = text(body.get(name), name, most)
    return "" if said == "*UNKNOWN*" or (said.startswith("{") and said.endswith("}")) else said


def _tags(body: dict[str, Any]) -> dict[str, str]:
    """The tags are a list of {tag, value}, as text in JSON. Whatever else it is says nothing."""
    value = body.get("tags")
    if isinstance(value, str) and value.startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    found = {}
    for each in value if isinstance(value, list) else []:
        if isinstance(each, dict) and isinstance(each.get("tag"), str) and each["tag"]:
            said = each.get("value")
            found[each["tag"]] = said if isinstance(said, str) and said else "true"
    return found
