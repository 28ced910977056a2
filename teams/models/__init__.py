from teams.models.audit import AccessEvent
from teams.models.escalation import EscalationPolicy, EscalationStep, EscalationTarget
from teams.models.idempotency import IdempotencyKey
from teams.models.organization import Organization
from teams.models.people import ApiToken, User
from teams.models.role import Role
from teams.models.schedule import Layer, LayerMember, Override, Schedule
from teams.models.team import Membership, Service, Team

__all__ = [
    "AccessEvent",
    "ApiToken",
    "EscalationPolicy",
    "EscalationStep",
    "EscalationTarget",
    "IdempotencyKey",
    "Layer",
    "LayerMember",
    "Membership",
    "Organization",
    "Override",
    "Role",
    "Schedule",
    "Service",
    "Team",
    "User",
]
