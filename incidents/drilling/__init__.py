"""Drills of incidents: their scripts, their clock and their score. Pure; `incidents.actions.exercises` plays them."""
