"""What a worker's tasks do when the database can't be asked."""

from __future__ import annotations

import logging

import pytest
from django.db import OperationalError

from config.celery import app


def test_a_task_ends_quietly_and_without_a_traceback_for_its_parent(caplog: pytest.LogCaptureFixture) -> None:
    @app.task(name="tests.fails")
    def fails() -> None:
        raise OperationalError("server closed the connection unexpectedly")

    with caplog.at_level(logging.ERROR, logger="config.celery"):
        assert fails() is None
    assert "tests.fails: the database can't be asked (server closed the connection unexpectedly)" in caplog.text
    del app.tasks["tests.fails"]


def test_any_other_failure_is_one() -> None:
    @app.task(name="tests.breaks")
    def breaks() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        breaks()
    del app.tasks["tests.breaks"]


def test_beat_asks_for_nothing_that_no_worker_knows() -> None:
    app.loader.import_default_modules()
    assert {row["task"] for row in app.conf.beat_schedule.values()} <= set(app.tasks)
