"""Trackers: set up, tried out, who is who there, and taken away."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from incidents.actions.trackers import alarming
from incidents.guards import Blocker
from incidents.models import ActionItem, Tracker, TrackerPerson
from incidents.problems import Blocked, refuse
from incidents.trackers import signing, wire
from incidents.trackers.shapes import Trouble
from teams import moments, outward, permits
from teams.models import User

VERB = Tracker.VERB
GIVEN = (
    *("name", "kind", "base_url", "project", "team", "account", "token", "webhook_secret", "labels", "issue_type"),
    *("open_names", "done_names", "dropped_names", "poll_minutes", "exports", "private_allowed"),
)
TEXTS = ("name", "base_url", "project", "account", "labels", "issue_type", "open_names", "done_names", "dropped_names")
SECRETS = ("token", "webhook_secret")
USUAL = {"github": "https://github.com", "gitlab": "https://gitlab.com"}
MOST = 100
EXAMPLES = {
    "github": "https://github.com, or of your Enterprise server",
    "gitlab": "https://gitlab.com, or of your own",
    "jira": "https://acme.atlassian.net",
    "jira_dc": "https://jira.example.org",
}


@transaction.atomic
def keep(tracker: Tracker | None, *, by: User | None, drop_secret: bool = False, **given: Any) -> Tracker:
    """Make a tracker, or change one, which is tried again at once if it was paused. An empty `token` or
    `webhook_secret` leaves what is there; `drop_secret` takes the latter away. Raises Blocked."""
    row = Tracker() if tracker is None else Tracker.objects.select_for_update().get(pk=tracker.pk)
    if tracker is not None:
        permits.require(by, VERB, row)
        if given.get("kind", row.kind) != row.kind:
            raise refuse("kind_stays", "What it speaks stays. Add another tracker.", field="kind")
    if tracker is None and Tracker.objects.count() >= MOST:
        raise refuse("too_many", f"There are {MOST} trackers. Remove one that nobody uses first.")
    fill(row, given)
    if drop_secret and not given.get("webhook_secret"):
        row.webhook_secret = ""
    permits.require(by, VERB, row)
    if not row.hook_digest:
        row.renew_hook()
    _try_anew(row)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise refuse("name_taken", "Another tracker has this name.", field="name") from None
    return row


def fill(row: Tracker, given: dict[str, Any]) -> None:
    """Set what was given, checked. Raises Blocked naming every field that is wrong.

    A token goes nowhere but where it was given for: whoever names another host has to know it.
    """
    before = outward.origin(row.base_url) if row.pk else ""
    there = (row.base_url, row.project)
    for name in GIVEN:
        if name in given and not (name in SECRETS and not given[name]):
            value = given[name]
            setattr(row, name, value.strip() if isinstance(value, str) else value)
    row.base_url = (row.base_url or USUAL.get(row.kind, "")).rstrip("/")
    missing = list(_problems(row))
    if before and not given.get("token") and outward.origin(row.base_url) != before:
        missing.append(Blocker("token_again", "It leads to another host. Give the token again.", field="token"))
    missing += _elsewhere(row, *there) if row.pk else []
    if missing:
        raise Blocked(missing)
    row.host = outward.parse(row.base_url, outward.HTTP).netloc[:262]


def _elsewhere(row: Tracker, base_url: str, project: str) -> list[Blocker]:
    """Numbers of issues mean others in another project: what is kept in step would be strangers' issues."""
    moved = [name for name, was in (("base_url", base_url), ("project", project)) if getattr(row, name) != was]
    if not moved or not row.links.exclude(number="").exists():
        return []
    return [Blocker("place_stays", "Action items have issues there. Add another tracker.", field=moved[0])]


def _problems(row: Tracker) -> list[Blocker]:
    if row.kind not in Tracker.Kind.values:
        return [Blocker("kind_unknown", f"Choose one of: {', '.join(Tracker.Kind.values)}.", field="kind")]
    found = [] if row.name else [Blocker("name_missing", "Give it a name, such as “Shop on GitHub”.", field="name")]
    if wrong := _address_problem(row):
        found.append(Blocker("url_wrong", wrong, field="base_url"))
    if wrong := wire.PROBLEMS[row.kind](row.project):
        found.append(Blocker("project_wrong", wrong, field="project"))
    if row.kind == Tracker.Kind.JIRA and (not row.account or ":" in row.account):
        found.append(Blocker("account_missing", "Give the e-mail address that the token belongs to.", field="account"))
    for name in TEXTS:
        most: int = getattr(Tracker._meta.get_field(name), "max_length", 0)
        if len(getattr(row, name)) > most:
            found.append(Blocker(f"{name}_long", f"Use at most {most} characters.", field=name))
    if row.poll_minutes is None or not 1 <= row.poll_minutes <= 1440:
        found.append(Blocker("poll_wrong", "Give 1 to 1440 minutes.", field="poll_minutes"))
    return found + _secret_problems(row)


def _address_problem(row: Tracker) -> str:
    try:
        to = outward.destination(row.base_url, settings.WATCHBILL_TRACKER_HOSTS)
    except outward.Unsafe as unsafe:
        if not row.base_url:
            return f"Give the address, such as {EXAMPLES[row.kind]}."
        plain = row.base_url.startswith("http://")
        return (
            f"{unsafe} Whoever runs Watchbill can allow http inside by WATCHBILL_TRACKER_HOSTS."
            if plain
            else str(unsafe)
        )
    return f"Give the address alone, such as {EXAMPLES[row.kind]}." if "?" in to.path else ""


def _secret_problems(row: Tracker) -> list[Blocker]:
    found = []
    # A sealed one needs not be opened to know that it is there.
    held = {name: row.__dict__.get(name) for name in SECRETS}
    if not held["token"]:
        found.append(Blocker("token_missing", "Give a token that may read and write issues there.", field="token"))
    for name, value in held.items():
        # What goes into a header has to be fit for one.
        if isinstance(value, str) and not (value.isascii() and value.isprintable() and len(value) <= 2000):
            found.append(Blocker(f"{name}_wrong", "Give it in ASCII, in one line.", field=name))
        elif isinstance(value, str) and not signing.is_whole(value):
            found.append(Blocker(f"{name}_wrong", "That signing token was cut off: copy the whole of it.", field=name))
    return found


def try_out(tracker: Tracker) -> tuple[str, str]:
    """What the project is called there, or why it can't be read. Nothing is kept. In no transaction: it asks the other
    side."""
    try:
        return wire.dialect_of(tracker).project(), ""
    except Trouble as trouble:
        return "", str(trouble)


@transaction.atomic
def try_again(tracker: Tracker, *, by: User | None) -> Tracker:
    """Let it be asked again at once, with all that waits for it, and look through it now."""
    row = Tracker.objects.select_for_update().get(pk=tracker.pk)
    permits.require(by, VERB, row)
    _try_anew(row)
    row.save()
    now = moments.now()
    row.links.exclude(state="in_step").update(due_at=now, attempts=0)
    alarming.wake()
    alarming.look(row)
    return row


def _try_anew(row: Tracker) -> None:
    row.paused_at = row.quiet_until = row.leased_until = None
    row.attempts, row.error, row.etag = 0, "", ""
    row.poll_due_at = moments.now()


@transaction.atomic
def renew_hook(tracker: Tracker, *, by: User | None) -> Tracker:
    """Give it another address for its webhooks. What is sent to the former is refused."""
    row = Tracker.objects.select_for_update().get(pk=tracker.pk)
    permits.require(by, VERB, row)
    row.renew_hook()
    row.save()
    return row


@transaction.atomic
def remove(tracker: Tracker, *, by: User | None) -> None:
    """Take a tracker away: its issues stay there, and action items keep the address of theirs."""
    # Whoever opens an issue holds the item when it needs the tracker, so items come first here too.
    held = ActionItem.objects.filter(pk__in=tracker.links.values("item")).order_by("pk")
    list(held.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))
    row = Tracker.objects.select_for_update().get(pk=tracker.pk)
    permits.require(by, VERB, row)
    for link in row.links.exclude(url="").select_related("item"):
        if not link.item.tracker_url and len(link.url) <= 200:
            link.item.tracker_url = link.url
            link.item.save(update_fields=["tracker_url"])
    row.links.all().delete()
    row.delete()


@transaction.atomic
def name_person(tracker: Tracker, user: User, login: str, *, by: User | None) -> TrackerPerson | None:
    """Say who `user` is there; an empty login takes it away. Raises Blocked."""
    row = Tracker.objects.select_for_update().get(pk=tracker.pk)
    permits.require(by, VERB, row)
    login = login.strip().lstrip("@")
    if not login:
        row.people.filter(user=user).delete()
        return None
    if len(login) > 200 or not login.isprintable() or " " in login:
        raise refuse("login_wrong", "Give the login as it is written there, or the account id.", field="login")
    taken = row.people.filter(login__iexact=login).exclude(user=user).select_related("user").first()
    if taken is not None and not taken.found:
        raise refuse("login_taken", f"{taken.user.name} is {login} there already.", field="login")
    if taken is not None:
        taken.delete()
    person, _ = TrackerPerson.objects.update_or_create(
        tracker=row, user=user, defaults={"login": login, "found": False}
    )
    return person
