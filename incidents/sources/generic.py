"""Any JSON body, by a mapping that the integration keeps: where in it the alert's key, title and so on are. Pure.

A mapping is an object. Its values are JMESPath expressions, for the fields in FIELDS; in addition

- "alerts" finds a list in the body, each of which is one alert that the other expressions are evaluated on;
- "labels" and "links" may be an object of expressions, too, one for each name;
- "resolved" is either an expression that is true when the alert is over, or a list of words of the status.

Without a mapping the usual names of fields are tried.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from incidents.grouping import fingerprint
from incidents.sources import AlertReport, Envelope, Link, Parsed, SourceError
from incidents.sources.expressions import Budget, Expression, compiled, evaluated
from incidents.sources.reading import bounded, clean, decode, details, key, link, links, shown, stamp, told

FIELDS = ("key", "title", "summary", "severity", "status", "service", "group", "started", "ended", "labels", "links")
# The words that mean that it is over, where the mapping has none of its own.
RESOLVED = frozenset(
    [
        "clear", "cleared", "close", "closed", "completed", "done", "fixed", "green", "healthy", "inactive", "normal",
        "ok", "okay", "passing", "recovered", "recovery", "resolve", "resolved", "succeeded", "success", "up",
    ]
)  # fmt: skip
USUAL = {
    "key": "key || fingerprint || dedup_key || alert_id || alertId || id",
    "title": "title || name || alertname || alert || subject || message || summary",
    "summary": "summary || description || message || text || body",
    "severity": "severity || level || priority",
    "status": "status || state",
    "service": "service",
    "started": "started || started_at || startsAt || timestamp",
    "labels": "labels || tags",
    "links": "links || url || link",
}
MOST_ALERTS = 1000
MOST_PAIRS = 64
NAMELESS = "Alert without a name"
CONFIGURATION = """\
> Anything that can send JSON, such as a script. The usual names of fields are understood as they are; any other
> shape is read by a mapping.
curl {url} -H 'Content-Type: application/json' -d '{
  "key": "checkout-slow",
  "title": "Checkout is slow",
  "severity": "warning",
  "status": "firing",
  "service": "checkout",
  "url": "https://graphs.example.org/checkout"
}'
> The same key says that it is over.
curl {url} -H 'Content-Type: application/json' -d '{
  "key": "checkout-slow",
  "title": "Checkout is slow",
  "status": "resolved"
}'
"""
TEST = Envelope(
    b"""{"key": "watchbill-test", "title": "A test alert: your tool reaches Watchbill", "severity": "info"}"""
)


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping whose expressions are compiled; see the module."""

    alerts: Expression | None = None
    single: dict[str, Expression] = field(default_factory=dict)
    labels: dict[str, Expression] = field(default_factory=dict)
    links: dict[str, Expression] = field(default_factory=dict)
    over: Expression | None = None
    words: frozenset[str] = RESOLVED


@dataclass(frozen=True, slots=True)
class Shown:
    """One field of a mapping on one body: what it gives, as text of at most 500 characters, or its problem."""

    field: str
    value: str = ""
    problem: str = ""


def read(sent: Envelope) -> Parsed:
    """See `alerts_of`; the mapping is the setting "mapping"."""
    return alerts_of(mapped(sent.settings.get("mapping") or USUAL), decode(sent.body), Budget())


def mapped(given: object) -> Mapping:
    """The compiled mapping. SourceError names its field, as in "mapping.labels.zone"."""
    if not isinstance(given, dict):
        raise SourceError("mapping", "give an object of expressions")
    mapping, wrong = _compile(given)
    for problem in wrong.values():
        raise problem
    return mapping


def faults(given: object) -> dict[str, str]:
    """What is wrong with a mapping, whatever it is used on, by field as in "labels.zone"; empty where nothing is."""
    if not isinstance(given, dict):
        return {"mapping": "give an object of expressions"}
    return {name.removeprefix("mapping."): error.message for name, error in _compile(given)[1].items()}


def alerts_of(mapping: Mapping, body: object, budget: Budget) -> Parsed:
    """The alerts in a body. A field that can't be read is a problem, and its alert comes without it: what has no key
    is named by its title and service, what has no status fires. What has neither key nor title is no alert.
    SourceError when there is none at all for these reasons, or "alerts" finds no list."""
    items: list[Any] = [body]
    if mapping.alerts:
        found = evaluated(mapping.alerts, body, "alerts", budget)
        if not isinstance(found, list):
            raise SourceError("alerts", f"finds {shown(found)}, not a list")
        items = found
    reports: dict[str, AlertReport] = {}
    problems: list[SourceError] = []
    for index, item in enumerate(items[:MOST_ALERTS]):
        try:
            report, wrong = _Item(item, f"alerts[{index}]." if mapping.alerts else "", budget).alert(mapping)
        except SourceError as error:
            problems.append(error)
            continue
        problems += wrong
        reports.pop(report.fingerprint, None)
        reports[report.fingerprint] = report
    if problems and not reports:
        raise problems[0]
    return Parsed(list(reports.values()), problems, truncated=max(0, len(items) - MOST_ALERTS))


def preview(given: object, body: object) -> tuple[list[Shown], AlertReport | None]:
    """What each field of a mapping gives on a decoded body, in the order of FIELDS, and the alert that comes of it
    (the first one), None where there is none. Never raises: what is wrong with a field stands beside it."""
    if not isinstance(given, dict):
        return [Shown("mapping", problem="give an object of expressions")], None
    mapping, wrong = _compile(given)
    shows = [Shown(name.removeprefix("mapping."), problem=each.message) for name, each in wrong.items()]
    item = body
    if mapping.alerts:
        try:
            found = evaluated(mapping.alerts, body, "alerts", Budget())
        except SourceError as error:
            return [*shows, Shown("alerts", problem=error.message)], None
        if not isinstance(found, list) or not found:
            return [*shows, Shown("alerts", problem=f"finds {shown(found)}, not a list with an alert")], None
        shows.append(Shown("alerts", f"{len(found)} alerts; this is the first"))
        item = found[0]
    report = None
    try:
        report, problems = _Item(item, "", Budget()).alert(mapping)
    except SourceError as error:
        problems = [error]
    told_of = {problem.field: problem.message for problem in problems}
    for name, expression in _expressions(mapping).items():
        if name in told_of:
            shows.append(Shown(name, problem=told_of[name]))
            continue
        try:
            found = evaluated(expression, item, name, Budget())
        except SourceError as error:
            shows.append(Shown(name, problem=error.message))
        else:
            value = "" if found is None else found if isinstance(found, str) else _written(found)
            shows.append(Shown(name, clean(value, 500), "" if value else "finds nothing in this body"))
    known = {each.field for each in shows}
    return [*shows, *(Shown(name, problem=message) for name, message in told_of.items() if name not in known)], report


def _written(value: object) -> str:
    return told({"_": value}).get("_") or shown(value)


def _expressions(mapping: Mapping) -> dict[str, Expression]:
    every = dict(mapping.single)
    if mapping.over:
        every["resolved"] = mapping.over
    for part, named in (("labels", mapping.labels), ("links", mapping.links)):
        every |= {f"{part}.{name}": expression for name, expression in named.items()}
    return every


def _compile(given: dict[str, Any]) -> tuple[Mapping, dict[str, SourceError]]:
    """What of a mapping compiles, and the errors of the rest by field."""
    wrong: dict[str, SourceError] = {}

    def attempt(written: object, name: str) -> Expression | None:
        try:
            return compiled(written, f"mapping.{name}")
        except SourceError as error:
            wrong[f"mapping.{name}"] = error
            return None

    def several(part: str) -> dict[str, Expression]:
        asked = given.get(part)
        if not isinstance(asked, dict):
            return {}
        if len(asked) > MOST_PAIRS:
            wrong[f"mapping.{part}"] = SourceError(f"mapping.{part}", f"give at most {MOST_PAIRS} expressions")
            return {}
        found = {key(str(name), 200): attempt(each, f"{part}.{key(str(name), 200)}") for name, each in asked.items()}
        return {name: each for name, each in found.items() if each}

    for name in given:
        if name not in (*FIELDS, "alerts", "resolved"):
            at = f"mapping.{clean(str(name), 60)}"
            wrong[at] = SourceError(at, f"is no field; there are alerts, resolved, {', '.join(FIELDS)}")
    single = {
        name: expression
        for name in FIELDS
        if given.get(name) is not None
        and not (name in ("labels", "links") and isinstance(given[name], dict))
        and (expression := attempt(given[name], name))
    }
    resolved = given.get("resolved")
    words = RESOLVED
    if isinstance(resolved, list):
        if all(isinstance(word, str) and len(word) <= 100 for word in resolved) and len(resolved) <= 100:
            words = frozenset(word.strip().casefold() for word in resolved)
        else:
            wrong["mapping.resolved"] = SourceError("mapping.resolved", "give an expression, or a list of words")
    mapping = Mapping(
        attempt(given["alerts"], "alerts") if given.get("alerts") is not None else None,
        single,
        several("labels"),
        several("links"),
        attempt(resolved, "resolved") if resolved is not None and not isinstance(resolved, list) else None,
        words,
    )
    return mapping, wrong


class _Item:
    """What may be one alert. `at` is a prefix of fields; what can't be read is added to `problems`."""

    def __init__(self, item: object, at: str, budget: Budget) -> None:
        if not isinstance(item, dict):
            raise SourceError(at.rstrip(".") or "body", f"give an object, not {shown(item)}")
        self.item = item
        self.at = at
        self.budget = budget
        self.problems: list[SourceError] = []

    def alert(self, mapping: Mapping) -> tuple[AlertReport, list[SourceError]]:
        """The alert and what of it could not be read; SourceError for what is none."""
        title, summary = clean(self.words(mapping, "title"), 255), clean(self.words(mapping, "summary"), 4000)
        service = clean(self.words(mapping, "service"), 255)
        named = self.words(mapping, "key")
        if not named and not title:
            nothing = SourceError(f"{self.at}title", "finds nothing in this body, and neither does key")
            raise next(iter(self.problems), nothing)
        resolved = self.over(mapping)
        started, ended = self.moment(mapping, "started"), self.moment(mapping, "ended")
        report = AlertReport(
            fingerprint=key(named, 128) if named else fingerprint({"title": title, "service": service}),
            status="resolved" if resolved else "firing",
            title=title or clean(summary, 255) or NAMELESS,
            summary=summary if summary != title else "",
            severity=clean(self.words(mapping, "severity"), 40) or None,
            service=service or None,
            labels=bounded(self.labels(mapping), MOST_PAIRS, 2000),
            starts_at=started,
            ends_at=ended if resolved else None,
            group_key=key(self.words(mapping, "group"), 255),
            links=links(self.links(mapping)),
        )
        return report, self.problems

    def found(self, name: str, expression: Expression | None) -> Any:
        """What an expression finds, None where there is none or it fails."""
        if expression is None:
            return None
        try:
            return evaluated(expression, self.item, f"{self.at}{name}", self.budget)
        except SourceError as error:
            self.problems.append(error)
            return None

    def words(self, mapping: Mapping, name: str) -> str:
        value = self.found(name, mapping.single.get(name))
        if isinstance(value, dict | list):
            self.problems.append(SourceError(f"{self.at}{name}", f"finds {shown(value)}; give text"))
            return ""
        return told({"_": value}).get("_", "").strip()

    def moment(self, mapping: Mapping, name: str) -> datetime | None:
        try:
            return stamp(self.found(name, mapping.single.get(name)), f"{self.at}{name}")
        except SourceError as error:
            self.problems.append(error)
            return None

    def over(self, mapping: Mapping) -> bool:
        if mapping.over:
            return bool(self.found("resolved", mapping.over))
        return self.words(mapping, "status").casefold() in mapping.words

    def labels(self, mapping: Mapping) -> dict[str, str]:
        labels, problem = _labels(self.found("labels", mapping.single.get("labels")), f"{self.at}labels")
        if problem:
            self.problems.append(problem)
        for name, expression in mapping.labels.items():
            labels |= told({name: self.found(f"labels.{name}", expression)})
        return labels

    def links(self, mapping: Mapping) -> list[Link | None]:
        named = {name: self.found(f"links.{name}", expression) for name, expression in mapping.links.items()}
        every = _links(self.found("links", mapping.single.get("links")))
        return every + [link(href, name) for name, href in named.items()]


def _labels(value: object, at: str) -> tuple[dict[str, str], SourceError | None]:
    """An object of anything, or tags such as ["zone:eu", "urgent"]."""
    if value is None or isinstance(value, dict):
        return told(value or {}), None
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",")]
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return {}, SourceError(at, f"finds {shown(value)}; give an object, or a list of tags")
    labels: dict[str, str] = {}
    for tag in value[:MOST_PAIRS]:
        name, colon, rest = details(tag, at).partition(":")
        if colon and rest.strip():
            labels[name.strip()] = rest.strip()
        elif name.strip():
            labels["tags"] = f"{labels['tags']}, {name.strip()}" if "tags" in labels else name.strip()
    return labels, None


def _links(value: object) -> list[Link | None]:
    """An address, a list of addresses or of {href, text} (or {url, title}), or an object of addresses by their text."""
    if isinstance(value, dict):
        return [link(href, name) for name, href in value.items()]
    found = []
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, dict):
            found.append(link(each.get("href") or each.get("url"), each.get("text") or each.get("title")))
        else:
            found.append(link(each, "source"))
    return found
