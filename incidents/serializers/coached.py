"""What the API takes and answers of the coach, and of contributing factors."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from incidents.coach import LONGEST
from incidents.coaching import LANGUAGES, Kind, language
from incidents.models import ActionPhrase, CoachPhrase, Factor, FactorTag
from incidents.serializers.fields import ById, IncidentField
from teams.api.fields import Given, Named, Shown, Text

REMARK_KINDS = [(kind.value, kind.label) for kind in Kind]
COACHED_LANGUAGES = [(code, language(code).name) for code in LANGUAGES]


class CoachPhraseShown(Shown):
    shipped = serializers.BooleanField(source="is_shipped", help_text="It comes with Watchbill.")

    class Meta:
        model = CoachPhrase
        fields = [
            "id",
            "language",
            "slug",
            "kind",
            "pattern",
            "unless",
            "why",
            "asks",
            "rewrite",
            "puts",
            "active",
            "shipped",
        ]


class ActionPhraseShown(Shown):
    class Meta:
        model = ActionPhrase
        fields = ["id", "words", "kind", "asks"]


class CoachGiven(Given):
    """A text to be looked at; with an incident, the names of those who took part are known."""

    text = Text(max_length=LONGEST, required=True, trim_whitespace=False)
    incident = IncidentField(required=False, allow_null=True)
    language = serializers.ChoiceField(choices=COACHED_LANGUAGES, default="en")


class RewriteShown(serializers.Serializer[Any]):
    """`text` in place of what stands from `start` to `end`."""

    start = serializers.IntegerField(source="from_")
    end = serializers.IntegerField(source="to")
    text = serializers.CharField(source="rewrite")


class RemarkShown(serializers.Serializer[Any]):
    """`start` and `end` count characters (Unicode code points) of the text with "\\n" between lines."""

    start = serializers.IntegerField()
    end = serializers.IntegerField()
    words = serializers.CharField()
    kind = serializers.ChoiceField(choices=REMARK_KINDS)
    why = serializers.CharField(help_text="What the phrase keeps from being learned.")
    asks = serializers.CharField(help_text="What to ask instead; may be empty.")
    phrase = serializers.CharField(help_text="The phrase's slug.")
    rewrite = serializers.SerializerMethodField()

    @extend_schema_field(RewriteShown(allow_null=True))
    def get_rewrite(self, remark: Any) -> dict[str, Any] | None:
        return None if remark.rewrite is None else RewriteShown(remark).data


class CoachedShown(serializers.Serializer[Any]):
    remarks = RemarkShown(many=True)


class TagField(Named):
    """A tag of factors by its slug."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(slug_field="slug", queryset=FactorTag.objects.all(), **kwargs)


class FactorTagShown(Shown):
    class Meta:
        model = FactorTag
        fields = ["slug", "name", "description", "words", "retired"]


class FactorShown(Shown):
    tags = serializers.SlugRelatedField("slug", many=True, read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = Factor
        fields = ["id", "text", "tags", "position"]


class FactorGiven(Given):
    """One condition that contributed."""

    text = Text(max_length=500)
    tags = serializers.ListField(child=TagField(), required=False, max_length=20, help_text="Slugs.")


class FactorChanged(FactorGiven):
    position = serializers.IntegerField(required=False, min_value=1, max_value=30, help_text="1 is the first.")
    seen = Text(max_length=500, help_text="The text that you read: another one of by now is not overwritten.")


class FactorField(ById):
    """A contributing factor of an incident that the caller may see, by its number."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Factor.objects.all(), **kwargs)

    def get_queryset(self) -> Any:
        return Factor.objects.visible_to(self.context["request"].user)
