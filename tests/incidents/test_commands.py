"""The line under the timeline as text alone: what each command is read as, and what is said of one that can't be."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from incidents.commands import COMMANDS, Ask, Unreadable, choose, parse

# Half past midnight after the clocks went back in Berlin.
NOW = datetime(2026, 10, 26, 0, 30, tzinfo=ZoneInfo("Europe/Berlin"))


def at(hour: int, minute: int = 0, *, days: int = 0) -> datetime:
    return NOW.replace(hour=hour, minute=minute) + timedelta(days=days)


READ = {
    "Errors fall to 11 %": Ask("note", "Errors fall to 11 %"),
    "/var/log is full": Ask("note", "/var/log is full"),
    "/": Ask("note", "/"),
    "// a comment": Ask("note", "// a comment"),
    "at 23:50 errors began": Ask("note", "errors began", at=at(23, 50, days=-1)),
    "at 9:00 we meet again": Ask("note", "at 9:00 we meet again"),
    "at least it is up": Ask("note", "at least it is up"),
    "/decide we fail over": Ask("decide", "we fail over"),
    "/severity 2 because customers can't pay": Ask("severity", words="2", reason="customers can't pay"),
    "/sev SEV1, payments are down": Ask("severity", words="SEV1", reason="payments are down"),
    "/role comms": Ask("role", words="comms"),
    '/role comms to @"Dana Scully" I sleep now': Ask("role", words="comms", whom=("Dana Scully",), text="I sleep now"),
    "/mitigate roll back deploy 42 @bob within 10m": Ask(
        "mitigate", "roll back deploy 42", whom=("bob",), kind="roll_back", due=NOW + timedelta(minutes=10)
    ),
    "/mitigate ask the vendor": Ask("mitigate", "ask the vendor", kind="other"),
    "/task @sam check the replicas by 1h30": Ask(
        "task", "check the replicas", whom=("sam",), due=NOW + timedelta(minutes=90)
    ),
    "/task check it by the book": Ask("task", "check it by the book"),
    "/page @database-team because the primary is slow": Ask(
        "page", whom=("database-team",), reason="the primary is slow"
    ),
    "/eta 14:40": Ask("eta", due=at(14, 40)),
    "/eta 0:10": Ask("eta", due=at(0, 10, days=1)),
    "/eta none": Ask("eta"),
    "/link https://example.org/g Errors by minute": Ask("link", "Errors by minute", address="https://example.org/g"),
    "/at 10m ago /mitigate restart it": Ask("mitigate", "restart it", kind="restart", at=NOW - timedelta(minutes=10)),
    "/at 11:50 pm it began": Ask("note", "it began", at=at(23, 50, days=-1)),
}
SAID = {
    "/severty 2": "Did you mean /severity?",
    "/dance": "Type / to see all",
    "/role @dana": "Name the role before the person",
    "/eta soon": "“soon” is no time",
    "/eta 25:00": "no time",
    "/link example.org": "it begins with https://",
    "/page the database people": "Say whom with @",
    "/note": "Say what happened after /note",
    "/at noon it began": "Say when it happened",
    "/at 0:10 /severity 2": "can't be given an earlier time",
    "/at 0:10 /at 0:05 it began": "Say once when it happened",
}


def test_a_line_is_read() -> None:
    for text, ask in READ.items():
        assert parse(text, NOW) == ask, text


def test_what_is_wrong_with_a_line_is_said() -> None:
    for text, said in SAID.items():
        with pytest.raises(Unreadable) as told:
            parse(text, NOW)
        assert said in told.value.message, text


def test_each_example_of_the_list_is_read_as_its_command() -> None:
    for command in COMMANDS:
        assert parse(command.example, NOW).command in (command.name, "note"), command.example


def test_a_word_chooses_one_of_several() -> None:
    roles = {"commander": "Incident Commander", "comms": "Communications Lead", "ops": "Operations Lead"}
    assert [choose(word, roles, what="role") for word in ("ic", "comm", "operations", "OPS")] == [
        "commander",
        "comms",
        "ops",
        "ops",
    ]
    for word in ("lead", "zebra", ""):
        with pytest.raises(Unreadable):
            choose(word, roles, what="role")
