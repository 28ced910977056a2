"""The settings an installation takes from its environment: one typed table, read and judged at once.

`Environment` is the table: the field's annotation is the type, its metadata the name, default and meaning.
`docs/settings.md` carries the same table (`table()`), and a test holds the two together.
"""

import contextlib
import difflib
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from config.judging import SECRET_LENGTH, malformed, unsafe

PREFIX = "WATCHBILL_"
ROOT = Path(__file__).resolve().parent.parent

Mode = Literal["development", "production"]
Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


class Refused(Exception):
    """The environment cannot be used; `problems` has one sentence for each thing to mend."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__(
            "Watchbill does not start with these settings:\n"
            + "".join(f"  - {problem}\n" for problem in problems)
            + "docs/settings.md explains each of them."
        )


def setting(name: str, default: str, doc: str, *, production: str = "") -> Any:
    """One row of the table: `default` as it would be typed, `production` what that mode asks of it."""
    return field(metadata={"name": name, "default": default, "doc": doc, "production": production})


@dataclass(frozen=True, slots=True)
class Environment:
    """Every setting, parsed. Empty text means that nothing was given and the documented default applies."""

    mode: Mode = setting(
        "WATCHBILL_ENV",
        "development",
        "`development` starts what is missing by itself and shows mail on a page; `production` refuses every"
        " convenience that is unsafe in public.",
    )
    secret_key: str = setting(
        "WATCHBILL_SECRET_KEY",
        "",
        "Signs sessions and links. In development one is made and kept in `var/secret_key`.",
        production=f"required, {SECRET_LENGTH} random characters or more",
    )
    secret_key_fallbacks: tuple[str, ...] = setting(
        "WATCHBILL_SECRET_KEY_FALLBACKS",
        "",
        "Earlier secret keys, still accepted for what they signed while a key is being replaced.",
    )
    encryption_keys: tuple[str, ...] = setting(
        "WATCHBILL_ENCRYPTION_KEYS",
        "",
        "Encrypt secrets at rest: the first encrypts, all decrypt. By default derived from the secret keys.",
        production=f"{SECRET_LENGTH} random characters or more each, where given",
    )
    debug: bool = setting(
        "WATCHBILL_DEBUG",
        "no",
        "Django's debug pages and automatic reload of templates.",
        production="refused",
    )
    database_url: str = setting(
        "DATABASE_URL",
        "",
        "PostgreSQL 14 or later, as `postgresql://user:password@host:5432/name`. In development the embedded server.",
        production="required",
    )
    broker_url: str = setting(
        "CELERY_BROKER_URL",
        "",
        "Valkey or Redis, as `redis://host:6379/0`. In development the embedded server.",
        production="required",
    )
    base_url: str = setting(
        "WATCHBILL_BASE_URL",
        "",
        "The address people use, in every link that is sent out. In development `http://127.0.0.1:PORT`.",
        production="required, https unless WATCHBILL_INSECURE_HTTP=yes",
    )
    allowed_hosts: tuple[str, ...] = setting(
        "WATCHBILL_ALLOWED_HOSTS",
        "",
        "Further host names that are answered, beside the base URL's own.",
        production="`*` refused",
    )
    trust_proxy: bool = setting(
        "WATCHBILL_TRUST_PROXY",
        "no",
        "Believe `X-Forwarded-Proto` and `X-Forwarded-For`. Say yes only behind a proxy that overwrites both.",
        production="required with an https base URL",
    )
    insecure_http: bool = setting(
        "WATCHBILL_INSECURE_HTTP",
        "no",
        "Serve production over plain http, on a network where nobody else listens.",
    )
    hsts_seconds: int = setting(
        "WATCHBILL_HSTS_SECONDS",
        "2592000",
        "How long browsers remember to use https only, in seconds.",
    )
    hsts_subdomains: bool = setting(
        "WATCHBILL_HSTS_SUBDOMAINS",
        "no",
        "Ask browsers for https on every host below the base URL's, too.",
    )
    email_url: str = setting(
        "WATCHBILL_EMAIL_URL",
        "",
        "The mail relay, as `smtp://user:password@host:587?tls=starttls&rate=20`, or several with a space between them,"
        " tried in order; see [Mail relays](#mail-relays). In development the mail sink.",
        production="required",
    )
    from_email: str = setting(
        "WATCHBILL_FROM_EMAIL",
        "",
        "The sender of mail, as `Watchbill <watchbill@example.org>`. By default `watchbill@` the base URL's host.",
    )
    return_domain: str = setting(
        "WATCHBILL_RETURN_DOMAIN",
        "",
        "The domain that mail comes back to (bounces, complaints, and who wants no more of it), as"
        " `bounces.example.org`, if `mail_in` takes it. Empty: the sender's own.",
    )
    anymail_secret: str = setting(
        "WATCHBILL_ANYMAIL_SECRET",
        "",
        "What a mail provider shows when it tells what became of mail, as `user:password` in the address of its"
        " webhook. Empty: nobody is heard.",
    )
    anymail_mailgun_key: str = setting(
        "WATCHBILL_ANYMAIL_MAILGUN_KEY", "", "Mailgun's key for signing webhooks, if Mailgun is the provider."
    )
    mail_in_domain: str = setting(
        "WATCHBILL_MAIL_IN_DOMAIN",
        "",
        "The domain whose mail becomes alerts, as `alerts.example.org`; it is for nothing else. Empty: no mail is"
        " taken. In development `localhost`.",
    )
    mail_in_host: str = setting(
        "WATCHBILL_MAIL_IN_HOST",
        "127.0.0.1",
        "The address that such mail comes to: where your mail server can reach it.",
    )
    mail_in_port: int = setting(
        "WATCHBILL_MAIL_IN_PORT", "2525", "And the port. In development another one where that is taken."
    )
    mail_in_certificate: str = setting(
        "WATCHBILL_MAIL_IN_CERTIFICATE",
        "",
        "A file with the certificate for STARTTLS and those between it and its authority, as PEM. Empty: no STARTTLS.",
    )
    mail_in_certificate_key: str = setting(
        "WATCHBILL_MAIL_IN_CERTIFICATE_KEY", "", "The file with its key, as PEM, where the other file has none."
    )
    mail_in_seconds: int = setting(
        "WATCHBILL_MAIL_IN_SECONDS",
        "120",
        "How long a conversation with it may stand still, a mail that is being sent included.",
    )
    outbound_loopback: bool = setting(
        "WATCHBILL_OUTBOUND_LOOPBACK",
        "no",
        "Let webhooks and log streams go to this machine itself, without https, to try them out.",
        production="refused",
    )
    chat_hosts: tuple[str, ...] = setting(
        "WATCHBILL_CHAT_HOSTS",
        "",
        "Hosts of chat services that you run in your own network, such as `ntfy.lan, chat.lan`. Other addresses of"
        " chats may lead to the public internet only.",
    )
    metric_hosts: tuple[str, ...] = setting(
        "WATCHBILL_METRIC_HOSTS",
        "",
        "Hosts in your own network whose metrics incidents may watch, such as `prometheus.lan:9090`, each with its port"
        " (without one, 80 and 443). Other metrics may lead to the public internet only, with https; see"
        " [Metrics](metric-witness.md).",
    )
    tracker_hosts: tuple[str, ...] = setting(
        "WATCHBILL_TRACKER_HOSTS",
        "",
        "Hosts in your own network where action items become issues, such as `gitlab.lan` or `jira.lan:8080`, each with"
        " its port (without one, 80 and 443). Other trackers may be on the public internet only, with https; see"
        " [Trackers](trackers.md).",
    )
    twilio_sid: str = setting("WATCHBILL_TWILIO_SID", "", "The account at Twilio by which SMS and calls go out.")
    twilio_token: str = setting(
        "WATCHBILL_TWILIO_TOKEN", "", "Its auth token. What Twilio sends us is signed with it as well."
    )
    twilio_from: str = setting("WATCHBILL_TWILIO_FROM", "", "The number that SMS and calls come from, as `+4930…`.")
    twilio_url: str = setting(
        "WATCHBILL_TWILIO_URL", "https://api.twilio.com", "Where its REST API is, for whatever speaks like it."
    )
    deadman_url: str = setting(
        "WATCHBILL_DEADMAN_URL",
        "",
        "An https address that is asked each minute while paging keeps its promise. Let a monitor outside ring when it"
        " falls silent.",
    )
    metrics_token: str = setting(
        "WATCHBILL_METRICS_TOKEN",
        "",
        "Who has it as a bearer token reads the figures of paging at `/metrics`, as Prometheus does. Empty: nobody.",
        production="16 random characters or more, where given",
    )
    host: str = setting(
        "WATCHBILL_HOST",
        "127.0.0.1",
        "The address the web server listens on; development listens on loopback only.",
    )
    port: int = setting("PORT", "8000", "The port the web server listens on.")
    web_workers: int = setting("WATCHBILL_WEB_WORKERS", "2", "Web server processes.")
    ingest_port: int = setting(
        "WATCHBILL_INGEST_PORT",
        "0",
        "The port of the server for tools alone; 0: the one after `PORT`.",
    )
    ingest_workers: int = setting("WATCHBILL_INGEST_WORKERS", "2", "Processes of the server for tools alone.")
    api_rate: str = setting(
        "WATCHBILL_API_RATE", "1200/min", "Requests to the API with one token, or of one person; `off` for no limit."
    )
    anonymous_rate: str = setting(
        "WATCHBILL_ANONYMOUS_RATE",
        "120/min",
        "Requests to the API without a good token or session, from one address; `off` for no limit.",
    )
    console_rate: str = setting(
        "WATCHBILL_CONSOLE_RATE",
        "240/min",
        "Changes that one person makes in the console and the administration; `off` for no limit.",
    )
    public_rate: str = setting(
        "WATCHBILL_PUBLIC_RATE",
        "1200/min",
        "Public pages, JSON and feeds that one address reads; `off` for no limit.",
    )
    subscribe_rate: str = setting(
        "WATCHBILL_SUBSCRIBE_RATE",
        "20/hour",
        "Subscriptions that are asked for from one address; `off` for no limit.",
    )
    link_rate: str = setting(
        "WATCHBILL_LINK_RATE",
        "120/min",
        "Links out of mail that are opened from one address; `off` for no limit.",
    )
    event_rate: str = setting(
        "WATCHBILL_EVENT_RATE",
        "60000/min",
        "Requests to one integration before the rest is put off with 503; `off` for no limit.",
    )
    public_storage: str = setting(
        "WATCHBILL_PUBLIC_STORAGE",
        "",
        "Where the public pages are copied to as well: an entry of Django's `STORAGES` as JSON, of any backend of"
        " django-storages; see [Object stores](status-page.md#object-stores). Empty: nowhere.",
    )
    security_contact: str = setting(
        "WATCHBILL_SECURITY_CONTACT",
        "",
        "Where to report a weakness of this installation, as an address of mail or an https URL; shown in"
        " `/.well-known/security.txt`.",
    )
    statement_seconds: int = setting(
        "WATCHBILL_STATEMENT_SECONDS",
        "20",
        "How long the database may work at one statement of a web request; workers and migrations have no such end.",
    )
    web_threads: int = setting("WATCHBILL_WEB_THREADS", "4", "Requests that one web process serves at once.")
    worker_concurrency: int = setting("WATCHBILL_WORKER_CONCURRENCY", "4", "Tasks that one worker runs at once.")
    log_level: Level = setting(
        "WATCHBILL_LOG_LEVEL", "INFO", "How much is logged: `DEBUG`, `INFO`, `WARNING` or `ERROR`."
    )
    var: Path = setting(
        "WATCHBILL_VAR", "var", "The folder of everything an installation keeps on disk, its logs included."
    )


def read(environ: Mapping[str, str]) -> Environment:
    """Parse and judge `environ`. Raises `Refused` with every problem found, never only the first."""
    problems = [*_unknown(environ)]
    values: dict[str, Any] = {}
    for row in fields(Environment):
        text = environ.get(row.metadata["name"], "").strip() or row.metadata["default"]
        try:
            values[row.name] = _parse(row, text)
        except ValueError as error:
            problems.append(f"{row.metadata['name']} {error}")
            values[row.name] = _parse(row, row.metadata["default"])
    environment = Environment(**values)
    problems += [*malformed(environment), *unsafe(environment)]
    if problems:
        raise Refused(problems)
    return environment


def load(environ: Mapping[str, str]) -> Environment:
    """`read`, and in development the secret key that `var` keeps. Raises `Refused`."""
    environment = read(environ)
    if environment.secret_key or environment.mode == "production":
        return environment
    return replace(environment, secret_key=development_secret(environment.var))


def _parse(row: Field[Any], text: str) -> Any:
    kind = row.type
    if kind is bool:
        lowered = text.lower()
        if lowered not in ("yes", "no", "true", "false", "on", "off", "1", "0"):
            raise ValueError(f"is {text!r}; say yes or no.")
        return lowered in ("yes", "true", "on", "1")
    if kind is int:
        if not text.isascii() or not text.isdigit():
            raise ValueError(f"is {text!r}; give a whole number.")
        return int(text)
    if kind is Path:
        return (ROOT / Path(text).expanduser()).absolute()
    if get_origin(kind) is Literal:
        if text not in get_args(kind):
            raise ValueError(f"is {text!r}; choose one of {', '.join(get_args(kind))}.")
        return text
    if get_origin(kind) is tuple:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def _unknown(environ: Mapping[str, str]) -> Iterator[str]:
    names = [row.metadata["name"] for row in fields(Environment)]
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in names:
            near = difflib.get_close_matches(name, names, n=1, cutoff=0.7)
            hint = f" Did you mean {near[0]}?" if near else ""
            yield f"{name} is not a setting of Watchbill.{hint}"


def development_secret(var: Path) -> str:
    """The random key kept in `var`, made on first use and readable by this user alone. Raises `Refused`."""
    path = var / "secret_key"
    fresh = var / f".secret_key.{secrets.token_hex(4)}"
    try:
        var.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_urlsafe(48))
            # A link, and not a rename: of two processes that start together, the first one's key stays.
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(fresh)
            fresh.unlink()
        return path.read_text().strip()
    except OSError as error:
        raise Refused(
            [
                f"WATCHBILL_VAR is {var}, and {error.filename or var} cannot be used ({error.strerror}):"
                f" it may belong to"
                " the user who started Watchbill earlier; start as that user, or name a folder of your own."
            ]
        ) from None


def table() -> str:
    """The settings as a Markdown table, the one in docs/settings.md."""
    lines = ["| Setting | Type | Default | Production | Meaning |", "|---|---|---|---|---|"]
    for row in fields(Environment):
        default = f"`{row.metadata['default']}`" if row.metadata["default"] else ""
        cells = (
            f"`{row.metadata['name']}`",
            _kind(row),
            default,
            row.metadata["production"],
            row.metadata["doc"],
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _kind(row: Field[Any]) -> str:
    if get_origin(row.type) is tuple:
        return "list, with commas"
    if get_origin(row.type) is Literal:
        return "choice"
    return {bool: "yes or no", int: "number", Path: "folder", str: "text"}[row.type]  # type: ignore[index]
