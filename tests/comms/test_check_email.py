"""What `manage.py check_email` finds, in records as they are written and with a DNS server and a relay on loopback."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.management import CommandError, call_command

from comms.senders import dkim, dmarc, spf
from comms.senders.findings import Finding
from comms.senders.resolving import Resolver
from tests.comms.conftest import to_loopback
from tests.standins.mail import Postbox, failing
from tests.standins.names import NameServer, naming


class Book:
    """The DNS as a table: TXT by name, addresses and MX beside it."""

    def __init__(
        self,
        txt: Mapping[str, list[str]],
        addresses: Mapping[str, list[str]] | None = None,
        mx: Mapping[str, list[tuple[int, str]]] | None = None,
    ) -> None:
        self._txt, self._addresses, self._mx = txt, addresses or {}, mx or {}

    def txt(self, name: str) -> list[str]:
        return self._txt.get(name, [])

    def addresses(self, name: str) -> list[str]:
        return list(self._addresses.get(name, []))

    def mx(self, name: str) -> list[tuple[int, str]]:
        return list(self._mx.get(name, []))


def told(findings: Iterator[Finding]) -> list[tuple[str, str]]:
    return [(found.level, found.text) for found in findings]


def rsa_key(bits: int) -> str:
    key = rsa.generate_private_key(65537, bits).public_key()
    return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


KEY = rsa_key(2048)


class TestSpf:
    BOOK = Book(
        {
            "example.org": [
                "google-site=1",
                "v=spf1 ip4:192.0.2.0/24 a:out.example.org/28 mx include:_spf.host.net ~all",
            ],
            "_spf.host.net": ["V=SPF1 ip6:2001:db8::/32 exists:%{i}.x.host.net redirect=more.host.net"],
            "more.host.net": ["v=spf1 -ip4:198.51.100.7 ip4:198.51.100.0/24 ?all"],
        },
        {"out.example.org": ["203.0.113.17"], "mail.example.org": ["198.18.0.1"]},
        {"example.org": [(10, "mail.example.org")]},
    )

    @pytest.mark.parametrize(
        ("address", "expected"),
        [
            ("192.0.2.99", "pass"),
            ("203.0.113.30", "pass"),
            ("203.0.113.33", "softfail"),
            ("198.18.0.1", "pass"),
            ("2001:db8::9", "pass"),
            ("198.51.100.8", "pass"),
            # What an include does not let pass goes on behind it.
            ("198.51.100.7", "softfail"),
            ("8.8.8.8", "softfail"),
        ],
    )
    def test_who_may_send(self, address: str, expected: str) -> None:
        assert spf.result(address, "example.org", self.BOOK) == expected

    def test_what_it_takes_to_look_it_up(self) -> None:
        tree = spf.tree_of("example.org", self.BOOK)
        assert (tree.lookups, tree.void, tree.unreadable) == (5, [], ["exists:%{i}.x.host.net"])

    @pytest.mark.parametrize(
        ("records", "level", "part"),
        [
            ([], "error", "has no SPF record"),
            (["v=spf1 -all", "v=spf1 ~all"], "error", "has 2 records, and may have one"),
            (["v=spf1 ip4:192.0.2.999 -all"], "error", "“ip4:192.0.2.999”, which is no network"),
            (["v=spf1 ip4:2001:db8::1 -all"], "error", "an address of the other kind"),
            (["v=spf1 includes:x.org -all"], "error", "which SPF does not know"),
            (["v=spf1 include: -all"], "error", "without a domain"),
            (["v=spf1 a/64 -all"], "error", "whose length is too large"),
            (["v=spf1 include:example.org -all"], "error", "includes itself"),
            (["v=spf1 include:gone.org -all"], "error", "gone.org, which has no SPF record"),
            (["v=spf1 redirect=a redirect=b"], "error", "has redirect= twice"),
            (["v=spf1 +all"], "error", "lets everybody send"),
            (["v=spf1 ip4:192.0.2.1"], "warning", "does not say that nobody else may send"),
            (["v=spf1 a:x a:y a:z -all"], "warning", "hosts that there aren't: x, y, z"),
            (["v=spf1 ip4:93.184.216.34 -all"], "ok", "one record, of 0 of 10 lookups"),
        ],
    )
    def test_what_is_wrong(self, records: list[str], level: str, part: str) -> None:
        found = told(spf.check("example.org", {}, Book({"example.org": records})))
        assert any(each == level and part in text for each, text in found), found

    def test_eleven_lookups_are_too_many(self) -> None:
        book = {f"n{n}.org": [f"v=spf1 include:n{n + 1}.org -all"] for n in range(11)} | {"n11.org": ["v=spf1 -all"]}
        assert ("error", "n0.org has one record, but it takes 11 lookups, and receivers stop at 10.") in told(
            spf.check("n0.org", {}, Book(book))
        )
        assert not any(level == "error" for level, _ in told(spf.check("n1.org", {}, Book(book))))

    def test_relays(self) -> None:
        book = Book({"example.org": ["v=spf1 ip4:93.184.216.0/24 -all"]})
        relays = {"a:25": ["93.184.216.34"], "b:25": ["8.8.8.8"], "c:25": ["127.0.0.1"]}
        found = told(spf.check("example.org", relays, book))[1:]
        assert [level for level, _ in found] == ["ok", "warning", "warning"]
        assert "b:25 (8.8.8.8) is not covered" in found[1][1]
        assert "c:25 has no public address" in found[2][1]


class TestDkim:
    @pytest.mark.parametrize(
        ("record", "level", "part"),
        [
            (f"v=DKIM1; k=rsa; p={KEY}", "ok", "a key (RSA, 2048 bits)"),
            (f"p={KEY[:80]} {KEY[80:]}", "ok", "a key (RSA, 2048 bits)"),
            (f"v=DKIM1; p={rsa_key(1024)}", "warning", "an RSA key of 1024 bits"),
            (f"v=DKIM1; t=y; p={KEY}", "warning", "is being tried out"),
            (f"v=DKIM1; p={KEY[:-30]}", "error", "can't be read"),
            ("v=DKIM1; p=", "error", "was revoked"),
            ("v=DKIM1; k=rsa", "error", "has no key"),
            (f"v=DKIM2; p={KEY}", "error", "is no DKIM record"),
            (f"v=DKIM1; k=dsa; p={KEY}", "error", "don't know (k=dsa)"),
            (f"v=DKIM1; h=sha1; p={KEY}", "error", "does not allow SHA-256"),
            ("v=DKIM1; k=ed25519; p=AAAA", "error", "of the wrong length"),
        ],
    )
    def test_keys(self, record: str, level: str, part: str) -> None:
        found = told(dkim.check("example.org", ["s"], Book({"s._domainkey.example.org": [record]})))
        assert any(each == level and part in text for each, text in found), found

    def test_the_other_kind_of_key(self) -> None:
        raw = ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        record = f"v=DKIM1; k=ed25519; p={base64.b64encode(raw).decode()}"
        assert told(dkim.check("example.org", ["s"], Book({"s._domainkey.example.org": [record]})))[0][0] == "ok"

    def test_which_selector(self) -> None:
        book = Book({"google._domainkey.example.org": [f"p={KEY}"]})
        assert told(dkim.check("example.org", [], book)) == [
            ("ok", "google._domainkey.example.org has a key (RSA, 2048 bits).")
        ]
        assert told(dkim.check("example.org", ["other"], book))[0][0] == "error"
        assert told(dkim.check("example.com", [], book))[0][0] == "warning"


class TestDmarc:
    @pytest.mark.parametrize(
        ("record", "level", "part"),
        [
            (None, "error", "has no DMARC record"),
            ("v=DMARC1; p=reject; rua=mailto:a@example.org", "ok", "is reject"),
            ("v=DMARC1; p=none", "warning", "is none"),
            ("v=DMARC1; p=reject", "warning", "Nobody gets the reports"),
            ("v=DMARC1; p=reject; pct=20", "warning", "20 % of mail"),
            ("v=DMARC1; p=nonne", "error", "has no policy"),
        ],
    )
    def test_policies(self, record: str | None, level: str, part: str) -> None:
        book = Book({"_dmarc.example.org": [record] if record else []})
        found = told(dmarc.check("example.org", "example.org", [], book))
        assert any(each == level and part in text for each, text in found), found

    def test_two_records_are_none(self) -> None:
        book = Book({"_dmarc.example.org": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]})
        assert told(dmarc.check("example.org", "example.org", [], book))[0][0] == "error"

    def test_a_subdomain_has_its_parents_and_what_that_says_of_it(self) -> None:
        book = Book({"_dmarc.example.org": ["v=DMARC1; p=reject; sp=quarantine; rua=mailto:a@example.org"]})
        found = told(dmarc.check("status.example.org", "status.example.org", ["example.org"], book))
        assert found[0] == ("ok", "The policy of example.org is quarantine.")
        assert [level for level, _ in found] == ["ok", "ok", "ok"]

    def test_alignment(self) -> None:
        strict = Book({"_dmarc.example.org": ["v=DMARC1; p=reject; rua=mailto:a@b.org; adkim=s; aspf=s"]})
        found = told(dmarc.check("example.org", "example.org", ["mail.example.org", "host.net"], strict))
        assert [level for level, _ in found] == ["ok", "ok", "error", "error"]
        relaxed = Book({"_dmarc.example.org": ["v=DMARC1; p=reject; rua=mailto:a@b.org"]})
        found = told(dmarc.check("example.org", "example.org", ["mail.example.org", "host.net"], relaxed))
        assert [level for level, _ in found] == ["ok", "ok", "ok", "error"]


ZONE = {
    ("example.org", "TXT"): ['"v=spf1 ip4:192.0.2.0/24 " "-all"'],
    ("example.org", "MX"): ["10 mx.example.org."],
    ("mx.example.org", "A"): ["192.0.2.25"],
    ("_dmarc.example.org", "TXT"): ['"v=DMARC1; p=reject; rua=mailto:dmarc@example.org"'],
    ("k1._domainkey.example.org", "TXT"): [f'"v=DKIM1; p={KEY[:200]}" "{KEY[200:]}"'],
}


@pytest.mark.django_db
class TestCommand:
    @pytest.fixture(autouse=True)
    def ours(self, settings: Any) -> None:
        settings.WATCHBILL_FROM_ADDRESS = "status@example.org"
        settings.WATCHBILL_BASE_URL = "https://watchbill.example.org"

    @pytest.fixture
    def names(self) -> Iterator[NameServer]:
        with naming(ZONE) as server:
            yield server

    def run(self, *arguments: str) -> tuple[dict[str, Any], int]:
        said = StringIO()
        status = 0
        try:
            call_command("check_email", "--json", *arguments, stdout=said)
        except SystemExit as end:
            status = int(str(end.code))
        return json.loads(said.getvalue()), status

    def test_all_is_well_and_a_test_mail_goes_out(self, names: NameServer, postbox: Postbox) -> None:
        report, status = self.run("alice@example.com", "--resolver", names.address)
        levels = {(found["about"], found["level"]) for found in report["findings"]}
        assert (status, report["ok"], report["sender"]) == (0, True, "status@example.org")
        assert ("error" not in {level for _, level in levels}) is True
        assert {"SPF", "DKIM", "DMARC", "MX", "One click"} <= {about for about, level in levels if level == "ok"}
        [mail] = postbox.mails
        assert (mail.recipient, mail.sender) == ("alice@example.com", "status@example.org")
        assert "Authentication-Results" in mail.part("plain")

    def test_nothing_is_sent_without_an_address(self, names: NameServer, postbox: Postbox) -> None:
        report, _ = self.run("--resolver", names.address)
        assert postbox.mails == []
        assert any("It would take mail from status@example.org" in found["text"] for found in report["findings"])

    def test_each_trouble_says_what_to_do(self, settings: Any, capsys: Any) -> None:
        settings.WATCHBILL_BASE_URL = "http://watchbill.lan"
        with failing() as refusing, failing(tls_fails=True) as mute, naming({}, ["_dmarc.example.org"]) as names:
            refusing.fault = "535"
            settings.WATCHBILL_RELAYS = [
                to_loopback(refusing.port, user="us", password="secret"),
                to_loopback(mute.port, tls="starttls"),
                to_loopback(1),
            ]
            report, status = self.run("--resolver", names.address, "--selector", "nope")
        assert status == 1
        errors = [found for found in report["findings"] if found["level"] == "error"]
        assert {found["about"] for found in errors} == {
            *("SPF", "DKIM", "DMARC", "MX", "One click"),
            *(f"127.0.0.1:{port}" for port in (refusing.port, mute.port, 1)),
        }
        assert all(found["mend"] for found in errors)
        said = " ".join(found["text"] for found in errors)
        assert "535 5.7.8 no such user or password" in said
        assert "The DNS does not say TXT of _dmarc.example.org" in said
        assert "secret" not in json.dumps(report)

    def test_a_sender_without_a_domain(self, settings: Any, postbox: Postbox) -> None:
        settings.WATCHBILL_FROM_ADDRESS = "watchbill@127.0.0.1"
        report, status = self.run("--resolver", "127.0.0.1:1")
        assert (status, report["findings"][0]["about"]) == (1, "Sender")

    def test_for_people(self, names: NameServer, postbox: Postbox) -> None:
        said = StringIO()
        call_command("check_email", "--resolver", names.address, stdout=said, no_color=True)
        lines = said.getvalue().splitlines()
        assert lines[0] == "ok       SPF: example.org has one record, of 0 of 10 lookups."
        assert lines[-1].startswith("0 errors, ")

    @pytest.mark.parametrize("server", ["nowhere", "127.0.0.1:x", ":53", "127.0.0.1:99999"])
    def test_a_resolver_that_is_none(self, server: str) -> None:
        with pytest.raises(CommandError, match="--resolver is no server"):
            call_command("check_email", "--resolver", server)


def test_a_name_that_can_not_be_one_is_none() -> None:
    with naming({}) as server:
        host, _, port = server.address.rpartition(":")
        resolver = Resolver((host, int(port)))
        assert resolver.txt("a" * 70 + ".example.org") == []
        assert resolver.addresses("a..b") == []
