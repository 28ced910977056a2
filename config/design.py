"""The living style page: every component with sample data, for development only."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.utils import timezone
from django.views.generic import TemplateView

from config.templatetags import watchbill_ui

NAMES = {"ines": "Inês Duarte", "bob": "Bob Okafor", "mei": "Mei Tanaka", "lars": "Lars Holm"}
ICONS = (
    "bell detect declare mitigate communicate resolve review closed cancelled merged oncall team "
    "actions status mail page ack note role command change undo swap clock calendar search filter "
    "menu more plus x check left right down arrow copy link lock sun moon auto settings signout info "
    "warn help keyboard edit trash eye tag empty sev1 sev2 sev3 sev4 operational degraded partial "
    "major maintenance"
)
TEXT = """Rolled back `2.31.0`. See **graph** at https://graphs.example.com/d/1.

- errors fall
- latency is normal
"""


class SampleForm(forms.Form):
    title = forms.CharField(help_text="What is broken, for whom? Short enough to say aloud.")
    severity = forms.ChoiceField(
        widget=forms.RadioSelect,
        choices=[
            ("1", "SEV1 · most customers cannot use the service"),
            ("2", "SEV2 · an important part is broken or very slow"),
            ("3", "SEV3 · a small part is impaired, with a way around it"),
        ],
        help_text="When in doubt, the higher.",
    )
    service = forms.ChoiceField(choices=[("", "Choose …"), ("checkout", "Checkout"), ("search", "Search")])
    impact = forms.CharField(widget=forms.Textarea(attrs={"data-keep": "design:impact", "rows": 3}), required=False)
    notify = forms.BooleanField(required=False, label="Mail it to the subscribers", initial=True)


class SampleFilter(forms.Form):
    q = forms.CharField(
        required=False, max_length=200, label="Search", widget=forms.TextInput(attrs={"type": "search"})
    )
    phase = forms.ChoiceField(required=False, choices=[("", "Open"), ("mitigate", "Mitigate"), ("all", "All")])
    severity = forms.ChoiceField(required=False, choices=[("", "Any"), ("1", "SEV1"), ("2", "SEV2")])
    team = forms.ChoiceField(required=False, choices=[("", "Any team"), ("payments", "Payments")])


def sample(now: dt.datetime) -> dict[str, Any]:
    """The seed story at the moment of the rollback, as plain objects with the models' attribute names."""

    def ago(minutes: float) -> dt.datetime:
        return now - dt.timedelta(minutes=minutes)

    people = {
        slug: SimpleNamespace(name=name, username=slug, email=f"{slug}@example.com") for slug, name in NAMES.items()
    }
    incident = SimpleNamespace(
        pk=42,
        reference="INC-42",
        title="Checkout: error rate 30 %",
        phase="mitigate",
        severity=SimpleNamespace(level=1, definition="Most customers cannot use the service."),
        commander=people["ines"],
        team=SimpleNamespace(name="Payments"),
        detected_at=ago(8),
        declared_at=ago(6),
        mitigation_started_at=ago(2),
        mitigated_at=None,
        resolved_at=None,
        review_started_at=None,
        impact="About one in three customers cannot pay. Carts are kept.",
        next_update_due_at=ago(-12),
        last_update_at=None,
        private=False,
    )
    lines = [
        ("alert", "detect", "Alert: error rate 30 %", None, 8, {}),
        ("page", "detect", "Paged Bob Okafor (Payments primary, step 1)", None, 8, {}),
        ("acknowledged", "detect", "Acknowledged the page", "bob", 7, {}),
        ("phase", "declare", "Inês Duarte declared the incident, SEV1", "ines", 6, {"phase_to": "declare"}),
        ("role", "declare", "**Inês Duarte** commands, Bob Okafor leads operations", None, 6, {}),
        ("change", "declare", "Last deploy: `checkout 2.31.0`, 4 min before the alert", "bob", 4, {}),
        (
            "phase",
            "mitigate",
            "Started mitigation: roll back checkout to 2.30.2",
            "bob",
            2,
            {"phase_to": "mitigate", "reason": "The commander was still on the way to a keyboard."},
        ),
        ("note", "mitigate", "Errors fall to 11 %: https://graphs.example.com/d/checkout", "mei", 0.5, {}),
    ]
    timeline = [
        SimpleNamespace(
            pk=number,
            kind=kind,
            phase=phase,
            phase_to=more.get("phase_to", ""),
            text=text,
            reason=more.get("reason", ""),
            actor=people.get(who or ""),
            actor_id=who,
            occurred_at=None if number == 99 else ago(minutes),
            recorded_at=ago(minutes),
            corrects_id=None,
        )
        for number, (kind, phase, text, who, minutes, more) in enumerate(lines, start=1)
    ]
    mitigations = [
        SimpleNamespace(
            pk=1,
            state="verifying",
            title="Roll back checkout to 2.30.2",
            get_kind_display="Roll back",
            carried_by=people["bob"],
            success_signal="error rate under 1 % for 5 min",
            deadline_at=ago(-4),
            rollback_plan="",
            finished_at=None,
            outcome_note="",
        ),
        SimpleNamespace(
            pk=2,
            state="proposed",
            title="Fail payments over to the second region",
            get_kind_display="Fail over",
            carried_by=None,
            success_signal="",
            deadline_at=None,
            rollback_plan="Switch back by DNS, 5 min",
            finished_at=None,
            outcome_note="",
        ),
    ]
    changes = [
        SimpleNamespace(summary="Deploy checkout 2.31.0", service="Checkout", source="deploy 8812", at=ago(12)),
        SimpleNamespace(summary="Flag new-tax-rules on for 10 %", service="Checkout", source="flags", at=ago(68)),
        SimpleNamespace(summary="Deploy ledger 4.8.1", service="Ledger", source="deploy 8807", at=ago(190)),
    ]
    roles = [
        ("Incident Commander", "Coordinates and decides; carries out no mitigation.", people["ines"], None),
        ("Operations Lead", "Carries out mitigations or gives them to somebody.", people["bob"], None),
        ("Communications Lead", "Writes to stakeholders and keeps the promised times.", None, people["mei"]),
        ("Scribe", "Keeps the timeline honest while others work.", None, None),
    ]
    seats = [
        {"role": SimpleNamespace(name=name, duties=duties), "person": person, "offered_to": offered}
        for name, duties, person, offered in roles
    ]
    verbs = [
        {"label": "Confirm mitigated", "url": "#", "icon": "check", "missing": 1},
        {"label": "Status update", "url": "#", "icon": "communicate", "key": "u"},
        {"label": "Add a note", "url": "#", "icon": "note", "key": "n"},
        {"label": "Change severity", "url": "#", "icon": "sev3", "help": "Now SEV1"},
        {"label": "Merge into …", "url": "#", "icon": "merged", "help": "The same trouble"},
        {"label": "Cancel", "url": "#", "icon": "cancelled", "help": "This is not an incident"},
    ]
    problems = [
        {
            "code": "not_seen_to_work",
            "message": "Mark the mitigation that worked, or say that it recovered by itself.",
            "fix_url": "#mitigations",
            "overridable": False,
        },
        {
            "code": "recovery_not_told",
            "message": "Stakeholders have not been told that service is restored.",
            "fix_url": "#updates",
            "overridable": True,
        },
    ]
    others = [
        (42, "Checkout: error rate 30 %", "mitigate", 1, "ines", "Payments", 8, -12),
        (41, "Search answers slowly in eu-west", "communicate", 2, "lars", "Search", 51, 3),
        (40, "Nightly export is late", "declare", 3, "mei", "Data", 96, -3),
        (39, "Certificate of mail relay expires tomorrow", "detect", None, None, "Platform", 4, None),
        (36, "Login loops on old Android", "review", 3, "bob", "Identity", 60 * 27, None),
    ]
    incidents = [
        SimpleNamespace(
            pk=pk,
            reference=f"INC-{pk}",
            title=title,
            phase=phase,
            severity=level,
            commander=people.get(who or ""),
            team=SimpleNamespace(name=team),
            detected_at=ago(minutes),
            next_update_due_at=None if due is None else ago(due),
            private=pk == 40,
        )
        for pk, title, phase, level, who, team, minutes, due in others
    ]
    components = [
        SimpleNamespace(name=name, status=status, description=text)
        for name, status, text in (
            ("Shop", "operational", ""),
            ("Checkout and payments", "major_outage", "Cards, wallets, invoices"),
            ("Search", "degraded_performance", ""),
            ("Order history", "partial_outage", ""),
            ("Partner API", "under_maintenance", "api.example.com"),
        )
    ]
    updates = [
        SimpleNamespace(
            state="identified",
            published_at=ago(1),
            body="We are undoing the change that caused this. Payments work again for **most**.",
        ),
        SimpleNamespace(
            state="investigating",
            published_at=ago(5),
            body="About one in three payments fails. Your cart is kept; nothing was charged twice.",
        ),
    ]
    return {
        "now": now,
        "people": people,
        "incident": incident,
        "timeline": timeline,
        "mitigations": mitigations,
        "mitigation_actions": [{"label": label, "url": "#"} for label in ("It worked", "No effect", "Undo")],
        "proposed_actions": [{"label": "Approve and start", "url": "#"}, {"label": "Drop", "url": "#"}],
        "changes": changes,
        "before": [dt.timedelta(minutes=4), dt.timedelta(minutes=60), dt.timedelta(minutes=182)],
        "seats": seats,
        "verbs": verbs,
        "problems": problems,
        "incidents": incidents,
        "components": components,
        "updates": updates,
    }


class DesignView(TemplateView):
    template_name = "design.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = timezone.now()
        wrong = SampleForm({"title": "", "severity": "1", "service": "", "impact": "Typed.", "notify": "on"})
        wrong.is_valid()
        story = sample(now)
        paths = [
            SimpleNamespace(phase="detect", detected_at=now),
            story["incident"],
            SimpleNamespace(
                phase="closed",
                detected_at=now,
                mitigation_started_at=now,
                mitigated_at=now,
                resolved_at=now,
                review_started_at=now,
                closed_at=now,
            ),
            SimpleNamespace(phase="cancelled", detected_at=now, declared_at=now, cancelled_at=now),
        ]
        return super().get_context_data(
            **kwargs,
            **story,
            form=wrong,
            filter_form=SampleFilter(),
            page=Paginator(range(230), 50).page(2),
            phases=[*watchbill_ui.PHASE_TONES, *watchbill_ui.ENDINGS],
            severities=(1, 2, 3, 4, None),
            tones=("danger", "warn", "caution", "ok", "info", "violet", "neutral"),
            paths=paths,
            component_states=watchbill_ui.COMPONENT_STATES,
            update_states=watchbill_ui.UPDATE_STATES,
            mitigation_states=watchbill_ui.MITIGATION_STATES,
            comms_states=watchbill_ui.COMMS_STATES,
            icons=ICONS.split(),
            sample_text=TEXT,
            soon=now + dt.timedelta(minutes=3),
            late=now - dt.timedelta(minutes=7),
            past=now - dt.timedelta(hours=1, minutes=5),
        )
