"""What every test may use: a real PostgreSQL and a real Valkey, started once for the whole run."""

import contextlib
import gc
import os
import shutil
import tempfile
import uuid
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ["tests.installation", "tests.standins.identity"]

_servers = contextlib.ExitStack()

LIVE = "live"
DEMO = "demo"
FOLLOWED = "followed"
# One worker runs these, and starts one installation for all of them.
SHARING = {
    "tests/attacks/test_sessions.py": LIVE,
    "tests/journeys/test_alertmanager.py": LIVE,
    "tests/journeys/test_storm.py": LIVE,
    "tests/journeys/test_story.py": LIVE,
    "tests/platform/test_installation.py": LIVE,
    "tests/faults/test_lost_pages.py": DEMO,
    "tests/faults/test_promises.py": DEMO,
    "tests/faults/test_stopped_processes.py": DEMO,
    "tests/faults/test_action_items_followed.py": FOLLOWED,
    "tests/faults/test_maintenance_by_itself.py": FOLLOWED,
}
FIRST = (
    "tests/platform/test_up.py",
    LIVE,
    "tests/access/test_matrix.py",
    "tests/api/test_hostile.py",
    "tests/incidents/test_mail_in.py",
    "tests/access/test_faces.py",
    "tests/api/test_visibility.py",
    "tests/api/test_fuzz.py",
    DEMO,
    "tests/faults/test_status_page_alone.py",
    FOLLOWED,
    "tests/faults/test_trackers_in_step.py",
    "tests/faults/test_real_prometheus.py",
    "tests/faults/test_fan_out.py",
    "tests/browser/test_axe.py",
    "tests/browser/test_incident.py",
    "tests/browser/test_policy.py",
)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Start throwaway servers unless the environment names some; xdist's workers inherit their URLs."""
    if "DATABASE_URL" in os.environ or config.option.help or config.option.collectonly:
        return
    from config.embedded import throwaway_servers

    # Not pytest's own folder for temporary files: root's database account could not pass through that.
    home = Path(tempfile.mkdtemp(prefix="watchbill-tests-"))
    _servers.callback(shutil.rmtree, home, ignore_errors=True)
    place = _servers.enter_context(throwaway_servers(home))
    os.environ["DATABASE_URL"] = place.database_url
    os.environ["CELERY_BROKER_URL"] = place.broker_url
    _point_settings_at(place.database_url, place.broker_url)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """All that is imported and collected stays until the end: not looking at it again and again saves some of each
    test's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """`--dist loadfile`, with what takes longest begun first: else a core waits for it in the end."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class LongestFirst(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return SHARING.get(file, file)

        def _assign_work_unit(self, node: Any) -> None:
            if first := next((scope for scope in FIRST if scope in self.workqueue), None):
                self.workqueue.move_to_end(first, last=False)
            super()._assign_work_unit(node)

    return LongestFirst(config, log)


def pytest_unconfigure() -> None:
    """Stop what this process started."""
    _servers.close()


def _point_settings_at(database_url: str, broker_url: str) -> None:
    """Correct the settings that pytest-django read before any conftest could start a server."""
    import dj_database_url
    from django.conf import settings

    settings.DATABASES["default"].update(dj_database_url.parse(database_url))
    settings.CELERY_BROKER_URL = broker_url


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """A test database begins as a copy of the migrated one."""
    from django.db import connection

    from tests.installation import plain_environ
    from tests.schema import migrated

    connection.settings_dict["TEST"]["TEMPLATE"] = migrated(os.environ["DATABASE_URL"], plain_environ())


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Tests that commit take back what they wrote, and Django has no part in it."""
    from django.test import TransactionTestCase

    from tests import emptying

    with django_db_blocker.unblock():
        emptying.keep()
    TransactionTestCase._fixture_teardown = emptying.restore  # type: ignore[attr-defined]


@pytest.fixture(scope="session", autouse=True)
def _passwords_are_checked_fast(django_test_environment: None) -> None:
    """The same algorithm with less to do. Live installations have what people have."""
    from django.contrib.auth.hashers import Argon2PasswordHasher

    Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost, Argon2PasswordHasher.parallelism = 1, 64, 1


@pytest.fixture(scope="session", autouse=True)
def _only_whole_pages_are_recorded(django_test_environment: None) -> None:
    """A client keeps the context of a page, and not that of each of its parts, which took a tenth of all time."""
    from django.template.base import Template
    from django.template.context import Context
    from django.test.signals import template_rendered

    def render(self: Template, context: Context) -> Any:
        if context.template is self:
            template_rendered.send(sender=self, template=self, context=context)
        return self.nodelist.render(context)

    Template._render = render  # type: ignore[attr-defined]


@pytest.fixture(scope="session", autouse=True)
def _static_files_are_found_once(django_test_environment: None) -> None:
    """Each client of a test starts the middleware anew, and to look for the files took another tenth of all time."""
    from whitenoise.middleware import WhiteNoiseMiddleware

    look, known = WhiteNoiseMiddleware.add_files_from_finders, {}

    def remember(self: Any) -> None:
        if not known:
            look(self)
            known.update(self.files)
        self.files.update(known)

    WhiteNoiseMiddleware.add_files_from_finders = remember


@pytest.fixture(autouse=True)
def _clock_of_the_process(settings: Any) -> None:
    """Tests that travel in time take it with them; the installations that others start ask their database."""
    settings.WATCHBILL_DATABASE_CLOCK = False


@pytest.fixture(scope="session")
def _folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("var")


@pytest.fixture(autouse=True)
def _folder_of_its_own(settings: Any, _folders: Path) -> None:
    """Nor does any read the mail that somebody's `make run` left in `var`. For `tmp_path` pytest looks through the
    folders of all tests before."""
    settings.WATCHBILL_VAR = _folders / uuid.uuid4().hex
    settings.WATCHBILL_VAR.mkdir()


@pytest.fixture(autouse=True)
def _counts_of_its_own() -> None:
    """No test spends what another may ask for: all share one server, and with it the counts of `config.limits`."""
    from django.core.cache import cache

    cache.key_prefix = f"test-{uuid.uuid4().hex}"


from tests.cast import *  # noqa: E402, F403
