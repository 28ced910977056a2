"""Files of services as they are read: lines, bounds, and both formats."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teams.catalogue import documents, reading
from teams.catalogue.entries import Entry, Told

DATA = Path(__file__).parents[1] / "data" / "catalogue"


def by_slug(told: Told) -> dict[str, Entry]:
    return {entry.slug.text: entry for entry in told.entries}


def grave(text: str) -> list[tuple[int | None, str, str, str]]:
    return [(r.line, r.of, r.field, r.text) for r in reading.read(text).grave]


def test_every_value_is_the_text_that_stands_there() -> None:
    (node,) = documents.read("a: on\nb: 010\nc: 2026-11-27\nd: ~\ne: ''\nf: 'null'\ng: |\n  two\n  lines\n")
    assert node.fields is not None
    told = {name: each.value for name, each in node.fields.items()}
    assert told == {"a": "on", "b": "010", "c": "2026-11-27", "d": None, "e": "", "f": "null", "g": "two\nlines\n"}
    assert node.keys["g"] == 7


def test_aliases_are_followed_and_what_they_bring_in_gives_way() -> None:
    (node,) = documents.read("base: &b {x: 1, y: 2}\none:\n  <<: *b\n  y: 3\nmany: [*b, *b]\n")
    one = node.at("one")
    assert one
    assert one.fields
    assert {name: each.text for name, each in one.fields.items()} == {"x": "1", "y": "3"}
    many = node.at("many")
    assert many
    assert many.items
    assert [each.at("x").text for each in many.items] == ["1", "1"]


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (bomb(12), 5, "unfolds to more than"),
        ("a: &a [*a]", 1, "stands within itself"),
        ("a: *nobody", 1, "There is no &nobody"),
        ("a: 1\na: 2", 2, "stands here twice"),
        ("[" * 100_000, 1, "nested more than"),
        ("a: " * 5 + "x", 1, "no YAML"),
        ("a: b\n c: d\n", 2, "no YAML"),
        ("x: !!python/object/apply:os.system ['true']", 1, "Tags such as"),
        ("x: !!binary aGVsbG8=", 1, "Tags such as"),
        ("? [a]\n: b", 1, "A name is a text"),
        ("<<: 7\na: b", 1, "has to be a map"),
        ("a: \x00", None, "no YAML"),
        ("a: \ud800", None, "no text has"),
        ("a: '" + "x" * documents.MAX_BYTES + "'", None, "more than 500 kB"),
    ],
)
def test_what_is_broken_or_too_much_is_refused_with_its_line(text: str, line: int | None, words: str) -> None:
    with pytest.raises(documents.Unreadable, match=words) as refusal:
        documents.read(text)
    assert refusal.value.line == line


def test_a_file_is_text_in_utf_8() -> None:
    assert documents.decoded("\ufeffé".encode()) == "é"
    with pytest.raises(documents.Unreadable) as refusal:
        documents.decoded(b"a: 1\nb: \xff")
    assert refusal.value.line == 2
    with pytest.raises(documents.Unreadable, match="500 kB"):
        documents.decoded(b"x" * (documents.MAX_BYTES + 1))


@given(st.text(max_size=400) | st.binary(max_size=300).map(lambda raw: raw.decode(errors="replace")))
def test_whatever_it_is_it_is_read_or_refused(text: str) -> None:
    told = reading.read(text)
    assert told.entries or told.grave


def test_the_own_format() -> None:
    told = reading.read(
        """
services:
  - slug: checkout
    name: Checkout
    team: payments
    tier: 1
    lifecycle: production
    description: Takes orders
    runbook: https://runbooks.example/checkout
    repository: https://git.example/checkout
    escalation_policy: {team: platform, name: Day and night}
    links:
      - title: Latency
        url: https://graphs.example/1
      - {title: Chat, url: https://chat.example, kind: other}
    depends_on: [ledger, sign-in]
  - slug: ledger
    runbook: ""
    depends_on: []
"""
    )
    assert told.remarks == []
    checkout, ledger = told.entries
    assert (checkout.line, checkout.slug.text, checkout.exact) == (3, "checkout", True)
    assert {name: said.text for name, said in checkout.texts.items()} == {
        "name": "Checkout",
        "tier": "1",
        "lifecycle": "production",
        "description": "Takes orders",
        "runbook_url": "https://runbooks.example/checkout",
        "repository_url": "https://git.example/checkout",
    }
    assert checkout.owner
    assert checkout.owner.names == ("payments",)
    assert checkout.policy
    assert (checkout.policy.team, checkout.policy.name) == ("platform", "Day and night")
    assert [(link.kind, link.title) for link in checkout.links or ()] == [("dashboard", "Latency"), ("other", "Chat")]
    assert [(said.text, said.line) for said in checkout.needs or ()] == [("ledger", 16), ("sign-in", 16)]
    assert (ledger.texts["runbook_url"].text, ledger.needs, ledger.links, ledger.owner) == ("", [], None, None)


def test_what_is_wrong_in_the_own_format_is_told_all_at_once() -> None:
    said = grave(
        """
services:
  - name: No slug
  - slug: a
    naem: A
    links: yes
    depends_on: {b: c}
    description: [x]
  - slug: b
    links:
      - title: X
      - {title: Y, url: 'https://y.example', kind: toy}
    escalation_policy: {team: x}
other: 1
"""
    )
    assert [(line, of, name) for line, of, name, _ in said] == [
        (14, "", "other"),
        (3, "", "slug"),
        (5, "a", "naem"),
        (8, "a", "description"),
        (6, "a", "links"),
        (7, "a", "depends_on"),
        (13, "b", "escalation_policy.name"),
        (11, "b", "links.url"),
        (12, "b", "links.kind"),
    ]
    assert "Known here: slug, name" in said[2][3]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no service in it"),
        ("# nothing\n---\n", "no service in it"),
        ("services: []", "no service in it"),
        ("services: {}", "list of maps"),
        ("just words", "neither a list of services"),
        ("kind: Component", "neither a list of services"),
        ("[1, 2]", "neither a list of services"),
        ("apiVersion: v1\nkind: Component\nmetadata: x", "has to be a map"),
        ("apiVersion: v1\nkind: Component\nmetadata: {name: 'a b'}", "letters and digits"),
        ("apiVersion: v1\nkind: Component\nmetadata: {title: X}", "metadata with its name"),
    ],
)
def test_a_file_of_something_else_is_told(text: str, words: str) -> None:
    assert words in " ".join(said for *_, said in grave(text))


def test_a_catalogue_of_backstage() -> None:
    told = reading.read((DATA / "harbour.yaml").read_text())
    found = by_slug(told)
    assert told.grave == []
    assert list(found) == [
        *("shop", "checkout", "checkout-api", "checkout-fraud-check", "search-service", "search", "ledger-db"),
        "orders-topic",
    ]
    checkout = found["checkout"]
    assert checkout.ref == "component:default/checkout"
    assert {name: said.text for name, said in checkout.texts.items()} == {
        "name": "Checkout",
        "tier": "1",
        "lifecycle": "production",
        "description": "Takes orders and payments.",
        "runbook_url": "https://runbooks.harbour.example/checkout",
        "repository_url": "https://git.harbour.example/shop/checkout/",
    }
    assert [(link.kind, link.title) for link in checkout.links or ()] == [
        ("dashboard", "Latency and errors"),
        ("other", "https://chat.harbour.example/payments"),
    ]
    assert checkout.owner
    assert checkout.owner.names == ("payments-engineering", "Payments")
    assert [said.text for said in checkout.needs or ()] == [
        "resource:default/ledger-db",
        "component:default/mailer",
        "resource:events/orders-topic",
        "api:default/search",
    ]
    assert [said.text for said in checkout.also] == ["component:default/checkout.fraud-check"]
    assert [said.text for said in found["search"].also] == ["component:default/search-service"]
    assert [said.text for said in found["shop"].also] == [
        *("component:default/checkout", "api:default/checkout", "component:default/search-service"),
    ]
    assert found["orders-topic"].ref == "resource:events/orders-topic"
    assert found["checkout-fraud-check"].needs == []
    assert found["search"].needs is None
    assert [(whom.text, what.text) for whom, what in told.beside] == [
        ("component:default/reports", "resource:default/ledger-db")
    ]
    assert [(r.line, r.of, r.field) for r in told.remarks] == [
        (3, "harbour", "kind"),
        (11, "commerce", "kind"),
        (111, "search-service", "spec.lifecycle"),
    ]


def test_what_backstage_s_own_api_answers_is_a_list_in_json() -> None:
    text = '[{"apiVersion": "backstage.io/v1", "kind": "Component", "metadata": {"name": "a"}, "spec": {"owner": "b"}}]'
    (entry,) = reading.read(text).entries
    assert (entry.ref, entry.owner and entry.owner.names) == ("component:default/a", ("b",))


def test_an_owner_is_named_in_any_of_backstage_s_ways() -> None:
    def owner(said: str) -> tuple[str, ...]:
        text = f"apiVersion: b/v1\nkind: Component\nmetadata: {{name: a, namespace: far}}\nspec: {{owner: '{said}'}}"
        (entry,) = reading.read(text).entries
        assert entry.owner
        return entry.owner.names

    assert owner("web") == owner("group:web") == owner("default/web") == owner("group:default/web") == ("web",)
    assert owner("user:jo") == ("user:jo",)
    assert grave("apiVersion: b/v1\nkind: API\nmetadata: {name: a}\nspec: {owner: 'a:b:c'}")[0][0] == 4


def test_an_annotation_of_ours_that_nobody_knows_is_a_typing_error() -> None:
    said = grave("apiVersion: b/v1\nkind: API\nmetadata:\n  name: a\n  annotations: {watchbill/teir: '1', other/x: y}")
    assert [(line, name) for line, _, name, _ in said] == [(5, "metadata.annotations.watchbill/teir")]
