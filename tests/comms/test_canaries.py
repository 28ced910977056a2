"""Every text of every row has a canary in it but what the public is told; none is found in a file, a public answer or a
mail to a subscriber.

Nobody has to think of this test: a field is private unless it is among `TOLD`, and a model of which the scene makes no
row gets one by its fields.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Q
from django.test import Client
from django.utils import timezone

from comms import calls, letters
from comms.actions import approving, correcting, leading, publishing, snapshots, subscribing, summaries
from comms.models import Component, ComponentGroup, Delivery, StatusPage, StatusUpdate, Subscriber
from incidents.models import Incident, Postmortem, PostmortemSection, RoutingRule
from incidents.phases import Phase
from teams.models import Team, User
from tests import factories

CANARY = "zzcanary"
ADDRESS = "198.51.100.77"
EVERY = Q()

# What readers are told: by model, its fields, and of which of its rows.
TOLD: dict[str, tuple[set[str], Q]] = {
    "comms.StatusPage": (
        {"uid", "name", "slug", "description", "time_zone", "support_url", "domain"},
        Q(audience="public"),
    ),
    "comms.ComponentGroup": ({"uid", "name"}, EVERY),
    "comms.Component": ({"uid", "name", "description"}, EVERY),
    "comms.PageIncident": ({"uid", "title", "mail_title"}, Q(updates__status="published")),
    "comms.StatusUpdate": ({"uid", "body"}, Q(status="published")),
    # Of which the address of a logo has the beginning.
    "comms.PageLogo": ({"sha256", "data", "icon"}, EVERY),
    "comms.Correction": ({"before"}, Q(erased=False, update__status="published")),
    "comms.PageMaintenance": ({"uid", "title", "mail_title"}, EVERY),
    "comms.MaintenanceUpdate": ({"uid", "body"}, EVERY),
    "incidents.Postmortem": (
        {"title", "public_title", "public_wording", "public_slug"},
        Q(state="published", public=True, incident__private=False)
        & (Q(public_as_written=True) | ~Q(public_wording="")),
    ),
    "incidents.PostmortemSection": (
        {"title", "text"},
        Q(
            postmortem__state="published",
            postmortem__public=True,
            postmortem__public_as_written=True,
            postmortem__public_wording="",
            postmortem__incident__private=False,
        ),
    ),
    "incidents.Factor": (
        {"text"},
        Q(
            postmortem__state="published",
            postmortem__public=True,
            postmortem__public_as_written=True,
            postmortem__public_wording="",
            postmortem__incident__private=False,
        ),
    ),
    # It stands in a postmortem where somebody's name was written.
    "teams.Role": ({"name"}, EVERY),
    # Mail says times in its reader's own zone, and goes to their address. Of their webhook or chat it says as much as
    # may be shown, and what that answered last.
    "comms.Subscriber": ({"time_zone", "endpoint_shown", "trouble"}, EVERY),
    "comms.Delivery": ({"address"}, EVERY),
}
# What takes no canary, and why.
HELD: dict[str, str] = {
    "comms.Bundle.urgency": "It is high or low.",
    "comms.PageMaintenance.remind_minutes": "They are numbers.",
    "comms.Subscriber.endpoint": "Mail needs none.",
    "comms.StatusPage.accent_light": "It is a colour.",
    "comms.StatusPage.accent_dark": "It is a colour.",
    "comms.StatusPage.other_languages": "They are codes of languages.",
    "teams.ApiToken.scopes": "They are some of a few words.",
}
# What a row of a model needs that its fields don't say.
NEEDS: dict[str, dict[str, Callable[[], Any]]] = {
    "teams.Invitation": {"expires_at": lambda: timezone.now() + dt.timedelta(days=1)},
    "teams.ContactMethod": {"code_ends_at": timezone.now},
    "teams.GroupMapping": {"role": lambda: "responder"},
    "teams.ScimRecord": {"user": User.objects.first},
    "incidents.Alert": {"incident": lambda: Incident.objects.get(private=True)},
    "incidents.Attachment": {
        "removed_at": timezone.now,
        "removed_by": User.objects.first,
        "removed_because": lambda: "It shows too much.",
    },
    "incidents.Counterfactual": {"effect": lambda: "none"},
    "incidents.MetricCheck": {"threshold": lambda: 1.0},
    "incidents.Witness": {"threshold": lambda: 1.0},
    "incidents.Silence": {"ends_at": lambda: timezone.now() + dt.timedelta(days=1)},
    "comms.Bundle": {"urgency": lambda: "high"},
    "comms.Drill": {"ends_at": lambda: timezone.now() + dt.timedelta(days=1)},
}


@dataclass
class Planted:
    """How many texts have a canary, which fields have one, and which have none in any row."""

    count: int = 0
    took: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    unmade: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)


def all_models() -> Iterator[type[models.Model]]:
    for model in apps.get_models():
        if model._meta.managed and not model._meta.proxy:
            yield model


def texts(model: type[models.Model]) -> list[models.Field]:
    """The fields that can say something; those with choices say one of these."""
    silent = (
        models.AutoField,
        models.IntegerField,
        models.FloatField,
        models.DecimalField,
        models.BooleanField,
        models.DateField,
        models.TimeField,
        models.DurationField,
        SearchVectorField,
    )
    own = [each for each in model._meta.concrete_fields if not each.remote_field and not each.choices]
    return [each for each in own if not isinstance(each, silent)]


def label(each: models.Field) -> str:
    return f"{each.model._meta.label}.{each.name}"


def canary(each: models.Field, row: models.Model) -> Any:
    said = f"{CANARY}{row.pk}{each.model._meta.model_name}{each.name}"
    if isinstance(each, models.EmailField):
        return f"{said}@example.org"
    if isinstance(each, models.URLField):
        return f"https://{said}.example.org/"
    if isinstance(each, models.JSONField):
        return {said: [said, {said: said}]}
    if isinstance(each, models.BinaryField):
        return said.encode()
    if isinstance(each, ArrayField):
        return [said]
    if isinstance(each, models.GenericIPAddressField):
        return ADDRESS
    return said[: each.max_length] if each.max_length else said


def make(model: type[models.Model]) -> models.Model:
    """A row of a model, by what its fields ask for, past everything that its actions do besides."""
    values = {name: value() for name, value in NEEDS.get(model._meta.label, {}).items()}
    for each in model._meta.concrete_fields:
        if each.name in values or isinstance(each, models.AutoField):
            continue
        if each.remote_field:
            if not each.null:
                related = each.remote_field.model
                values[each.name] = related._base_manager.order_by("pk").first() or make(related)
        elif not (each.null or each.blank or each.has_default()):
            values[each.name] = filler(each)
    (made,) = model._base_manager.bulk_create([model(**values)])
    return made


def filler(each: models.Field) -> Any:
    if each.choices:
        return next(value for value, _ in each.flatchoices)
    by_type: tuple[tuple[type[models.Field], Any], ...] = (
        (models.DateTimeField, timezone.now()),
        (models.DateField, dt.date(2026, 1, 1)),
        (models.TimeField, dt.time(9)),
        (models.DurationField, dt.timedelta(hours=1)),
        (models.BooleanField, False),
        (models.IntegerField, 1),
        (models.JSONField, {}),
        (models.BinaryField, b"x"),
        (models.UUIDField, uuid.uuid4()),
        (models.GenericIPAddressField, "192.0.2.1"),
        (models.EmailField, "made@example.org"),
        (ArrayField, []),
    )
    return next((value for kind, value in by_type if isinstance(each, kind)), "made")


@contextlib.contextmanager
def triggers_off() -> Iterator[None]:
    """The timeline refuses to be changed, and planting is nothing that the audit log is to tell of."""
    tables = [model._meta.db_table for model in all_models()]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'D'"
        )
        off = cursor.fetchall()
        for table in tables:
            cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
            # As `tests.cast` has them for tests that commit.
            for table, name in off:
                cursor.execute(f'ALTER TABLE {table} DISABLE TRIGGER "{name}"')


def plant() -> Planted:
    """Write a canary into every text of every row that nobody is told."""
    planted = Planted()
    with triggers_off():
        for model in all_models():
            if texts(model) and not model._base_manager.exists():
                try:
                    with transaction.atomic():
                        make(model)
                except (IntegrityError, TypeError, ValueError) as error:
                    planted.unmade.append(f"{model._meta.label} ({str(error).splitlines()[0]})")
        for model in all_models():
            told, where = TOLD.get(model._meta.label, (set(), EVERY))
            open_rows = set(model._base_manager.filter(where).values_list("pk", flat=True)) if told else set()
            for row in model._base_manager.all():
                plant_row(row, [e for e in texts(model) if e.name not in told or row.pk not in open_rows], planted)
    planted.refused -= planted.took
    return planted


def plant_row(row: models.Model, fields: list[models.Field], planted: Planted) -> None:
    # A UUID takes no text, and is found by itself.
    ids = [each for each in fields if isinstance(each, models.UUIDField) and not each.primary_key]
    planted.ids.update(str(value) for each in ids if label(each) not in HELD and (value := getattr(row, each.name)))
    taking = [each for each in fields if label(each) not in HELD and not each.primary_key and each not in ids]
    # All of them at once, or where one is refused, each by itself.
    for group in [taking] if takes(row, taking) else [[each] for each in taking if takes(row, [each])]:
        planted.count += len(group)
        planted.took.update(label(each) for each in group)
    planted.refused.update(label(each) for each in taking)


def takes(row: models.Model, fields: list[models.Field]) -> bool:
    try:
        with transaction.atomic():
            if fields:
                type(row)._base_manager.filter(pk=row.pk).update(**{e.name: canary(e, row) for e in fields})
    except IntegrityError:
        return False
    return True


@dataclass
class Scene:
    page: StatusPage
    told: StatusUpdate
    unseen: list[str]


@pytest.fixture
def scene(transactional_db: None, payments: Team, alice: User, bob: User) -> Scene:
    """What is told, beside everything of its kind that is not."""
    page = StatusPage.objects.create(name="Shop", slug="shop", is_default=True, support_url="https://help.example.org/")
    group = ComponentGroup.objects.create(page=page, name="Back office")
    component = Component.objects.create(page=page, group=group, name="Payments", team=payments)
    component.service = factories.ServiceFactory(team=payments)
    component.save()
    for state in ("active", "pending", "unsubscribed"):
        Subscriber.objects.create(page=page, email=f"{state}@example.org", state=state)
    for name in ("leaves", "digest"):
        Subscriber.objects.create(page=page, email=f"{name}@example.org", state="active", digest="daily")
    hook = {"page": page, "state": "active", "endpoint": "https://example.org/", "secret": "s"}
    Subscriber.objects.create(email="hook@example.org", channel="webhook", **hook)
    Subscriber.objects.create(email="chat@example.org", channel="chat", kind="slack", digest="daily", **hook)
    incident = factories.incident(payments, alice, phase=Phase.CLOSED)
    told = publishing.publish_update(
        incident,
        by=alice,
        page=page,
        title="Payments fail",
        body="We look into it.",
        state="identified",
        component_states={component: "partial_outage"},
        next_update_at=timezone.now() + dt.timedelta(hours=1),
    )
    later = timezone.now() + dt.timedelta(days=1)
    publishing.draft_update(incident, by=alice, body="Not yet.", page=page)
    publishing.publish_update(incident, by=alice, body="Later.", publish_at=later, page=page)
    taken_back = publishing.draft_update(incident, by=alice, body="Never.", page=page)
    publishing.withdraw_update(taken_back.pk, by=alice)
    asked = publishing.draft_update(incident, by=alice, body="Not before somebody has read it.", page=page)
    approving.ask(asked.pk, by=alice)
    correcting.correct(told.pk, by=alice, body="We look into it closely.")
    Postmortem.objects.filter(incident=incident).update(
        public=True, public_as_written=True, title="Why payments failed"
    )

    private = factories.incident(payments, alice, title="A break-in", phase=Phase.CLOSED, private=True)
    Postmortem.objects.filter(incident=private).update(public=True, public_as_written=True)
    publishing.draft_update(private, by=alice, title="A secret", body="Nobody may know.", page=page)
    inner = factories.incident(payments, alice, title="Ours alone", phase=Phase.CLOSED)
    drafted = factories.incident(payments, alice, title="Not reviewed yet", phase=Phase.REVIEW)
    Postmortem.objects.filter(incident=drafted).update(public=True, public_wording="Not yet.")
    worded = factories.incident(payments, alice, title="In other words", phase=Phase.CLOSED)
    Postmortem.objects.filter(incident=worded).update(
        public=True, public_title="What went wrong", public_wording="It was a queue.", public_as_written=True
    )
    # The default one takes no conditions.
    RoutingRule.objects.create(name="Ours", position=5)
    hidden = [Postmortem.objects.get(incident=each) for each in (private, inner, drafted)]
    for email in ("active@example.org", "new@example.org"):
        subscribing.subscribe(page, email)
    away = Subscriber.objects.get(email="hook@example.org")
    leading.send_test(away.pk)
    subscribing.unsubscribe(Subscriber.objects.get(email="leaves@example.org").pk)
    Delivery.objects.filter(state="held").update(due_at=timezone.now())
    summaries.gather_due(timezone.now())
    return Scene(page, told, [f"/postmortems/{each.public_slug}/" for each in hidden])


def leaks(text: str, planted: Planted) -> list[str]:
    """Every word of `text` that nobody may read."""
    low = text.casefold()
    found = [word for word in low.replace('"', " ").split() if CANARY in word or ADDRESS in word]
    return found + [each for each in planted.ids if each in low or each.replace("-", "") in low]


def could_fail(scene: Scene) -> None:
    """What is planted is read where it is told, and an update of each state is there."""
    assert set(StatusUpdate.objects.values_list("status", flat=True)) == set(StatusUpdate.Status.values)
    body = StatusUpdate.objects.get(pk=scene.told.pk).body
    StatusUpdate.objects.filter(pk=scene.told.pk).update(body=f"It is {CANARY}.")
    snapshots.render(scene.page.uid)
    store = snapshots.store()
    seen = [path for path, file in store.read().addresses().items() if leaks(store.body(file).decode(), Planted())]
    assert len(seen) >= 6
    StatusUpdate.objects.filter(pk=scene.told.pk).update(body=body)


def test_nothing_private_is_told_to_anybody(scene: Scene) -> None:
    could_fail(scene)
    planted = plant()
    assert not planted.unmade, (
        f"There is no row of {', '.join(planted.unmade)}, and none could be made. Let the scene of this test make "
        "one, or say in NEEDS what it needs."
    )
    assert not planted.refused, (
        f"{', '.join(sorted(planted.refused))} took no canary. Name each in HELD with the reason why nobody's "
        "words can stand in it, or give it a value in `canary` that it takes."
    )
    assert planted.count > 500
    # Whoever took part appears in the published postmortem, and there by a role.
    names = " ".join(User.objects.values_list("first_name", flat=True))
    shown = Postmortem.objects.filter(state="published", public=True, public_as_written=True, incident__private=False)
    PostmortemSection.objects.filter(postmortem__in=shown, key="summary").update(text=f"{names} saw it first.")

    assert snapshots.render(scene.page.uid)
    read = {path: snapshots.store().body(file) for path, file in snapshots.store().read().addresses().items()}
    client = Client()
    asked = [
        *read,
        *(f"/postmortems/{slug}/" for slug in shown.values_list("public_slug", flat=True)),
        "/status/shop/history/?q=fail",
        f"/status/shop/history/?q={CANARY}",
        "/status/shop/subscribe/",
    ]
    said = {f"the file of {path}": body.decode() for path, body in read.items()}
    for path in asked:
        answer = client.get(path)
        assert answer.status_code == 200, path
        said[path] = answer.text.replace(f'value="{CANARY}"', "") + str(dict(answer.headers))
    for path in scene.unseen:
        assert client.get(path).status_code == 404, path
    for delivery in Delivery.objects.filter(kind__in=("update", "confirm", "summary", "notice", "test")):
        if delivery.subscriber_id is None:
            continue
        if delivery.channel == "email":
            said[f"the mail {delivery.kind} to {delivery.address}"] = written(delivery)
        else:
            call = calls.write(letters.reload(delivery))
            said[f"the call {delivery.kind} to {delivery.pk}"] = f"{call.title} {call.text} {call.url} {call.body}"
    assert {what.split()[1] + what.split()[2] for what in said if what.startswith("the ") and "file" not in what} >= {
        *("mailupdate", "mailsummary", "mailconfirm", "mailnotice"),
        *("callupdate", "callsummary", "calltest"),
    }
    assert len([what for what in said if what.startswith("the mail")]) >= 3
    found = {what: leaks(text, planted) for what, text in said.items()}
    assert {what: words for what, words in found.items() if words} == {}, (
        "Private text was published. Keep it out, or, if readers are to be told, list its field in TOLD."
    )


def written(delivery: Delivery) -> str:
    """A mail as it goes out, its envelope and its parts as their reader sees them."""
    letter = letters.write(letters.reload(delivery))
    message = letter.message
    parts = [message.get_body((kind,)).get_content() for kind in ("plain", "html")]
    heads = [f"{name}: {value}" for name, value in message.items()]
    return "\n".join([letter.sender, letter.recipient, *heads, *parts])


def test_what_is_listed_is_there() -> None:
    """Proves that TOLD, HELD and NEEDS speak of models and fields that there are."""
    known = {label(each) for model in all_models() for each in model._meta.concrete_fields}
    named = {f"{model}.{name}" for model, (names, _) in TOLD.items() for name in names}
    named |= HELD.keys() | {f"{model}.{name}" for model, values in NEEDS.items() for name in values}
    assert named <= known, f"{sorted(named - known)}: there is no such field any more, take it from the list"
