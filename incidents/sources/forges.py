"""What forges of code tell of, whichever it is. Pure."""

from incidents.sources import ChangeReport, Link
from incidents.sources.reading import clean, links, stamp


def change(
    words: list[str],
    told: dict[str, str],
    at: tuple[object, str],
    pages: list[Link | None],
    *,
    source: str,
    service: str,
) -> ChangeReport:
    """A change: the `words` of its summary and what is `told` of it, without those that are empty; `at` is when, and
    the field that says so."""
    return ChangeReport(
        routing_key="",
        summary=clean(" ".join(word for word in words if word), 1024),
        source=source,
        timestamp=stamp(*at),
        custom_details={name: value for name, value in told.items() if value},
        links=links(pages),
        service=service or None,
    )


def released(what: str, tag: str, name: str) -> list[str]:
    """The words of a release, with its name where that is another than its tag."""
    return ["Released", what, tag, f"({name})" if name not in ("", tag) else ""]
