"""Amazon CloudWatch's alarms, by SNS or as raw messages of its, and whatever else a topic tells, by its subject. Pure.

`sns` says what has to be verified of a message; `read` believes it.
"""

from typing import Any
from urllib.parse import quote

from incidents.sources import AlertReport, Envelope, Link, Parsed, SourceError, sns
from incidents.sources.reading import bounded, clean, decode, fields, key, link, links, rows, shown, stamp, text

MOST_PAIRS = 64
STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")
CONFIGURATION = """\
> Subscribe the address to your topic. Watchbill confirms the subscription by itself.
aws sns subscribe --topic-arn arn:aws:sns:eu-central-1:123456789012:alarms \\
  --protocol https --notification-endpoint {url}
> Let each alarm tell the topic, also when it is over: add this to how you put it.
aws cloudwatch put-metric-alarm … \\
  --alarm-actions arn:aws:sns:eu-central-1:123456789012:alarms \\
  --ok-actions arn:aws:sns:eu-central-1:123456789012:alarms
"""
TEST = Envelope(
    b"""{
  "AlarmName": "A test alert: CloudWatch reaches Watchbill", "AlarmArn": "watchbill-test", "NewStateValue": "ALARM",
  "NewStateReason": ""
}"""
)


def read(sent: Envelope) -> Parsed:
    """An alarm, or a subscription to confirm. SourceError names the field of the SNS message, or of the alarm in it
    as in "Message.NewStateValue"."""
    body = fields(decode(sent.body), "body")
    if "AlarmName" in body:
        return Parsed([_alarm(body, "")])
    told = sns.message(sent)
    if told["Type"] == sns.SUBSCRIBE:
        return Parsed(confirm=sns.subscribe_address(told))
    if told["Type"] == sns.UNSUBSCRIBE:
        # Its address subscribes again; somebody wanted an end of it.
        return Parsed()
    said = told.get("Message")
    if not isinstance(said, str) or not said.strip():
        raise SourceError("Message", "give text that is not empty")
    try:
        inner = decode(said.encode("utf-8", "replace"))
    except SourceError:
        inner = None
    if isinstance(inner, dict) and "AlarmName" in inner:
        return Parsed([_alarm(inner, "Message.")])
    return Parsed([_notification(told, said)])


def _alarm(alarm: dict[str, Any], at: str) -> AlertReport:
    name = text(alarm.get("AlarmName"), f"{at}AlarmName", 255)
    if not name:
        raise SourceError(f"{at}AlarmName", "give text that is not empty")
    state = alarm.get("NewStateValue")
    if state not in STATES:
        raise SourceError(f"{at}NewStateValue", f"give ALARM, OK or INSUFFICIENT_DATA, not {shown(state)}")
    trigger = fields(alarm.get("Trigger"), f"{at}Trigger")
    arn = text(alarm.get("AlarmArn"), f"{at}AlarmArn", 1000)
    account = text(alarm.get("AWSAccountId"), f"{at}AWSAccountId", 40)
    region = text(alarm.get("Region"), f"{at}Region", 100)
    labels = {
        **_dimensions(trigger.get("Dimensions"), f"{at}Trigger.Dimensions"),
        "account": account,
        "region": region,
        "namespace": text(trigger.get("Namespace"), f"{at}Trigger.Namespace", 255),
        "metric": text(trigger.get("MetricName"), f"{at}Trigger.MetricName", 255),
        "state": state,
    }
    description = text(alarm.get("AlarmDescription"), f"{at}AlarmDescription", 8000)
    reason = text(alarm.get("NewStateReason"), f"{at}NewStateReason", 4000)
    changed = stamp(alarm.get("StateChangeTime"), f"{at}StateChangeTime")
    over = state == "OK"
    return AlertReport(
        fingerprint=key(arn or f"{account}|{region}|{name}", 128),
        status="resolved" if over else "firing",
        title=name,
        summary=reason,
        severity="warning" if state == "INSUFFICIENT_DATA" else None,
        service=clean(labels.get("service") or labels.get("ServiceName") or "", 255) or None,
        labels=bounded(
            {n: v for n, v in labels.items() if v}, MOST_PAIRS, 2000, ("account", "region", "state", "metric")
        ),
        annotations={"description": description} if description else {},
        starts_at=None if over else changed,
        ends_at=changed if over else None,
        links=links([_console(arn, name)]),
    )


def _dimensions(value: object, at: str) -> dict[str, str]:
    """A list of {name, value}, which some services write with capitals."""
    found = {}
    for index, each in enumerate(rows(value, at)):
        one = fields(each, f"{at}[{index}]")
        name = text(one.get("name") or one.get("Name"), f"{at}[{index}].name", 200)
        if name:
            found[name] = text(one.get("value") or one.get("Value"), f"{at}[{index}].value", 2000)
    return found


def _console(arn: str, name: str) -> Link | None:
    parts = arn.split(":")
    if (
        len(parts) < 7
        or parts[:3] != ["arn", "aws", "cloudwatch"]
        or not sns.LETTERS.issuperset(parts[3])
        or not parts[3]
    ):
        return None
    home = f"https://{parts[3]}.console.aws.amazon.com/cloudwatch/home?region={parts[3]}"
    return link(f"{home}#alarmsV2:alarm/{quote(name, safe='')}", "CloudWatch")


def _notification(told: dict[str, Any], said: str) -> AlertReport:
    """Something else that a topic tells. It has no end of its own, and its subject is its name."""
    subject = text(told.get("Subject"), "Subject", 255)
    origin = text(told.get("TopicArn"), "TopicArn", 1000)
    title = subject or clean(said.partition("\n")[0], 255) or "SNS message"
    return AlertReport(
        fingerprint=key(f"{origin}|{title}", 128),
        status="firing",
        title=title,
        summary=clean(said, 4000),
        labels={"topic": origin} if origin else {},
        starts_at=stamp(told.get("Timestamp"), "Timestamp"),
    )
