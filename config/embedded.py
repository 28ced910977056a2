"""PostgreSQL and Valkey from their wheels, for an installation that names no servers of its own.

Both answer on sockets in a folder of mode 0700 and on no port; PostgreSQL checks the peer's user besides.
`python -m config.embedded start --dir DIR` keeps a pair of them running without the rest of Watchbill.
"""

import argparse
import contextlib
import functools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil
import psycopg
import redis
from psycopg import sql

from config import running
from config.places import Layout, Unable, layout, private_folder, user_name
from config.processes import Child, Program, remember, stop_process, stop_remembered

MAJOR = "18"
START_SECONDS = 60.0
RECOVERY_SECONDS = 600.0


def programs(place: Layout, *, throwaway: bool = False) -> list[Program]:
    """PostgreSQL and Valkey, ready to be started in this order; `throwaway` trades durability for speed.

    Makes the database folder on first use and stops what an earlier
    start left running on it. Raises `Unable`.
    """
    data = place.home / "postgres"
    if not (data / "PG_VERSION").exists():
        _initdb(place, data, throwaway)
    version = (data / "PG_VERSION").read_text().strip()
    if version != MAJOR:
        raise Unable(f"{data} was made by PostgreSQL {version} and this is {MAJOR}: dump it there, restore it here.")
    _clear_postgres(data)
    _clear_valkey(place)
    _write_access_rules(place, data)
    return [_postgres(place, data, throwaway), valkey(place, throwaway=throwaway)]


def wait_until_ready(place: Layout, children: Sequence[Child], pause: Callable[[], None] | None = None) -> None:
    """Wait for the servers among `children`, then make role and
    database; between two tries `pause` is called.

    Raises `Unable` when one ends or stays silent.
    """
    pause = pause or functools.partial(time.sleep, 0.05)
    checks = {"postgres": _postgres_answers, "valkey": _valkey_answers}
    for child in children:
        _wait(child, functools.partial(checks[child.program.name], place), pause)
    if any(child.program.name == "postgres" for child in children):
        _make_database(place)


def _make_database(place: Layout) -> None:
    with psycopg.connect(_maintenance(place), autocommit=True) as connection:
        name = sql.Identifier(running.DATABASE)
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [running.DATABASE]).fetchone():
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(name))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [running.DATABASE]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, name))


@contextlib.contextmanager
def throwaway_servers(home: Path) -> Iterator[Layout]:
    """A fast, forgetful pair of servers in `home` for as long as the
    context, stopped with this process at the latest."""
    place = layout(home)
    children: list[Child] = []
    try:
        for program in programs(place, throwaway=True):
            child = Child(program)
            with (home / f"{program.name}.log").open("wb") as log:
                child.start(log)
            children.append(child)
        wait_until_ready(place, children)
        yield place
    finally:
        for child in reversed(children):
            child.stop()


def _initdb(place: Layout, data: Path, throwaway: bool) -> None:
    """Make the database folder whole or not at all: an interrupted
    attempt leaves only a folder named .new."""
    fresh = data.with_name("postgres.new")
    subprocess.run(["rm", "-rf", str(fresh)], check=True)
    private_folder(fresh, place.account)
    account = place.account
    done = subprocess.run(
        [
            str(place.postgres / "initdb"),
            f"--pgdata={fresh}",
            "--username=postgres",
            "--auth-local=peer",
            "--auth-host=reject",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
            *(["--no-sync"] if throwaway else []),
        ],
        cwd="/",
        env=_server_env(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if done.returncode:
        raise Unable(f"PostgreSQL could not make its folder {data}:\n{done.stdout.strip()}")
    fresh.rename(data)


def _postgres(place: Layout, data: Path, throwaway: bool) -> Program:
    options = {
        "listen_addresses": "",
        "unix_socket_directories": '"' + str(place.sockets).replace('"', '""') + '"',
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "shared_buffers": "128MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
    }
    if throwaway:
        options |= {
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_wal_size": "4GB",
        }
    argv = [str(place.postgres / "postgres"), "-D", str(data)]
    argv += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    # SIGINT is PostgreSQL's fast shutdown: sessions are ended, nothing committed is lost.
    return Program("postgres", argv, _server_env(), stop_signal=signal.SIGINT, stop_seconds=60, account=place.account)


def valkey(place: Layout, *, throwaway: bool = False) -> Program:
    """Valkey alone; with `throwaway` it keeps nothing over a restart."""
    options = {
        "port": "0",
        "unixsocket": str(place.valkey_socket),
        "unixsocketperm": "700",
        "dir": str(place.home / "valkey"),
        "appendonly": "no" if throwaway else "yes",
        "save": "",
        "daemonize": "no",
    }
    argv = [str(place.valkey)]
    argv += [part for name, value in options.items() for part in (f"--{name}", value)]
    return Program("valkey", argv, _server_env(), stop_seconds=20, account=place.account)


def _server_env() -> dict[str, str]:
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _write_access_rules(place: Layout, data: Path) -> None:
    """Only the user who starts Watchbill gets in, as the application's role or for maintenance."""
    user = user_name().replace('"', '""')
    rules = {
        "pg_hba.conf": "local all all peer map=installation\n",
        "pg_ident.conf": f'installation "{user}" {running.DATABASE}\ninstallation "{user}" postgres\n',
    }
    for name, text in rules.items():
        path = data / name
        path.write_text(text)
        path.chmod(0o600)
        if place.account:
            os.chown(path, place.account.uid, place.account.gid)


def _clear_postgres(data: Path) -> None:
    """Stop a server that still runs on `data`, and remove the pid file of one that no longer does."""
    pid_file = data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return
    if _runs_with(pid, "postgres", str(data)):
        stop_process(pid, signal.SIGINT, 60)
    else:
        # The number may be a stranger's by now, and PostgreSQL would refuse to start because of it.
        pid_file.unlink(missing_ok=True)


def _clear_valkey(place: Layout) -> None:
    """Stop a Valkey that still answers on our socket: a second one
    would quietly take its place and its file."""
    try:
        with redis.Redis(unix_socket_path=str(place.valkey_socket), socket_timeout=2) as client:
            pid = int(client.info("server")["process_id"])
    except (redis.RedisError, KeyError):
        return
    stop_process(pid, signal.SIGTERM, 20)


def _runs_with(pid: int, name: str, argument: str) -> bool:
    try:
        command = psutil.Process(pid).cmdline()
    except psutil.Error:
        return False
    return bool(command) and Path(command[0]).name == name and argument in command


def _maintenance(place: Layout) -> str:
    return psycopg.conninfo.make_conninfo(
        host=str(place.sockets), dbname="postgres", user="postgres", connect_timeout=5
    )


def _postgres_answers(place: Layout) -> bool:
    with psycopg.connect(_maintenance(place)):
        return True


def _valkey_answers(place: Layout) -> bool:
    with redis.Redis(unix_socket_path=str(place.valkey_socket), socket_timeout=2) as client:
        return bool(client.ping())


def _wait(child: Child, answers: Callable[[], bool], pause: Callable[[], None]) -> None:
    began = time.monotonic()
    patience = START_SECONDS
    while True:
        try:
            if answers():
                return
        except psycopg.OperationalError as error:
            if "starting up" in str(error) or "not yet accepting" in str(error):
                patience = RECOVERY_SECONDS
        except redis.RedisError:
            pass
        if not child.running:
            raise Unable(f"{child.program.name} ended while it started; its log says why.")
        if time.monotonic() - began > patience:
            raise Unable(f"{child.program.name} did not answer in time; its log says why.")
        pause()


def main(arguments: Sequence[str] | None = None) -> None:
    """`start` leaves both servers running and prints their URLs as shell assignments; `stop` ends them."""
    parser = argparse.ArgumentParser(prog="python -m config.embedded", description=__doc__)
    parser.add_argument("verb", choices=["start", "stop"])
    parser.add_argument("--dir", type=Path, required=True, help="the folder they live in")
    parser.add_argument("--throwaway", action="store_true", help="fast and forgetful, for tests")
    options = parser.parse_args(arguments)
    home = options.dir.absolute()
    try:
        place = layout(home)
        private_folder(home / "run")
        memory = home / "run" / "processes.json"
        stop_remembered(memory)
        if options.verb == "stop":
            return
        children = []
        for program in programs(place, throwaway=options.throwaway):
            child = Child(program)
            with (home / f"{program.name}.log").open("ab") as log:
                child.start(log, outlives_parent=True)
            children.append(child)
        wait_until_ready(place, children)
    except Unable as unable:
        sys.exit(str(unable))
    remember(memory, children)
    running.note(home, database_url=place.database_url, broker_url=place.broker_url)
    print(f"export DATABASE_URL='{place.database_url}'")
    print(f"export CELERY_BROKER_URL='{place.broker_url}'")


if __name__ == "__main__":
    main()
