"""A drill of the canonical story on real processes, from the first alert to its score: nothing leaves the house."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.alarm import Alarm
from tests.installation import live_installation, wait_for

pytestmark = [pytest.mark.faults]
COUNTS = (
    "from comms.models import *; from incidents.models import *; "
    "print([m.objects.filter(**f).count() for m, f in ((Delivery, {}), (Page, {}), (EscalationRun, {}), "
    "(PageIncident, {}), (StatusUpdate, {}), (Promise, {'incident__drill': False}))])"
)


@pytest.fixture(scope="module")
def alarm() -> Iterator[Alarm]:
    with live_installation() as running:
        yield Alarm(running)


def test_a_drill_of_the_story_comes_to_its_score_and_the_mail_sink_stays_empty(alarm: Alarm) -> None:
    before = alarm.installation.run("shell", "--no-imports", "-c", COUNTS)
    mails = len(alarm.installation.mail())
    lead, hands = "ines", "bob"

    def api(path: str, body: Any = None, who: str = lead) -> Any:
        return alarm.web.json(f"/api/v1/{path}", body, token=alarm.tokens[who])

    asked = {
        "scenario": "errors-after-a-deploy",
        "team": "payments",
        "participants": [hands],
        "speed": 5,
        "start": True,
    }
    drill = api("exercises/", asked)
    number = drill["incident"]["id"]
    room, one = f"incidents/{number}", f"exercises/{drill['id']}"

    def lines() -> str:
        return "\n".join(entry["text"] for entry in api(f"{room}/timeline/?page_size=200")["results"])

    wait_for(lambda: api(f"{room}/")["title"].startswith("CheckoutErrorRate"), "the alert of the script")
    assert api(f"{room}/")["drill"] is True
    api(f"{room}/verbs/declare/", {"severity": 2, "commander": lead})
    api(f"{room}/roles/operations-lead/take/", {}, hands)
    api(f"{room}/roles/communications-lead/take/", {}, hands)
    change = api(f"{room}/changes/")["results"][0]
    assert change["summary"] == "Deployed checkout 2.31.0"
    given = {"kind": "roll_back", "change": change["id"], "carried_by": hands}
    mitigation = api(f"{room}/mitigations/", given)["id"]
    api(f"{room}/verbs/start_mitigation/", {})
    api(f"{room}/mitigations/{mitigation}/execute/", {}, hands)
    wait_for(lambda: "None is firing any more" in lines(), "the answer to the roll back", 60)
    api(f"{room}/mitigations/{mitigation}/worked/", {"note": "0.4 %"}, hands)
    api(f"{room}/verbs/confirm_mitigated/", {"update": "Payments work again.", "next_update_in": 20})
    assert "would have been told: Payments work again." in lines()
    resolved = {"confirmation": "0.4 % for a while", "update": "It is over.", "reason": "a drill", "override": True}
    api(f"{room}/verbs/resolve/", resolved)
    wait_for(lambda: api(f"{one}/")["state"] == "finished", "the end of the drill")
    score = api(f"{one}/")["score"]
    done = {step["step"]: step["seconds"] for step in score["steps"]}
    assert all(seconds is not None for seconds in done.values()), done
    assert (score["of"], score["wrong_mitigations"], score["commander_hands_on"]) == (6, 0, 0)
    assert score["promises_kept"] == score["promises_due"] == 1

    assert len(alarm.installation.mail()) == mails == 0
    assert alarm.installation.run("shell", "--no-imports", "-c", COUNTS) == before
