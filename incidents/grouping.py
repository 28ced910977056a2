"""Which alerts are one alert, which are one incident, and what people call it. Pure."""

from collections.abc import Mapping, Sequence

from incidents.sources import AlertReport
from incidents.sources.reading import clean

LONGEST_TITLE = 200
# What an alert is about, the most telling first; then where that is.
SUBJECTS = ("service", "instance", "host", "hostname", "node", "pod", "job")
SCOPES = ("cluster", "environment", "env", "region", "namespace")


def fingerprint(labels: Mapping[str, str]) -> str:
    """16 hex digits that name the alert with these labels, whatever their order.

    They are those that Alertmanager itself computes (64-bit FNV-1a over the sorted labels), so that an alert
    is one alert whether or not its sender says its fingerprint.
    """
    digest = 0xCBF29CE484222325
    for name in sorted(labels, key=lambda name: name.encode()):
        for byte in name.encode() + b"\xff" + labels[name].encode() + b"\xff":
            digest = ((digest ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{digest:016x}"


def group_key(report: AlertReport) -> str:
    """The group within its integration (255 characters): the tool's own key, else the alert by itself."""
    return report.group_key or f"alert:{report.fingerprint}"


def title(reports: Sequence[AlertReport], *, more: int = 0) -> str:
    """What people call a group of alerts, at most 200 characters on one line.

    One alert is called by its summary, else as in "HighCPU on node-0 (prod-eu)". Several are called by what
    their labels have in common and their number: "HighCPU on node (prod-eu): 3 alerts". `more` counts alerts
    that the sender left out. ValueError without reports.
    """
    if not reports:
        raise ValueError("a group has at least one alert")
    common = dict(reports[0].labels)
    for report in reports[1:]:
        common = {name: value for name, value in common.items() if report.labels.get(name) == value}
    count = len({report.fingerprint for report in reports}) + more
    if count == 1:
        return _line(reports[-1].annotations.get("summary") or _named(reports[-1].title, common))
    names = list(dict.fromkeys(report.title for report in reports))
    name = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
    suffix = f": {count} alerts"
    return _line(_named(name, common), LONGEST_TITLE - len(suffix)) + suffix


def _named(name: str, labels: Mapping[str, str]) -> str:
    subject = next((labels[each] for each in SUBJECTS if labels.get(each)), "")
    scope = next((labels[each] for each in SCOPES if labels.get(each)), "")
    on = f" on {_without_port(subject)}" if subject else ""
    return f"{name}{on} ({scope})" if scope else f"{name}{on}"


def _without_port(subject: str) -> str:
    host, _, port = subject.rpartition(":")
    # "node-0:9100" and "[::1]:9100", but not a bare "fe80::1".
    return host if host and port.isdecimal() and (":" not in host or host.endswith("]")) else subject


def _line(text: str, most: int = LONGEST_TITLE) -> str:
    return clean(" ".join(text.split()), most)
