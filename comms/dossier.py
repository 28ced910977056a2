"""What this room keeps of a person, for their file, and what ends when they are erased."""

from __future__ import annotations

from django.db.models import Q

from comms.actions import posting
from comms.models import Delivery, MaintenanceUpdate, PageRole, StatusUpdate, Subscriber
from incidents.models import Incident
from teams.dossier import Rows, section
from teams.erasure import addresses_of, named, on_erase
from teams.models import User


@section("status_pages")
def _pages(user: User, by: User) -> Rows:
    rows = PageRole.objects.filter(user=user).select_related("page")
    return ({"page": row.page.name, "role": row.role} for row in rows)


@section("status_updates")
def _updates(user: User, by: User) -> Rows:
    rows = StatusUpdate.objects.filter(author=user)
    if by.pk != user.pk:
        rows = rows.filter(
            Q(page_incident__incident=None)
            | Q(page_incident__incident__in=Incident.objects.visible_to(by).values("pk"))
        )
    return ({"at": u.created_at, "state": u.state, "status": u.status, "text": u.body} for u in rows)


@section("planned_maintenance")
def _maintenance(user: User, by: User) -> Rows:
    rows = MaintenanceUpdate.objects.filter(author=user).select_related("maintenance")
    return ({"at": u.at, "maintenance": u.maintenance.title, "kind": u.kind, "text": u.body} for u in rows)


@section("mail")
def _mail(user: User, by: User) -> Rows:
    rows = Delivery.objects.filter(Q(user=user) | named("address", addresses_of(user))).order_by("pk")
    return rows.values("kind", "address", "state", "created_at", "sent_at")


@section("subscriptions")
def _subscriptions(user: User, by: User) -> Rows:
    rows = Subscriber.objects.filter(named("email", addresses_of(user))).select_related("page")
    return ({"page": s.page.name, "email": s.email, "state": s.state, "since": s.created_at} for s in rows)


@on_erase
def _forget(user: User) -> None:
    """Nothing is sent to them any more, no page counts them among its readers, and what a letter to them says goes."""
    addresses = addresses_of(user)
    waiting = Delivery.objects.filter(Q(user=user) | named("address", addresses), state=Delivery.State.QUEUED)
    letters = set(waiting.exclude(letter=None).values_list("letter", flat=True))
    waiting.update(state=Delivery.State.SUPPRESSED, reply="This person was erased.")
    for letter in sorted(letters):
        posting.forget(letter)
    Subscriber.objects.filter(named("email", addresses)).delete()
