"""Mail as tools send it, and as nobody should."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.sources import AlertReport, Envelope, Parsed, SourceError, mail
from tests.incidents.sources.bodies import FOLDER, check

MAILS = sorted((FOLDER / "email").glob("*.eml"))


def mailed(name: str, **settings: Any) -> Parsed:
    return mail.read(Envelope((FOLDER / "email" / f"{name}.eml").read_bytes(), settings=settings))


def one(subject: str, text: str = "", headers: str = "", **settings: Any) -> AlertReport:
    raw = f"From: mon@example.org\nSubject: {subject}\n{headers}\n{text}"
    (report,) = mail.read(Envelope(raw.encode(), settings=settings)).reports
    return report


def test_a_problem() -> None:
    assert mailed("problem").reports == [
        AlertReport(
            fingerprint="nagios@mon.example.org|service db-3/disk is",
            status="firing",
            title="** PROBLEM Service Alert: db-3/Disk is CRITICAL **",
            summary="DISK CRITICAL - free space: /var 6 GB (4%)\n\nZuständig: Datenbanken\n"
            "See https://mon.example.org/db-3/disk.",
            severity="critical",
            labels={"from": "nagios@mon.example.org"},
            starts_at=datetime(2026, 11, 23, 4, tzinfo=UTC),
            links=[{"href": "https://mon.example.org/db-3/disk", "text": "https://mon.example.org/db-3/disk"}],
        )
    ]


def test_its_recovery() -> None:
    (report,) = mailed("recovery").reports
    assert (report.status, report.fingerprint) == ("resolved", mailed("problem").reports[0].fingerprint)
    assert (report.starts_at, report.ends_at) == (None, datetime(2026, 11, 23, 4, 10, tzinfo=UTC))


def test_by_thread_a_reply_speaks_of_the_first_mail() -> None:
    names = {mailed(name, by="thread").reports[0].fingerprint for name in ("problem", "recovery")}
    assert names == {"<20261123040000.17@mon.example.org>"}
    assert one("x", by="thread").fingerprint == "mon@example.org|x"


def test_html_alone_becomes_text() -> None:
    (report,) = mailed("html").reports
    assert report.title == "Warning: queue „orders“ is long"
    assert report.summary == "The queue has 12000 messages <now>\n\nsince 04:00\n\nfive consumers"
    assert (report.severity, report.status) == ("warning", "firing")


OF_BEFORE = (
    "Message-ID: <page.17.0123456789ab@watchbill.example.org>\nAuto-Submitted: auto-generated\n"
    "X-Auto-Response-Suppress: All\n"
)


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ("X-Watchbill: page\n", "was sent by Watchbill itself"),
        (OF_BEFORE, "was sent by Watchbill itself"),
        ("Auto-Submitted: auto-replied (vacation)\n", "is an answer that nobody wrote"),
        ('Content-Type: multipart/report; boundary="b"\n', "is a mail server's report"),
        ("Received: by mx.example.org\n" * 51, "goes round in a circle"),
    ],
)
def test_what_may_go_round_in_a_circle_is_refused(headers: str, why: str) -> None:
    with pytest.raises(SourceError, match=why) as refused:
        one("[INC-17] Page: Disk full", headers=headers)
    assert refused.value.field == "message"


@pytest.mark.parametrize("name", ["holiday", "bounce"])
def test_what_answers_by_itself_is_no_alert(name: str) -> None:
    with pytest.raises(SourceError, match="and no alert"):
        mailed(name)


def test_what_a_program_sends_is_an_alert() -> None:
    """As cron does, and many a monitor: only answers go round."""
    assert one("Disk full", headers="Auto-Submitted: auto-generated\nMessage-ID: <a.1.2@mon.example.org>\n")
    assert one("Re: [INC-17] Page: Disk full", headers="References: <page.17.0123456789ab@watchbill.example.org>\n")


@pytest.mark.parametrize(
    ("subject", "status"),
    [
        ("[FIRING:1] Disk full", "firing"),
        ("[RESOLVED] Disk full", "resolved"),
        ("[RESOLVED:2] Critical errors in checkout", "resolved"),
        ("Re: RESOLVED: Disk full", "resolved"),
        ("PROBLEM: link is DOWN, was UP", "firing"),
        ('OK: "cpu" in EU (Ireland)', "resolved"),
        ('ALARM: "cpu" in EU (Ireland)', "firing"),
        ("Disk is filling up", "firing"),
        ("Is everything ok?", "firing"),
        ("Disk has not recovered", "firing"),
        ("db-3 is UP", "resolved"),
        ("db-3 recovered.", "resolved"),
        ("Recovered:x is the name", "firing"),
        ("", "firing"),
    ],
)
def test_the_first_word_that_says_so_decides(subject: str, status: str) -> None:
    assert one(subject).status == status


def test_the_words_may_be_others() -> None:
    assert one("[Entwarnung] Platte voll", resolved=["entwarnung"]).status == "resolved"
    assert one("[RESOLVED] Platte voll", resolved=["entwarnung"]).status == "firing"


def test_which_alert_it_is() -> None:
    same = ["[FIRING:1] Disk full on db 3", "[FIRING:2] Disk full on db 3", "RE: [RESOLVED] disk full on db 3"]
    assert len({one(subject).fingerprint for subject in same}) == 1
    others = ["Disk full on db 3", "Disk full on db 4", "Disk filled on db 3", "Re entry failed", "entry failed"]
    assert len({one(subject).fingerprint for subject in others}) == 5
    nightly, hourly = (one(f"Backup {word} of db", ignore=["Nightly", "hourly"]) for word in ("nightly", "hourly"))
    assert nightly.fingerprint == hourly.fingerprint
    bare = one("ALERT", headers="Message-ID: <1@example.org>\n")
    assert bare.fingerprint == "<1@example.org>"


def test_importance_is_a_severity_where_the_subject_names_none() -> None:
    assert one("x", headers="X-Priority: 1 (Highest)\n").severity == "high"
    assert one("x", headers="Importance: High\n").severity == "high"
    assert one("x", headers="X-Priority: 3\n").severity is None


def test_a_mail_without_subject_or_text() -> None:
    assert one("", "first line\nsecond").title == "first line"
    assert one("").title == "Alert without a name"


@pytest.mark.parametrize(
    ("body", "kept", "field"),
    [
        (b"", {}, "message"),
        (b"null", {}, "message"),
        (b"\x00\xff" * 100, {}, "message"),
        (b"Subject: x\n\n", {"by": "magic"}, "settings.by"),
        (b"Subject: x\n\n", {"by": ["subject"]}, "settings.by"),
        (b"Subject: x\n\n", {"resolved": "ok"}, "settings.resolved"),
        (b"Subject: x\n\n", {"ignore": [7]}, "settings.ignore"),
    ],
)
def test_refused_by_field(body: bytes, kept: dict[str, Any], field: str) -> None:
    with pytest.raises(SourceError) as caught:
        mail.read(Envelope(body, settings=kept))
    assert caught.value.field == field


HEAD = b"From: a@example.org\nSubject: x\n"
NESTED = b"".join(b'--b%d\nContent-Type: multipart/mixed; boundary="b%d"\n\n' % (n, n + 1) for n in range(9000))
HTML = HEAD + b"Content-Type: text/html\n\n"


@pytest.mark.parametrize(
    "raw",
    [
        HEAD + b"Content-Type: text/plain; " + b'a=";";' * 80_000 + b"\n\nx",
        HEAD + b'Content-Type: multipart/mixed; boundary="b0"\n\n' + NESTED,
        HEAD + b'Content-Type: multipart/mixed; boundary="b0"\n\n' + NESTED[:1700] + b"x\n" * 200_000,
        HEAD + b"Content-Type: message/rfc822\n\n" * 15_000,
        HEAD + b'Content-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n\nx\n" * 60_000,
        HEAD + b"a:\n" * 170_000 + b"\nx",
        b"Subject: " + b"=?x?q?" * 80_000 + b"\n\nx",
        b"From: " + b'(<"' * 100_000 + b"\nSubject: x\n\nx",
        HEAD + b"Date: " + b"1 " * 200_000 + b"\n\nx",
        HTML + b"<div>" * 100_000,
        HTML + b"<" * 500_000,
        HTML + b"<a " + b"a=1 " * 120_000,
        HEAD + b"Content-Type: text/plain; charset=punycode\n\n" + b"a-" * 200_000,
        HEAD + b"Content-Transfer-Encoding: x-uuencode\n\nbegin 644 x\n" + b"#86%A\n" * 80_000,
        HEAD + b"\n" + b"http://a " * 60_000,
        b"Subject: " + b"[RESOLVED] " * 50_000 + b"\n\nx",
    ],
    ids=["parameters", "boundaries", "boundaries and lines", "messages", "parts", "headers", "encoded words", "address",
         "date", "elements", "angles", "attributes", "punycode", "uuencode", "links", "words"],
)  # fmt: skip
def test_a_mail_costs_little_however_it_is_made(raw: bytes) -> None:
    began = time.process_time()
    try:
        check(mail.read(Envelope(raw)))
    except SourceError as error:
        assert error.field == "message"  # noqa: PT017
    assert time.process_time() - began < 3


HEADERS = [
    "Subject", "From", "Date", "Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "References",
    "Message-ID", "Auto-Submitted", "X-Priority",
]  # fmt: skip
VALUES = st.text(max_size=30) | st.sampled_from(
    [
        "=?utf-8?b?!!!?=", "=?nonsense?q?=ff?=", "multipart/mixed; boundary=b", "text/html; charset=idna",
        "text/plain; charset*=x'y'%ff", "base64", "quoted-printable", "x-uuencode", 'text/plain; charset="\x00"',
        "attachment; filename*0*=a", "Mon, 99 Foo 0000 99:99:99 +9999", "message/rfc822", "\ud800", '"', "<", "a@b@c",
        "multipart/report",
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(HEADERS), VALUES), max_size=6), st.text(max_size=60) | st.just("--b\n\nx\n--b--")
)
def test_any_headers_are_read_or_refused(headers: list[tuple[str, str]], text: str) -> None:
    raw = "".join(f"{name}: {value}\n" for name, value in headers) + "\n" + text
    attempt(raw.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_a_mail_that_is_cut_or_damaged_is_read_or_refused(path: Path) -> None:
    raw = path.read_bytes()
    for at in range(0, len(raw), 7):
        attempt(raw[:at])
        attempt(raw[:at] + b"\x00\xff\r\n=?" + raw[at + 3 :])


def attempt(raw: bytes) -> None:
    try:
        parsed = mail.read(Envelope(raw))
    except SourceError as error:
        assert error.field == "message"  # noqa: PT017
    else:
        check(parsed)
