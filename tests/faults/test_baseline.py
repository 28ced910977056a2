"""A schema that is read from the file, and one that went through every migration."""

import pytest

from config.management.commands.baseline import schema

pytestmark = [pytest.mark.faults, pytest.mark.long]


def test_a_new_installation_has_the_schema_of_one_that_was_upgraded_all_along() -> None:
    assert schema() == schema("--from-nothing")
