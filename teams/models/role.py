from django.db import models


class Role(models.Model):
    """A seat in an incident and the duties that come with it."""

    COMMANDER = "incident-commander"
    OPERATIONS = "operations-lead"
    COMMUNICATIONS = "communications-lead"
    SCRIBE = "scribe"
    DEPUTY = "deputy"

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=60, unique=True)
    duties = models.TextField(help_text="In a sentence or two: what whoever takes this seat does and doesn't do.")
    does = models.TextField(blank=True, help_text="What whoever holds it does, one thing a line.")
    does_not = models.TextField(blank=True, help_text="What they leave to others, one thing a line.")
    single_seat = models.BooleanField(default=True, help_text="At most one person holds it at a time.")
    wanted = models.BooleanField(
        default=False, help_text="Shown as an empty seat from declaring on, until somebody takes it."
    )
    schedule = models.ForeignKey(
        "teams.Schedule",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Whoever is on call here takes the seat when an incident is declared. Role policies and a team's own "
        "commander roster go first.",
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name

    @property
    def does_lines(self) -> list[str]:
        return _lines(self.does)

    @property
    def does_not_lines(self) -> list[str]:
        return _lines(self.does_not)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
