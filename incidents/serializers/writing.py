"""What the API says and reads of a postmortem that is written together: versions, comments and templates."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from incidents.actions.comments import LONGEST, LONGEST_QUOTE
from incidents.models import CommentRevision, PostmortemTemplate, SectionComment, SectionRevision, TemplateVersion
from incidents.serializers.named import SeverityName
from teams.api.fields import Given, Line, Shown, Text
from teams.serializers import Person


class RevisionShown(Shown):
    by = Person(allow_null=True, help_text="Null: Watchbill drafted it.")

    class Meta:
        model = SectionRevision
        fields = ["number", "text", "by", "began_at", "at", "autosaved", "restores"]


class SectionTextGiven(Given):
    """The text of a section. `version` is the one that you read: somebody else's newer text is never overwritten."""

    text = Text(required=True)
    version = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False)


class RestoreGiven(Given):
    """`version` is the one that you read, as for writing."""

    version = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False)


class CommentEarlierShown(Shown):
    """What a comment said before, and when that was written."""

    class Meta:
        model = CommentRevision
        fields = ["text", "at"]


class AnswerShown(Shown):
    """`removed_at`: whoever wrote it took it back, so that it says nothing."""

    by = Person(allow_null=True)
    earlier = CommentEarlierShown(many=True)

    class Meta:
        model = SectionComment
        fields = ["id", "text", "by", "at", "edited_at", "removed_at", "earlier"]


class CommentShown(Shown):
    """A thread: what began it, and the answers in their order."""

    section = serializers.CharField(source="section.key")
    by = Person(allow_null=True)
    resolved_by = Person(allow_null=True)
    earlier = CommentEarlierShown(many=True)
    replies = AnswerShown(many=True)

    class Meta:
        model = SectionComment
        fields = [
            "id",
            "section",
            "quote",
            "text",
            "by",
            "at",
            "edited_at",
            "removed_at",
            "earlier",
            "resolved_at",
            "resolved_by",
            "replies",
        ]


class CommentGiven(Given):
    """A comment on a section, or in answer to a thread."""

    section = serializers.SlugField(max_length=40, required=False, help_text="The key of a section.")
    reply_to = serializers.IntegerField(
        min_value=1, max_value=2**62, required=False, help_text="Instead of a section: the thread that it answers."
    )
    quote = Line(LONGEST_QUOTE, help_text="The passage that it is about.")
    text = Text(LONGEST, required=True, help_text="In Markdown; @ and a name tells somebody.")


class CommentTextGiven(Given):
    text = Text(LONGEST, required=True, help_text="In Markdown; @ and a name tells somebody who was not told yet.")


class CommentSettledGiven(Given):
    resolved = serializers.BooleanField(help_text="False opens it again.")


class TemplateSectionShown(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    hint = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]


class TemplateVersionShown(Shown):
    made_by = Person(allow_null=True)
    sections = TemplateSectionShown(many=True)

    class Meta:
        model = TemplateVersion
        fields = ["number", "sections", "made_by", "made_at"]


class PostmortemTemplateShown(Shown):
    """`severity` null: for incidents of all severities that have no template of their own."""

    severity = SeverityName(allow_null=True)
    current = serializers.SerializerMethodField()

    class Meta:
        model = PostmortemTemplate
        fields = ["id", "name", "severity", "retired", "current"]

    @extend_schema_field(TemplateVersionShown(allow_null=True))
    def get_current(self, row: PostmortemTemplate) -> Any:
        found = next(iter(row.versions.all()), None)
        return TemplateVersionShown(found, context=self.context).data if found else None
