"""The administration of people, teams and rosters."""

from teams.admin import audit, organization, people, policy, schedule, sso, team

__all__ = ["audit", "organization", "people", "policy", "schedule", "sso", "team"]
