"""Translations without tools: what is said in templates and code, the catalogues that people edit (`.po`), and what
Django loads (`.mo`), made from them by `manage.py translations`. Pure."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path

CONTEXT = "\x04"
_BLOCK = re.compile(r"\{% blocktranslate( [^%]*)? ?%\}(.*?)\{% endblocktranslate %\}", re.DOTALL)
_TAG = re.compile(r"\{% translate \"([^\"]+)\"(?: context \"([^\"]+)\")?")
_VARIABLE = re.compile(r"\{\{ ?(\w+) ?\}\}")
_CALL = re.compile(r"\b(?:gettext|_)\(\s*\"((?:[^\"\\]|\\.)+)\"\s*\)")
_CALL_IN_CONTEXT = re.compile(r"\bpgettext\(\s*\"([^\"]+)\",\s*\"([^\"]+)\"\s*\)")
_LINE = re.compile(r'(msgctxt|msgid|msgstr)?\s*"((?:[^"\\]|\\.)*)"')
_ESCAPES = {"\\n": "\n", '\\"': '"', "\\\\": "\\", "\\t": "\t"}


class Unreadable(ValueError):
    """A line of a catalogue that is not understood; the message says which."""


def said(text: str) -> Iterator[str]:
    """What a template or a module of ours says in words that are translated, as its catalogues have it."""
    for _, block in _BLOCK.findall(text):
        yield _VARIABLE.sub(r"%(\1)s", block.replace("%", "%%"))
    for words, context in _TAG.findall(text):
        yield f"{context}{CONTEXT}{words}" if context else words
    for words in _CALL.findall(text):
        yield words
    for context, words in _CALL_IN_CONTEXT.findall(text):
        yield f"{context}{CONTEXT}{words}"


def read(path: Path) -> dict[str, str]:
    """A catalogue: what is said to its translation. Raises Unreadable."""
    entries: dict[str, str] = {}
    entry = {"msgctxt": "", "msgid": "", "msgstr": ""}
    field = ""
    lines = [*map(str.strip, path.read_text(encoding="utf-8").splitlines()), ""]
    for number, line in enumerate(lines, 1):
        if not line:
            if field:
                key = f"{entry['msgctxt']}{CONTEXT}{entry['msgid']}" if entry["msgctxt"] else entry["msgid"]
                entries[key] = entry["msgstr"]
            entry, field = dict.fromkeys(entry, ""), ""
        elif not line.startswith("#"):
            found = _LINE.fullmatch(line)
            if found is None or not (found[1] or field):
                raise Unreadable(f"{path}, line {number}: {line}")
            field = found[1] or field
            entry[field] += re.sub(r"\\[n\"\\t]", lambda match: _ESCAPES[match.group()], found[2])
    return entries


def compiled(entries: dict[str, str]) -> bytes:
    """The catalogue as gettext loads it (GNU's format, little-endian, without its table of hashes)."""
    pairs = sorted((key.encode(), text.encode()) for key, text in entries.items() if text)
    keys, texts = b"", b""
    table: list[tuple[int, int, int, int]] = []
    for key, text in pairs:
        table.append((len(key), len(keys), len(text), len(texts)))
        keys += key + b"\0"
        texts += text + b"\0"
    first = 7 * 4 + 16 * len(table)
    begins = struct.pack("<7I", 0x950412DE, 0, len(table), 28, 28 + 8 * len(table), 0, first)
    of_keys = b"".join(struct.pack("<2I", size, at + first) for size, at, _, _ in table)
    of_texts = b"".join(struct.pack("<2I", size, at + first + len(keys)) for _, _, size, at in table)
    return begins + of_keys + of_texts + keys + texts
