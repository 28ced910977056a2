"""A schema that is read from the file, and one that went through every migration."""

import re

import pytest

from config.management.commands.baseline import schema

pytestmark = [pytest.mark.faults, pytest.mark.long]
# PostgreSQL writes a list of words in a constraint in one way once, and in another when it has read that.
CASTS = re.compile(r"[()]|::character varying|::text(?:\[\])?")


def test_a_new_installation_has_the_schema_of_one_that_was_upgraded_all_along() -> None:
    read, applied = schema()
    gone_through, history = schema("--from-nothing")
    assert applied == history
    assert CASTS.sub("", read).splitlines() == CASTS.sub("", gone_through).splitlines()
