"""Status pages and their readers are set up here; what was told and what was sent can only be read."""

from comms.admin import history, pages  # noqa: F401
