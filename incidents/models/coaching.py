from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from incidents.coaching import LANGUAGES, Kind, PatternError, Phrase, compiled, language

KINDS = [(kind.value, kind.label) for kind in Kind if kind != Kind.NAME]


def readable(text: str) -> None:
    """Refuse a pattern that the coach can't read."""
    if not text.strip():
        return
    try:
        compiled(text)
    except PatternError as error:
        raise ValidationError(str(error), code="pattern") from error


class CoachPhraseQuerySet(models.QuerySet["CoachPhrase"]):
    def active(self, code: str = "en") -> CoachPhraseQuerySet:
        return self.filter(language=code, active=True)


class CoachPhrase(models.Model):
    """A phrase that blames: how it is found, why it is marked, and what to ask instead."""

    class Puts(models.TextChoices):
        SENTENCE = "sentence", "The whole sentence"
        WORDS = "words", "The marked words"

    language = models.CharField(max_length=8, choices=[(code, language(code).name) for code in LANGUAGES], default="en")
    slug = models.SlugField(max_length=60)
    kind = models.CharField(max_length=16, choices=KINDS, default=Kind.BLAME)
    pattern = models.TextField(
        max_length=4000,
        validators=[readable],
        help_text="One a line, words as they stand in a sentence: “failed|neglected to”, “careless*”, “should not? "
        "have”; * alone is up to three words. <person> is somebody, <name> somebody who took part, <harm> and <slip> "
        "what they did or left undone, <act> what judges nothing by itself, <heed>, <heeded> and <heeding> verbs of "
        "care. ^had is only where a sentence begins.",
    )
    unless = models.TextField(
        max_length=4000,
        blank=True,
        validators=[readable],
        help_text="A sentence in which this is found is not marked. Written like the pattern.",
    )
    why = models.CharField(max_length=300, help_text="One sentence: what the phrase keeps from being learned.")
    asks = models.CharField("ask instead", max_length=300, blank=True, help_text="Questions with how and what.")
    rewrite = models.CharField(
        max_length=300,
        blank=True,
        help_text="What is offered in its place. It may say {subject}, {person}, {whom}, {before}, {verb}, {last}, "
        "{rest} and {clause}. Empty, for the marked words: to leave them out.",
    )
    puts = models.CharField("rewrites", max_length=8, choices=Puts, default=Puts.SENTENCE)
    active = models.BooleanField(default=True, help_text="The coach marks it.")
    shipped_as = models.CharField(max_length=64, blank=True, editable=False)

    objects = CoachPhraseQuerySet.as_manager()

    class Meta:
        ordering = ["language", "kind", "slug"]
        constraints = [
            models.UniqueConstraint(fields=["language", "slug"], name="coach_phrase_once"),
            models.CheckConstraint(condition=Q(kind__in=[kind for kind, _ in KINDS]), name="coach_phrase_kind"),
            models.CheckConstraint(condition=Q(puts__in=["sentence", "words"]), name="coach_phrase_puts"),
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def is_shipped(self) -> bool:
        """It comes with Watchbill: it is switched off rather than removed, else an upgrade would bring it back."""
        return bool(self.shipped_as)

    def as_phrase(self) -> Phrase:
        return Phrase(
            slug=self.slug,
            kind=self.kind,
            pattern=self.pattern,
            why=self.why,
            asks=self.asks,
            unless=self.unless,
            rewrite=self.rewrite,
            puts=self.puts,
        )
