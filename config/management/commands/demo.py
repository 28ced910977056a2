from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config import demo


class Command(BaseCommand):
    help = "Make the demo organization, if there are no teams yet."

    def handle(self, *args: Any, **options: Any) -> None:
        made = demo.make(settings.WATCHBILL_VAR / "demo.json")
        self.stdout.write("The demo organization is ready." if made else "There are teams already: nothing was made.")
