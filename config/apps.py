from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The installation itself: settings, supervisor, shared templates and static files."""

    name = "config"
