"""Telling owners and administrators what is wrong with mail itself, by every way that still works: a log that nobody
reads while pages by mail wait is not enough."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count

from comms.actions import notifying
from comms.models import Alarm, Delivery, Letter
from comms.replies import UNWANTED_REPLY
from teams import moments
from teams.mails import absolute
from teams.models import ContactMethod, User

log = logging.getLogger(__name__)
State = Delivery.State
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
UNWANTED_SHARE = 0.02
# What an update of either kind is to its deliveries, when it was told, and its title.
TELLING = (
    ("update", "update__published_at", "update__page_incident__title"),
    ("maintenance_update", "maintenance_update__at", "maintenance_update__maintenance__title"),
)


@transaction.atomic
def mind(kind: str, about: str, text: str) -> None:
    """Open the alarm of this kind about this with `text`, or end it where there is no text. People are told when it
    begins, once an hour while it lasts and the relays are at fault, and when it is over. Several workers may see the
    same at once: they are told once."""
    now = moments.now()
    alarms = Alarm.objects.filter(kind=kind, about=about).select_for_update()
    alarm = alarms.first()
    if not text:
        if alarm is not None and alarm.over_at is None:
            _end(alarm, now)
        return
    if alarm is None or (alarm.over_at is not None and not alarm.was_told_since(now - HOUR)):
        Alarm.objects.bulk_create([Alarm(kind=kind, about=about, text=text[:600], began_at=now)], ignore_conflicts=True)
        alarm = alarms.filter(over_at=None).get()
    alarm.text, alarm.over_at = text[:600], None
    once = kind == Alarm.Kind.POLICY and alarm.told_at is not None
    if not once and not alarm.was_told_since(now - HOUR):
        log.error("%s: %s", alarm.get_kind_display(), text)
        alarm.told_at = now
        _tell(*_words(alarm), by_mail=kind != Alarm.Kind.RELAYS)
    alarm.save()


def watch_policy(now: datetime) -> None:
    """Open an alarm for each update of the last day of whose mail more than UNWANTED_SHARE was refused as unwanted, and
    end those where that is no longer so. Two queries while all is well."""
    wrong = {}
    for field, told_at, title in TELLING:
        recent = Delivery.objects.filter(**{f"{told_at}__gt": now - DAY}, channel=Delivery.Channel.EMAIL)
        refused = recent.filter(state=State.FAILED, reply__regex=UNWANTED_REPLY)
        for pk, called, count in refused.values_list(field, title).annotate(count=Count("pk")).order_by():
            total = Delivery.objects.filter(**{field: pk}, channel=Delivery.Channel.EMAIL).count()
            if count > UNWANTED_SHARE * total:
                wrong[f"{field}:{pk}"] = (
                    f"{count} of {total} letters of an update on “{called[:80]}” were refused as unwanted. "
                    f"The last answer: {_last_refusal(field, pk)}"
                )
    for about, text in wrong.items():
        mind(Alarm.Kind.POLICY, about, text)
    for about in Alarm.objects.open().filter(kind=Alarm.Kind.POLICY).values_list("about", flat=True):
        if about not in wrong:
            mind(Alarm.Kind.POLICY, about, "")


def _last_refusal(field: str, pk: int) -> str:
    refused = Delivery.objects.filter(**{field: pk}, state=State.FAILED, reply__regex=UNWANTED_REPLY).order_by("-pk")
    return (refused.values_list("reply", flat=True).first() or "")[:200]


def _end(alarm: Alarm, now: datetime) -> None:
    alarm.over_at = now
    heard_of_end = alarm.over_told_at is not None and alarm.told_at is not None and alarm.over_told_at > alarm.told_at
    log.warning("%s: that is over", alarm.get_kind_display())
    if alarm.kind == Alarm.Kind.RELAYS and alarm.told_at is not None and not heard_of_end:
        alarm.over_told_at = now
        _tell(
            "Mail goes out again",
            f"A mail relay takes our mail again. None did since {alarm.began_at:%H:%M} UTC; what waited goes out now.",
            by_mail=True,
        )
    alarm.save()


def _words(alarm: Alarm) -> tuple[str, str]:
    if alarm.kind == Alarm.Kind.RELAYS:
        return (
            "No mail goes out",
            f"No mail relay takes our mail, so pages by mail and mail to subscribers wait: {alarm.text} "
            f"They go out by themselves once that is mended. What waits: {absolute(alarm.letters)}",
        )
    return (
        "Subscribers' mail is refused as unwanted",
        f"{alarm.text} Look at the reputation of the sender's domain, and run manage.py check_email. "
        f"Letters: {absolute(alarm.letters)}",
    )


def _tell(subject: str, text: str, *, by_mail: bool) -> None:
    """Queue it for every owner and administrator, by every way of theirs but phone calls."""
    people = User.objects.filter(role__in=[User.Role.OWNER, User.Role.ADMIN], is_active=True, is_service=False)
    methods: dict[int, list[ContactMethod]] = {}
    left_out = [ContactMethod.Kind.VOICE, *([] if by_mail else [ContactMethod.Kind.EMAIL])]
    for method in ContactMethod.objects.usable().filter(user__in=people).exclude(kind__in=left_out):
        methods.setdefault(method.user_id, []).append(method)
    for person in people:
        ways: list[ContactMethod | None] = [*methods.get(person.pk, ())]
        if by_mail and person.email:
            ways.append(None)
        for way in ways:
            letter = Letter.objects.create(subject=subject, text=text)
            notifying.queue_letter(person, way, Delivery.Kind.ALARM, letter)
