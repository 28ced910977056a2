"""A rota as a picture that people read, in the console and in the administration alike."""

from teams.calendar.picture import Calendar, month_of
from teams.calendar.shapes import HUES, digits, monday

__all__ = ["HUES", "Calendar", "digits", "monday", "month_of"]
