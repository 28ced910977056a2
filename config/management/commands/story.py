"""`manage.py story`: one incident from the first alert to the last action item, through the public interfaces."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.story.client import StoryError, Web
from config.story.clock import Clock
from config.story.play import SCENES, Story, leave_open

PHASES = tuple(dict.fromkeys(scene.phase for scene in SCENES))


class Command(BaseCommand):
    help = "Play the demo story on a running installation: webhooks, API, status page and mail, nothing else."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default=settings.WATCHBILL_BASE_URL, help="the installation; %(default)s")
        parser.add_argument(
            "--keys",
            type=Path,
            default=settings.WATCHBILL_VAR / "demo.json",
            help="the demo organization's keys; %(default)s",
        )
        parser.add_argument(
            "--clock",
            choices=("story", "now"),
            default="story",
            help="story: at 14:02 of the latest day whose next morning is over; now: as it is played",
        )
        parser.add_argument(
            "--speed", type=float, default=0.0, help="seconds of the story that take one second; 0: wait for nothing"
        )
        parser.add_argument("--until", choices=PHASES, help="stop after this phase")
        parser.add_argument("--leave-open", action="store_true", help="leave a second, small incident in Detect")

    def handle(self, *args: Any, **options: Any) -> None:
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")
        if options["speed"] < 0:
            raise CommandError("--speed is a number of seconds, 0 or more.")
        try:
            self._play(options)
        except StoryError as error:
            raise CommandError(f"{self.style.ERROR('✗')} {error}") from None
        except KeyboardInterrupt:
            raise CommandError("The story was stopped; its incident stays as it is.", returncode=130) from None

    def _play(self, options: dict[str, Any]) -> None:
        clock = Clock(live=options["clock"] == "now", speed=options["speed"])
        story = Story(Web(options["url"]), _keys(options["keys"]), clock)
        day = "now" if clock.live else f"on {clock.midnight:%A %d %B %Y}, UTC"
        self.stdout.write(f"The story plays at {story.web.base}, {day}.")
        phase = ""
        for scene in SCENES:
            if options["until"] and PHASES.index(scene.phase) > PHASES.index(options["until"]):
                break
            if scene.phase != phase:
                phase = scene.phase
                self.stdout.write(f"\n{self.style.MIGRATE_HEADING(phase.capitalize())}")
            clock.wait(scene.when)
            seen = scene.play(story, scene.when)
            self.stdout.write(
                f"  {self.style.SUCCESS('✓')} {clock.moment(scene.when):%H:%M}  {scene.title}\n           {seen}"
            )
        if options["leave_open"]:
            self.stdout.write(f"\n  {self.style.SUCCESS('✓')} Left open: {leave_open(story)}")
        self._show(story)

    def _show(self, story: Story) -> None:
        incident = story.incident()
        labels = {step["phase"]: step["label"] for step in incident["path"]} | {"closed": "Closed"}
        width = max(map(len, labels.values()))
        self.stdout.write(f"\n{self.style.MIGRATE_HEADING('{reference} {title}'.format(**incident))}")
        day, live = "", False
        for entry in story.timeline():
            happened = datetime.fromisoformat(entry["occurred_at"]) if entry["occurred_at"] else None
            recorded_live = not story.clock.live and entry["occurred_at"] == entry["recorded_at"]
            if happened and not recorded_live and f"{happened:%A %d %B}" != day:
                day = f"{happened:%A %d %B}"
                self.stdout.write(day)
            live = live or recorded_live
            shown = "live " if recorded_live else f"{happened:%H:%M}" if happened else "  ?  "
            self.stdout.write(f"{shown}  {labels.get(entry['phase'], entry['phase']):<{width}}  {entry['text']}")
        if live:
            self.stdout.write("(live: it really happened while the story was played)")
        self.stdout.write()
        rows = [("Incident", incident["url"])]
        if story.told_at:
            rows.append(("Status page", f"{story.web.base}{story.told_at}"))
        if story.postmortem_at:
            rows += [("Postmortem", story.postmortem_at), ("Action items", f"{story.web.base}/action-items/")]
        for label, url in rows:
            self.stdout.write(f"  {label:<12} {url}")


def _keys(path: Path) -> dict[str, Any]:
    try:
        keys = json.loads(path.read_text())
    except FileNotFoundError:
        raise StoryError(
            f"{path} is not there: the story needs the demo organization. `manage.py demo` makes it where there is "
            "no team yet; --keys names another file."
        ) from None
    except (OSError, ValueError) as error:
        raise StoryError(f"{path} can't be read: {error}") from None
    if not isinstance(keys, dict) or not {"tokens", "alertmanager", "changes"} <= set(keys):
        raise StoryError(f"{path} holds no keys of a demo organization.")
    return keys
