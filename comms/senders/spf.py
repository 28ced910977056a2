"""SPF (RFC 7208): which addresses a domain lets send in its name."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from comms.senders.findings import Address, Finding, Names, Unanswered

Result = Literal["pass", "fail", "softfail", "neutral", "none", "permerror", "temperror"]
ABOUT = "SPF"
MOST_LOOKUPS = 10
MOST_VOID = 2
MOST_HOSTS = 10
DEEPEST = 20
QUALIFIERS: dict[str, Result] = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
LOOKS_UP = ("include", "a", "mx", "ptr", "exists")


class Broken(Exception):
    """The record cannot be used, and receivers treat it as if it were a mistake."""


@dataclass(frozen=True, slots=True)
class Term:
    """`qualifier` is the result where it matches. `value` is the domain, "" for the record's own, or the network;
    `bits` are the prefix lengths of an `a` or `mx`, for IPv4 and IPv6."""

    qualifier: Result
    name: str
    value: str = ""
    bits: tuple[int, int] = (32, 128)


@dataclass(frozen=True, slots=True)
class Record:
    terms: tuple[Term, ...]
    redirect: str = ""

    @property
    def ends(self) -> Result | None:
        """What `all` says, None without one."""
        return next((term.qualifier for term in self.terms if term.name == "all"), None)


def is_record(text: str) -> bool:
    return text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")


def parse(text: str) -> Record:
    """Read one record. Raises Broken that says which word is wrong."""
    terms, redirect = [], ""
    for word in text.split()[1:]:
        name, sign, value = word.partition("=")
        if sign and name.replace("-", "").replace("_", "").replace(".", "").isalnum() and ":" not in name:
            if name.lower() == "redirect":
                if redirect:
                    raise Broken("has redirect= twice")
                redirect = value
            continue
        terms.append(_term(word))
    return Record(tuple(terms), redirect)


def _term(word: str) -> Term:
    qualifier, rest = (word[0], word[1:]) if word[0] in QUALIFIERS else ("+", word)
    name, _, value = rest.partition(":")
    name, slash, bits = name.partition("/")
    name = name.lower()
    if name in ("ip4", "ip6"):
        try:
            network = ipaddress.ip_network(value, strict=False)
        except ValueError:
            raise Broken(f"has “{word}”, which is no network") from None
        if network.version != int(name[2]):
            raise Broken(f"has “{word}”, an address of the other kind")
        return Term(QUALIFIERS[qualifier], name, str(network))
    if name not in ("all", *LOOKS_UP):
        raise Broken(f"has “{word}”, which SPF does not know")
    if name in ("include", "exists") and not value:
        raise Broken(f"has “{word}” without a domain")
    if not slash:
        value, slash, bits = value.partition("/")
    return Term(QUALIFIERS[qualifier], name, value, _bits(word, bits) if slash else (32, 128))


def _bits(word: str, text: str) -> tuple[int, int]:
    four, _, six = text.partition("//") if not text.startswith("/") else ("", "", text[1:])
    try:
        found = int(four or 32), int(six or 128)
    except ValueError:
        raise Broken(f"has “{word}”, whose length is no number") from None
    if not (0 <= found[0] <= 32 and 0 <= found[1] <= 128):
        raise Broken(f"has “{word}”, whose length is too large")
    return found


def record_of(domain: str, names: Names) -> Record | None:
    """The domain's record, None where it has none. Raises Broken for several, and Unanswered."""
    found = [text for text in names.txt(domain) if is_record(text)]
    if len(found) > 1:
        raise Broken(f"{domain} has {len(found)} records, and may have one")
    try:
        return parse(found[0]) if found else None
    except Broken as error:
        raise Broken(f"the record of {domain} {error}") from None


@dataclass
class Tree:
    """Everything that a record leads to: how often the DNS is asked for it at most, which names of it there aren't, and
    the hosts with too many addresses to be read to their end."""

    lookups: int = 0
    void: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def tree_of(domain: str, names: Names) -> Tree:
    """Walk all of a domain's record. Raises Broken and Unanswered."""
    tree = Tree()
    _walk(domain, names, tree, ())
    return tree


def _walk(domain: str, names: Names, tree: Tree, above: tuple[str, ...]) -> None:
    if domain in above or len(above) > DEEPEST:
        raise Broken(f"{domain} includes itself")
    record = record_of(domain, names)
    if record is None:
        if above:
            raise Broken(f"{above[-1]} includes {domain}, which has no SPF record")
        return
    for term in record.terms:
        if term.name in LOOKS_UP:
            tree.lookups += 1
            _follow(term, domain, names, tree, above)
    if record.redirect and record.ends is None:
        tree.lookups += 1
        if "%" not in record.redirect:
            _walk(record.redirect, names, tree, (*above, domain))


def _follow(term: Term, domain: str, names: Names, tree: Tree, above: tuple[str, ...]) -> None:
    target = term.value or domain
    if "%" in target or term.name == "ptr":
        tree.unreadable.append(f"{term.name}:{target}")
    elif term.name == "include":
        _walk(target, names, tree, (*above, domain))
    elif not (names.mx(target) if term.name == "mx" else names.addresses(target)):
        tree.void.append(target)


def result(address: Address, domain: str, names: Names) -> Result:
    """What SPF says of mail in the name of `domain` that comes from `address`. Macros and `ptr` match nothing here."""
    try:
        return _result(ipaddress.ip_address(address), domain, names, 0)
    except Broken:
        return "permerror"
    except Unanswered:
        return "temperror"


def _result(ip: ipaddress.IPv4Address | ipaddress.IPv6Address, domain: str, names: Names, depth: int) -> Result:
    if depth > DEEPEST:
        raise Broken(f"{domain} includes itself")
    record = record_of(domain, names)
    if record is None:
        return "none"
    for term in record.terms:
        if _matches(ip, term, domain, names, depth):
            return term.qualifier
    if record.redirect and record.ends is None and "%" not in record.redirect:
        found = _result(ip, record.redirect, names, depth + 1)
        return "permerror" if found == "none" else found
    return "neutral"


def _matches(
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address, term: Term, domain: str, names: Names, depth: int
) -> bool:
    if term.name == "all":
        return True
    if term.name in ("ip4", "ip6"):
        return ip in ipaddress.ip_network(term.value)
    target = term.value or domain
    if "%" in target or term.name == "ptr":
        return False
    if term.name == "include":
        return _result(ip, target, names, depth + 1) == "pass"
    if term.name == "exists":
        return bool(names.addresses(target))
    hosts = [host for _, host in names.mx(target)[:MOST_HOSTS] if host] if term.name == "mx" else [target]
    return any(ip in network for host in hosts for network in _networks(names.addresses(host), term.bits))


def _networks(addresses: Sequence[Address], bits: tuple[int, int]) -> Iterator[ipaddress._BaseNetwork]:
    for each in addresses:
        ip = ipaddress.ip_address(each)
        yield ipaddress.ip_network(f"{ip}/{bits[0] if ip.version == 4 else bits[1]}", strict=False)


def check(domain: str, relays: dict[str, list[Address]], names: Names) -> Iterator[Finding]:
    """The domain's record, and whether it covers the addresses of each of `relays`, by name. Raises Unanswered."""
    try:
        record = record_of(domain, names)
        if record is None:
            yield Finding(
                "error",
                ABOUT,
                f"{domain} has no SPF record.",
                f"Publish a TXT record at {domain}: “v=spf1 include:… -all”, with what your relay's provider says.",
            )
            return
        tree = tree_of(domain, names)
    except Broken as error:
        yield Finding("error", ABOUT, f"It can't be used: {error}.", "Mend the TXT record; there may be one alone.")
        return
    yield from _of_size(domain, tree)
    yield from _of_end(domain, record)
    for name, addresses in relays.items():
        yield from _of_relay(domain, name, addresses, names)


def _of_size(domain: str, tree: Tree) -> Iterator[Finding]:
    if tree.lookups > MOST_LOOKUPS:
        yield Finding(
            "error",
            ABOUT,
            f"{domain} has one record, but it takes {tree.lookups} lookups, and receivers stop at {MOST_LOOKUPS}.",
            "Take out includes of senders that you no longer use, or give this mail a subdomain of its own.",
        )
    else:
        told = f"{domain} has one record, of {tree.lookups} of {MOST_LOOKUPS} lookups."
        yield Finding("ok", ABOUT, told)
    if len(tree.void) > MOST_VOID:
        yield Finding(
            "warning",
            ABOUT,
            f"It names hosts that there aren't: {', '.join(tree.void[:5])}.",
            f"Take them out: with more than {MOST_VOID} of them receivers may ignore all of it.",
        )
    if tree.unreadable:
        parts = ", ".join(tree.unreadable[:5])
        yield Finding("warning", ABOUT, f"It holds parts that depend on each mail: {parts}.", "They were not judged.")


def _of_end(domain: str, record: Record) -> Iterator[Finding]:
    if record.ends == "pass":
        yield Finding("error", ABOUT, f"{domain} lets everybody send in its name.", "End the record with -all or ~all.")
    elif record.ends in ("fail", "softfail"):
        pass
    elif record.ends == "neutral" or not record.redirect:
        yield Finding(
            "warning", ABOUT, "It does not say that nobody else may send.", "End the record with -all or ~all."
        )


def _of_relay(domain: str, name: str, addresses: list[Address], names: Names) -> Iterator[Finding]:
    public = [each for each in addresses if ipaddress.ip_address(each).is_global]
    if not public:
        yield Finding(
            "warning",
            ABOUT,
            f"{name} has no public address, so it is unknown from where its mail leaves.",
            "Look at a mail that arrived: Authentication-Results has to say spf=pass.",
        )
        return
    missing = [each for each in public if result(each, domain, names) != "pass"]
    if missing:
        yield Finding(
            "warning",
            ABOUT,
            f"{name} ({', '.join(missing[:4])}) is not covered.",
            "Many providers send from other addresses than they take mail at. If theirs are included, all is well: a "
            "mail that arrived says spf=pass. Else include what the provider names.",
        )
    else:
        yield Finding("ok", ABOUT, f"{name} is covered ({', '.join(public[:4])}).")
