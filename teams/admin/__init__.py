"""The administration of people, teams and rosters."""

from django.contrib import admin

from teams.admin import organization, people, policy, schedule, team

__all__ = ["organization", "people", "policy", "schedule", "team"]

admin.site.site_header = "Watchbill administration"
admin.site.site_title = "Watchbill administration"
admin.site.index_title = "Everything that is set up once: people, teams and rosters, alerts, the status page"
admin.site.site_url = "/"
admin.site.empty_value_display = "none"
