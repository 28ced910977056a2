"""Signs of life: what jobs send, and when one that doesn't is late. Pure.

A request says no more than that it came. After the integration's address may follow the name of one of its heartbeats,
and then "fail" or the exit status of the job: "nightly-backup/0", "nightly-backup/fail". The query may say "name" and
"status" instead. What is in the body doesn't matter, so that whatever a tool sends will do.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cronsim import CronSim, CronSimError

from incidents.sources import Envelope, Heartbeat, Parsed, SourceError
from incidents.sources.reading import clean, shown
from teams.clock import zone_info

LONGEST_EXPRESSION = 100
GOOD = ("", "0", "ok", "success", "up")
SHORTHANDS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
# To see whether an expression ever comes true; any leap year will do.
SOME_DAY = datetime(2024, 1, 1, tzinfo=UTC)
CONFIGURATION = """\
> At the end of a job, in its line of the crontab; the exit status is told, too.
17 3 * * * backup.sh; curl -fsS -m 10 --retry 5 -o /dev/null {url}nightly-backup/$?
> Or from anywhere.
curl -fsS {url}nightly-backup
> Prometheus itself, by an alert that always fires: in alertmanager.yml.
route:
  routes:
  - receiver: heartbeat
    matchers: [alertname="Watchdog"]
    repeat_interval: 1m
receivers:
- name: heartbeat
  webhook_configs:
  - url: {url}prometheus
    send_resolved: false
"""
TEST = Envelope(path="test")


def read(sent: Envelope) -> Parsed:
    """One heartbeat. SourceError on "path" for more than a name and a status, on "status" for what is none."""
    parts = [part for part in sent.path.split("/") if part.strip()]
    if len(parts) > 2:
        raise SourceError("path", "give a name and at most a status")
    name = parts[0] if parts else sent.query.get("name", "")
    status = (parts[1] if len(parts) == 2 else sent.query.get("status", "")).strip().lower()
    if status not in (*GOOD, "fail", "failed", "down") and not (status.isascii() and status.isdecimal()):
        raise SourceError("status", f"give ok, fail or an exit status, not {shown(status)}")
    return Parsed(heartbeats=[Heartbeat(clean(name, 200), failed=status not in GOOD and bool(status.strip("0")))])


@dataclass(frozen=True, slots=True)
class Cron:
    """Moments as a cron expression names them, on the clock of a time zone; `cron` makes one.

    Where the clock skips an hour, a job in it is due right after; where it shows one twice, the first time counts.
    """

    expression: str
    zone: str

    def after(self, moment: datetime) -> datetime | None:
        """The first moment after this one, in UTC. None when there is none within 50 years."""
        try:
            moments = CronSim(self.expression, moment.astimezone(zone_info(self.zone)))
            # Asked in the second of two equal hours it gives a moment of the first. Compared in UTC, since moments of
            # one zone are compared by what its clock shows.
            later = (each.astimezone(UTC) for each in moments)
            return next((each for each in later if each > moment.astimezone(UTC)), None)
        except (OverflowError, ValueError):
            return None


def cron(expression: str, zone: str) -> Cron:
    """A schedule of five fields (with names, ranges, steps, "L" and "MON#2"), or one such as "@daily".

    SourceError on "expression" or "zone" says what is wrong.
    """
    written = SHORTHANDS.get(expression.strip().lower(), expression.strip())
    if len(written) > LONGEST_EXPRESSION:
        raise SourceError("expression", f"give at most {LONGEST_EXPRESSION} characters")
    if len(written.split()) != 5:
        raise SourceError("expression", f"give five fields, such as 15 3 * * MON-FRI, not {shown(expression)}")
    try:
        zone_info(zone)
    except ValueError:
        raise SourceError("zone", f"give a time zone such as Europe/Berlin, not {shown(zone)}") from None
    try:
        made = Cron(" ".join(written.split()), zone)
        ever = made.after(SOME_DAY)
    except (CronSimError, AssertionError) as error:
        raise SourceError("expression", f"is no schedule: {clean(str(error), 100)}") from None
    if ever is None:
        raise SourceError("expression", "never comes true")
    return made


def due(last: datetime, every: timedelta | Cron, grace: timedelta) -> datetime | None:
    """When a heartbeat that came last at `last` (or began to be expected then) is late, in UTC: `grace` after the next
    one was to come. None when none is to come any more."""
    try:
        expected = every.after(last) if isinstance(every, Cron) else last.astimezone(UTC) + every
        return None if expected is None else expected + grace
    except OverflowError:
        return None


def late(now: datetime, last: datetime, every: timedelta | Cron, grace: timedelta) -> bool:
    """Whether it is late now. It is not yet at the very moment when it is due."""
    until = due(last, every, grace)
    return until is not None and now > until
