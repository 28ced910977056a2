"""The console page of a schedule: its calendar, who stands in, and what is asked for."""
