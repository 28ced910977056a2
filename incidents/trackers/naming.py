"""Which issue somebody means: by its address, or as people write it there. PURE."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

from incidents.trackers import jira
from incidents.trackers.shapes import Place, Refused

EXAMPLES = {
    "github": "https://github.com/acme/shop/issues/12, or #12",
    "gitlab": "https://gitlab.com/acme/shop/-/issues/12, or #12",
    "jira": "https://acme.atlassian.net/browse/PAY-12, or PAY-12",
    "jira_dc": "https://jira.example.org/browse/PAY-12, or PAY-12",
}
# What stands between a project and a number in addresses of GitHub and GitLab.
BETWEEN = ("/-/issues/", "/-/work_items/", "/issues/")
LONGEST = 18


def is_address(text: str) -> bool:
    return text.strip().lower().startswith(("https://", "http://"))


def number_of(place: Place, text: str) -> str:
    """The number (at Jira: the key) of the issue in this project that `text` names. Raises Refused, which says why it
    is none."""
    given = text.strip()
    found = _in_address(place, given) if is_address(given) else _written(place, given)
    if not found:
        raise Refused(f"That names no issue. Give its address or its number, such as {EXAMPLES[place.kind]}.")
    return found


def is_there(place: Place, text: str) -> bool:
    """Whether `text` is an address in this project."""
    try:
        return is_address(text) and bool(number_of(place, text))
    except Refused:
        return False


def is_same(text: str, url: str) -> bool:
    """Whether the address that somebody gave is of the project that an issue's own `url` is of."""
    return not is_address(text) or _project(urlsplit(text.strip()).path) == _project(urlsplit(url).path)


def _written(place: Place, given: str) -> str:
    if place.kind.startswith("jira"):
        return _key(place, given)
    project, _, number = given.rpartition("#")
    if project and project.lower() != place.project.lower():
        raise Refused(f"That is an issue of {project}; this tracker is {place.project}.")
    return _digits(number)


def _in_address(place: Place, given: str) -> str:
    home = urlsplit(_home(place))
    try:
        parts = urlsplit(given)
        elsewhere = _host(parts.hostname, parts.port, parts.scheme) != _host(home.hostname, home.port, home.scheme)
    except ValueError:
        return ""
    if elsewhere or not f"{parts.path}/".startswith(f"{home.path}/"):
        raise Refused(f"That is at {parts.netloc}; this tracker is at {home.netloc}{home.path}.")
    path = unquote(parts.path).removeprefix(home.path).rstrip("/")
    if place.kind.startswith("jira"):
        chosen = parse_qs(parts.query).get("selectedIssue", [""])[0]
        return _key(place, chosen or path.rpartition("/")[2])
    project = _project(path)
    # Of a project that is known by its number, only the issue itself can say.
    if project and not place.project.isdecimal() and project != place.project.lower():
        raise Refused(f"That is an issue of {project}; this tracker is {place.project}.")
    between = next((each for each in BETWEEN if each in path), "")
    return _digits(path.rpartition(between)[2].partition("/")[0]) if between and project else ""


def _home(place: Place) -> str:
    """Where people see what the API is of."""
    url = place.base_url.rstrip("/").removesuffix("/api/v3").removesuffix("/api/v4")
    return url.replace("://api.", "://", 1) if place.kind == "github" else url


def _host(name: str | None, port: int | None, scheme: str) -> tuple[str, int]:
    return (name or "").removeprefix("www."), port or (443 if scheme == "https" else 80)


def _project(path: str) -> str:
    """The project's path in an issue's, in lower case."""
    for each in BETWEEN:
        if each in path:
            return path.rpartition(each)[0].strip("/").lower()
    return ""


def _key(place: Place, text: str) -> str:
    key = text.strip().upper()
    if not jira.NUMBER.fullmatch(key):
        return ""
    project = key.rpartition("-")[0]
    if project != place.project:
        raise Refused(f"{key} is in {project}; this tracker is {place.project}.")
    return key


def _digits(text: str) -> str:
    found = text.strip()
    return found if found.isascii() and found.isdecimal() and len(found) <= LONGEST else ""
