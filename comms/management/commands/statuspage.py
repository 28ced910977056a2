"""`manage.py statuspage`: the published files of status pages. Only `render` needs the database."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from comms import readers
from comms.actions import mirroring, snapshots
from comms.snapshot import assets
from comms.snapshot.store import HTML, Broken


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
        does.add_parser(
            "mirror", help="copy what has changed to the object store now; needs neither database nor queue"
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
        if settings.WATCHBILL_PUBLIC_STORAGE:
            self._mirror()

    def _mirror(self, **_: Any) -> None:
        if not settings.WATCHBILL_PUBLIC_STORAGE:
            raise CommandError(
                "No store is named. Set WATCHBILL_PUBLIC_STORAGE; docs/status-page.md says how.", returncode=1
            )
        try:
            while (turn := mirroring.copy()) is not None:
                self.stdout.write(f"{turn.put} files put into the store, {turn.removed} taken away.")
                if not turn.left:
                    return
        except Exception as error:
            raise CommandError(f"The store could not be brought up to date: {error}", returncode=1) from error
        self.stdout.write("A worker is copying already.")

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
        try:
            for address, found in assets.loaded():
                target = folder / address.lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(found, target)
        except assets.Missing as missing:
            raise CommandError(f"{missing} is missing from this installation.", returncode=1) from None
        self.stdout.write(f"{len(addresses)} addresses in {folder}.")
        if left := len(owners) - len(addresses):
            self.stdout.write(f"{left} of pages that are not for everybody were left out.")
