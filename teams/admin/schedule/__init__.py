"""Schedules with their layers, people in order and overrides on one page, and the calendar that results."""

from teams.admin.schedule.page import ScheduleAdmin

__all__ = ["ScheduleAdmin"]
