"""Mail for integrations, over SMTP, into a live installation."""

from __future__ import annotations

import contextlib
import datetime
import json
import smtplib
import socket
import ssl
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config import mailin
from config.story.client import Person, Web
from tests.installation import Installation, live_installation, wait_for

DOMAIN = "alerts.example.org"
SENDER = "nagios@mon.example.org"
KEPT = 250


def certificate(folder: Path) -> Path:
    """A file with a certificate for the domain that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, DOMAIN)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(DOMAIN)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    told = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(told + made.public_bytes(pem))
    return path


class Post:
    """A live installation with one mail integration, and whoever writes to it."""

    def __init__(self, installation: Installation, trusted: Path) -> None:
        self.installation = installation
        self.trusted = trusted
        installation.run("demo")
        tokens: dict[str, Any] = json.loads((installation.var / "demo.json").read_text())["tokens"]
        self.ines = Person(Web(installation.base_url), "ines", tokens["ines"])
        self.key = installation.integration("email")
        self.other = installation.integration("json")

    @property
    def address(self) -> str:
        return f"disks+{self.key}@{DOMAIN}"

    def connect(self) -> smtplib.SMTP:
        assert self.installation.fleet.mail_in_port
        return smtplib.SMTP("127.0.0.1", self.installation.fleet.mail_in_port, timeout=30)

    def say(self, *lines: str) -> list[tuple[int, str]]:
        """The answers to commands, after EHLO."""
        with self.connect() as smtp:
            smtp.ehlo("mon.example.org")
            return [(code, told.decode()) for code, told in (smtp.docmd(line) for line in lines)]

    def send(self, raw: bytes, *recipients: str) -> tuple[int, str]:
        """Send a mail as it is; the last answer."""
        with self.connect() as smtp:
            smtp.ehlo("mon.example.org")
            smtp.mail(SENDER)
            for recipient in recipients or (self.address,):
                code, told = smtp.rcpt(recipient)
                if code != KEPT:
                    return code, told.decode()
            code, told = smtp.data(raw)
            return code, told.decode()

    def events(self) -> list[tuple[str, str]]:
        """State and first problem of each event of the mail integration, the oldest first."""
        with psycopg.connect(self.installation.database_url) as connection:
            rows = connection.execute(
                "SELECT e.state, coalesce(e.outcome #>> '{problems,0,message}', '') FROM incidents_event e"
                " WHERE e.source = 'email' ORDER BY e.id"
            )
            return [(str(state), str(problem)) for state, problem in rows]

    def taken(self) -> tuple[str, str]:
        """The newest event, once a worker has taken it."""
        wait_for(lambda: self.events()[-1][0] != "waiting", "the event to be taken")
        return self.events()[-1]

    def incidents(self, about: str) -> list[dict[str, Any]]:
        return list(self.ines.every(f"incidents/?q={about}"))


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    path = certificate(tmp_path_factory.mktemp("certificate"))
    given = {"WATCHBILL_MAIL_IN_DOMAIN": DOMAIN, "WATCHBILL_MAIL_IN_CERTIFICATE": str(path)}
    with live_installation(**given) as running:
        yield Post(running, path)


def mail(subject: str, text: str = "It is so.", **headers: str) -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = f"Nagios <{SENDER}>", subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes().replace(b"\n", b"\r\n")


def test_a_mail_fires_and_the_next_resolves(post: Post) -> None:
    assert post.send(mail("[FIRING:1] Zebra disk full"))[0] == KEPT
    wait_for(lambda: len(post.incidents("Zebra")) == 1, "the incident")
    (incident,) = post.incidents("Zebra")
    assert incident["team"]["slug"] == "payments"
    assert post.send(mail("[RESOLVED] Zebra disk full"))[0] == KEPT
    status = f"incidents/{incident['id']}/alerts/?status=resolved"
    wait_for(lambda: len(list(post.ines.every(status))) == 1, "the alert to be resolved")
    assert len(post.incidents("Zebra")) == 1


def test_whom_it_is_for(post: Post) -> None:
    known, former = post.say(
        f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{post.address.upper()}>", f"RCPT TO:<{post.key}@{DOMAIN}>", "QUIT"
    )[1:3]
    assert (known[0], former[0]) == (KEPT, KEPT)
    _, *refused, data = post.say(
        f"MAIL FROM:<{SENDER}>",
        f"RCPT TO:<disks+{'0' * 32}@{DOMAIN}>",
        f"RCPT TO:<disks+{post.other}@{DOMAIN}>",
        f"RCPT TO:<postmaster@{DOMAIN}>",
        f"RCPT TO:<disks+{post.key}@example.com>",
        f"RCPT TO:<disks+{post.key}%example.com@mon.example.org>",
        "DATA",
    )
    assert [(code, told[:5]) for code, told in refused] == [(550, "5.1.1")] * 3 + [(550, "5.7.1")] * 2
    assert data[0] == 503


def test_a_mail_to_several_is_kept_once_for_each(post: Post) -> None:
    before = len(post.events())
    again = f"{post.key}@{DOMAIN}"
    assert post.send(mail("Quagga is down"), post.address, again)[0] == KEPT
    assert len(post.events()) == before + 1
    with post.connect() as smtp:
        smtp.ehlo("mon.example.org")
        smtp.mail(SENDER)
        told = [smtp.rcpt(f"n{number}+{post.key}@{DOMAIN}")[0] for number in range(3)]
    assert told == [KEPT] * 3


def test_so_many_recipients_and_no_more(post: Post) -> None:
    code = (
        "from incidents.actions import integrations; from incidents.models import Integration; "
        "made = Integration.objects.get(kind='email'); "
        f"print(*[integrations.add_key(made, by=None) for _ in range({mailin.MOST_RECIPIENTS + 1})])"
    )
    keys = post.installation.run("shell", "--no-imports", "-c", code).split()[-mailin.MOST_RECIPIENTS - 1 :]
    before = len(post.events())
    with post.connect() as smtp:
        smtp.ehlo("mon.example.org")
        smtp.mail(SENDER)
        *taken, last = [smtp.rcpt(f"disks+{key}@{DOMAIN}") for key in keys]
        assert [code for code, _ in taken] == [KEPT] * mailin.MOST_RECIPIENTS
        assert (last[0], last[1][:5]) == (452, b"4.5.3")
        assert smtp.data(mail("Marabou"))[0] == KEPT
        # The next mail begins anew.
        smtp.mail(SENDER)
        assert smtp.rcpt(f"disks+{keys[-1]}@{DOMAIN}")[0] == KEPT
    assert len(post.events()) == before + mailin.MOST_RECIPIENTS


@pytest.fixture
def impatient(post: Post) -> Iterator[Post]:
    environ = post.installation.programs["mail_in"].env
    post.installation.stop("mail_in")
    environ["WATCHBILL_MAIL_IN_SECONDS"] = "2"
    post.installation.start("mail_in")
    yield post
    post.installation.stop("mail_in")
    del environ["WATCHBILL_MAIL_IN_SECONDS"]
    post.installation.start("mail_in")


def rest(smtp: smtplib.SMTP) -> bytes:
    """What comes until the other side hangs up."""
    assert smtp.sock
    return b"".join(iter(lambda: smtp.sock.recv(4096), b""))  # type: ignore[union-attr]


def test_whoever_stands_still_is_left(impatient: Post) -> None:
    before = len(impatient.events())
    with contextlib.ExitStack() as here:
        silent, halfway, dripping, encrypted = (
            here.enter_context(contextlib.closing(impatient.connect())) for _ in range(4)
        )
        assert encrypted.starttls(context=ssl._create_unverified_context())[0] == 220
        for smtp in (halfway, dripping):
            smtp.ehlo("mon.example.org")
        halfway.mail(SENDER)
        halfway.rcpt(impatient.address)
        halfway.docmd("DATA")
        halfway.send(b"Subject: Half a mail\r\n")
        dripping.send(b"NOO")
        for smtp in (silent, halfway, dripping, encrypted):
            assert rest(smtp).startswith(b"421 4.4.2")
    assert len(impatient.events()) == before
    assert impatient.send(mail("Okapi"))[0] == KEPT


def test_what_is_too_large(post: Post) -> None:
    before = len(post.events())
    with post.connect() as smtp:
        smtp.ehlo("mon.example.org")
        assert smtp.esmtp_features["size"] == str(512 * 1024)
        code, told = smtp.mail(SENDER, [f"SIZE={512 * 1024 + 1}"])
        assert (code, told[:5]) == (552, b"5.3.4")
    # Whoever says nothing of its size is told at the end, and goes on.
    for mail_of in (b"x" * 70 + b"\r\n", b"x" * 900 + b"\r\n"):
        code, said = post.send(mail("Large") + mail_of * (700_000 // len(mail_of)))
        assert (code, said[:5]) == (552, "5.3.4")
    code, said = post.send(mail("Long") + b"x" * 40_000 + b"\r\n")
    assert (code, said[:5]) == (500, "5.6.0")
    assert len(post.events()) == before


def test_a_line_without_an_end_is_left_alone(post: Post) -> None:
    with contextlib.closing(post.connect()) as smtp:
        smtp.ehlo("mon.example.org")
        smtp.mail(SENDER)
        smtp.rcpt(post.address)
        smtp.docmd("DATA")
        assert smtp.sock
        with pytest.raises(OSError):  # noqa: PT012
            for _ in range(200):
                smtp.sock.sendall(b"x" * 100_000)
    assert post.send(mail("Okapi"))[0] == KEPT


GONE = """
from comms.wire import return_path
from comms.models import Delivery, StatusPage, Subscriber
page = StatusPage.objects.order_by("pk").first()
reader = Subscriber.objects.create(page=page, email="gone@example.net", state="active")
made = Delivery.objects.create(key="gone", kind="update", address=reader.email, subscriber=reader, state="sent")
print(reader.pk, made.pk, return_path(made.pk))
"""
BOUNCE = (
    b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n\r\n"
    b"Final-Recipient: rfc822; gone@example.net\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
)


def test_what_bounces_comes_back_here_too(post: Post) -> None:
    reader, delivery, address = post.installation.run("shell", "--no-imports", "-c", GONE).split()[-3:]
    with post.connect() as smtp:
        smtp.ehlo("mx.example.net")
        assert smtp.docmd("MAIL FROM:<>")[0] == KEPT
        forged = address.replace(f"-{delivery}-", f"-{int(delivery) + 1}-")
        code, told = smtp.rcpt(forged)
        assert (code, told[:5]) == (550, b"5.1.1")
        assert smtp.rcpt(address)[0] == KEPT
        # It is one letter's, so nothing else may be of it.
        assert [smtp.rcpt(each)[0] for each in (address, post.address)] == [452, 452]
        assert smtp.data(BOUNCE)[0] == KEPT
    with psycopg.connect(post.installation.database_url) as connection:
        rows = connection.execute(
            "SELECT s.state, d.state, d.reply FROM comms_subscriber s, comms_delivery d WHERE s.id = %s AND d.id = %s",
            (int(reader), int(delivery)),
        ).fetchall()
    assert rows == [("suppressed", "bounced", "5.1.1")]


HOSTILE = {
    "no mail at all": b"\x00\xff\xfe" * 100 + b"\r\n",
    "empty": b"",
    "NULs": mail("Tapir \x00 full").replace(b"It is", b"It\x00is"),
    "giant headers": b"Subject: Tapir full\r\n" + b"X-Long: y\r\n" * 40_000 + b"\r\nx\r\n",
    "a thousand parts": b"Subject: Tapir full\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    + b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" * 1000,
    "parts within parts": b"Subject: Tapir full\r\n"
    + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(1000)),
    "a charset that is none": b"Subject: =?x-none?q?Tapir?=\r\nContent-Type: text/plain; charset=x\x00y\r\n"
    b"\r\n\xff\xfe\r\n",
    "broken encodings": b"Subject: =?utf-8?b?!!!?=\r\nContent-Transfer-Encoding: base64\r\n\r\n===\x80\r\n",
    "bytes in headers": "Subject: Täpir\r\nFrom: \ud800@x\r\n\r\nx\r\n".encode("utf-8", "surrogatepass"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_is_an_alert_or_has_a_reason(post: Post, name: str) -> None:
    pid, before = post.installation.pid("mail_in"), len(post.events())
    code, told = post.send(HOSTILE[name])
    assert (code, told[:5]) in [(KEPT, "2.0.0"), (554, "5.6.0")]
    assert len(post.events()) == before + 1
    state, problem = post.taken()
    assert (state, bool(problem)) == (("done", False) if code == KEPT else ("rejected", True))
    assert post.installation.runs("mail_in")
    assert post.installation.pid("mail_in") == pid


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"X_Watchbill": "page"}, "was sent by Watchbill itself"),
        ({"Auto_Submitted": "auto-replied"}, "is an answer that nobody wrote"),
    ],
)
def test_what_goes_round_is_refused_and_told_of(post: Post, headers: dict[str, str], why: str) -> None:
    code, told = post.send(mail("[INC-1] Page: Lemur", **headers))
    assert (code, told[:5]) == (554, "5.6.0")
    assert why in told
    state, problem = post.taken()
    assert state == "rejected"
    assert why in problem
    assert post.incidents("Lemur") == []


def test_our_own_mails_come_back_as_no_alert(post: Post) -> None:
    """The page itself, as it went out, forwarded to the integration that caused it."""
    assert post.send(mail("[FIRING] Gnu overheats"))[0] == KEPT
    wait_for(lambda: len(post.incidents("Gnu")) == 1, "the incident")
    (incident,) = post.incidents("Gnu")
    (page, *_) = post.installation.wait_for_mail(subject=f"[{incident['reference']}] Page")
    with urllib.request.urlopen(f"{post.installation.base_url}/mail/{page['id']}.eml", timeout=10) as answer:
        raw = answer.read()
    code, told = post.send(raw)
    assert (code, told[:5]) == (554, "5.6.0")
    assert "was sent by Watchbill itself" in told


def test_with_the_database_away_the_sender_tries_again(post: Post) -> None:
    database = post.installation.database
    with psycopg.connect(post.installation.server_url, autocommit=True) as connection, post.connect() as smtp:
        smtp.ehlo("mon.example.org")
        smtp.mail(SENDER)
        smtp.rcpt(post.address)
        away(connection, database)
        try:
            code, told = smtp.data(mail("Ibex falls"))
            assert (code, told[:5]) == (451, b"4.3.0")
            smtp.mail(SENDER)
            code, told = smtp.rcpt(post.address)
            assert (code, told[:5]) == (451, b"4.3.0")
        finally:
            connection.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS true')
        smtp.rset()
        smtp.mail(SENDER)
        smtp.rcpt(post.address)
        assert smtp.data(mail("Ibex falls"))[0] == KEPT
    wait_for(lambda: len(post.incidents("Ibex")) == 1, "the incident", 60)


def away(connection: psycopg.Connection, database: str) -> None:
    connection.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS false')
    connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database])


def test_killed_after_its_answer_it_has_lost_nothing(post: Post) -> None:
    post.installation.stop("worker")
    try:
        for number in range(5):
            assert post.send(mail(f"Okapi{number} is gone"))[0] == KEPT
            post.installation.kill("mail_in")
            post.installation.start("mail_in")
    finally:
        post.installation.start("worker")
    for number in range(5):
        wait_for(lambda number=number: len(post.incidents(f"Okapi{number}")) == 1, f"the incident {number}")


def test_it_stops_when_asked_and_has_answered(post: Post) -> None:
    with post.connect() as smtp:
        smtp.ehlo("mon.example.org")
        post.installation.stop("mail_in")
        with pytest.raises((smtplib.SMTPServerDisconnected, OSError)):
            smtp.mail(SENDER)
    post.installation.start("mail_in")
    assert post.send(mail("Okapi"))[0] == KEPT


def test_starttls(post: Post) -> None:
    with post.connect() as smtp:
        smtp.ehlo("mon.example.org")
        assert smtp.has_extn("starttls")
        assert not smtp.has_extn("auth")
        context = ssl.create_default_context(cafile=str(post.trusted))
        context.check_hostname = False
        assert smtp.starttls(context=context)[0] == 220
        smtp.ehlo("mon.example.org")
        assert not smtp.has_extn("auth")
        smtp.mail(SENDER)
        smtp.rcpt(post.address)
        assert smtp.data(mail("Okapi"))[0] == KEPT


def test_a_handshake_that_breaks_leaves_the_door_open(post: Post) -> None:
    for _ in range(3):
        with contextlib.closing(post.connect()) as smtp:
            smtp.ehlo("mon.example.org")
            assert smtp.docmd("STARTTLS")[0] == 220
            assert smtp.sock
            smtp.sock.sendall(b"this is no handshake\r\n" * 20)
            smtp.sock.shutdown(socket.SHUT_WR)
    assert post.send(mail("Okapi"))[0] == KEPT


def test_so_many_at_once_and_no_more(post: Post) -> None:
    with contextlib.ExitStack() as here:
        for _ in range(mailin.MOST_FROM_ONE):
            here.enter_context(post.connect())
        with pytest.raises(smtplib.SMTPConnectError) as refused:
            post.connect()
        assert refused.value.smtp_code == 421
    wait_for(lambda: post.send(mail("Okapi"))[0] == KEPT, "the others to be gone")


def test_commands_are_bounded(post: Post) -> None:
    with contextlib.closing(post.connect()) as smtp:
        codes = [smtp.docmd("NOOP")[0] for _ in range(mailin.MOST_COMMANDS["*"] + 1)]
    assert codes == [KEPT] * mailin.MOST_COMMANDS["*"] + [421]
    said = post.say("MAIL FROM:<>", "RSET", "VRFY root", "MAIL FROM:<@@", "RCPT TO:x", "EXPN all", "X" * 5000)
    assert [code for code, _ in said] == [KEPT, KEPT, 252, 553, 503, 502, 500]


def test_no_key_is_kept_or_logged(post: Post) -> None:
    """Those who may see what came must not be able to send more of it."""
    raw = mail("Okapi", To=post.address, Delivered_To=post.address.upper())
    assert post.send(raw)[0] == KEPT
    with psycopg.connect(post.installation.database_url) as connection:
        rows = connection.execute("SELECT body FROM incidents_event WHERE source = 'email' ORDER BY id").fetchall()
    assert b"disks+" + b"*" * 32 in bytes(rows[-1][0])
    assert not [body for (body,) in rows if post.key.encode() in bytes(body).lower()]
    post.say(f"RCPT TO:<{post.address}>", f"{post.address}", f"VRFY {post.address}")
    assert post.key not in post.installation.log("mail_in")
