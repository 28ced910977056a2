"""Forms of a page, read and filled in as a browser without scripts would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass(slots=True)
class Form:
    action: str = ""
    method: str = "get"
    fields: list[tuple[str, str]] = field(default_factory=list)
    """What is sent unless it is filled in: names and values in their order."""
    buttons: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def filled(self, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """What pressing the first button sends when `values` were typed in."""
        for name, value in self.fields:
            if name not in values:
                yield name, value
        yield from values.items()
        if self.buttons and self.buttons[0][0]:
            yield self.buttons[0]


def forms_of(html: str) -> list[Form]:
    """The forms of a page in their order."""
    reader = _Reader()
    reader.feed(html)
    return reader.forms


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.form: Form | None = None
        self.select = ""
        self.text: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.form = Form(told.get("action", ""), told.get("method", "get").lower())
            self.forms.append(self.form)
        elif self.form is not None and "disabled" not in told:
            self._control(self.form, tag, told)

    def _control(self, form: Form, tag: str, told: dict[str, str]) -> None:
        name, value = told.get("name", ""), told.get("value", "")
        form.names |= {name} - {""}
        kind = told.get("type", "submit" if tag == "button" else "text").lower()
        if tag in ("button", "input") and kind == "submit":
            form.buttons.append((name, value))
        elif tag == "input" and kind in ("checkbox", "radio"):
            if "checked" in told:
                form.fields.append((name, value or "on"))
        elif tag == "input" and kind not in ("button", "reset", "image", "file") and name:
            form.fields.append((name, value))
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and "selected" in told:
            form.fields.append((self.select, value))
        elif tag == "textarea":
            self.text = (name, [])

    def handle_data(self, data: str) -> None:
        if self.text is not None:
            self.text[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "select":
            self.select = ""
        elif tag == "textarea" and self.text is not None and self.form is not None:
            self.form.fields.append((self.text[0], "".join(self.text[1])))
            self.text = None
