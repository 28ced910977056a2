"""Amazon SNS over HTTP: what has to hold of a message before anything in it is believed. Pure.

Whoever receives one has to

1. ask `certificate`: the address of the certificate that the message says it is signed with, refused unless it is one
   of SNS itself in some region;
2. fetch it over HTTPS (it may be kept by its address) and ask `is_signed`;
3. compare the topic with the one that the integration expects, where it names one ("topic" of its settings; `topic`
   does it), since anybody's SNS signs messages of anybody's topic;
4. for a SubscriptionConfirmation fetch `Parsed.confirm`, which confirms the subscription.
"""

from base64 import b64decode
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.x509 import load_pem_x509_certificate

from incidents.sources import Envelope, SourceError
from incidents.sources.reading import decode, fields, shown, text

NOTIFICATION = "Notification"
SUBSCRIBE = "SubscriptionConfirmation"
UNSUBSCRIBE = "UnsubscribeConfirmation"
# What is signed, in this order; a notification without a subject leaves that out.
SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    SUBSCRIBE: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    UNSUBSCRIBE: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
# SNS itself signs with no other; version 1 is what a topic has unless told otherwise.
HASHES: dict[str, type[HashAlgorithm]] = {"1": SHA1, "2": SHA256}
LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


def message(sent: Envelope) -> dict[str, Any]:
    """The message of a request, of a known type. SourceError names the field that is wrong."""
    told = fields(decode(sent.body), "body")
    if told.get("Type") not in (NOTIFICATION, SUBSCRIBE, UNSUBSCRIBE):
        raise SourceError("Type", f"give {NOTIFICATION}, {SUBSCRIBE} or {UNSUBSCRIBE}, not {shown(told.get('Type'))}")
    return told


def string_to_sign(told: dict[str, Any]) -> str:
    """Names and values of the signed fields, a line each. SourceError names the one that is missing."""
    lines = []
    for name in SIGNED[told["Type"]]:
        value = told.get(name)
        if name == "Subject" and value is None:
            continue
        if not isinstance(value, str):
            raise SourceError(name, "give text")
        lines += [name, value]
    return "\n".join(lines) + "\n"


def is_of_sns(address: object) -> bool:
    """Whether an address is https at SNS itself: sns.{region}.amazonaws.com, or the same with .cn in China."""
    if not isinstance(address, str) or len(address) > 2000:
        return False
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    labels = host.removesuffix(".cn").split(".")
    return (
        parts.scheme == "https"
        and port in (None, 443)
        and parts.netloc.lower() in (host, f"{host}:443")
        and len(labels) == 4
        and (labels[0], *labels[2:]) == ("sns", "amazonaws", "com")
        and bool(labels[1])
        and LETTERS.issuperset(labels[1])
        and not any(letter <= " " or letter in "\\\x7f" for letter in address)
    )


def certificate(sent: Envelope) -> str:
    """Where to fetch the certificate, as PEM. SourceError on "SigningCertURL" for any address but SNS's own."""
    told = message(sent)
    # Subscriptions of Lambda functions spell it "Url".
    address = told.get("SigningCertURL") or told.get("SigningCertUrl")
    if not is_of_sns(address) or not urlsplit(str(address)).path.endswith(".pem"):
        raise SourceError("SigningCertURL", f"give one of sns.<region>.amazonaws.com, not {shown(address)}")
    return str(address)


def is_signed(sent: Envelope, pem: str) -> bool:
    """Whether the message bears the signature of the certificate's key. False, too, for whatever can't be checked."""
    try:
        told = message(sent)
        algorithm = HASHES[text(told.get("SignatureVersion"), "SignatureVersion", 10)]()
        signature = b64decode(text(told.get("Signature"), "Signature", 2000), validate=True)
        signed = string_to_sign(told).encode()
        key = load_pem_x509_certificate(pem.encode()).public_key()
        if not isinstance(key, RSAPublicKey):
            return False
        key.verify(signature, signed, PKCS1v15(), algorithm)
    except (InvalidSignature, KeyError, ValueError):
        return False
    return True


def topic(sent: Envelope) -> bool:
    """Whether the message is of the topic that the integration expects; True where it expects none."""
    expected = sent.settings.get("topic")
    return not expected or message(sent).get("TopicArn") == expected


def subscribe_address(told: dict[str, Any]) -> str:
    """The address that confirms a subscription. SourceError on "SubscribeURL" for any other."""
    address = told.get("SubscribeURL")
    if not is_of_sns(address) or parse_qs(urlsplit(str(address)).query).get("Action") != ["ConfirmSubscription"]:
        raise SourceError("SubscribeURL", f"give one of sns.<region>.amazonaws.com, not {shown(address)}")
    return str(address)
