"""Which sections postmortems have, as an organization says it: every change makes a next version."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from incidents import postmortem_template
from incidents.guards import Blocker
from incidents.models import PostmortemTemplate, Severity, TemplateVersion
from incidents.postmortem_template import Section
from incidents.problems import Blocked, refuse
from teams import moments, permits
from teams.models import User

MOST_SECTIONS = 30


@transaction.atomic
def keep(
    template: PostmortemTemplate | None,
    *,
    by: User,
    name: str,
    severity: Severity | None,
    sections: Sequence[Section],
    seen: int | None = None,
) -> PostmortemTemplate:
    """Write a template, or change one; `sections` are all of it, in order. A section without a key is new and gets one
    of its title. Postmortems that were drafted stay as they are. `seen` is the number of the version that the writer
    saw.

    Raises Blocked naming all that is wrong: `name_missing`, `name_taken`, `severity_taken`, `sections_missing`,
    `too_many_sections`, `section_title_missing`, `section_key_taken`; `edited_meanwhile` where the sections have
    a newer version. PermissionDenied unless they may change the organization's settings."""
    permits.require(by, "organization.change")
    row = (
        PostmortemTemplate() if template is None else PostmortemTemplate.objects.select_for_update().get(pk=template.pk)
    )
    row.name, row.severity = name.strip(), severity
    before = () if row.pk is None else postmortem_template.read(row.current.sections)
    wanted = checked(row, sections)
    if before and wanted != list(before) and seen is not None and seen != row.current.number:
        raise refuse(
            "edited_meanwhile",
            f"Somebody kept version {row.current.number} meanwhile. Yours is kept here: compare, and keep it again.",
        )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        # Somebody kept one like it since that was checked, and theirs is seen by now.
        _check(row, wanted)
        raise
    if wanted != list(before):
        number = 1 if not before else row.current.number + 1
        TemplateVersion.objects.create(
            template=row,
            number=number,
            sections=postmortem_template.stored(tuple(wanted)),
            made_by=by,
            made_at=moments.now(),
        )
    return row


@transaction.atomic
def retire(template: PostmortemTemplate, *, by: User) -> PostmortemTemplate:
    """No postmortem begins with it any more; those that do go on as they are. What it was for is free for another
    one."""
    permits.require(by, "organization.change")
    row = PostmortemTemplate.objects.select_for_update().get(pk=template.pk)
    if not row.retired:
        row.retired = True
        row.save(update_fields=["retired"])
    return row


@transaction.atomic
def offer(template: PostmortemTemplate, *, by: User) -> PostmortemTemplate:
    """Let postmortems begin with it again. Raises Blocked with `severity_taken` where another is for them by now."""
    permits.require(by, "organization.change")
    row = PostmortemTemplate.objects.select_for_update().get(pk=template.pk)
    if row.retired:
        row.retired = False
        if taken := _taken(row):
            raise Blocked([taken])
        try:
            with transaction.atomic():
                row.save(update_fields=["retired"])
        except IntegrityError:
            if taken := _taken(row):
                raise Blocked([taken]) from None
            raise
    return row


VERBS = {"retire": retire, "offer": offer}


def checked(row: PostmortemTemplate, sections: Sequence[Section]) -> list[Section]:
    """The sections as they would be kept of `row`, which has its new name and severity. Raises Blocked as `keep`."""
    wanted = _keyed([Section(s.key.strip(), s.title.strip(), s.hint.strip(), s.required) for s in sections])
    _check(row, wanted)
    return wanted


def _keyed(sections: Sequence[Section]) -> list[Section]:
    """New sections get a key that no other of them has; it is never changed after, since postmortems know it."""
    taken = {section.key for section in sections if section.key}
    found = []
    for section in sections:
        key = section.key
        if not key:
            base = slugify(section.title).replace("-", "_")[:34] or "section"
            key = next(k for k in (base, *(f"{base}_{n}" for n in range(2, 100))) if k not in taken)
            taken.add(key)
        found.append(Section(key, section.title, section.hint, section.required))
    return found


def _is_key(key: str) -> bool:
    return len(key) <= 40 and key.isascii() and all(letter.isalnum() or letter in "-_" for letter in key)


def _taken(row: PostmortemTemplate) -> Blocker | None:
    """That another one is for the same postmortems."""
    if row.retired:
        return None
    same = PostmortemTemplate.objects.offered().exclude(pk=row.pk).filter(severity=row.severity).first()
    if same is None:
        return None
    which = f"{row.severity.code}" if row.severity else "all other severities"
    return Blocker(
        "severity_taken", f"“{same}” is for {which} already. Change or retire that one, or choose another.", "severity"
    )


def _check(row: PostmortemTemplate, sections: Sequence[Section]) -> None:
    wrong = []
    others = PostmortemTemplate.objects.exclude(pk=row.pk)
    if not row.name:
        wrong.append(Blocker("name_missing", "Give it a name, such as “Standard”.", field="name"))
    elif others.filter(name=row.name).exists():
        wrong.append(Blocker("name_taken", "Another template has this name.", field="name"))
    if taken := _taken(row):
        wrong.append(taken)
    if not sections:
        wrong.append(Blocker("sections_missing", "Add at least one section.", field="sections"))
    if len(sections) > MOST_SECTIONS:
        wrong.append(Blocker("too_many_sections", f"Keep it to {MOST_SECTIONS} sections.", field="sections"))
    for number, section in enumerate(sections, 1):
        if not section.title:
            wrong.append(Blocker("section_title_missing", f"Section {number} has no title.", field="sections"))
        elif not _is_key(section.key):
            said = f"“{section.key}” is no key: up to 40 letters, digits, - and _."
            wrong.append(Blocker("section_key_wrong", said, field="sections"))
    keys = [section.key for section in sections]
    wrong += [
        Blocker("section_key_taken", f"Two sections have the key “{key}”.", field="sections")
        for key in sorted({key for key in keys if keys.count(key) > 1})
    ]
    if wrong:
        raise Blocked(wrong)
