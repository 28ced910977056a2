from django.apps import AppConfig
from django.contrib.admin import apps as admin


class ConfigConfig(AppConfig):
    """The installation itself: settings, supervisor, shared templates and static files."""

    name = "config"
    default = True


class AdministrationConfig(admin.AdminConfig):
    """Django's administration with our door: see `config.site`."""

    default = False
    default_site = "config.site.Administration"
