from teams.models.audit import AccessEvent, AuditEvent, AuditLine, AuditStream
from teams.models.escalation import EscalationPolicy, EscalationStep, EscalationTarget
from teams.models.idempotency import IdempotencyKey
from teams.models.invitation import Invitation
from teams.models.organization import Organization
from teams.models.people import User
from teams.models.role import Role
from teams.models.schedule import Layer, LayerMember, Override, Schedule
from teams.models.signin import TrackedAuthenticator, TrackedEmailAddress, TrackedSocialAccount
from teams.models.sso import GroupMapping, IdentityProvider, ProvidedRole, ScimRecord, ScimToken
from teams.models.team import Membership, Service, Team
from teams.models.token import ApiToken

__all__ = [
    "AccessEvent",
    "ApiToken",
    "AuditEvent",
    "AuditLine",
    "AuditStream",
    "EscalationPolicy",
    "EscalationStep",
    "EscalationTarget",
    "GroupMapping",
    "IdempotencyKey",
    "IdentityProvider",
    "Invitation",
    "Layer",
    "LayerMember",
    "Membership",
    "Organization",
    "Override",
    "ProvidedRole",
    "Role",
    "Schedule",
    "ScimRecord",
    "ScimToken",
    "Service",
    "Team",
    "TrackedAuthenticator",
    "TrackedEmailAddress",
    "TrackedSocialAccount",
    "User",
]
