"""Page drills: a real test page to everybody on a schedule, and who confirmed it. The sweep starts what is due and ends
what is over; every step is a row that the next sweep finds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q

from comms.actions import notifying
from comms.drills import report as drill_report
from comms.models import Delivery, Drill, DrillCall, Letter
from comms.models.drill import DrillQuerySet
from teams import faultpoints, moments, oncall, permits, reach
from teams.hours import instant
from teams.models import ImportedShift, LayerMember, Membership, Override, Schedule, User

State = Drill.State
# A drill that could not begin in this time does not begin at all: nobody is woken at night for what was planned at ten.
LATEST = timedelta(hours=1)
FURTHEST = timedelta(days=366)
MOST_REMINDERS = 3
REMIND_AFTER = timedelta(minutes=1)
AT_ONCE = 50


def audience(schedule: Schedule, who: str, at: datetime) -> list[User]:
    """Whom a drill at `at` would call: whoever stands in a rotation, an imported calendar or an override to come, or
    whoever is on call then. By name; who has left is nobody."""
    if who == Drill.Audience.ON_CALL:
        found = {user.pk for user in oncall.crew(schedule, at)}
    else:
        found = set(LayerMember.objects.in_effect().filter(layer__schedule=schedule).values_list("user", flat=True))
        for model in (Override, ImportedShift):
            found |= set(model.objects.filter(schedule=schedule, ends_at__gt=at).values_list("user", flat=True))
    people = User.objects.filter(pk__in=found, is_active=True, is_service=False)
    return list(people.order_by("first_name", "last_name", "username"))


@transaction.atomic
def plan(
    schedule: Schedule,
    *,
    by: User,
    starts_at: datetime | None = None,
    note: str = "",
    minutes: int = 15,
    audience: str = Drill.Audience.ROTATION,
    repeats: str = Drill.Repeats.NEVER,
) -> Drill:
    """A drill at `starts_at`, or one that begins at once. ValidationError names the field and what to give."""
    permits.require(by, "drill.start", schedule)
    now = moments.now()
    at_once = starts_at is None
    begins = starts_at or now
    if not at_once and not now < begins <= now + FURTHEST:
        raise ValidationError({"starts_at": "Give a time to come, within a year."})
    drill = Drill(
        schedule=schedule,
        started_by=by,
        note=" ".join(note.split())[:200],
        minutes=minutes,
        audience=audience,
        repeats=repeats,
        starts_at=begins,
    )
    if not Drill.SHORTEST <= minutes <= Drill.LONGEST:
        raise ValidationError({"minutes": f"Give {Drill.SHORTEST} to {Drill.LONGEST} minutes."})
    drill.ends_at = begins + drill.length
    drill.clean_fields(exclude=["schedule", "started_by"])
    try:
        with transaction.atomic():
            drill.save(force_insert=True)
    except IntegrityError:
        raise ValidationError({"starts_at": "A drill of this schedule is planned for that moment already."}) from None
    if at_once:
        _begin(drill, now)
        if drill.state == State.CANCELLED:
            raise ValidationError({"audience": drill.reason})
    return drill


@transaction.atomic
def cancel(drill: Drill, *, by: User) -> Drill:
    """Call nobody any more. What was confirmed so far stays. One that is only planned takes those after it with it; the
    next of one that runs is a row of its own, and stays."""
    found = _locked(drill.pk)
    permits.require(by, "drill.start", found)
    if found.state not in (State.PLANNED, State.RUNNING):
        raise ValidationError(f"It is {found.get_state_display().lower()} already.")
    _stop(found, State.CANCELLED, moments.now(), f"{by.name} cancelled it.")
    return found


@transaction.atomic
def remind(drill: Drill, *, by: User) -> int:
    """Go through the rules of everybody who has not answered once more; returns how many. At most `MOST_REMINDERS`
    times, `REMIND_AFTER` apart."""
    found = _locked(drill.pk)
    permits.require(by, "drill.start", found)
    now = moments.now()
    if not found.is_open(now):
        raise ValidationError("It is over: start another drill.")
    if found.reminders >= MOST_REMINDERS:
        raise ValidationError(f"{MOST_REMINDERS} reminders are the most.")
    last = found.reminded_at or found.began_at
    if last is not None and now < last + REMIND_AFTER:
        raise ValidationError("They were called less than a minute ago. Wait a little.")
    waiting = found.calls.exclude(state__in=DrillCall.ANSWERED).select_related("person").select_for_update(of=("self",))
    calls = list(waiting.order_by("pk"))
    if not calls:
        raise ValidationError("Everybody has answered.")
    found.reminders += 1
    found.reminded_at = now
    found.save(update_fields=["reminders", "reminded_at"])
    _withdraw(calls, "A reminder took its place.")
    notifying.queue_drill(calls, now, again=found.reminders)
    return len(calls)


@transaction.atomic
def confirm(delivery: Delivery, *, through: str) -> DrillCall:
    """Its person says that a drill's message came; after the end it is late. Saying so twice changes nothing."""
    assert delivery.drill_call_id is not None, "only a drill's message is confirmed"
    call = DrillCall.objects.select_for_update().get(pk=delivery.drill_call_id)
    if call.state in DrillCall.ANSWERED:
        return call
    now = moments.now()
    # Read after the lock, which whoever ends the drill holds too.
    drill = Drill.objects.get(pk=call.drill_id)
    call.state = DrillCall.State.CONFIRMED if drill.is_open(now) else DrillCall.State.LATE
    call.confirmed_at, call.reached_by, call.through, call.why = now, delivery, through, ""
    call.save(update_fields=["state", "confirmed_at", "reached_by", "through", "why"])
    _withdraw([call], "They had confirmed before it went out.")
    return call


def last_message(user: User, *, kinds: Sequence[str] = (Delivery.Kind.DRILL,)) -> Delivery | None:
    """The last that went to somebody of these kinds, of drills of the last week only."""
    since = moments.now() - timedelta(days=7)
    rows = Delivery.objects.filter(user=user, kind__in=kinds, sent_at__gte=since).select_related("drill_call__drill")
    return rows.order_by("-sent_at", "-pk").first()


def sweep(now: datetime) -> int:
    """Begin what is due, weigh whom the running ones reached, end what is over. Returns how many began or ended. Each
    in a transaction of its own; what another worker holds is left to it."""
    done = 0
    for pk in list(Drill.objects.due(now).values_list("pk", flat=True)[:AT_ONCE]):
        done += _begin_due(pk, now)
    for pk in list(Drill.objects.filter(state=State.RUNNING).values_list("pk", flat=True)):
        _weigh_running(pk)
    for pk in list(Drill.objects.over(now).values_list("pk", flat=True)[:AT_ONCE]):
        done += _end_due(pk, now)
    return done


def _begin_due(pk: int, now: datetime) -> bool:
    try:
        with transaction.atomic():
            drill = _claimed(Drill.objects.due(now), pk)
            if drill is None:
                return False
            _begin(drill, now)
    except ValidationError:
        # Somebody started another meanwhile: this one waits for its end.
        return False
    return True


@transaction.atomic
def _weigh_running(pk: int) -> None:
    drill = _claimed(Drill.objects.filter(state=State.RUNNING), pk)
    if drill is not None:
        _weigh(drill)


@transaction.atomic
def _end_due(pk: int, now: datetime) -> bool:
    drill = _claimed(Drill.objects.over(now), pk)
    if drill is None:
        return False
    _weigh(drill)
    _stop(drill, State.FINISHED, now, "")
    faultpoints.reached("drilled")
    _report(drill)
    return True


def _claimed(rows: DrillQuerySet, pk: int) -> Drill | None:
    found = rows.filter(pk=pk).select_related("schedule__team", "started_by")
    return found.select_for_update(skip_locked=True, of=("self",)).first()


def _locked(pk: int) -> Drill:
    return Drill.objects.select_for_update(of=("self",)).select_related("schedule__team", "started_by").get(pk=pk)


def _begin(drill: Drill, now: datetime) -> None:
    """Call everybody, and plan the next one. In the caller's transaction."""
    _plan_next(drill, now)
    people = audience(drill.schedule, drill.audience, now)
    if now > drill.starts_at + LATEST:
        _stop(drill, State.CANCELLED, now, "It could not begin in time: Watchbill was not running.")
        return
    if not people:
        _stop(drill, State.CANCELLED, now, "Nobody is on this schedule whom it could call.")
        return
    drill.state, drill.began_at, drill.ends_at = State.RUNNING, now, now + drill.length
    try:
        with transaction.atomic():
            drill.save(update_fields=["state", "began_at", "ends_at"])
    except IntegrityError:
        raise ValidationError(
            {"schedule": "A drill of this schedule is running. Wait for its end, or cancel it."}
        ) from None
    strangers, nowhere = reach.unreachable(people), reach.lost(people)
    DrillCall.objects.bulk_create(
        DrillCall(
            drill=drill,
            person=person,
            proved=person.pk not in strangers,
            state=DrillCall.State.UNREACHABLE if person.pk in strangers else DrillCall.State.WAITING,
            why=unproved(person.pk in nowhere) if person.pk in strangers else "",
        )
        for person in people
    )
    notifying.queue_drill(list(drill.calls.select_related("person").order_by("pk")), now)
    faultpoints.reached("drilling")


def unproved(nowhere: bool) -> str:
    """Why somebody counts as not to be reached before anything was sent."""
    if nowhere:
        return "No contact method and no e-mail address."
    return "No verified contact method: only an e-mail address that was never proved to be theirs."


def _plan_next(drill: Drill, now: datetime) -> None:
    """The next of a repeated drill: as many weeks on, at the same time on the clock of the schedule."""
    if drill.repeats == Drill.Repeats.NEVER:
        return
    begins = next_start(drill, now)
    values = {
        name: getattr(drill, name) for name in ("schedule", "started_by", "note", "audience", "repeats", "minutes")
    }
    made = Drill(**values, starts_at=begins, ends_at=begins + drill.length, repeated_from=drill)
    # Somebody may have planned another for that very moment: one is enough.
    Drill.objects.bulk_create([made], ignore_conflicts=True)


def next_start(drill: Drill, now: datetime) -> datetime:
    """When a repeated drill comes next after `now`, in UTC."""
    zone = drill.schedule.time_zone
    local = drill.starts_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
    every = timedelta(weeks=Drill.WEEKS[Drill.Repeats(drill.repeats)])
    while True:
        local += every
        if (begins := instant(local, zone)) > now:
            return begins


def _stop(drill: Drill, state: str, now: datetime, reason: str) -> None:
    """It calls nobody any more. In the caller's transaction, which holds it."""
    calls = list(drill.calls.select_for_update().order_by("pk")) if drill.began_at else []
    drill.state, drill.ended_at, drill.reason = state, now, reason
    drill.save(update_fields=["state", "ended_at", "reason"])
    _withdraw(calls, "The drill was over before it went out.")
    drill.calls.filter(state=DrillCall.State.WAITING).update(state=DrillCall.State.UNANSWERED)


def _withdraw(calls: Iterable[DrillCall], why: str) -> None:
    """What still waits to go out to these people does not. What is being sent is its worker's."""
    waiting = Delivery.objects.filter(drill_call__in=list(calls), state=Delivery.State.QUEUED)
    waiting.filter(attempts=0, reply="").update(state=Delivery.State.SUPPRESSED, reply=why)
    # What was tried keeps what the other side said.
    waiting.update(state=Delivery.State.FAILED)


def _weigh(drill: Drill) -> None:
    """Who can't be reached, by what became of the messages so far: none was taken, and none is left that might be."""
    of_call = Delivery.objects.filter(drill_call=OuterRef("pk"))
    taken = Exists(of_call.filter(state=Delivery.State.SENT))
    hopeful = Exists(of_call.filter(state__in=[Delivery.State.QUEUED, Delivery.State.SENDING], reply=""))
    open_calls = drill.calls.select_for_update().order_by("pk").filter(proved=True)
    waiting = open_calls.filter(~taken, ~hopeful, state=DrillCall.State.WAITING)
    for call in waiting:
        said = call.deliveries.exclude(reply="").order_by("-place").values_list("reply", flat=True).first()
        call.state = DrillCall.State.UNREACHABLE
        call.why = f"Every channel failed. The last said: {said or 'nothing'}"[:300]
        call.save(update_fields=["state", "why"])
    back = open_calls.filter(Q(taken) | Q(hopeful), state=DrillCall.State.UNREACHABLE)
    for call in back:
        call.state, call.why = DrillCall.State.WAITING, ""
        call.save(update_fields=["state", "why"])


def _report(drill: Drill) -> None:
    """Mail the report to whoever wanted the drill and to the managers of the team, each once."""
    managers = Membership.objects.filter(team=drill.schedule.team, role=Membership.Role.MANAGER).values("user")
    people = User.objects.filter(Q(pk__in=managers) | Q(pk=drill.started_by_id), is_active=True).order_by("pk")
    for person in people:
        subject, text, html = drill_report.letter(drill, person)
        notifying.queue_letter(
            person, None, Delivery.Kind.ACCOUNT, Letter.objects.create(subject=subject, text=text, html=html)
        )
