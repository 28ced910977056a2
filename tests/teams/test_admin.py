"""The administration: a newcomer builds a team, a rotation, an override and a policy and sees what comes of them."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from incidents.actions import inbox
from incidents.models import Event, Integration, IntegrationKey, Severity, TimelineEntry
from teams import oncall
from teams.models import (
    AccessEvent,
    ApiToken,
    EscalationPolicy,
    Layer,
    Organization,
    Override,
    Role,
    Schedule,
    Team,
    User,
)
from tests import factories

LAYERS, OVERRIDES, STEPS = "layers", "overrides", "steps"


@pytest.fixture
def boss(db):
    return factories.UserFactory(username="boss", role="owner")


@pytest.fixture
def as_boss(client, boss):
    client.force_login(boss)
    return client


def text(response):
    return " ".join(response.content.decode().split())


def rows(prefix, forms, saved=0):
    """Form data of an inline: each row a dict, its values a text or a list."""
    data = {f"{prefix}-TOTAL_FORMS": len(forms), f"{prefix}-INITIAL_FORMS": saved}
    for n, form in enumerate(forms):
        data |= {f"{prefix}-{n}-{name}": value for name, value in form.items()}
    return data


def layer(people, **more):
    return {
        "name": "Weekly",
        "position": "",
        "every": 1,
        "kind": "week",
        "anchor_date": "2026-03-23",
        "handoff_time": "09:00",
        "holidays": "on",
        "rota": [p.pk for p in people],
        **more,
    }


def schedule_form(team, layers=(), overrides=(), **more):
    return {
        "team": team.pk,
        "name": "Main",
        "time_zone": "Europe/Berlin",
        **rows(LAYERS, list(layers), more.pop("saved", 0)),
        **rows(OVERRIDES, list(overrides)),
        **more,
    }


ADD = "/admin/teams/schedule/add/"
PREVIEW = "/admin/teams/schedule/preview/"


def test_a_rotation_is_built_with_its_people_in_order(as_boss, payments, alice, bob):
    form = schedule_form(payments, [layer([bob, alice, bob])])
    assert as_boss.post(ADD, form).status_code == 302
    made = Schedule.objects.get(name="Main")
    assert [m.user for m in made.layers.get().rota.all()] == [bob, alice, bob]
    # It begins now, whatever the day from which turns are counted; Mondays at nine in Berlin.
    watches = oncall.load([made])[0].watches(timezone.now() - timedelta(days=99), timezone.now() + timedelta(days=30))
    assert watches[0].start > timezone.now() - timedelta(minutes=5)
    assert {f"{w.end.astimezone(ZoneInfo('Europe/Berlin')):%a %H:%M}" for w in watches[:1]} == {"Mon 09:00"}


def test_the_order_changes_and_rows_without_a_number_come_on_top(as_boss, payments, alice, bob):
    as_boss.post(ADD, schedule_form(payments, [layer([alice, bob])]))
    made = Schedule.objects.get(name="Main")
    first = made.layers.get()
    url = reverse("admin:teams_schedule_change", args=[made.pk])
    assert as_boss.get(url).status_code == 200
    changed = schedule_form(
        payments,
        [layer([bob, alice], id=first.pk, schedule=made.pk, position=1), layer([alice], name="Upper")],
        saved=1,
    )
    assert as_boss.post(url, changed).status_code == 302
    assert [m.user for m in first.rota.all()] == [bob, alice]
    assert list(made.layers.newest().values_list("name", "position")) == [("Weekly", 0), ("Upper", 1)]


def test_hours_are_given_with_boxes_and_times(as_boss, payments, alice):
    hours = {"restrictions-0-day": ["0", "4"], "restrictions-0-start": "09:00", "restrictions-0-end": "17:00"}
    as_boss.post(ADD, schedule_form(payments, [layer([alice], **hours)]))
    made = Layer.objects.get(schedule__name="Main")
    assert made.restrictions == [{"weekdays": [0, 4], "start": "09:00", "end": "17:00"}]
    page = text(as_boss.get(reverse("admin:teams_schedule_change", args=[made.schedule_id])))
    assert 'name="layers-0-restrictions-0-start" value="09:00"' in page


def test_an_error_names_the_field_and_the_fix_and_keeps_what_was_typed(as_boss, payments, alice):
    wrong = [
        layer([alice], **{"restrictions-0-start": "09:00", "restrictions-0-end": "17:00"}),
        layer([alice], **{"restrictions-0-day": ["1"], "restrictions-0-start": "09:00"}),
        layer([alice], anchor_date=""),
        layer([alice], rota=["999999"]),
    ]
    backwards = {"user": alice.pk, "starts_at": "2026-12-02T10:00", "ends_at": "2026-12-01T10:00", "reason": "Typed"}
    for form, said in (
        (
            schedule_form(payments, wrong, [backwards]),
            (
                "Row 1: tick at least one day",
                "Row 1: give a time until which",
                "This field is required",
                "Row 1 names a person that does not exist any more",
                "It ends before it starts",
            ),
        ),
        (schedule_form(payments, [layer([alice])], time_zone="Mars/Base"), ("Mars/Base is not a time zone",)),
    ):
        answer = as_boss.post(ADD, form)
        assert answer.status_code == 200
        # The preview says the same instead of failing.
        shown, preview = text(answer), text(as_boss.post(PREVIEW, form))
        for words in said:
            assert words in shown
            assert words in preview
        assert "Weekly" in shown
    assert not Schedule.objects.filter(name="Main").exists()


def test_times_on_the_page_are_on_the_schedules_clock(as_boss, payments, alice):
    day = timezone.localdate() + timedelta(days=3)
    form = schedule_form(
        payments,
        [layer([alice])],
        [{"user": alice.pk, "starts_at": f"{day}T18:00", "ends_at": f"{day}T20:00", "reason": ""}],
        time_zone="Asia/Tokyo",
    )
    assert as_boss.post(ADD, form).status_code == 302
    made = Override.objects.get()
    assert made.starts_at.hour == 9
    assert made.created_by.username == "boss"
    page = text(as_boss.get(reverse("admin:teams_schedule_change", args=[made.schedule_id])))
    assert "6 p.m." in page
    assert "9 a.m." not in page


def test_the_preview_shows_unsaved_rows_and_saves_nothing(as_boss, payments, alice, bob):
    form = schedule_form(payments, [layer([alice, bob]), layer([bob], name="Upper")])
    page = text(as_boss.post(PREVIEW, form))
    for words in ("Alice", "Bob", "Upper", "Final schedule", "Somebody is on call at every moment"):
        assert words in page
    hours = {"restrictions-0-day": ["0"], "restrictions-0-start": "09:00", "restrictions-0-end": "17:00"}
    page = text(as_boss.post(PREVIEW, schedule_form(payments, [layer([alice], **hours)])))
    assert "with nobody on call" in page
    assert "has no people yet" in text(as_boss.post(PREVIEW, schedule_form(payments, [layer([])])))
    assert not Schedule.objects.filter(name="Main").exists()


def test_the_preview_of_a_saved_schedule_follows_the_form_without_script_too(as_boss, payments, alice, bob):
    as_boss.post(ADD, schedule_form(payments, [layer([alice])]))
    made = Schedule.objects.get(name="Main")
    url = reverse("admin:teams_schedule_change", args=[made.pk])
    assert "Final schedule" in text(as_boss.get(url))
    changed = schedule_form(payments, [layer([bob], id=made.layers.get().pk, schedule=made.pk, DELETE="on")], saved=1)
    page = text(as_boss.post(f"{url[:-7]}preview/", changed))
    assert "as before; then it is over." in page
    assert "with nobody on call" in page
    assert "Final schedule" in page
    assert made.layers.count() == 1


def test_the_preview_is_for_those_who_may_edit(client, payments, alice, bob, charlie, search):
    theirs = payments.schedules.get()
    url = f"/admin/teams/schedule/{theirs.pk}/preview/"
    client.force_login(bob)
    assert client.post(PREVIEW, schedule_form(payments), follow=True).status_code == 403
    client.force_login(charlie)
    assert client.post(PREVIEW, schedule_form(search)).status_code == 200
    assert client.post(url, schedule_form(payments)).status_code == 403
    client.force_login(alice)
    assert client.post(url, schedule_form(payments)).status_code == 200


POLICY = "/admin/teams/escalationpolicy/add/"


def policy_form(team, steps, **more):
    return {"team": team.pk, "name": "Nights", "repeat": 2, **rows(STEPS, steps), **more}


def test_a_policy_pages_schedules_people_and_teams(as_boss, search, charlie, bob):
    schedule = factories.schedule(search, [charlie])
    steps = [
        {"position": "", "targets": [f"schedule:{schedule.pk}"], "delay_minutes": 5},
        {"position": "", "targets": [f"user:{bob.pk}", f"team:{search.pk}"], "delay_minutes": 10},
    ]
    form = policy_form(search, steps, use_it="on", fallback_user=bob.pk)
    said = text(as_boss.post("/admin/teams/escalationpolicy/preview/", form))
    assert as_boss.post(POLICY, form).status_code == 302
    made = EscalationPolicy.objects.get(name="Nights")
    assert [[str(t) for t in s.targets.order_by("pk")] for s in made.steps.all()] == [
        ["Search · Primary"],
        ["Bob", "Search"],
    ]
    search.refresh_from_db()
    assert search.escalation_policy == made
    page = text(as_boss.get(reverse("admin:teams_escalationpolicy_change", args=[made.pk])))
    for words in (
        "At once: whoever is on call in Search · Primary.",
        "After 5 min: Bob and everybody in Search.",
        "After 15 min without an answer it starts over, up to 2 times more",
        "When a step finds nobody on call: Bob, at once.",
    ):
        assert words in said
        assert words in page


def test_a_step_without_a_target_says_what_to_choose(as_boss, search):
    answer = as_boss.post(POLICY, policy_form(search, [{"position": "", "targets": [], "delay_minutes": 7}]))
    assert "Choose whom this step pages" in text(answer)
    assert not EscalationPolicy.objects.filter(name="Nights").exists()


def test_a_policy_stops_being_the_teams_own(as_boss, payments):
    policy = payments.escalation_policy
    url = reverse("admin:teams_escalationpolicy_change", args=[policy.pk])
    page = as_boss.get(url)
    steps = [
        {
            "id": s.pk,
            "policy": policy.pk,
            "position": s.position + 1,
            "delay_minutes": 5,
            "targets": [f"user:{t.user_id}" if t.user_id else f"schedule:{t.schedule_id}" for t in s.targets.all()],
        }
        for s in policy.steps.all()
    ]
    form = {"team": payments.pk, "name": "Default", "repeat": 0, **rows(STEPS, steps, saved=len(steps))}
    assert page.status_code == 200
    assert as_boss.post(url, form).status_code == 302
    payments.refresh_from_db()
    assert payments.escalation_policy is None
    assert policy.steps.count() == len(steps)


def test_a_new_team_leads_on_to_its_rotation_and_policy(as_boss, alice):
    form = {
        "name": "Data",
        "slug": "data",
        "description": "",
        **rows("memberships", [{"user": alice.pk, "role": "manager"}]),
        **rows("services", []),
    }
    page = text(as_boss.post("/admin/teams/team/add/", form, follow=True))
    team = Team.objects.get(slug="data")
    assert f"/admin/teams/schedule/add/?team={team.pk}" in page
    assert f"/admin/teams/escalationpolicy/add/?team={team.pk}" in page
    assert as_boss.get(f"/admin/teams/schedule/add/?team={team.pk}").status_code == 200


def test_there_is_one_organization_and_its_list_is_its_page(as_boss):
    only = Organization.current()
    answer = as_boss.get("/admin/teams/organization/")
    assert answer.headers["Location"] == reverse("admin:teams_organization_change", args=[only.pk])
    assert as_boss.get("/admin/teams/organization/add/").status_code == 403
    assert as_boss.post(f"/admin/teams/organization/{only.pk}/delete/").status_code == 403


def test_built_in_roles_keep_their_slug_and_stay(as_boss):
    commander = Role.objects.get(slug=Role.COMMANDER)
    page = text(as_boss.get(reverse("admin:teams_role_change", args=[commander.pk])))
    assert 'name="slug"' not in page
    assert as_boss.post(reverse("admin:teams_role_delete", args=[commander.pk])).status_code == 403
    as_boss.post("/admin/teams/role/", {"action": "delete_selected", "_selected_action": [commander.pk], "post": "yes"})
    assert Role.objects.filter(pk=commander.pk).exists()


def test_tokens_are_made_in_the_console_and_revoked_here_by_anybody_who_keeps_them(as_boss, alice):
    token, raw = ApiToken.issue(alice, "ci", scopes=["read"])
    assert as_boss.get("/admin/teams/apitoken/add/").status_code == 403
    page = text(as_boss.get(reverse("admin:teams_apitoken_change", args=[token.pk])))
    assert "wbp_" in page
    assert raw not in page
    as_boss.post("/admin/teams/apitoken/", {"action": "revoke", "_selected_action": [token.pk]})
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert AccessEvent.objects.get(kind="token.revoked").through == "admin"


@pytest.fixture
def clerk(client, alice):
    """An admin, who administers people and tokens without being an owner."""
    alice.role = "admin"
    alice.save()
    client.force_login(alice)
    return client


def test_an_admin_makes_nobody_an_owner(clerk, boss, bob, alice):
    page = text(clerk.get(reverse("admin:teams_user_change", args=[bob.pk])))
    assert '<option value="admin"' in page
    assert '<option value="owner"' not in page
    assert clerk.get(reverse("admin:auth_user_password_change", args=[boss.pk])).status_code == 403
    assert clerk.post(reverse("admin:teams_user_change", args=[boss.pk]), {}).status_code == 403


@pytest.mark.parametrize("url", ["/admin/teams/user/{}/delete/", "/admin/teams/user/"])
def test_somebody_in_a_rotation_is_not_deleted(as_boss, payments, alice, url):
    selected = {"action": "delete_selected", "_selected_action": [alice.pk]}
    page = as_boss.post(url.format(alice.pk), {**selected, "post": "yes"})
    assert "would require deleting the following protected related objects" in text(page)
    assert f"Person in rotation: {alice} in Payments · Primary, Primary" in text(page)
    assert payments.schedules.get().layers.get().rota.get().user == alice


def test_a_schedule_goes_with_its_rotation(as_boss, payments):
    payments.schedules.get().delete()
    assert not Layer.objects.exists()


def test_a_user_is_made_with_a_zone_and_their_password_is_kept_as_argon2(as_boss):
    form = {
        "username": "nina",
        "email": "nina@example.org",
        "first_name": "Nina",
        "last_name": "",
        "time_zone": "Europe/Berlin",
        "usable_password": "true",
        "password1": "a long sentence of words",
        "password2": "a long sentence of words",
        **rows("memberships", []),
    }
    assert as_boss.post("/admin/teams/user/add/", form).status_code == 302
    nina = User.objects.get(username="nina")
    assert nina.password.startswith("argon2")
    assert nina.time_zone == "Europe/Berlin"


@pytest.mark.parametrize(
    ("kind", "shape"), [("alertmanager", "/integrations/v1/alertmanager/{key}/"), ("changes", "{key}")]
)
def test_an_integrations_key_is_shown_once_and_renewed(as_boss, payments, kind, shape):
    form = {"name": "Prometheus", "kind": kind, "team": payments.pk, **rows("heartbeats", [])}
    page = text(as_boss.post("/admin/incidents/integration/add/", form, follow=True))
    made = Integration.objects.get()
    first = _secret(page, shape)
    good = [made.keys.get().digest]
    assert good == [IntegrationKey.digest_of(first)]
    url = reverse("admin:incidents_integration_change", args=[made.pk])
    assert first not in text(as_boss.get(url))
    renewed = _secret(text(as_boss.post(f"/admin/incidents/integration/{made.pk}/renew-key/", follow=True)), shape)
    assert renewed != first
    # The former one works for a day beside it.
    assert made.keys.good(timezone.now()).count() == 2
    assert [key.digest for key in made.keys.good(timezone.now() + timedelta(days=2))] == [
        IntegrationKey.digest_of(renewed)
    ]
    as_boss.get(f"/admin/incidents/integration/{made.pk}/renew-key/")
    assert made.keys.count() == 2


def test_an_integration_is_tested_and_what_it_sent_is_looked_at_and_sent_again(as_boss, payments):
    integration, _ = factories.integration(payments, kind="pagerduty", name="Pager")
    as_boss.post(f"/admin/incidents/integration/{integration.pk}/test/")
    inbox.take_due()
    event = Event.objects.get()
    incident = event.integration.incidents.get()
    shown = text(as_boss.get("/admin/incidents/event/?q=Pager"))
    assert f'opened <a href="/incidents/{incident.pk}/">' in shown
    assert "test alert" in text(as_boss.get(f"/admin/incidents/event/{event.pk}/change/")).lower()
    as_boss.post("/admin/incidents/event/", {"action": "send_again", "_selected_action": [event.pk]})
    inbox.take_due()
    assert Event.objects.count() == 2
    assert Event.objects.latest("pk").outcome["repeats"] == 1


def _secret(page, shape):
    shown = page.split('class="wb-secret">')[1].split("<")[0]
    before, after = shape.split("{key}")
    assert before in shown
    return shown.split(before)[1].removesuffix(after) if before else shown


def test_the_history_of_a_severity_keeps_the_words(as_boss):
    severity = Severity.objects.get(level=1)
    form = {
        "label": severity.label,
        "definition": "Everything is down.",
        "comms_required": "on",
        "update_minutes": severity.update_minutes,
        "meeting_days": severity.meeting_days,
        "circulate_days": severity.circulate_days,
        "postmortem_days": severity.postmortem_days,
        "assign_days": 2,
        "action_days": 15,
        "relevance_days": 60,
    }
    url = reverse("admin:incidents_severity_change", args=[1])
    assert as_boss.post(url, form).status_code == 302
    page = text(as_boss.get(reverse("admin:incidents_severity_history", args=[1]), follow=True))
    assert severity.definition[:30] in page
    assert "Everything is down." in page


def test_incidents_and_their_timeline_are_read_only(as_boss, payments, alice):
    incident = factories.incident(payments, alice, phase="mitigate")
    entry = TimelineEntry.objects.filter(incident=incident).first()
    page = as_boss.get(reverse("admin:incidents_incident_change", args=[incident.pk]))
    assert "<strong>Mitigate</strong>" in text(page)
    assert entry.text[:20] in text(page)
    assert "Open INC-" in text(page)
    for name, pk in (("incident", incident.pk), ("timelineentry", entry.pk)):
        assert as_boss.get(f"/admin/incidents/{name}/add/").status_code == 403
        assert as_boss.post(f"/admin/incidents/{name}/{pk}/change/", {}).status_code == 403
        assert as_boss.post(f"/admin/incidents/{name}/{pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_private_incident_is_invisible_in_the_administration_too(client, payments, alice, charlie):
    incident = factories.incident(payments, alice, private=True, title="Secret matter")
    charlie.role = "admin"
    charlie.save()
    client.force_login(charlie)
    for name in ("incident", "timelineentry", "postmortem", "page", "alert", "actionitem", "escalationrun"):
        assert "Secret matter" not in text(client.get(f"/admin/incidents/{name}/"))
    answer = client.get(reverse("admin:incidents_incident_change", args=[incident.pk]), follow=True)
    assert "Secret matter" not in text(answer)


def grow(payments, alice, bob, count):
    for n in range(count):
        incident = factories.incident(payments, alice, phase="declare", title=f"Trouble {n}")
        assert incident.pk
        team = factories.TeamFactory(people=[alice, bob])
        schedule = factories.schedule(team, [alice, bob])
        factories.policy(team, [schedule, bob], [alice, team], fallback=bob)
        factories.ServiceFactory(team=team)
        factories.integration(team)
        factories.ChangeFactory(service=team.services.get())
        ApiToken.issue(factories.UserFactory(), "ci")
        now = timezone.now()
        Override.objects.create(schedule=schedule, user=bob, starts_at=now, ends_at=now + timedelta(hours=1))


def test_every_list_opens_searches_and_costs_the_same_however_long(as_boss, payments, alice, bob):
    ours = [m._meta for m in admin.site._registry if m._meta.app_label in ("teams", "incidents")]
    urls = [reverse(f"admin:{m.app_label}_{m.model_name}_changelist") for m in ours if m.model is not Organization]
    grow(payments, alice, bob, 1)
    few = {url: queries(as_boss, url) for url in urls if as_boss.get(url, {"q": "a"}).status_code == 200}
    assert list(few) == urls
    assert max(few.values()) <= 40
    grow(payments, alice, bob, 3)
    assert {url: (many, few[url]) for url in urls if (many := queries(as_boss, url)) > few[url]} == {}


def queries(client, url):
    with CaptureQueriesContext(connection) as counted:
        assert client.get(url).status_code == 200, url
    return len(counted)


def test_editing_a_long_schedule_costs_the_same_queries(as_boss, payments, alice, bob, django_assert_max_num_queries):
    schedule = Schedule.objects.get(team=payments)
    url = reverse("admin:teams_schedule_change", args=[schedule.pk])
    now = timezone.now()

    def more(count):
        for n in range(count):
            made = Layer.objects.create(
                schedule=schedule, name=f"L{n}", anchor_date=date(2026, 1, 5), handoff_time="09:00"
            )
            made.rota.create(user=alice)
            made.rota.create(user=bob, position=1)
            Override.objects.create(schedule=schedule, user=bob, starts_at=now, ends_at=now + timedelta(hours=n + 1))

    more(1)
    as_boss.get(url)
    with django_assert_max_num_queries(60) as few:
        as_boss.get(url)
    more(6)
    with django_assert_max_num_queries(len(few)):
        as_boss.get(url)


@pytest.mark.parametrize("kind", ["team", "user", "escalationpolicy"])
def test_editing_something_big_costs_the_same_queries(
    as_boss, payments, alice, bob, kind, django_assert_max_num_queries
):
    pk = {"team": payments.pk, "user": alice.pk, "escalationpolicy": payments.escalation_policy_id}[kind]
    url = reverse(f"admin:teams_{kind}_change", args=[pk])

    def more(count):
        for _ in range(count):
            payments.memberships.create(user=factories.UserFactory())
            factories.TeamFactory(people=[alice])
            factories.ServiceFactory(team=payments, escalation_policy=payments.escalation_policy)
            step = payments.escalation_policy.steps.create(position=9)
            step.targets.create(user=bob)
            step.targets.create(team=payments)

    more(1)
    as_boss.get(url)
    with django_assert_max_num_queries(60) as few:
        as_boss.get(url)
    more(5)
    with django_assert_max_num_queries(len(few)):
        assert as_boss.get(url).status_code == 200
