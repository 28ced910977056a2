"""The administration of people, teams and rosters."""

from teams.admin import organization, people, policy, schedule, sso, team

__all__ = ["organization", "people", "policy", "schedule", "sso", "team"]
