"""The seed story on real processes: web, worker, beat and SMTP sink, through the public interfaces only."""

from __future__ import annotations

import re
from typing import Any

import pytest

from config.story.client import Refused
from tests.journeys.conftest import Demo

CANON = (
    r"14:02  Detect +Alert: error rate 30 %",
    r"14:04  Declare +.+ declared the incident: SEV2, .+",
    r"14:04  Declare +.+ is Operations Lead",
    r"14:04  Declare +.+ accepted Incident Commander",
    r"14:04  Declare +.+ accepted Communications Lead",
    r"14:06  Declare +Last deploy identified: Deployed checkout 2\.31\.0",
    r"14:07  Declare +Proposed: Roll back checkout to 2\.30\.4, carried out by .+",
    r"14:08  Mitigate +.+ carries out Roll back checkout to 2\.30\.4",
    r"14:08  Mitigate +Rolled back → errors drop: 30 % to 0\.4 %",
    r"14:09  Communicate +.+ confirmed that service is restored",
    r"14:10  Communicate +Status update sent: Monitoring: .+",
    r"14:25  Resolve +.+ resolved the incident: Error rate under 1 % .+",
    r"14:25  Resolve +Status update sent: Resolved: .+",
    r"09:00  Review +.+ started the review: .+ leads it",
    r"09:40  Review +Action item: Roll checkout out .+",
    r"09:50  Review +.+ approved the postmortem",
    r"09:50  Review +.+ published the postmortem",
    r"10:00  Closed +.+ closed the incident",
)


class Told:
    """What one run of the story printed, and the installation that it played on."""

    def __init__(self, demo: Demo) -> None:
        self.demo = demo
        self.output = demo.installation.run("story", "--leave-open")
        self.lines = self.output.splitlines()
        found = re.search(r"INC-(\d+) error rate 30 %$", self.output, re.MULTILINE)
        assert found, self.output
        self.incident = int(found[1])

    def link(self, label: str) -> str:
        found = re.search(rf"^  {label} +(http\S+)$", self.output, re.MULTILINE)
        assert found, f"no {label} in:\n{self.output}"
        return found[1]

    def mail(self, **filters: str) -> list[dict[str, Any]]:
        return self.demo.installation.mail(**filters)

    @property
    def reader(self) -> str:
        found = re.search(r"reader-\w+@customer\.example", self.output)
        assert found
        return found[0]


@pytest.fixture(scope="module")
def told(demo: Demo) -> Told:
    return Told(demo)


def headers(mail: dict[str, Any]) -> dict[str, str]:
    """Unfolded."""
    return {name: " ".join(value.split()) for name, value in mail["headers"]}


def test_the_timeline_is_told_in_the_words_of_the_story(told: Told) -> None:
    lines = iter(told.lines)
    for wanted in CANON:
        assert any(re.fullmatch(wanted, line) for line in lines), f"{wanted} is missing or late in:\n{told.output}"


def test_every_step_has_its_tick(told: Told) -> None:
    steps = [line for line in told.lines if re.match(r"  ✓ \d\d:\d\d  ", line)]
    assert len(steps) == 18
    assert "✗" not in told.output


def test_the_page_is_mailed_once_and_may_be_acknowledged_from_the_mail(told: Told) -> None:
    (page,) = told.mail(subject=f"[INC-{told.incident}] Page")
    sent = headers(page)
    assert sent["Subject"] == f"[INC-{told.incident}] Page: error rate 30 %"
    assert page["rcpt_to"] == [sent["To"]]
    assert sent["Auto-Submitted"] == "auto-generated"
    assert sent["X-Auto-Response-Suppress"] == "All"
    assert sent["Importance"] == "high"
    assert "Precedence" not in sent
    assert page["mail_from"] not in (sent["From"], ""), "the envelope's sender is one of its own, for bounces"
    assert page["text"]
    assert page["html"]
    pages = list(told.demo.person("ines").every(f"incidents/{told.incident}/pages/"))
    assert len(pages) == 1
    assert pages[0]["acknowledged_at"]


def test_a_reader_confirms_and_hears_both_updates_in_one_thread(told: Told) -> None:
    final, first, confirmation = told.mail(to=told.reader)
    assert headers(confirmation)["Subject"] == "Please confirm your subscription: Harbour & Co"
    assert "List-Unsubscribe" not in headers(confirmation)
    for update in (first, final):
        sent = headers(update)
        assert sent["Subject"] == "[Harbour & Co] Payments failing at checkout"
        assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert re.fullmatch(r"<http\S+/unsubscribe/\S+>, <mailto:\S+>", sent["List-Unsubscribe"])
        assert sent["In-Reply-To"] == sent["References"] == headers(first)["References"]
        assert sent["List-Id"]
    assert headers(first)["Message-ID"] != headers(final)["Message-ID"]
    assert first["text"].splitlines()[0] == "Monitoring"
    assert final["text"].splitlines()[0] == "Resolved"


def test_everybody_can_read_the_postmortem_and_nobody_is_named_in_it(told: Told) -> None:
    page = told.demo.web.page(told.link("Postmortem")).html
    assert "Payments failing at checkout after a deploy" in page
    assert "The provider&#x27;s sandbox" in page or "The provider's sandbox" in page
    people = {entry["actor"]["name"] for entry in timeline(told) if entry["actor"]}
    assert people
    assert not [name for name in people if name in page]


def test_concrete_action_items_follow(told: Told) -> None:
    items = list(told.demo.person("ines").every(f"action-items/?incident={told.incident}"))
    assert sorted(item["kind"] for item in items) == ["detect", "mitigate", "prevent"]
    for item in items:
        assert not item["missing"]
        assert item["owner"]
        assert item["due_on"]
        assert item["tracker_url"].startswith("https://")


def test_the_incident_is_closed_with_every_time_on_the_storys_day(told: Told) -> None:
    incident = told.demo.person("ines").get(f"incidents/{told.incident}/")
    times = [incident[name] for name in ("detected_at", "declared_at", "mitigated_at", "resolved_at", "closed_at")]
    assert incident["phase"] == "closed"
    assert times == sorted(times)
    assert [at[11:16] for at in times] == ["14:02", "14:04", "14:09", "14:25", "10:00"]
    assert incident["comms_track"] == "final_sent"


def test_the_status_page_shows_it_as_over_and_all_components_well(told: Told) -> None:
    assert "Payments have worked normally since 14:09 UTC" in told.demo.web.page(told.link("Status page")).html
    summary = told.demo.web.json("/api/v2/summary.json")
    assert summary["status"]["indicator"] == "none"


def test_a_second_incident_waits_to_be_acknowledged(told: Told) -> None:
    found = re.search(r"Left open: INC-(\d+) Disk 85 % full on search-2", told.output)
    assert found
    incident = told.demo.person("sofia").get(f"incidents/{found[1]}/")
    assert incident["phase"] == "detect"
    assert incident["acknowledged_at"] is None


def test_the_story_can_be_played_again_and_live(told: Told) -> None:
    again = told.demo.installation.run("story", "--clock", "now")
    found = re.search(r"INC-(\d+) error rate 30 %$", again, re.MULTILINE)
    assert found
    assert int(found[1]) > told.incident
    assert "live " not in again
    incident = told.demo.person("ines").get(f"incidents/{found[1]}/")
    assert incident["phase"] == "closed"


def test_the_story_stops_where_it_is_told_to(told: Told) -> None:
    output = told.demo.installation.run("story", "--until", "declare")
    found = re.search(r"INC-(\d+) error rate 30 %$", output, re.MULTILINE)
    assert found
    assert told.demo.person("ines").get(f"incidents/{found[1]}/")["phase"] == "declare"


def test_what_is_missing_is_said_in_a_sentence(told: Told) -> None:
    for arguments, said in (
        (["--url", "http://127.0.0.1:9"], "does not answer"),
        (["--keys", "/nowhere/demo.json"], "the story needs the demo organization"),
        (["--url", "127.0.0.1"], "is no address of an installation"),
    ):
        with pytest.raises(AssertionError) as failed:
            told.demo.installation.run("story", *arguments)
        assert said in str(failed.value)
        assert "Traceback" not in str(failed.value)


def test_a_key_that_is_wrong_opens_nothing(told: Told) -> None:
    with pytest.raises(Refused) as refused:
        told.demo.web.json(f"/integrations/v1/alertmanager/{'0' * 32}/", {"version": "4", "alerts": []})
    assert refused.value.status == 404


def timeline(told: Told) -> list[dict[str, Any]]:
    return list(told.demo.person("ines").every(f"incidents/{told.incident}/timeline/"))
