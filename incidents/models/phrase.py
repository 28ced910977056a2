from __future__ import annotations

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from incidents.concreteness import ENGLISH, Language

MOST_WORDS = 3


def few(text: str) -> None:
    if not 0 < len(text.split()) <= MOST_WORDS:
        raise ValidationError(f"Give one to {MOST_WORDS} words.", code="words")


class ActionPhraseQuerySet(models.QuerySet["ActionPhrase"]):
    def language(self) -> Language:
        """The lists that come with Watchbill, with what the organization says of them. One query."""
        verbs: Collection[str] = [row.plain for row in self if row.kind == ActionPhrase.Kind.VERB]
        return ENGLISH.having(verbs, {row.plain: row.asks for row in self if row.kind == ActionPhrase.Kind.VAGUE})


class ActionPhrase(models.Model):
    """How an action item may begin in this organization, or may not, beside or against what comes with Watchbill."""

    class Kind(models.TextChoices):
        VERB = "verb", "A verb: two people would do the same"
        VAGUE = "vague", "Vague: nobody can act on it"

    words = models.CharField(
        max_length=60, unique=True, validators=[few], help_text="With which a title begins, such as “Investigate”."
    )
    kind = models.CharField(max_length=5, choices=Kind)
    asks = models.CharField(
        "ask instead", max_length=200, blank=True, help_text="Of what is vague: the question that leads to more."
    )

    objects = ActionPhraseQuerySet.as_manager()

    class Meta:
        ordering = ["words"]
        verbose_name = "beginning of action items"
        verbose_name_plural = "beginnings of action items"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["verb", "vague"]), name="action_phrase_kind"),
            models.CheckConstraint(condition=~Q(words=""), name="action_phrase_words"),
        ]

    def __str__(self) -> str:
        return self.words

    @property
    def plain(self) -> str:
        return " ".join(self.words.lower().split())
