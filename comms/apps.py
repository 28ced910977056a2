from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CommsConfig(AppConfig):
    name = "comms"

    def ready(self) -> None:
        """Connect the receivers that turn recorded history into deliveries, and what a new installation gets."""
        from comms import audit, checks, defaults, dossier, glancing, receivers, standing  # noqa: F401

        post_migrate.connect(defaults.install, sender=self, dispatch_uid="comms.defaults")
