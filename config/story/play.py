"""The seed story, scene by scene. Each scene does what a person or a tool would do, and says what was seen."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from config.story import texts, tools
from config.story.client import Mailbox, Person, StoryError, Web
from config.story.clock import Clock, at, stamp

COMMANDER, OPERATIONS, COMMUNICATIONS = "incident-commander", "operations-lead", "communications-lead"
LINK = re.compile(r"https?://\S+")


class Story:
    """One incident from the first alert to the last action item, and what the scenes remember of it."""

    def __init__(self, web: Web, keys: dict[str, Any], clock: Clock) -> None:
        self.web = web
        self.keys = keys
        self.clock = clock
        self.mail = Mailbox(web)
        self.run = secrets.token_hex(3)
        self.began = datetime.now(UTC).isoformat(timespec="milliseconds")
        self.reader = f"reader-{self.run}@customer.example"
        self.seats: dict[str, Person] = {}
        self.incident_id = 0
        self.change_id = 0
        self.mitigation_id = 0
        self.paged: Person | None = None
        self.alert_began: datetime | None = None
        self.told_at = ""
        self.postmortem_at = ""

    def person(self, username: str) -> Person:
        """Somebody of the demo organization, with their token."""
        token = self.keys["tokens"].get(username)
        if token is None:
            raise StoryError(f"{username} takes part, and there is no token of theirs among the demo's keys.")
        return Person(self.web, username, token)

    @property
    def anyone(self) -> Person:
        return self.paged or self.person(next(iter(self.keys["tokens"])))

    @property
    def commander(self) -> Person:
        return self.seats[COMMANDER]

    @property
    def operations(self) -> Person:
        return self.seats[OPERATIONS]

    @property
    def communications(self) -> Person:
        return self.seats[COMMUNICATIONS]

    @property
    def path(self) -> str:
        """The incident's address in the API."""
        return f"incidents/{self.incident_id}"

    def incident(self) -> Any:
        """The incident as it stands."""
        return self.anyone.get(f"{self.path}/")

    def webhook(self, body: dict[str, Any]) -> Any:
        """What Alertmanager posts; what became of it."""
        return tools.send(self.web, self.keys["alertmanager"], body)

    def timeline(self) -> list[dict[str, Any]]:
        """Every line of the incident's history, in the order in which it was recorded."""
        return sorted(self.anyone.every(f"{self.path}/timeline/?page_size=200"), key=lambda entry: int(entry["id"]))


@dataclass(frozen=True, slots=True)
class Scene:
    """`play` does it and returns what was seen; `phase` is the one under which it is told."""

    phase: str
    when: timedelta
    title: str
    play: Callable[[Story, timedelta], str]


def subscribe(story: Story, when: timedelta) -> str:
    page = story.web.page("/status/")
    story.web.submit(page, page.form("email"), email=story.reader)
    mail = story.mail.wait(to=story.reader, since=story.began)[0]
    confirm = story.web.page(_link(mail, "/subscriptions/"))
    done = story.web.submit(confirm, confirm.form("do"))
    if "You are subscribed" not in done.html:
        raise StoryError(f"{done.url} did not confirm the subscription of {story.reader}.")
    return f"{story.reader}: “{mail['subject']}”, confirmed by its button"


def deploys(story: Story, when: timedelta) -> str:
    for clock, summary, service, version in texts.CHANGES:
        moment = story.clock.moment(at(clock))
        if story.clock.live:
            moment -= at("14:02") - at(clock)
        answer = story.web.json(
            "/v2/change/enqueue",
            tools.change(story.keys["changes"], summary, service, version, at=moment),
        )
        if answer["status"] != "success":
            raise StoryError(f"The change event was answered {answer}.")
    return ", ".join(f"{clock} {summary}" for clock, summary, *_ in texts.CHANGES)


def alert(story: Story, when: timedelta) -> str:
    story.alert_began = story.clock.moment(when)
    answer = story.webhook(_checkout_alert(story))
    if len(answer["opened"]) != 1:
        raise StoryError(f"The alert opened no incident of its own: {answer}")
    reference = answer["opened"][0]
    story.incident_id = int(reference.removeprefix("INC-"))
    return f"{reference} {story.incident()['title']}"


def _checkout_alert(story: Story, ends_at: datetime | None = None) -> dict[str, Any]:
    assert story.alert_began is not None, "the alert comes first"
    labels = texts.ALERT_LABELS | {"run": story.run}
    return tools.alertmanager(labels, texts.ALERT_ANNOTATIONS, starts_at=story.alert_began, ends_at=ends_at)


def page(story: Story, when: timedelta) -> str:
    mail = story.mail.wait(subject=f"[INC-{story.incident_id}] Page", since=story.began)[0]
    pages = story.anyone.get(f"{story.path}/pages/")["results"]
    story.paged = story.person(pages[-1]["user"]["username"])
    button = story.web.page(_link(mail, "/pages/"))
    if story.incident()["acknowledged_at"]:
        raise StoryError("Opening the link acknowledged: a mail scanner could have done that.")
    story.web.submit(button, button.form())
    incident = story.incident()
    if not incident["acknowledged_at"]:
        raise StoryError(f"The button on {button.url} did not acknowledge.")
    return f"“{mail['subject']}” to {mail['rcpt_to'][0]}; {incident['acknowledged_by']['name']} pressed its button"


def declare(story: Story, when: timedelta) -> str:
    incident = story.anyone.post(
        f"{story.path}/verbs/declare/", severity=2, impact=texts.IMPACT, **story.clock.given(when)
    )
    return f"{incident['severity']['code']} {incident['severity']['label']}: {incident['impact']}"


def take_seats(story: Story, when: timedelta) -> str:
    held = {seat["role"]["slug"]: seat["user"]["username"] for seat in story.incident()["roles"]}
    told = []
    for role in (COMMANDER, OPERATIONS, COMMUNICATIONS):
        username = held.get(role) or next(u for u in story.keys["tokens"] if u != held.get(COMMANDER))
        person = story.seats[role] = story.person(username)
        seat = person.post(f"{story.path}/roles/{role}/take/", **story.clock.given(when))
        person.name = seat["user"]["name"]
        told.append(f"{seat['user']['name']} {seat['role']['name']}")
    return ", ".join(told)


def identify(story: Story, when: timedelta) -> str:
    before = story.commander.get(f"{story.path}/changes/")["results"]
    if not before or before[0]["summary"] != texts.SUSPECT:
        raise StoryError(f"The nearest change should be “{texts.SUSPECT}”: {[c['summary'] for c in before]}")
    story.change_id = before[0]["id"]
    story.operations.post(f"{story.path}/changes/identify/", change=story.change_id, **story.clock.given(when))
    return f"{before[0]['summary']}, the nearest of the team's {len(before)} changes before the alert"


def propose(story: Story, when: timedelta) -> str:
    mitigation = story.commander.post(
        f"{story.path}/mitigations/",
        **texts.ROLLBACK,
        change=story.change_id,
        carried_by=story.operations.username,
        **story.clock.given(when),
    )
    story.mitigation_id = mitigation["id"]
    return f"{mitigation['title']}, carried out by {mitigation['carried_by']['name']}"


def roll_back(story: Story, when: timedelta) -> str:
    story.commander.post(f"{story.path}/verbs/start_mitigation/", **story.clock.given(when))
    board = f"{story.path}/mitigations/{story.mitigation_id}"
    story.operations.post(f"{board}/execute/", **story.clock.given(when))
    mitigation = story.operations.post(f"{board}/verify/", **story.clock.given(when))
    return f"{mitigation['title']}: {mitigation['state']}"


def errors_drop(story: Story, when: timedelta) -> str:
    answer = story.webhook(_checkout_alert(story, ends_at=story.clock.moment(when)))
    story.operations.post(f"{story.path}/timeline/", text=texts.ERRORS_DROP, **story.clock.given(when))
    story.operations.post(
        f"{story.path}/mitigations/{story.mitigation_id}/worked/", note=texts.WORKED, **story.clock.given(when)
    )
    return f"{texts.ERRORS_DROP}; {answer['resolved']} alert resolved by webhook"


def confirm(story: Story, when: timedelta) -> str:
    incident = story.commander.post(f"{story.path}/verbs/confirm_mitigated/", **story.clock.given(when))
    return f"phase {incident['phase']}"


def tell(story: Story, when: timedelta) -> str:
    components = story.communications.get("components/?service=checkout")["results"]
    # A promise can only be made for a time ahead.
    promise = {"next_update_at": stamp(datetime.now(UTC) + timedelta(minutes=20))} if story.clock.live else {}
    update = story.communications.post(
        f"{story.path}/updates/",
        title=texts.PUBLIC_TITLE,
        impact="major",
        body=texts.RESTORED,
        component_states={each["uid"]: "degraded_performance" for each in components},
        **promise,
        **story.clock.given(when),
    )
    told = update["page_incident"]
    story.told_at = f"/status/{told['page']['slug']}/incidents/{told['uid']}/"
    mail = story.mail.wait(to=story.reader, subject=texts.PUBLIC_TITLE, since=story.began)[0]
    if texts.RESTORED not in story.web.page(story.told_at).html:
        raise StoryError(f"{story.told_at} does not say what was published.")
    return f"{told['state']} on the status page; “{mail['subject']}” to {mail['rcpt_to'][0]}"


def resolve(story: Story, when: timedelta) -> str:
    final: dict[str, Any] = {"update": texts.FINAL} if story.clock.live else {}
    story.commander.post(
        f"{story.path}/verbs/resolve/", confirmation=texts.CONFIRMATION, **final, **story.clock.given(when)
    )
    if not story.clock.live:
        # What goes out together with a verb is told now; this one was told then.
        story.communications.post(f"{story.path}/updates/", body=texts.FINAL, **story.clock.given(when))
    mails = story.mail.wait(to=story.reader, subject=texts.PUBLIC_TITLE, since=story.began, count=2)
    incident = story.incident()
    return f"{incident['confirmation']}; final update mailed ({len(mails)} in the thread), postmortem drafted"


def start_review(story: Story, when: timedelta) -> str:
    story.commander.post(
        f"{story.path}/verbs/start_review/", facilitator=story.communications.username, **story.clock.given(when)
    )
    return f"{story.communications.name} leads it, who did not command"


def write(story: Story, when: timedelta) -> str:
    draft = story.commander.get(f"{story.path}/postmortem/")
    sections = [
        {"key": each["key"], "version": each["version"], "text": texts.SECTIONS[each["key"]]}
        for each in draft["sections"]
        if each["key"] in texts.SECTIONS
    ]
    written = story.commander.patch(
        f"{story.path}/postmortem/",
        version=draft["version"],
        public=True,
        public_as_written=True,
        title=texts.POSTMORTEM_TITLE,
        sections=sections,
    )
    for factor in texts.FACTORS:
        story.commander.post(f"{story.path}/postmortem/factors/", **factor)
    return f"{written['title']}, {len(written['entries'])} entries of the timeline"


def action_items(story: Story, when: timedelta) -> str:
    owners = {"commander": story.commander, "operations": story.operations, "communications": story.communications}
    day = story.clock.moment(when).date()
    for item in texts.ACTION_ITEMS:
        told = {**item, "owner": owners[item["owner"]].username, "due_on": str(day + timedelta(days=item["due_on"]))}
        story.commander.post(f"{story.path}/action-items/", **told, **story.clock.given(when))
    return "; ".join(f"{item['title']} ({item['kind']})" for item in texts.ACTION_ITEMS)


def publish(story: Story, when: timedelta) -> str:
    if story.commander.get(f"{story.path}/hindsight/")["candidates"]:
        story.commander.post(f"{story.path}/hindsight/", none=True, note="None of what was open has to do with it.")
    for verb, person in (
        ("submit", story.commander),
        ("approve", story.communications),
        ("publish", story.commander),
    ):
        person.post(f"{story.path}/postmortem/{verb}/", **story.clock.given(when))
    link = story.web.page(story.told_at).link("/postmortems/")
    if not link:
        raise StoryError(f"{story.told_at} has no link to the postmortem.")
    story.postmortem_at = story.web.page(link).url
    return f"approved by {story.communications.name}, read by everybody at {story.postmortem_at}"


def close(story: Story, when: timedelta) -> str:
    for person in {p.username: p for p in story.seats.values()}.values():
        person.post(f"{story.path}/postmortem/seen/")
    incident = story.commander.post(f"{story.path}/verbs/close/", **story.clock.given(when))
    return f"everybody who took part has read it; {incident['reference']} is {incident['phase']}"


SCENES = (
    Scene("detect", at("09:00"), "A reader subscribes to the status page", subscribe),
    Scene("detect", at("13:58"), "The pipeline tells of its deploys", deploys),
    Scene("detect", at("14:02"), "Alertmanager: error rate 30 %", alert),
    Scene("detect", at("14:03"), "Whoever is on call is paged and acknowledges", page),
    Scene("declare", at("14:04"), "An incident is declared", declare),
    Scene("declare", at("14:04"), "The roster's people accept their roles", take_seats),
    Scene("declare", at("14:06"), "The last deploy is identified", identify),
    Scene("declare", at("14:07"), "The commander proposes to roll back", propose),
    Scene("mitigate", at("14:08"), "The operations lead rolls back", roll_back),
    Scene("mitigate", at("14:08"), "Errors drop", errors_drop),
    Scene("communicate", at("14:09"), "Service is restored", confirm),
    Scene("communicate", at("14:10"), "Stakeholders are told", tell),
    Scene("resolve", at("14:25"), "Recovery is confirmed", resolve),
    Scene("review", at("09:00", next_day=True), "The review starts", start_review),
    Scene("review", at("09:20", next_day=True), "The postmortem is written", write),
    Scene("review", at("09:40", next_day=True), "Action items follow from it", action_items),
    Scene("review", at("09:50", next_day=True), "Somebody else approves it and it is published", publish),
    Scene("review", at("10:00", next_day=True), "The incident is closed", close),
)


def leave_open(story: Story) -> str:
    """A second, small incident that waits for somebody to acknowledge it; what was seen."""
    labels = texts.DISK_LABELS | {"run": story.run}
    now = datetime.now(UTC)
    answer = story.webhook(tools.alertmanager(labels, texts.DISK_ANNOTATIONS, starts_at=now))
    reference = answer["opened"][0]
    mail = story.mail.wait(subject=f"[{reference}] Page", since=story.began)[0]
    return f"{reference} {texts.DISK_ANNOTATIONS['summary']}: {mail['rcpt_to'][0]} is paged"


def _link(mail: dict[str, Any], part: str) -> str:
    """The first address in a mail's text with `part` in it."""
    for link in LINK.findall(mail["text"]):
        if part in link:
            return str(link)
    raise StoryError(f"There is no link with {part} in the mail “{mail['subject']}”.")
