"""`manage.py statuspage`: the published files of status pages. Only `render` needs the database."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.templatetags.static import static

from comms import readers
from comms.actions import snapshots
from comms.snapshot.store import HTML, Broken

# What the pages load.
LOADED = (
    "watchbill/watchbill.css",
    "watchbill/public.css",
    "watchbill/watchbill.js",
    "watchbill/mark.svg",
    "watchbill/widget.css",
    "watchbill/widget.js",
)


class Command(BaseCommand):
    help = "Render, check, copy out, or put a banner on the public status pages."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        does = parser.add_subparsers(dest="do", required=True)
        does.add_parser("render", help="render every page now")
        does.add_parser("verify", help="see that every published address has its file, whole")
        export = does.add_parser("export", help="copy everything to a folder that any static host can serve")
        export.add_argument("folder", type=Path)
        export.add_argument(
            "--include-private",
            action="store_true",
            help="pages that are not for everybody, too: only for a host that asks its readers who they are",
        )
        banner = does.add_parser("banner", help="show a sentence on every page, the database gone or not")
        banner.add_argument("text", nargs="?", default="", help="left out: the banner is taken down")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['do']}")(**options)
        except Broken as broken:
            raise CommandError(f"{broken}. Run: manage.py statuspage render", returncode=1) from None

    def _render(self, **_: Any) -> None:
        from comms.models import StatusPage

        for page in StatusPage.objects.all():
            done = snapshots.render(page.uid)
            self.stdout.write(f"{page.name}: {'rendered' if done else 'a newer rendering is there'}")

    def _verify(self, **_: Any) -> None:
        self.stdout.write(f"{snapshots.store().verify()} addresses, all whole.")

    def _banner(self, text: str = "", **_: Any) -> None:
        count = snapshots.store().put_up(" ".join(text.split())[:300])
        self.stdout.write(f"{'On' if text.strip() else 'Taken from'} {count} pages.")

    def _export(self, folder: Path = Path(), include_private: bool = False, **_: Any) -> None:
        store = snapshots.store()
        owners = store.read().owners()
        # A static host answers everybody.
        addresses = {
            address: page.files[address]
            for address, (_uid, page) in owners.items()
            if include_private or page.face.audience == readers.PUBLIC
        }
        if not owners:
            raise CommandError("Nothing is published yet. Run: manage.py statuspage render", returncode=1)
        for address, file in addresses.items():
            target = folder / address.lstrip("/")
            if file.type == HTML:
                target /= "index.html"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(store.body(file))
        for name in LOADED:
            self._copy(name, folder)
        self.stdout.write(f"{len(addresses)} addresses in {folder}.")
        if left := len(owners) - len(addresses):
            self.stdout.write(f"{left} of pages that are not for everybody were left out.")

    def _copy(self, name: str, folder: Path) -> None:
        """The file under the address by which the pages load it."""
        address = static(name).split("?")[0]
        below = address.removeprefix(settings.STATIC_URL)
        collected = Path(settings.STATIC_ROOT) / below if settings.STATIC_ROOT else None
        found = collected if collected and collected.exists() else finders.find(name)
        if not found:
            raise CommandError(f"{name} is missing from this installation.", returncode=1)
        target = folder / address.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(str(found), target)
