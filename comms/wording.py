"""The placeholders that an update's words may name. A placeholder is a name from one list and its value a plain text
made beforehand: there is nothing to look into, and what is filled in is not read again."""

from __future__ import annotations

import re
from collections.abc import Mapping

PLACEHOLDERS = {
    "page": "the name of the status page",
    "title": "the incident's title for readers",
    "state": "the state, such as “identified”",
    "impact": "the impact, such as “major”",
    "components": "the components that it touches, as the page names them",
    "started": "when it began, as readers were told",
    "eta": "when service is expected back",
    "next_update": "when readers hear more",
    "support": "the page's support address",
}
# What stands in for a value that there is none of, where nobody is there any more to be asked.
WITHOUT = {
    "components": "our service",
    "started": "a while ago",
    "eta": "a time that we don't know yet",
    "next_update": "as soon as we know more",
    "support": "our support",
}
# A name in double braces. What only looks like one (`{{ a.b }}`, `{{ a|b }}`, `{% … %}`) is found too, to be refused.
_NAMED = re.compile(r"\{\{\s*([^{}\n]{0,80}?)\s*\}\}|\{%[^{}\n]{0,80}?%\}")
_SPECIAL = re.compile(r"([\\`*\[\]<>])")


def named(text: str) -> list[str]:
    """The placeholders that `text` names, each once, in its order."""
    return list(dict.fromkeys(match[1] for match in _NAMED.finditer(text) if match[1] in PLACEHOLDERS))


def unknown(text: str) -> str:
    """What is wrong with the placeholders of `text`, as a sentence; empty where nothing is."""
    wrong = [match[0] for match in _NAMED.finditer(text) if match[1] not in PLACEHOLDERS]
    if not wrong:
        return ""
    known = ", ".join(f"{{{{ {name} }}}}" for name in PLACEHOLDERS)
    return f"{wrong[0]} is no placeholder. There are {known}."


def empty(text: str, values: Mapping[str, str], fields: Mapping[str, str]) -> list[tuple[str, str]]:
    """(field, sentence) for each placeholder of `text` that is one of `fields` and has no value in `values`."""
    return [
        (fields[name], f"The text says {{{{ {name} }}}}, {PLACEHOLDERS[name]}: give it, or take it out of the text.")
        for name in named(text)
        if name in fields and not values.get(name)
    ]


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with its placeholders filled in. Values are text and never Markdown; what `values` lacks is said in other
    words."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in PLACEHOLDERS:
            return match[0]
        return _SPECIAL.sub(r"\\\1", values.get(name) or WITHOUT.get(name, ""))

    return _NAMED.sub(value, text)
