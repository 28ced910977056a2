from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from teams.zones import validate_zone

# Days. The cookie and Django's own row live as long, so no setting can promise more.
LONGEST_SESSION = 90


class Organization(models.Model):
    """The one organization of this installation and the habits that all its teams share."""

    class SecondFactor(models.TextChoices):
        """Who needs something beside a password to get in."""

        NOBODY = "nobody", "Nobody (who wants one may have one)"
        STAFF = "staff", "Owners and admins"
        EVERYBODY = "everybody", "Everybody"

    name = models.CharField(max_length=120, default="Watchbill")
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_zone])
    soak_minutes = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(1440)],
        help_text="Minutes that a mitigated incident is watched before it may be resolved without a reason.",
    )
    reopen_days = models.PositiveSmallIntegerField(
        default=7,
        validators=[MinValueValidator(1)],
        help_text="Days after resolving in which an incident can be reopened; later, open a new one.",
    )
    promise_grace_minutes = models.PositiveSmallIntegerField(
        default=5,
        help_text="Minutes after a missed promise until the Incident Commander is reminded as well.",
    )
    answer_minutes = models.PositiveSmallIntegerField(
        "minutes to answer for a role",
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
        help_text="Whoever was chosen or offered a role and has said nothing for so long, 1 to 120 minutes, is passed "
        "over: the next of the roster is asked, or whoever offered it is told.",
    )
    quiet_minutes = models.PositiveSmallIntegerField(
        "minutes without news",
        default=20,
        validators=[MaxValueValidator(1440)],
        help_text="The commander is reminded once nobody has written or done anything on the record for so long. "
        "0: never.",
    )
    load_limit = models.PositiveSmallIntegerField(
        "jobs of one person",
        default=3,
        validators=[MaxValueValidator(50)],
        help_text="The commander is reminded once somebody has so many roles, tasks and running mitigations. 0: never.",
    )
    relief_hours = models.PositiveSmallIntegerField(
        "hours on duty",
        default=4,
        validators=[MaxValueValidator(72)],
        help_text="After so many hours in an incident relief is suggested, and rosters pass the person over. 0: never.",
    )
    span_limit = models.PositiveSmallIntegerField(
        "span of control",
        default=7,
        validators=[MaxValueValidator(100)],
        help_text="The commander is reminded once more people than that answer to them directly. 0: never.",
    )
    attempt_minutes = models.PositiveSmallIntegerField(
        "minutes without an attempt",
        default=10,
        validators=[MaxValueValidator(1440)],
        help_text="Minutes from declaring, or from the end of an attempt that did not work, until the Incident "
        "Commander is shown what could be tried. 0: never. A severity may say otherwise.",
    )
    card_stale_days = models.PositiveSmallIntegerField(
        "days until a mitigation is stale",
        default=90,
        validators=[MinValueValidator(1)],
        help_text="A generic mitigation that nobody tried for so many days, in an incident or a drill, is marked.",
    )
    names_as_roles = models.BooleanField(
        "people by their roles",
        default=False,
        help_text="In published postmortems people stand by the roles that they held, unless a postmortem says "
        "otherwise. On a status page they always do.",
    )
    nights_limit = models.PositiveSmallIntegerField(
        "nights in four weeks",
        default=14,
        validators=[MaxValueValidator(28)],
        help_text="More nights than that on call in four weeks is warned of, 0 to 28. 0: never.",
    )
    warn_weeks = models.PositiveSmallIntegerField(
        "weeks ahead",
        default=4,
        validators=[MinValueValidator(1), MaxValueValidator(26)],
        help_text="How far ahead rosters are looked through for gaps and other trouble, 1 to 26 weeks.",
    )
    default_policy = models.ForeignKey(
        "teams.EscalationPolicy",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Pages whom nobody else's policy covers.",
    )
    bundle_seconds = models.PositiveSmallIntegerField(
        "seconds of a bundle of pages",
        default=60,
        validators=[MaxValueValidator(3600)],
        help_text="Whoever was paged gets what follows in this time as one digest, 0 to 3600 seconds. Worse incidents "
        "still page at once. 0: every page goes out by itself.",
    )
    second_factor_for = models.CharField(
        "second factor needed by",
        max_length=12,
        choices=SecondFactor,
        default=SecondFactor.NOBODY,
        help_text="An authenticator app or a passkey beside the password. Who has none yet is led to set one up.",
    )
    session_idle_days = models.PositiveSmallIntegerField(
        "days without use",
        default=14,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_SESSION)],
        help_text=f"A session that was not used for so many days ends, 1 to {LONGEST_SESSION}.",
    )
    session_days = models.PositiveSmallIntegerField(
        "days in all",
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_SESSION)],
        help_text=f"So many days after signing in a session ends, used or not, 1 to {LONGEST_SESSION}.",
    )

    sso_only = models.BooleanField(
        "sign in through an identity provider only",
        default=False,
        help_text="Passwords are refused. Owners keep theirs for the day on which the provider is away; each use of "
        "one is told to all owners.",
    )
    tokens_may_last = models.BooleanField(
        "API tokens may last for ever",
        default=False,
        help_text="Otherwise every new token ends after a year at the latest.",
    )

    audit_days = models.PositiveSmallIntegerField(
        "days of audit log",
        default=730,
        help_text="How long the audit log is kept. 0 keeps it for ever.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="one_organization"),
            models.CheckConstraint(
                condition=models.Q(second_factor_for__in=["nobody", "staff", "everybody"]), name="second_factor_known"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    session_idle_days__range=(1, LONGEST_SESSION), session_days__range=(1, LONGEST_SESSION)
                ),
                name="sessions_bounded",
            ),
        ]
        verbose_name_plural = "organization"

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> Organization:
        """The organization's row, made with its defaults where it is missing."""
        return cls.objects.get_or_create(pk=1)[0]

    @classmethod
    def of(cls, request: Any) -> Organization:
        """`current`, read once a request: for what every request asks at the door."""
        found = getattr(request, "watchbill_organization", None)
        if not isinstance(found, cls):
            found = request.watchbill_organization = cls.current()
        return found
