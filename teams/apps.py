from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TeamsConfig(AppConfig):
    name = "teams"

    def ready(self) -> None:
        from teams import checks, defaults  # noqa: F401
        from teams.audit import tracked
        from teams.signin import happened, noting  # noqa: F401

        tracked.track_own()

        post_migrate.connect(defaults.install, sender=self, dispatch_uid="teams.defaults")
        happened.listen()
