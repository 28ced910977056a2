from teams.models.audit import AccessEvent, AuditEvent, AuditLine, AuditStream
from teams.models.contact import ContactMethod, NotificationRule
from teams.models.cover import Swap, TimeOff
from teams.models.escalation import EscalationPolicy, EscalationStep, EscalationTarget, Webhook
from teams.models.feeds import CalendarFeed, CalendarSource, ImportedShift, PublishedShift
from teams.models.idempotency import IdempotencyKey
from teams.models.invitation import Invitation
from teams.models.organization import Organization
from teams.models.people import User
from teams.models.role import Role
from teams.models.schedule import Layer, LayerMember, Override, Schedule
from teams.models.service import Service, ServiceDependency, ServiceLink
from teams.models.signin import TrackedAuthenticator, TrackedEmailAddress, TrackedSocialAccount
from teams.models.sso import GroupMapping, IdentityProvider, ProvidedRole, ScimRecord, ScimToken
from teams.models.team import Membership, Team
from teams.models.token import ApiToken
from teams.models.warning import RosterWarning

__all__ = [
    "AccessEvent",
    "ApiToken",
    "AuditEvent",
    "AuditLine",
    "AuditStream",
    "CalendarFeed",
    "CalendarSource",
    "ContactMethod",
    "EscalationPolicy",
    "EscalationStep",
    "EscalationTarget",
    "GroupMapping",
    "IdempotencyKey",
    "IdentityProvider",
    "ImportedShift",
    "Invitation",
    "Layer",
    "LayerMember",
    "Membership",
    "NotificationRule",
    "Organization",
    "Override",
    "ProvidedRole",
    "PublishedShift",
    "Role",
    "RosterWarning",
    "Schedule",
    "ScimRecord",
    "ScimToken",
    "Service",
    "ServiceDependency",
    "ServiceLink",
    "Swap",
    "Team",
    "TimeOff",
    "TrackedAuthenticator",
    "TrackedEmailAddress",
    "TrackedSocialAccount",
    "User",
    "Webhook",
]
