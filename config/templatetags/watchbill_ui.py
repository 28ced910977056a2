"""Template tags of the interface: icons, chips, times in the reader's zone, and safe Markdown.

The tags read objects by attribute name and import no app, so that every app's templates may load them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, pgettext

from config import lines
from config.markdown import render
from teams import dates, permits

register = template.Library()

# (slug, label, field with the time this phase began, what the phase is for)
PATH: tuple[tuple[str, str, str, str], ...] = (
    ("detect", "Detect", "detected_at", "An alert or a report surfaces the problem."),
    ("declare", "Declare", "declared_at", "Name an Incident Commander and fill the roles."),
    ("mitigate", "Mitigate", "mitigation_started_at", "Restore service first; causes can wait."),
    ("communicate", "Communicate", "mitigated_at", "Tell stakeholders the status and what comes next."),
    ("resolve", "Resolve", "resolved_at", "Recovery is confirmed."),
    ("review", "Review", "review_started_at", "Blameless postmortem with concrete actions."),
)
PHASE_TONES = {
    "detect": "caution",
    "declare": "caution",
    "mitigate": "warn",
    "communicate": "info",
    "resolve": "ok",
    "review": "violet",
}
ENDINGS = {"closed": "Closed", "cancelled": "Cancelled", "merged": "Merged"}
PHASE_LABELS = {step[0]: step[1] for step in PATH} | ENDINGS
SEVERITY_TONES = {1: "danger", 2: "warn", 3: "caution", 4: "neutral"}
COMPONENT_STATES: dict[str, tuple[str, str, str]] = {
    "operational": ("ok", "operational", "Operational"),
    "degraded_performance": ("caution", "degraded", "Degraded performance"),
    "partial_outage": ("warn", "partial", "Partial outage"),
    "major_outage": ("danger", "major", "Major outage"),
    "under_maintenance": ("info", "maintenance", "Under maintenance"),
}
UPDATE_STATES: dict[str, tuple[str, str, str]] = {
    "investigating": ("warn", "detect", "Investigating"),
    "identified": ("caution", "mitigate", "Identified"),
    "monitoring": ("info", "eye", "Monitoring"),
    "resolved": ("ok", "resolve", "Resolved"),
    "postmortem": ("violet", "review", "Postmortem"),
    "scheduled": ("info", "calendar", "Scheduled"),
    "in_progress": ("info", "maintenance", "In progress"),
    "verifying": ("info", "eye", "Verifying"),
    "completed": ("ok", "resolve", "Completed"),
    "cancelled": ("neutral", "cancelled", "Cancelled"),
}
MITIGATION_STATES: dict[str, tuple[str, str, str]] = {
    "proposed": ("neutral", "note", "Proposed"),
    "approved": ("info", "check", "Approved"),
    "executing": ("warn", "arrow", "Executing"),
    "verifying": ("info", "eye", "Verifying"),
    "worked": ("ok", "resolve", "Worked"),
    "partly": ("caution", "partial", "Worked partly"),
    "no_effect": ("neutral", "cancelled", "No effect"),
    "harmful": ("danger", "major", "Made it worse"),
    "undone": ("neutral", "undo", "Undone"),
    "dropped": ("neutral", "cancelled", "Not done"),
}
COMMS_STATES: dict[str, tuple[str, str, str]] = {
    "not_required": ("neutral", "cancelled", "No updates required"),
    "current": ("ok", "check", "Up to date"),
    "due": ("caution", "clock", "Update due"),
    "overdue": ("danger", "clock", "Update overdue"),
    "final_sent": ("ok", "ack", "Final update sent"),
}
# kind of timeline entry -> icon
KINDS = {
    "alert": "warn",
    "report": "declare",
    "change": "change",
    "page": "page",
    "acknowledged": "ack",
    "phase": "arrow",
    "severity": "sev3",
    "impact": "status",
    "role": "role",
    "mitigation": "mitigate",
    "update": "communicate",
    "promise": "clock",
    "note": "note",
    "decision": "check",
    "correction": "edit",
    "review": "review",
    "action_item": "actions",
    "task": "actions",
    "team": "team",
    "relation": "merged",
    "link": "link",
    "witness": "eye",
    "playbook": "map",
    "exercise": "auto",
}
LATE = dt.timedelta(minutes=2)
STATES = {
    "component": COMPONENT_STATES,
    "update": UPDATE_STATES,
    "mitigation": MITIGATION_STATES,
    "comms": COMMS_STATES,
}
TIME_STYLES = ("time", "datetime", "full", "date", "moment", "zoned")


# A page has hundreds, of few kinds. By type, so that what is safe already is no stand-in for what has to be escaped.
@register.simple_tag
@lru_cache(maxsize=1024, typed=True)
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """One symbol of `partials/icons.html`; decorative unless `label` says what it means."""
    classes = f"icon {css}".strip()
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}"><use href="#i-{}"></use></svg>', classes, label, name
        )
    return format_html(
        '<svg class="{}" aria-hidden="true" focusable="false"><use href="#i-{}"></use></svg>', classes, name
    )


@register.simple_tag(takes_context=True)
def nav_link(context: Mapping[str, Any], label: str, url_name: str, fallback: str, symbol: str) -> SafeString:
    """A link of the main navigation; `fallback` is the path used until the route has its name."""
    try:
        url = reverse(url_name)
    except NoReverseMatch:
        url = fallback
    request = context.get("request")
    here = request is not None and request.path.startswith(url)
    current = mark_safe(' aria-current="page"') if here else ""
    return format_html('<a class="navlink" href="{}"{}>{}<span>{}</span></a>', url, current, icon(symbol), label)


@register.simple_tag
def badge(label: object, tone: str = "neutral", symbol: str = "", title: object = "") -> SafeString:
    """A chip with a word, a tone (`danger warn caution ok info violet neutral`) and an optional icon."""
    # Rows are the same by their key alone, so what is kept is asked for by their words.
    word, says = (text if isinstance(text, str) else "" if text is None else str(text) for text in (label, title))
    return _chip(word, tone or "neutral", symbol, says)


@lru_cache(maxsize=2048, typed=True)
def _chip(label: str, tone: str, symbol: str, title: str = "", css: str = "chip") -> SafeString:
    return format_html(
        '<span class="{}" data-tone="{}"{}>{}{}</span>',
        css,
        tone,
        format_html(' title="{}"', title) if title else "",
        icon(symbol, "icon--s") if symbol else "",
        label,
    )


@register.simple_tag
def state_chip(kind: str, state: object) -> SafeString:
    """The chip of a `component`, `update`, `mitigation` or `comms` state; unknown states show as they are."""
    slug = str(state or "").lower().replace("-", "_").replace(" ", "_")
    tone, symbol, label = STATES[kind].get(slug, ("neutral", "", slug.replace("_", " ").capitalize()))
    return _chip(gettext(label) if label else "", tone, symbol)


@register.simple_tag
def severity_chip(severity: object) -> SafeString:
    """`severity` is a level 1 to 4, an object with `level`, or None (not set yet)."""
    level = getattr(severity, "level", severity)
    number = int(level) if isinstance(level, (int, str)) and str(level).isdigit() else None
    if not number:
        return format_html('<span class="chip chip--unset">{}No severity</span>', icon("help", "icon--s"))
    title = str(getattr(severity, "definition", "") or "")
    return _chip(f"SEV{number}", SEVERITY_TONES.get(number, "neutral"), f"sev{number}", title, "chip chip--sev")


@register.simple_tag
def phase_chip(phase: object) -> SafeString:
    """`phase` is a slug such as `mitigate`, or a text choice of it."""
    slug = phase_slug(phase)
    label = PHASE_LABELS.get(slug, slug.capitalize())
    return _chip(label, PHASE_TONES.get(slug, "neutral"), slug if slug in PHASE_LABELS else "info")


@register.simple_tag(takes_context=True)
def may_report(context: Mapping[str, Any]) -> bool:
    """Whether whoever reads the page may report an incident of any team."""
    user = context.get("user")
    return bool(user and user.is_authenticated and permits.may_somewhere(user, "incident.report"))


@register.inclusion_tag("partials/phase_path.html")
def phase_path(incident: object, spent: Mapping[str, dt.timedelta] | None = None) -> dict[str, Any]:
    """The whole path for an object with `phase` and the six phase times; see `path_steps`. `spent` is the time in each
    phase by its slug, where it is known."""
    found = path_steps(incident)
    for step in found["steps"]:
        known = (spent or {}).get(step["slug"])
        step["spent"] = known if known and step["state"] in ("done", "current") else None
    return found


@register.simple_tag(takes_context=True)
def timeline_entry(
    context: Mapping[str, Any],
    entry: Any,
    corrected: Any = None,
    actions: str = "",
    overrode: Any = (),
    fresh: bool = False,
    unseen: Any = (),
) -> SafeString:
    """One line of the log: `entry` has `kind phase text reason actor occurred_at recorded_at corrects_id`.

    The entry that it is `corrected` by strikes it through, `actions` names a template for buttons at its end, for which
    the page says in which `incident`, what one `may` do there, and what is `pinned`. See `config.lines`.
    """
    phase = phase_slug(entry.phase)
    occurred, recorded = entry.occurred_at, entry.recorded_at
    if entry.kind == "phase" and getattr(entry, "phase_to", ""):
        symbol = phase_slug(entry.phase_to)
    else:
        symbol = KINDS.get(str(entry.kind), "note")
    incident = context.get("incident") if actions else None
    elsewhere = incident is not None and entry.incident_id != incident.pk
    may_respond = bool(incident is not None and context["may"]["respond"])
    line = lines.Line(
        pk=entry.pk,
        kind=str(entry.kind),
        verb=getattr(entry, "verb", ""),
        tone=PHASE_TONES.get(phase, "neutral"),
        symbol=symbol,
        phase_label=PHASE_LABELS.get(phase, ""),
        who=person_name(entry.actor) if entry.actor_id else "",
        text=entry_text(entry),
        reason=entry.reason,
        occurred_at=occurred,
        recorded_at=recorded,
        late=occurred is not None and recorded is not None and recorded - occurred > LATE,
        corrects=entry.corrects_id,
        corrected=bool(corrected),
        correction=getattr(corrected, "pk", None),
        overrode=tuple(overrode),
        fresh=bool(fresh),
        actions=actions,
        incident=incident.pk if incident is not None else None,
        reference=entry.incident.reference if elsewhere else "",
        may_respond=may_respond,
        pinned=incident is not None and entry.pk in context["pinned"],
        zone=timezone.get_current_timezone_name(),
        language=get_language() or "",
        year=timezone.localtime().year,
    )
    own: dict[str, Any] = {}
    # The files of an entry of the timeline; the examples of the design page have none.
    if files := entry.attachments.all() if getattr(entry, "has_files", hasattr(entry, "attachments")) else ():
        own |= {"files": files, "entry": entry}
        own |= {name: context.get(name) for name in ("incident", "user", "may_remove_any") if actions}
    if unseen:
        own |= {"unseen": unseen, "incident": incident}
    if may_respond and not elsewhere and line.verb == "alert.moved":
        own["csrf_token"] = context.get("csrf_token")
    return lines.html(line, own)


@register.simple_tag
def entry_text(entry: Any) -> SafeString:
    """What an entry of the timeline says, as safe HTML, with those whom it mentions by name."""
    data = getattr(entry, "data", None) or {}
    if entry.kind == "link" and data.get("address"):
        host = urlsplit(data["address"]).hostname or ""
        link = format_html(
            '<a href="{}" rel="nofollow noopener noreferrer">{}</a>',
            data["address"],
            data.get("title") or data["address"],
        )
        return format_html('<p>{} <span class="muted small">{}</span></p>', link, host) if data.get("title") else link
    names = {row["as"]: row["name"] for row in data.get("mentions", ()) if row.get("name")}
    return mark_safe(render(str(entry.text or ""), names=names))  # noqa: S308  (cleaned by its allowlist)


@register.simple_tag
def attachment_alt(attachment: Any, entry: Any) -> str:
    """What a picture shows, for those who don't see it."""
    return str(attachment.alt(entry))


def path_steps(incident: object) -> dict[str, Any]:
    """Steps `{slug, label, purpose, state, at}`, state being `done|current|skipped|todo|stopped`; the ending.

    A phase whose time is empty although the incident is past it is `skipped`: nothing is filled in for it.
    A cancelled or merged incident never comes to the rest of the path: those steps are `stopped`.
    """
    slug = phase_slug(getattr(incident, "phase", ""))
    order = [step[0] for step in PATH]
    abandoned = slug in ("cancelled", "merged")
    here = order.index(slug) if slug in order else len(order)
    steps = []
    for position, (name, label, field, purpose) in enumerate(PATH):
        at = getattr(incident, field, None)
        if position == here:
            state = "current"
        elif at is not None and (position < here or abandoned):
            state = "done"
        elif abandoned:
            state = "stopped"
        else:
            state = "skipped" if position < here else "todo"
        shown = at if state in ("done", "current") else None
        steps.append({"slug": name, "label": label, "purpose": purpose, "state": state, "at": shown})
    ending = None
    if slug in ENDINGS:
        ending = {"slug": slug, "label": ENDINGS[slug], "at": getattr(incident, f"{slug}_at", None)}
    current = steps[here] if here < len(steps) else None
    return {"steps": steps, "current": current, "ending": ending, "number": min(here + 1, len(order))}


def phase_slug(phase: object) -> str:
    return str(getattr(phase, "value", phase) or "").strip().lower()


@register.filter
def duration(value: object) -> str:
    """A timedelta, or seconds, as `45 s`, `12 min`, `1 h 05 min`, `3 d 4 h`; empty for None."""
    if isinstance(value, dt.timedelta):
        seconds = int(value.total_seconds())
    elif isinstance(value, (int, float)):
        seconds = int(value)
    else:
        return ""
    sign = "-" if seconds < 0 else ""
    return sign + spell_seconds(abs(seconds))


@register.filter
def minutes(value: int | None) -> str:
    """A number of minutes as `12 min` or `1 h 05 min`; empty for None."""
    return "" if value is None else "under 1 min" if value < 1 else spell_seconds(value * 60)


def spell_seconds(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 60:
        return f"{minutes} min"
    if hours < 24:
        return f"{hours} h {minutes % 60:02d} min"
    unit = pgettext("days, in short", "d")
    return f"{days} {unit} {hours % 24} h" if days < 14 and hours % 24 else f"{days} {unit}"


@register.simple_tag
def local_time(
    value: dt.datetime | None,
    style: str = "datetime",
    empty: str = "not known",
    after: dt.datetime | None = None,
) -> SafeString:
    """`<time>` in the reader's zone; `style` is `time`, `datetime`, `full` or `date`; `moment` says the day only where
    it is another one than today, or than that of `after`, and `zoned` also whose clock it is.

    The server writes the active zone's time; the page's script rewrites it in the browser's zone where
    the reader has not chosen one. A missing time says `empty` and never borrows another moment.
    """
    if style not in TIME_STYLES:
        raise template.TemplateSyntaxError(f"local_time: style must be one of {', '.join(TIME_STYLES)}")
    if value is None:
        return format_html('<span class="nothing">{}</span>', empty)
    return format_html(
        '<time datetime="{}" data-local="{}"{} title="{}">{}</time>',
        instant(value),
        style,
        format_html(' data-after="{}"', instant(after)) if after else "",
        f"{value.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC",
        write_time(timezone.localtime(value), style, after and timezone.localtime(after)),
    )


def instant(value: dt.datetime) -> str:
    return value.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def write_time(local: dt.datetime, style: str, after: dt.datetime | None = None) -> str:
    """The text the script would write too, so that nothing jumps when it takes over."""
    if style == "time":
        return f"{local:%H:%M}"
    if style == "date":
        return dates.long(local)
    if style == "full":
        return f"{dates.named(local)}, {local:%H:%M %Z}"
    zone = f" {local:%Z}" if style == "zoned" else ""
    now = timezone.localtime()
    if style in ("moment", "zoned") and local.date() == (after or now).date():
        return f"{local:%H:%M}{zone}"
    day = dates.short(local) if local.year == now.year else dates.long(local)
    return f"{day}, {local:%H:%M}{zone}"


@register.simple_tag
def age(value: dt.datetime | None, empty: str = "not known") -> SafeString:
    """How long ago, kept fresh by the script: `12 min`."""
    if value is None:
        return format_html('<span class="nothing">{}</span>', empty)
    seconds = max(0, int((timezone.now() - value).total_seconds()))
    text = "< 1 min" if seconds < 60 else spell_seconds(seconds)
    return format_html('<time datetime="{}" data-age>{}</time>', instant(value), text)


@register.simple_tag
def countdown(value: dt.datetime | None, empty: str = "none promised") -> SafeString:
    """Time left to a promise: `in 12 min`, then `overdue by 3 min`; `data-state` is `soon` below 5 min."""
    if value is None:
        return format_html('<span class="nothing">{}</span>', empty)
    left = int((value - timezone.now()).total_seconds())
    text, state = spell_countdown(left)
    return format_html('<time datetime="{}" data-countdown data-state="{}">{}</time>', instant(value), state, text)


def spell_countdown(left: int) -> tuple[str, str]:
    amount = gettext("under 1 min") if abs(left) < 60 else spell_seconds(abs(left))
    if left < 0:
        return gettext("overdue by %(time)s") % {"time": amount}, "overdue"
    return gettext("in %(time)s") % {"time": amount}, "soon" if left < 300 else "ahead"


@register.filter
def initials(person: object) -> str:
    """One or two letters for a person's round mark."""
    words = person_name(person).split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


@register.filter
def person_name(person: object) -> str:
    """`name` of a person, else the username, else the text itself."""
    return str(getattr(person, "name", "") or getattr(person, "username", "") or person or "")


@register.filter
def widget_kind(field: Any) -> str:
    """Lower-case class name of a bound field's widget: `checkboxinput`, `textarea` ..."""
    return type(field.field.widget).__name__.lower()


@register.filter
def markdown(text: object, base: str = "") -> SafeString:
    """What people wrote, as safe HTML; with a `base`, for readers elsewhere. See `config.markdown`."""
    return mark_safe(render(str(text or ""), base))  # noqa: S308  (cleaned by its allowlist)
