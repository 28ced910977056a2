"""The Celery application: how work is nudged, and the sweeps that find whatever nobody nudged."""

import functools
import gc
import logging
import os
import threading
import time
from typing import Any

import pghistory
from celery import Celery, signals
from celery.contrib.django.task import DjangoTask
from django.db import InterfaceError, OperationalError, transaction

from teams.problems import Unreadable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 5.0
GATHER_SECONDS = 0.1


class Nudge:
    """How a process wakes the workers: at most once in `GATHER_SECONDS` for each kind of work, so that a storm is a few
    messages and nothing stands behind them in the queue. The first goes out at once, and what comes meanwhile is sent
    as one at the end.

    After a failure the broker is left alone for `PAUSE_SECONDS`. The database holds all due work and the sweeps find
    it, so a skipped nudge costs seconds and never a page. Without the pause each request would wait for its own failed
    connection while the broker is away.
    """

    def __init__(self) -> None:
        self.quiet_until = 0.0
        self._lock = threading.Lock()
        # By the name of a task: whether somebody asked for it again while its time runs.
        self._gathering: dict[str, bool] = {}

    def send(self, task: "NudgedTask") -> None:
        """Publish now or in a moment, or log why not; never raises."""
        with self._lock:
            if task.name in self._gathering:
                self._gathering[task.name] = True
                return
            self._gathering[task.name] = False
        try:
            later = threading.Timer(GATHER_SECONDS, self._gathered, [task])
            later.daemon = True
            later.start()
        except RuntimeError:
            # No thread can be had: at the end of the process, or where there are too many. The next one tries again.
            self._gathering.pop(task.name, None)
        self._publish(task)

    def _gathered(self, task: "NudgedTask") -> None:
        with self._lock:
            again = self._gathering.pop(task.name)
        if again:
            self.send(task)

    def _publish(self, task: "NudgedTask") -> None:
        if time.monotonic() < self.quiet_until:
            return
        try:
            task.apply_async()
        except Exception as error:  # noqa: BLE001 - whatever it is, the sweep does the work
            self.quiet_until = time.monotonic() + PAUSE_SECONDS
            logger.warning("The broker is away (%s: %s); the next sweep finds the work.", type(error).__name__, error)


nudge = Nudge()


class NudgedTask(DjangoTask):
    """A task whose `delay_on_commit` may be lost: it never fails or holds up the request that calls it."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run it; what it changes is in the audit log as this task's."""
        try:
            with pghistory.context(through="task", task=self.name):
                return super().__call__(*args, **kwargs)
        except (OperationalError, InterfaceError) as error:
            # The sweep does the work. A failure would hand the traceback to the parent through a pipe that holds less
            # than that, and a parent that was told to end reads no more: neither of them would ever end.
            logger.error("%s: the database can't be asked (%s)", self.name, error)
            return None

    def delay_on_commit(self) -> None:  # type: ignore[override] # the stub is wrong
        """Wake a worker once the transaction commits, if the broker is there to be asked."""
        transaction.on_commit(functools.partial(nudge.send, self), robust=True)


class Task(NudgedTask):
    """A secret that no key decrypts is a missing setting: the log says which, without a trace of calls. The work is a
    row and is tried again once the key is there."""

    abstract = True
    throws = (Unreadable,)

    def on_failure(self, exc: BaseException, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        if isinstance(exc, Unreadable):
            logger.error("%s: %s", self.name, exc)


app = Celery("watchbill", task_cls=Task)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.worker_process_init.connect
def _keep_what_is_loaded(**_: Any) -> None:
    """As the web server does: the collector need not walk through all code for each batch of pages."""
    gc.collect()
    gc.freeze()


@signals.celeryd_init.connect
def _wait_for_work(conf: Any, **_: Any) -> None:
    """A worker waits on its broker's silence; the short patience in the settings is for those who publish."""
    conf.broker_transport_options = {**conf.broker_transport_options, "socket_timeout": 30}


def _every(seconds: int, task: str) -> dict[str, Any]:
    """A sweep; a message that no worker took expires, so that they don't pile up while workers are away."""
    return {"task": task, "schedule": float(seconds), "options": {"expires": max(10, 2 * seconds)}}


app.conf.beat_schedule = {
    "take events": _every(5, "incidents.tasks.take_events"),
    "miss heartbeats": _every(5, "incidents.tasks.miss_heartbeats"),
    "release due": _every(5, "incidents.tasks.release_due"),
    "escalate due": _every(5, "incidents.tasks.escalate_due"),
    "deliver due": _every(5, "comms.tasks.deliver_due"),
    "call due": _every(5, "comms.tasks.call_due"),
    "gather summaries": _every(15, "comms.tasks.gather_summaries"),
    "call readers due": _every(5, "comms.tasks.call_readers_due"),
    "call rollbacks due": _every(5, "comms.tasks.call_rollbacks_due"),
    "close bundles": _every(5, "comms.tasks.close_bundles"),
    "answer bundles": _every(15, "comms.tasks.answer_bundles"),
    "run drills": _every(5, "comms.tasks.run_drills"),
    "beat the pulse": _every(60, "comms.tasks.beat_pulse"),
    "publish due": _every(5, "comms.tasks.publish_due"),
    "fan out due": _every(5, "comms.tasks.fan_out_due"),
    "look after approvals": _every(5, "comms.tasks.look_after_approvals"),
    "maintain due": _every(5, "comms.tasks.maintain_due"),
    "render pages": _every(5, "comms.tasks.render_pages"),
    "mirror pages": _every(15, "comms.tasks.mirror_pages"),
    "play drills": _every(5, "incidents.tasks.play_due"),
    "settle recoveries": _every(15, "incidents.tasks.settle_recoveries"),
    "read metrics": _every(5, "incidents.tasks.read_metrics"),
    "tidy metrics": _every(600, "incidents.tasks.tidy_metrics"),
    "remind of promises": _every(15, "incidents.tasks.remind_promises"),
    "remind of tasks": _every(15, "incidents.tasks.remind_tasks"),
    "settle roles": _every(15, "incidents.tasks.settle_roles"),
    "lapse claims": _every(15, "incidents.tasks.lapse_claims"),
    "ask about mitigations": _every(15, "incidents.tasks.ask_about_mitigations"),
    "expire swaps": _every(60, "teams.tasks.expire_swaps"),
    "tell of tokens": _every(60, "teams.tasks.tell_of_tokens"),
    "look ahead in rosters": _every(3600, "teams.tasks.look_ahead"),
    "tell of roster warnings": _every(60, "teams.tasks.tell_of_warnings"),
    "read calendars": _every(15, "teams.tasks.read_calendars"),
    "stream the audit log": _every(5, "comms.tasks.stream_audit"),
    "forget old events": _every(3600, "incidents.tasks.forget_events"),
    "forget old audit events": _every(3600, "teams.tasks.forget_audit"),
    "forget idempotency keys": _every(3600, "teams.tasks.forget_keys"),
    "sweep sessions": _every(3600, "teams.tasks.sweep_sessions"),
    "import subscribers": _every(15, "comms.tasks.import_subscribers"),
    "write exports": _every(5, "incidents.tasks.write_exports"),
    "forget exports": _every(3600, "incidents.tasks.forget_exports"),
    "keep trackers in step": _every(5, "incidents.tasks.keep_trackers_in_step"),
    "poll trackers": _every(15, "incidents.tasks.poll_trackers"),
    "keep moments": _every(15, "incidents.tasks.keep_moments"),
    "remind of action items": _every(60, "incidents.tasks.remind_due"),
    "tell of action items": _every(15, "incidents.tasks.tell_of_action_items"),
}
