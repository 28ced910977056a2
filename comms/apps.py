from django.apps import AppConfig


class CommsConfig(AppConfig):
    name = "comms"

    def ready(self) -> None:
        """Connect the receivers that turn recorded history into deliveries."""
        from comms import audit, checks, dossier, receivers, standing  # noqa: F401
