"""The sections of a postmortem: made from a template, and written one by one, so that two people can write at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.utils import timezone

from incidents import postmortem_template
from incidents.guards import Blocker
from incidents.models import Incident, Postmortem, PostmortemSection, PostmortemTemplate, SectionRevision
from incidents.models.section import TemplateVersion
from incidents.problems import Blocked, refuse
from teams.models import User

# What somebody's page saves by itself in so long is one version to look back on.
SITTING = timedelta(minutes=5)


def template_for(incident: Incident) -> TemplateVersion | None:
    """The newest version of the template for incidents of its severity, else of the one for all others."""
    offered = PostmortemTemplate.objects.offered()
    fitting = offered.filter(severity__in=[incident.severity_id] if incident.severity_id else [])
    found = fitting.first() or offered.filter(severity=None).first()
    return found.current if found else None


def make(postmortem: Postmortem, version: TemplateVersion | None, texts: Mapping[str, str]) -> None:
    """The sections of a new postmortem, in the caller's transaction; `texts` by key are what is known already."""
    _make(postmortem, postmortem_template.read(version.sections) if version else postmortem_template.DEFAULT, texts)


def _make(
    postmortem: Postmortem, wanted: Iterable[postmortem_template.Section], texts: Mapping[str, str], first: int = 0
) -> list[PostmortemSection]:
    made = PostmortemSection.objects.bulk_create(
        PostmortemSection(
            postmortem=postmortem,
            key=each.key,
            title=each.title,
            hint=each.hint,
            required=each.required,
            position=position,
            text=texts.get(each.key, ""),
        )
        for position, each in enumerate(wanted, first)
    )
    SectionRevision.objects.bulk_create(SectionRevision(section=each, number=0, text=each.text) for each in made)
    return made


def newer(postmortem: Postmortem) -> tuple[TemplateVersion | None, list[postmortem_template.Section]]:
    """The newest version of the template that a postmortem was drafted from, where that is a later one, and which of
    its sections the postmortem lacks. Three queries."""
    if postmortem.template is None:
        return None, []
    newest = TemplateVersion.objects.filter(template=postmortem.template.template_id).select_related("template").first()
    if newest is None or newest.number <= postmortem.template.number:
        return None, []
    known = set(postmortem.sections.values_list("key", flat=True))
    return newest, [each for each in postmortem_template.read(newest.sections) if each.key not in known]


def catch_up(postmortem: Postmortem) -> list[PostmortemSection]:
    """Add the sections that its template has gained, after those that there are; those stay as they are. In the
    caller's transaction, which holds the postmortem's row."""
    newest, missing = newer(postmortem)
    if newest is None:
        return []
    last = postmortem.sections.order_by("position").values_list("position", flat=True).last()
    postmortem.template = newest
    postmortem.save(update_fields=["template"])
    return _make(postmortem, missing, {}, 0 if last is None else last + 1)


def write(
    postmortem: Postmortem,
    texts: Mapping[str, str],
    versions: Mapping[str, int],
    *,
    by: User,
    autosaved: bool = False,
    restores: int | None = None,
) -> list[PostmortemSection]:
    """Those of `texts` (by key) that read differently, in the caller's transaction, which holds the postmortem's row.

    `versions` are those that the writer saw: raises Blocked with code `edited_meanwhile` and the section's key for each
    that somebody else has written since, and then writes none of them; `section_unknown` for one that there is not.
    """
    rows = {each.key: each for each in PostmortemSection.objects.filter(postmortem=postmortem)}
    if unknown := sorted(set(texts) - set(rows)):
        raise refuse(
            "section_unknown",
            f"There is no section “{unknown[0]}”. There are: {', '.join(rows)}.",
            field="sections",
        )
    changed = [row for key, row in rows.items() if key in texts and _same(row.text) != _same(texts[key])]
    overtaken = [row for row in changed if row.key in versions and versions[row.key] != row.version]
    if overtaken:
        raise Blocked(
            [
                Blocker(
                    "edited_meanwhile",
                    f"Somebody saved a newer text of “{row.title}” meanwhile. Yours is kept here: compare and save "
                    "again.",
                    field=row.key,
                )
                for row in overtaken
            ]
        )
    now = timezone.now()
    for row in changed:
        row.text, row.version = texts[row.key].replace("\r\n", "\n"), row.version + 1
        row.edited_by, row.edited_at = by, now
        row.save(update_fields=["text", "version", "edited_by", "edited_at"])
        _remember(row, by=by, at=now, autosaved=autosaved, restores=restores)
    return changed


def _remember(row: PostmortemSection, *, by: User, at: datetime, autosaved: bool, restores: int | None) -> None:
    """The text as a version to look back on: the one before goes on where it is of the same sitting."""
    last = row.revisions.first()
    if (
        last is not None
        and last.autosaved
        and last.by_id == by.pk
        and at - last.began_at < SITTING
        and restores is None
    ):
        last.number, last.text, last.at, last.autosaved = row.version, row.text, at, autosaved
        last.save(update_fields=["number", "text", "at", "autosaved"])
        return
    SectionRevision.objects.create(
        section=row,
        number=row.version,
        text=row.text,
        by=by,
        at=at,
        began_at=at,
        autosaved=autosaved,
        restores=restores,
    )


def _same(text: str) -> str:
    """As browsers send it and as it was stored compare equal."""
    return text.replace("\r\n", "\n").strip()
