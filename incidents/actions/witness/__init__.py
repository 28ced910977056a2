"""Metrics that are watched during an incident: attached, read, told of, and thinned out."""
