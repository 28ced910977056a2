"""Figures of paging and of how incidents went, for Prometheus, for whoever has the token of the settings."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from comms import ledgers, watching
from comms.actions import relaying
from comms.models import Alarm, Delivery
from incidents.presenters.figures import exposition
from teams import moments, permits

TYPE = "text/plain; version=0.0.4; charset=utf-8"
FIGURES = (
    ("watchbill_paging_lost_incidents", "Incidents that nobody answered and that nothing will page for.", "lost"),
    ("watchbill_paging_late_runs", "Escalation runs that are late by more than a minute.", "runs"),
    ("watchbill_paging_late_calls", "Pages that are late by more than a minute.", "calls"),
    ("watchbill_paging_late_digests", "Digests of pages that are late by more than a minute.", "digests"),
    ("watchbill_paging_oldest_due_seconds", "For how long the oldest due page has waited.", "waiting"),
)


@permits.open_to("event.send")
@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """`Authorization: Bearer <WATCHBILL_METRICS_TOKEN>`; without that setting there is no such address."""
    token = settings.WATCHBILL_METRICS_TOKEN
    if not token:
        raise Http404
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if not constant_time_compare(given, token):
        return HttpResponse("Give the metrics token as a bearer token.\n", status=401, content_type="text/plain")
    now = moments.now()
    found = watching.look(now)
    lines = []
    for name, text, field in FIGURES:
        lines += [f"# HELP {name} {text}", f"# TYPE {name} gauge", f"{name} {getattr(found, field):g}"]
    name = "watchbill_deliveries_waiting"
    lines += [f"# HELP {name} Messages that wait to be sent, by kind.", f"# TYPE {name} gauge"]
    lines += [f'{name}{{kind="{kind}"}} {count}' for kind, count in Delivery.objects.waiting_by_kind()]
    lines += _of_mail()
    name = "watchbill_deliveries_oldest_due_seconds"
    lines += [f"# HELP {name} For how long the oldest message that is due has waited, by kind.", f"# TYPE {name} gauge"]
    lines += [f'{name}{{kind="{kind}"}} {age:g}' for kind, age in Delivery.objects.oldest_due_by_kind(now)]
    name = "watchbill_update_deliveries"
    told = "Messages of the updates of the last 24 hours, by outcome."
    lines += [f"# HELP {name} {told}", f"# TYPE {name} gauge"]
    lines += [f'{name}{{outcome="{outcome}"}} {count}' for outcome, count in ledgers.lately(now).items()]
    lines += exposition.lines(now)
    return HttpResponse("\n".join(lines) + "\n", content_type=TYPE)


def _of_mail() -> list[str]:
    found = relaying.standings()
    by_relay = [
        ("watchbill_mail_relay_takes", "Whether the mail relay takes our mail.", [int(each.takes) for each in found]),
        (
            "watchbill_mail_relay_failures",
            "Tries in a row that did not reach the mail relay.",
            [each.state.failures if each.state else 0 for each in found],
        ),
    ]
    lines = []
    for name, text, values in by_relay:
        lines += [f"# HELP {name} {text}", f"# TYPE {name} gauge"]
        for each, value in zip(found, values, strict=True):
            lines.append(f'{name}{{relay="{each.relay.name}"}} {value}')
    name = "watchbill_alarms"
    lines += [f"# HELP {name} What is wrong with mail and not over yet, by kind.", f"# TYPE {name} gauge"]
    kinds = list(Alarm.objects.open().values_list("kind", flat=True))
    return [*lines, *(f'{name}{{kind="{kind}"}} {kinds.count(kind)}' for kind in Alarm.Kind.values)]
