"""YAML as it is written: texts, lists and maps with their lines, and nothing that asks a program to do something. Pure.

Every value is the text that stands there, so that a service called `on` or `010` keeps its name. Aliases are followed
as far as what they unfold to stays small: a file of a few lines could ask for more than any memory holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

MAX_BYTES = 500_000
MOST_PARTS = 60_000
DEEPEST = 20
NOTHING = ("", "~", "null", "Null", "NULL")
PLAIN_TEXT = "tag:yaml.org,2002:str"
# The same events from the library's C and from its Python: the former where it was built with it.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Unreadable(ValueError):
    """Why a text can't be read as YAML, and the line of it, counted from 1."""

    def __init__(self, text: str, line: int | None = None) -> None:
        super().__init__(text)
        self.line = line


@dataclass(slots=True)
class Node:
    """A value and the line that it begins on. `keys` are the lines of a map's names. `parts` counts it and all within,
    with aliases followed."""

    line: int
    value: str | list[Node] | dict[str, Node] | None
    keys: dict[str, int] = field(default_factory=dict)
    parts: int = 1

    @property
    def text(self) -> str | None:
        return self.value if isinstance(self.value, str) else None

    @property
    def items(self) -> list[Node] | None:
        return self.value if isinstance(self.value, list) else None

    @property
    def fields(self) -> dict[str, Node] | None:
        return self.value if isinstance(self.value, dict) else None

    def at(self, *names: str) -> Node | None:
        """What stands under a name, under a name; None where there is none, or nothing in it."""
        node: Node | None = self
        for name in names:
            node = (node.fields or {}).get(name) if node else None
        return node if node and node.value is not None else None


def decoded(given: bytes) -> str:
    """The text of a file. Unreadable where it is too large or no UTF-8."""
    if len(given) > MAX_BYTES:
        raise Unreadable(_too_large())
    try:
        return given.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = given[: error.start].count(b"\n") + 1
        raise Unreadable("This is no text in UTF-8. Save the file in that encoding.", line) from None


def read(text: str) -> list[Node]:
    """The documents of a YAML text, empty ones left out. Unreadable says what is wrong, and in which line."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise Unreadable(_too_large())
    try:
        return list(_Reader().documents(yaml.parse(text, Loader=LOADER)))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or "it can't be read"
        raise Unreadable(f"This is no YAML: {what}.", mark.line + 1 if mark else None) from None
    except UnicodeEncodeError:
        raise Unreadable("There are signs in it that no text has. Save the file as UTF-8.") from None


def _too_large() -> str:
    return f"That is more than {MAX_BYTES // 1000} kB. Give it in several files."


@dataclass(slots=True)
class _Open:
    """A list or map whose end has not come. `name`: what the next value of a map is called."""

    node: Node
    anchor: str | None
    name: Node | None = None


class _Reader:
    """Puts events together, with a stack of its own: how deep a text goes is bounded before anything is built."""

    def __init__(self) -> None:
        self.parts = 0
        self.open: list[_Open] = []
        # None: of a list or map that is still open.
        self.anchors: dict[str, Node | None] = {}

    def documents(self, events: Iterator[yaml.Event]) -> Iterator[Node]:
        for event in events:
            node = self._node(event, event.start_mark.line + 1 if event.start_mark else 1)
            if node is None:
                continue
            if self.open:
                _put(self.open[-1], node)
            elif node.value is not None:
                yield node

    def _node(self, event: yaml.Event, line: int) -> Node | None:
        """The node that an event completes, if it does."""
        if isinstance(event, yaml.DocumentStartEvent):
            self.anchors = {}
        elif isinstance(event, yaml.CollectionStartEvent):
            self._begin(event, line)
        elif isinstance(event, yaml.CollectionEndEvent):
            done = self.open.pop()
            _merged(done.node)
            return self._known(done.node, done.anchor)
        elif isinstance(event, yaml.AliasEvent):
            return self._alias(event.anchor or "", line)
        elif isinstance(event, yaml.ScalarEvent):
            return self._known(self._scalar(event, line), event.anchor)
        return None

    def _begin(self, event: yaml.CollectionStartEvent, line: int) -> None:
        if event.tag is not None:
            raise Unreadable(f"Tags such as {event.tag[:40]} are not read. Leave it out.", line)
        if len(self.open) >= DEEPEST:
            raise Unreadable(f"This is nested more than {DEEPEST} deep.", line)
        self._count(1, line)
        if event.anchor:
            self.anchors[event.anchor] = None
        self.open.append(_Open(Node(line, {} if isinstance(event, yaml.MappingStartEvent) else []), event.anchor))

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> Node:
        self._count(1, line)
        if event.tag not in (None, "!", PLAIN_TEXT):
            raise Unreadable(f"Tags such as {str(event.tag)[:40]} are not read. Write the value as text.", line)
        nothing = event.tag is None and not event.style and event.value in NOTHING
        return Node(line, None if nothing else event.value)

    def _alias(self, anchor: str, line: int) -> Node:
        if anchor not in self.anchors:
            raise Unreadable(f"There is no &{anchor[:40]} above this.", line)
        node = self.anchors[anchor]
        if node is None:
            raise Unreadable(f"*{anchor[:40]} stands within itself.", line)
        self._count(node.parts, line)
        return Node(line, node.value, node.keys, node.parts)

    def _known(self, node: Node, anchor: str | None) -> Node:
        if anchor:
            self.anchors[anchor] = node
        return node

    def _count(self, more: int, line: int) -> None:
        self.parts += more
        if self.parts > MOST_PARTS:
            raise Unreadable(f"This unfolds to more than {MOST_PARTS} values. Give it in several files.", line)


def _put(into: _Open, node: Node) -> None:
    """Put `node` into an open list or map; of a map, every other is the name of the one that follows."""
    parent, name = into.node, into.name
    parent.parts += node.parts
    if isinstance(parent.value, list):
        parent.value.append(node)
        return
    assert isinstance(parent.value, dict)
    if name is None:
        if node.text is None:
            raise Unreadable("A name is a text. Write it in one word, or between quotes.", node.line)
        if node.text in parent.value:
            raise Unreadable(f"“{node.text[:80]}” stands here twice. Leave one of them out.", node.line)
        into.name = node
        return
    assert name.text is not None
    parent.value[name.text], parent.keys[name.text] = node, name.line
    into.name = None


def _merged(node: Node) -> None:
    """What `<<` brings in counts wherever the map itself says nothing."""
    fields = node.fields
    if not fields or "<<" not in fields:
        return
    line, given = node.keys.pop("<<"), fields.pop("<<")
    for each in given.items if given.items is not None else [given]:
        if each.fields is None:
            raise Unreadable("What << brings in has to be a map.", line)
        for name, value in each.fields.items():
            if name not in fields:
                fields[name] = value
                node.keys[name] = line
