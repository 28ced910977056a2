from django.apps import AppConfig
from django.db.models.signals import post_migrate


class IncidentsConfig(AppConfig):
    name = "incidents"

    def ready(self) -> None:
        from incidents import audit, calls, defaults, dossier, standing  # noqa: F401

        post_migrate.connect(defaults.install, sender=self, dispatch_uid="incidents.defaults")
