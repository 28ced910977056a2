"""Verbs on invitations: people join by a link in one mail. Nobody gives more than they have, and nobody learns here who
has an account."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from teams import mails, permits
from teams.audit.events import note
from teams.models import AccessEvent, Invitation, Membership, Team, User
from teams.models.invitation import InvitationQuerySet

KEPT = timedelta(days=7)
MOST_AT_ONCE = 20
# Mails a day: of one inviter, and to one address.
MOST_BY_ONE, MOST_TO_ONE = 100, 3
DAY = timedelta(days=1)
RANKS = (User.Role.OWNER, User.Role.ADMIN, User.Role.RESPONDER, User.Role.VIEWER)
# What somebody gives who looks after a team and not the organization.
OF_TEAMS = (User.Role.RESPONDER, User.Role.VIEWER)


class Gone(Exception):
    """A link that opens nothing: unknown, used, revoked or ended. They are all told the same."""


def roles_to_give(by: User) -> list[User.Role]:
    """Roles in the organization that `by` may hand out: never more than their own."""
    held = RANKS[RANKS.index(User.Role(by.role)) :]
    return [role for role in held if permits.may(by, "person.invite") or role in OF_TEAMS]


def seen_by(user: User) -> InvitationQuerySet:
    """Invitations that `user` looks after: all of them, or those of one's own teams."""
    if permits.may(user, "person.invite"):
        return Invitation.objects.all()
    return Invitation.objects.filter(team__in=permits.teams_where(user, "person.invite"))


def addresses_in(text: str) -> list[str]:
    """The addresses in what somebody typed or pasted, with whatever is none: one a line, or with commas, semicolons or
    spaces between; `Alice <alice@example.org>` is read as well."""
    found: list[str] = []
    for part in re.split(r"[,;\r\n]+", text):
        inside = re.search(r"<([^<>]*)>", part)
        found += [inside[1].strip()] if inside else part.split()
    return list({each.lower(): each for each in found}.values())


@transaction.atomic
def invite(
    *,
    by: User,
    emails: Sequence[str],
    role: str,
    team: Team | None = None,
    team_role: str = Membership.Role.MEMBER,
    request: HttpRequest | None = None,
) -> list[Invitation]:
    """Invite each address, and return the invitations. Whoever was invited to the same before gets a new link, and the
    one before works no more. Somebody who has an account joins the team at once and is told.

    All or none: ValidationError names `emails`, `role`, `team` or `team_role`.
    """
    permits.require(by, "person.invite", team)
    # One after the other, so that the limit of a day holds.
    User.objects.select_for_update().get(pk=by.pk)
    now = timezone.now()
    wrong = {"emails": _wrong_emails(emails), "role": _wrong_role(role, by)}
    if team_role not in Membership.Role:
        wrong["team_role"] = [f"Choose one of {', '.join(Membership.Role.values)}."]
    if not wrong["emails"]:
        wrong["emails"] = _over_limit(emails, by, now)
    if any(wrong.values()):
        raise ValidationError({field: texts for field, texts in wrong.items() if texts})
    return [_invite(email, by, role, team, team_role, now, request) for email in emails]


def _wrong_emails(emails: Sequence[str]) -> list[str]:
    if not emails:
        return ["Give at least one address."]
    if len(emails) > MOST_AT_ONCE:
        return [f"That are {len(emails)} addresses. Invite at most {MOST_AT_ONCE} at once."]
    wrong = []
    for email in emails:
        try:
            validate_email(email)
        except ValidationError:
            wrong.append(f"“{email[:80]}” is not an address. Write it as name@example.org.")
    return wrong


def _wrong_role(role: str, by: User) -> list[str]:
    given = roles_to_give(by)
    return [] if role in given else [f"You can give one of these: {', '.join(given)}."]


def _over_limit(emails: Sequence[str], by: User, now: datetime) -> list[str]:
    sent = AccessEvent.objects.filter(kind="invitation.sent", at__gt=now - DAY)
    mine = sent.filter(by=by).count()
    if mine + len(emails) > MOST_BY_ONE:
        return [f"You may send {MOST_BY_ONE} invitations a day, and have sent {mine}. Send the others tomorrow."]
    wanted = {email.lower(): email for email in emails}
    rows = Invitation.objects.annotate(lower=Lower("email")).filter(lower__in=wanted, sent_at__gt=now - DAY)
    address = dict(rows.values_list("pk", "lower"))
    counts = Counter(address[pk] for pk in sent.values_list("detail__invitation", flat=True) if pk in address)
    return [
        f"{wanted[lower]} was sent {MOST_TO_ONE} invitations within a day. Try again tomorrow."
        for lower in wanted
        if counts[lower] >= MOST_TO_ONE
    ]


def _invite(
    email: str, by: User, role: str, team: Team | None, team_role: str, now: datetime, request: HttpRequest | None
) -> Invitation:
    unanswered = Invitation.objects.select_for_update(of=("self",)).filter(accepted_at=None, revoked_at=None)
    invitation = unanswered.filter(email__iexact=email, team=team).first() or Invitation(email=email, team=team)
    invitation.role, invitation.team_role = role, team_role
    _send(invitation, by=by, now=now, request=request)
    return invitation


@transaction.atomic
def resend(invitation_pk: int, *, by: User, request: HttpRequest | None = None) -> Invitation:
    """Send a new link, good for another week; the one before works no more. ValidationError where it was answered or
    revoked, or where its address was written to too often."""
    User.objects.select_for_update().get(pk=by.pk)
    invitation = _locked(invitation_pk, by=by)
    now = timezone.now()
    if invitation.role not in roles_to_give(by):
        raise PermissionDenied(f"It makes somebody {invitation.role}, which you can't. Ask an owner or admin.")
    if over := _over_limit([invitation.email], by, now):
        raise ValidationError(over)
    _send(invitation, by=by, now=now, request=request)
    return invitation


@transaction.atomic
def revoke(invitation_pk: int, *, by: User, request: HttpRequest | None = None) -> Invitation:
    """Let the link work no more. ValidationError where it was answered or revoked before."""
    invitation = _locked(invitation_pk, by=by)
    invitation.revoked_at = timezone.now()
    invitation.save(update_fields=["revoked_at"])
    text = f"{by} took back the invitation of {invitation.email}"
    note("invitation.revoked", text, by=by, request=request, invitation=invitation.pk)
    return invitation


def _locked(invitation_pk: int, *, by: User) -> Invitation:
    invitation = Invitation.objects.select_for_update(of=("self",)).select_related("team").get(pk=invitation_pk)
    permits.require(by, "person.invite", invitation.team)
    if invitation.accepted_at is not None:
        raise ValidationError(f"{invitation.email} has accepted already.")
    if invitation.revoked_at is not None:
        raise ValidationError(f"The invitation of {invitation.email} was revoked already. Invite them again.")
    return invitation


def _send(invitation: Invitation, *, by: User, now: datetime, request: HttpRequest | None) -> None:
    """Write the mail with a new link, and the row. Somebody who has an account joins the team here and now."""
    key = invitation.renew_key()
    invitation.invited_by, invitation.sent_at, invitation.expires_at = by, now, now + KEPT
    invitation.sent_count += 1
    person = _known(invitation.email)
    invitation.accepted_by = person
    invitation.save()
    if person is not None and person.is_active:
        _join(invitation, person)
    text = f"{by} invited {invitation.email}" + (f" to {invitation.team}" if invitation.team else "")
    note("invitation.sent", text, by=by, request=request, invitation=invitation.pk, role=invitation.role)
    if person is not None and not person.is_active:
        # Whoever left comes back by an administrator's hand, and never by a link.
        return
    mails.send(
        invitation.email,
        "joined" if person else "invitation",
        _subject(invitation, by, known=person is not None),
        invitation=invitation,
        by=by,
        person=person,
        url=mails.absolute(reverse("teams:invitation", args=[key])),
        expires=mails.when(invitation.expires_at, person),
    )


def _subject(invitation: Invitation, by: User, *, known: bool) -> str:
    if not known:
        return f"{by} invites you to Watchbill"
    return f"{by} added you to {invitation.team}" if invitation.team else f"{by} asks you to Watchbill"


def _known(email: str) -> User | None:
    """Whose address it is: the account's own, or another that they have confirmed."""
    confirmed = EmailAddress.objects.filter(email__iexact=email, verified=True).values("user")
    found = User.objects.filter(Q(email__iexact=email) | Q(pk__in=confirmed), is_service=False)
    return found.order_by("-is_active", "pk").first()


def _join(invitation: Invitation, person: User) -> None:
    """Put somebody in the team; whoever is in it already keeps the role they have there."""
    if invitation.team is not None:
        Membership.objects.get_or_create(team=invitation.team, user=person, defaults={"role": invitation.team_role})


def opened_by(key: str) -> tuple[Invitation, User | None]:
    """The open invitation of a link's key, and whose account the address is. Raises Gone."""
    return _opened(Invitation.objects.select_related("team", "invited_by"), key)


def _opened(rows: InvitationQuerySet, key: str) -> tuple[Invitation, User | None]:
    found = rows.open(timezone.now()).filter(digest=Invitation.digest_of(key)).first()
    if found is None or not _still_given(found):
        raise Gone
    person = _known(found.email)
    if person is not None and not person.is_active:
        raise Gone
    return found, person


def _still_given(invitation: Invitation) -> bool:
    """Whether its inviter is there and may still give what it gives: invitations end with who made them."""
    by = invitation.invited_by
    return by is not None and permits.may(by, "person.invite", invitation.team) and invitation.role in roles_to_give(by)


@transaction.atomic
def accept(
    key: str,
    *,
    username: str,
    password: str,
    first_name: str = "",
    last_name: str = "",
    request: HttpRequest | None = None,
) -> User:
    """Make the account that a link is for, and return it: in its team, its address confirmed by the link itself. Raises
    Gone; ValidationError names `username`, `first_name`, `last_name` or `password`."""
    locked = Invitation.objects.select_for_update(of=("self",)).select_related("team", "invited_by")
    invitation, known = _opened(locked, key)
    if known is not None:
        raise Gone
    person = User(
        username=username.strip(),
        first_name=first_name.strip(),
        last_name=last_name.strip(),
        email=invitation.email,
        role=invitation.role,
    )
    _check(person, password)
    person.set_password(password)
    # Saving it vouches for the address, to which the link came.
    person.save()
    # The address is theirs: what else waited for it is answered with it.
    for each in locked.open(timezone.now()).filter(email__iexact=invitation.email):
        if _still_given(each):
            _answer(each, person, join=True, request=request)
    return person


def _check(person: User, password: str) -> None:
    wrong: dict[str, list[str]] = {}
    try:
        person.clean_fields(exclude=["password"])
    except ValidationError as refusal:
        wrong |= refusal.message_dict
    if "username" not in wrong and User.objects.filter(username__iexact=person.username).exists():
        wrong["username"] = ["Somebody has this username already. Choose another one."]
    try:
        validate_password(password, person)
    except ValidationError as refusal:
        wrong["password"] = refusal.messages
    if wrong:
        raise ValidationError(wrong)


@transaction.atomic
def confirm(key: str, *, request: HttpRequest | None = None) -> tuple[Invitation, User]:
    """Answer a link whose reader has an account; they join its team if they did not when it was sent. Raises Gone."""
    locked = Invitation.objects.select_for_update(of=("self",)).select_related("team", "invited_by", "accepted_by")
    invitation, person = _opened(locked, key)
    if person is None:
        raise Gone
    _answer(invitation, person, join=invitation.accepted_by != person, request=request)
    return invitation, person


def _answer(invitation: Invitation, person: User, *, join: bool, request: HttpRequest | None) -> None:
    if join:
        _join(invitation, person)
    invitation.accepted_at, invitation.accepted_by = timezone.now(), person
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    text = f"{person} accepted the invitation" + (f" to {invitation.team}" if invitation.team else "")
    note("invitation.accepted", text, user=person, request=request, invitation=invitation.pk)
