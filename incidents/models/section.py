from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F
from django.utils import timezone

# The whole text of a postmortem, with its factors, so that it is searched as one.
BODY = """
    UPDATE incidents_postmortem p SET body = coalesce((
        SELECT string_agg(t.text, E'\\n\\n' ORDER BY t.place, t.position, t.id) FROM (
            SELECT 1 AS place, position, id, text FROM incidents_postmortemsection
                WHERE postmortem_id = p.id AND text <> ''
            UNION ALL SELECT 2, position, id, text FROM incidents_factor WHERE postmortem_id = p.id
        ) t
    ), '')
    WHERE p.id = CASE TG_OP WHEN 'DELETE' THEN OLD.postmortem_id ELSE NEW.postmortem_id END;
    RETURN NULL;
"""


class PostmortemTemplateQuerySet(models.QuerySet["PostmortemTemplate"]):
    def offered(self) -> PostmortemTemplateQuerySet:
        return self.filter(retired=False)


class PostmortemTemplate(models.Model):
    """Which sections a postmortem has: for incidents of a severity, or for all of whose severity there is none. What
    it said at a time are its versions, and a postmortem keeps the one that it was drafted from."""

    name = models.CharField(max_length=80, unique=True)
    severity = models.ForeignKey(
        "incidents.Severity",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="postmortem_templates",
        help_text="Incidents of this severity are drafted from it. Empty: those for which there is no other.",
    )
    retired = models.BooleanField(default=False, help_text="No postmortem begins with it any more.")

    objects = PostmortemTemplateQuerySet.as_manager()

    class Meta:
        ordering = [F("severity").asc(nulls_first=True), "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["severity"],
                condition=models.Q(retired=False),
                nulls_distinct=False,
                name="postmortem_template_of_severity",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def current(self) -> TemplateVersion:
        return self.versions.latest("number")


class TemplateVersion(models.Model):
    """What a template said: `sections` is a list of objects with key, title, hint and required, in order. It is never
    changed; who edits a template makes the next one."""

    template = models.ForeignKey(PostmortemTemplate, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    sections = models.JSONField()
    made_by = models.ForeignKey("teams.User", null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["template", "-number"]
        constraints = [models.UniqueConstraint(fields=["template", "number"], name="template_version_number")]

    def __str__(self) -> str:
        return f"{self.template}, version {self.number}"


class PostmortemSection(models.Model):
    """One part of a postmortem, written by itself: each has its version, its writer and its history."""

    postmortem = models.ForeignKey("incidents.Postmortem", on_delete=models.PROTECT, related_name="sections")
    key = models.SlugField(max_length=40)
    title = models.CharField(max_length=80)
    hint = models.CharField(max_length=300, blank=True)
    required = models.BooleanField(default=False, help_text="It is written before the postmortem is handed in.")
    position = models.PositiveSmallIntegerField()
    text = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=0)
    edited_by = models.ForeignKey("teams.User", null=True, on_delete=models.SET_NULL, related_name="+")
    edited_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["postmortem", "position", "pk"]
        constraints = [models.UniqueConstraint(fields=["postmortem", "key"], name="postmortem_section_key")]
        triggers = [
            pgtrigger.Trigger(
                name="body",
                operation=pgtrigger.Insert | pgtrigger.Delete | pgtrigger.UpdateOf("text", "position"),  # type: ignore[no-untyped-call]
                when=pgtrigger.After,
                func=BODY,
            )
        ]

    def __str__(self) -> str:
        return self.title


class SectionRevision(models.Model):
    """What a section said as of its version `number`. What one person's page saved by itself in one sitting is one."""

    section = models.ForeignKey(PostmortemSection, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    by = models.ForeignKey("teams.User", null=True, on_delete=models.SET_NULL, related_name="+")
    began_at = models.DateTimeField(default=timezone.now)
    at = models.DateTimeField(default=timezone.now)
    autosaved = models.BooleanField(default=False)
    restores = models.PositiveIntegerField(null=True, help_text="The version whose text was taken again.")

    class Meta:
        ordering = ["section", "-number"]
        constraints = [models.UniqueConstraint(fields=["section", "number"], name="section_revision_number")]

    def __str__(self) -> str:
        return f"{self.section}, version {self.number}"
