"""The administration of people, teams and rosters."""

from teams.admin import audit, cover, organization, people, policy, schedule, service, sso, team, webhook

__all__ = ["audit", "cover", "organization", "people", "policy", "schedule", "service", "sso", "team", "webhook"]
