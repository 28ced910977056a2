"""CloudWatch's alarms by SNS, and what has to hold of a message of SNS."""

import json
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from incidents.sources import AlertReport, Envelope, Parsed, SourceError, cloudwatch, sns
from tests.incidents.sources.bodies import envelope, packed, stored

EXPECTED = AlertReport(
    fingerprint="arn:aws:cloudwatch:eu-central-1:123456789012:alarm:orders-5xx",
    status="firing",
    title="orders-5xx",
    summary="Threshold Crossed: 1 datapoint [42.0 (23/11/26 03:59:00)] was greater than the threshold (10.0).",
    labels={
        "LoadBalancer": "app/orders/50dc6c495c0c9188",
        "account": "123456789012",
        "metric": "HTTPCode_ELB_5XX_Count",
        "namespace": "AWS/ApplicationELB",
        "region": "EU (Frankfurt)",
        "state": "ALARM",
    },
    annotations={"description": "Too many errors at the balancer"},
    starts_at=datetime(2026, 11, 23, 4, tzinfo=UTC),
    links=[
        {
            "href": "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1"
            "#alarmsV2:alarm/orders-5xx",
            "text": "CloudWatch",
        }
    ],
)


def alarm(**values: Any) -> AlertReport:
    return cloudwatch.read(packed(stored("cloudwatch/raw")[1] | values)).reports[0]


def test_an_alarm_in_a_notification_or_raw() -> None:
    assert cloudwatch.read(envelope("cloudwatch/notification")).reports == [EXPECTED]
    assert cloudwatch.read(envelope("cloudwatch/raw")).reports == [EXPECTED]


def test_states() -> None:
    over = alarm(NewStateValue="OK")
    assert (over.status, over.ends_at, over.starts_at) == ("resolved", EXPECTED.starts_at, None)
    blind = alarm(NewStateValue="INSUFFICIENT_DATA")
    assert (blind.status, blind.severity) == ("firing", "warning")


def test_an_alarm_without_an_arn() -> None:
    report = alarm(AlarmArn=None)
    assert (report.fingerprint, report.links) == ("123456789012|EU (Frankfurt)|orders-5xx", [])
    assert alarm(AlarmArn="arn:aws:cloudwatch:evil.example/:1:alarm:x").links == []


def test_a_subscription_is_to_be_confirmed() -> None:
    parsed = cloudwatch.read(envelope("cloudwatch/subscription"))
    assert parsed == Parsed(confirm=stored("cloudwatch/subscription")[1]["SubscribeURL"])
    rest, body = stored("cloudwatch/subscription")
    assert cloudwatch.read(packed(body | {"Type": "UnsubscribeConfirmation"}, **rest)) == Parsed()


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/?Action=ConfirmSubscription",
        "https://sns.eu-central-1.amazonaws.com/?Action=Subscribe",
        "https://sns.eu-central-1.amazonaws.com/",
        "http://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription",
        None,
        7,
    ],
)
def test_nobody_is_sent_to_another_address_to_confirm(address: object) -> None:
    with pytest.raises(SourceError) as caught:
        cloudwatch.read(packed(stored("cloudwatch/subscription")[1] | {"SubscribeURL": address}))
    assert caught.value.field == "SubscribeURL"


def test_something_else_that_a_topic_tells() -> None:
    (report,) = cloudwatch.read(envelope("cloudwatch/other")).reports
    assert (report.title, report.summary) == ("Scaling failed", "Scaling failed\nno capacity")
    assert report.labels == {"topic": "arn:aws:sns:eu-central-1:123456789012:alarms"}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"AlarmName": ""}, "AlarmName"),
        ({"NewStateValue": "BROKEN"}, "NewStateValue"),
        ({"NewStateValue": []}, "NewStateValue"),
        ({"Trigger": 7}, "Trigger"),
        ({"Trigger": {"Dimensions": {}}}, "Trigger.Dimensions"),
        ({"Trigger": {"Dimensions": [7]}}, "Trigger.Dimensions[0]"),
        ({"StateChangeTime": "soon"}, "StateChangeTime"),
        ({"AlarmArn": {}}, "AlarmArn"),
    ],
)
def test_refused_by_field_also_within_the_message(values: dict[str, Any], field: str) -> None:
    body = stored("cloudwatch/raw")[1] | values
    with pytest.raises(SourceError) as caught:
        cloudwatch.read(packed(body))
    assert caught.value.field == field
    with pytest.raises(SourceError) as caught:
        cloudwatch.read(packed(stored("cloudwatch/notification")[1] | {"Message": json.dumps(body)}))
    assert caught.value.field == f"Message.{field}"


@pytest.mark.parametrize(
    ("values", "field"),
    [({"Type": "Other"}, "Type"), ({"Type": []}, "Type"), ({"Message": ""}, "Message"), ({"Message": {}}, "Message")],
)
def test_what_is_no_message_of_sns(values: dict[str, Any], field: str) -> None:
    with pytest.raises(SourceError) as caught:
        cloudwatch.read(packed(stored("cloudwatch/notification")[1] | values))
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem", True),
        ("https://sns.eu-central-1.amazonaws.com:443/x.pem", True),
        ("https://sns.cn-north-1.amazonaws.com.cn/x.pem", True),
        ("https://SNS.us-gov-west-1.amazonaws.com/x.pem", True),
        ("http://sns.eu-central-1.amazonaws.com/x.pem", False),
        ("https://sns.eu-central-1.amazonaws.com:8443/x.pem", False),
        ("https://sns.eu-central-1.amazonaws.com:x/x.pem", False),
        ("https://sns.eu-central-1.amazonaws.com.evil.example/x.pem", False),
        ("https://sns.evil.example/?sns.eu-central-1.amazonaws.com/x.pem", False),
        ("https://evil.example#sns.eu-central-1.amazonaws.com/x.pem", False),
        ("https://sns.eu-central-1.amazonaws.com@evil.example/x.pem", False),
        ("https://me@sns.eu-central-1.amazonaws.com/x.pem", False),
        ("https://evil.example\\@sns.eu-central-1.amazonaws.com/x.pem", False),
        ("https://sns.eu-central-1.amazonaws.com\n.evil.example/x.pem", False),
        ("https://bucket.s3.amazonaws.com/x.pem", False),
        ("https://sns.a.b.amazonaws.com/x.pem", False),
        ("https://sns..amazonaws.com/x.pem", False),
        ("https://sns.amazonaws.com/x.pem", False),
        ("https://xsns.eu-central-1.amazonaws.com/x.pem", False),
        ("https://sns.eu-central-1.amazonaws.com./x.pem", False),
        ("https://sns.eu_central.amazonaws.com/x.pem", False),
        ("https://[sns.eu.amazonaws.com]/x.pem", False),
        ("", False),
        (None, False),
        ("https://sns.eu-central-1.amazonaws.com/" + "x" * 3000, False),
    ],
)
def test_a_certificate_comes_from_sns_and_from_nowhere_else(address: object, good: bool) -> None:
    assert sns.is_of_sns(address) is good
    sent = packed(stored("cloudwatch/notification")[1] | {"SigningCertURL": address})
    if good:
        assert sns.certificate(sent) == address
    else:
        with pytest.raises(SourceError, match="SigningCertURL"):
            sns.certificate(sent)


def test_a_certificate_is_a_pem() -> None:
    body = stored("cloudwatch/notification")[1] | {"SigningCertURL": "https://sns.eu-central-1.amazonaws.com/?x.pem"}
    with pytest.raises(SourceError, match="SigningCertURL"):
        sns.certificate(packed(body))


def test_the_string_to_sign() -> None:
    told = {"Type": "Notification", "Message": "m", "MessageId": "1", "Timestamp": "t", "TopicArn": "a", "Other": "x"}
    assert sns.string_to_sign(told) == "Message\nm\nMessageId\n1\nTimestamp\nt\nTopicArn\na\nType\nNotification\n"
    assert "MessageId\n1\nSubject\ns\nTimestamp" in sns.string_to_sign(told | {"Subject": "s"})
    told |= {"Type": "SubscriptionConfirmation", "SubscribeURL": "u", "Token": "k", "Subject": "not signed"}
    assert sns.string_to_sign(told) == (
        "Message\nm\nMessageId\n1\nSubscribeURL\nu\nTimestamp\nt\nToken\nk\nTopicArn\na\nType\nSubscriptionConfirmation\n"
    )
    with pytest.raises(SourceError, match="Token"):
        sns.string_to_sign({**told, "Token": None})


@pytest.fixture(scope="module")
def keys() -> tuple[rsa.RSAPrivateKey, str]:
    key = rsa.generate_private_key(65537, 2048)
    return key, pem_of(key)


def pem_of(key: Any) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime(2026, 11, 23, tzinfo=UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1)).sign(key, SHA256())
    return made.public_bytes(Encoding.PEM).decode()


def signed(key: rsa.RSAPrivateKey, name: str, version: str) -> Envelope:
    _, body = stored(f"cloudwatch/{name}")
    body["SignatureVersion"] = version
    algorithm = SHA1() if version == "1" else SHA256()
    body["Signature"] = b64encode(key.sign(sns.string_to_sign(body).encode(), padding.PKCS1v15(), algorithm)).decode()
    return packed(body)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("name", ["notification", "subscription", "other"])
def test_a_signature_holds(keys: tuple[rsa.RSAPrivateKey, str], name: str, version: str) -> None:
    key, pem = keys
    sent = signed(key, name, version)
    assert sns.is_signed(sent, pem)
    body = json.loads(sent.body)
    for field, other in (
        ("Message", "another"),
        ("TopicArn", "arn:aws:sns:eu-central-1:1:x"),
        ("Signature", "AAAA"),
        ("Signature", "?"),
        ("Signature", 7),
        ("SignatureVersion", "2" if version == "1" else "1"),
        ("SignatureVersion", "3"),
        ("SignatureVersion", []),
        ("Timestamp", None),
        ("Type", "Other"),
    ):
        assert not sns.is_signed(packed(body | {field: other}), pem), field


def test_no_other_certificate_will_do(keys: tuple[rsa.RSAPrivateKey, str]) -> None:
    sent = signed(keys[0], "notification", "2")
    elliptic = pem_of(ec.generate_private_key(ec.SECP256R1()))
    for pem in (pem_of(rsa.generate_private_key(65537, 2048)), elliptic, "", "-----BEGIN CERTIFICATE-----", "ü"):
        assert not sns.is_signed(sent, pem)
    assert not sns.is_signed(Envelope(b"{"), keys[1])


def test_the_topic_that_an_integration_expects() -> None:
    sent = envelope("cloudwatch/notification")
    assert sns.topic(sent)
    assert sns.topic(replace(sent, settings={"topic": "arn:aws:sns:eu-central-1:123456789012:alarms"}))
    assert not sns.topic(replace(sent, settings={"topic": "arn:aws:sns:eu-central-1:123456789012:other"}))
