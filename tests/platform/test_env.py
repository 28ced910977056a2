"""What the environment may say, and what it is told when it may not."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from config import env, judging, relay
from config.management.commands.settings_table import BEGIN, DOCUMENT, END, renewed

PRODUCTION = {
    "WATCHBILL_ENV": "production",
    "WATCHBILL_SECRET_KEY": "kR3nW8yTq0ZbV5mXc7LpJ2dHs9GfA4uEo1iQwY6rTzNvBxCkPq",
    "WATCHBILL_ENCRYPTION_KEYS": "Qp7Zx2Vn9Lk4Ws8Ty1Rb6Gm3Hd5Jf0Cu_aEoIiNqBvXtYzKlMrDg",
    "DATABASE_URL": "postgresql://watchbill:secret@db.example.org:5432/watchbill",
    "CELERY_BROKER_URL": "redis://queue.example.org:6379/0",
    "WATCHBILL_BASE_URL": "https://watchbill.example.org",
    "WATCHBILL_TRUST_PROXY": "yes",
    "WATCHBILL_EMAIL_URL": "smtp://mailer:p%40ss@mail.example.org?tls=starttls",
}


def problems(environ: dict[str, str]) -> list[str]:
    with pytest.raises(env.Refused) as refused:
        env.read(environ)
    return refused.value.problems


def test_nothing_given_is_a_development_installation() -> None:
    read = env.read({"HOME": "/home/alice", "PATH": "/bin"})
    assert (read.mode, read.debug, read.port, read.host) == ("development", False, 8000, "127.0.0.1")
    assert read.var == env.ROOT / "var"


def test_production_with_everything_given_is_accepted() -> None:
    read = env.read(PRODUCTION)
    assert read.mode == "production"
    assert relay.mail_relays(read.email_url) == [
        relay.Relay("mail.example.org:587", "mail.example.org", 587, "mailer", "p@ss", "starttls")
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"WATCHBILL_DEBUG": "yes"}, "WATCHBILL_DEBUG is on"),
        ({"WATCHBILL_SECRET_KEY": ""}, "WATCHBILL_SECRET_KEY is missing"),
        ({"WATCHBILL_SECRET_KEY": "short"}, "WATCHBILL_SECRET_KEY can be guessed"),
        ({"WATCHBILL_SECRET_KEY": "a" * 60}, "WATCHBILL_SECRET_KEY can be guessed"),
        ({"WATCHBILL_SECRET_KEY": "django-insecure-" + "kR3nW8yTq0ZbV5mX" * 4}, "WATCHBILL_SECRET_KEY can be guessed"),
        ({"WATCHBILL_SECRET_KEY_FALLBACKS": "old"}, "WATCHBILL_SECRET_KEY_FALLBACKS can be guessed"),
        ({"WATCHBILL_ALLOWED_HOSTS": "a.example.org, *"}, "WATCHBILL_ALLOWED_HOSTS is *"),
        ({"DATABASE_URL": ""}, "DATABASE_URL is missing"),
        ({"DATABASE_URL": "sqlite:///watchbill.db"}, "DATABASE_URL is not a usable URL"),
        ({"CELERY_BROKER_URL": " "}, "CELERY_BROKER_URL is missing"),
        ({"WATCHBILL_BASE_URL": ""}, "WATCHBILL_BASE_URL is missing"),
        ({"WATCHBILL_BASE_URL": "http://watchbill.example.org"}, "WATCHBILL_BASE_URL is plain http"),
        ({"WATCHBILL_BASE_URL": "https://example.org/watchbill"}, "WATCHBILL_BASE_URL names a host"),
        ({"WATCHBILL_BASE_URL": "https://[::1"}, "WATCHBILL_BASE_URL is not a usable URL"),
        ({"WATCHBILL_TRUST_PROXY": "no"}, "WATCHBILL_TRUST_PROXY is no"),
        ({"WATCHBILL_EMAIL_URL": ""}, "WATCHBILL_EMAIL_URL is missing"),
        ({"WATCHBILL_EMAIL_URL": "smtp://mail.example.org?tls=maybe"}, "WATCHBILL_EMAIL_URL understands"),
        ({"WATCHBILL_EMAIL_URL": "smtp://"}, "WATCHBILL_EMAIL_URL names no host"),
        ({"WATCHBILL_EMAIL_URL": "http://mail.example.org"}, "WATCHBILL_EMAIL_URL is not a usable URL"),
        ({"WATCHBILL_EMAIL_URL": "smtp://a.example.org:x"}, "WATCHBILL_EMAIL_URL is not a usable URL"),
        ({"WATCHBILL_EMAIL_URL": "smtp://a.example.org?rate=fast"}, "WATCHBILL_EMAIL_URL has the rate 'fast'"),
        ({"WATCHBILL_EMAIL_URL": "smtp://a.example.org?rate=0"}, "WATCHBILL_EMAIL_URL has the rate '0'"),
        ({"WATCHBILL_EMAIL_URL": "smtp://a.example.org?rates=5"}, "WATCHBILL_EMAIL_URL understands"),
        ({"WATCHBILL_EMAIL_URL": "smtp://a.example.org,b.example.org"}, "WATCHBILL_EMAIL_URL names no usable host"),
        ({"WATCHBILL_EMAIL_URL": "smtp://a.example.org smtp://"}, "WATCHBILL_EMAIL_URL (number 2 of 2) names no host"),
        ({"WATCHBILL_EMAIL_URL": "smtp://a.example.org, x"}, "WATCHBILL_EMAIL_URL (number 2 of 2) is not a usable URL"),
        ({"WATCHBILL_EMAIL_URL": "smtp://u:1@a.example.org smtp://u:2@A.example.org"}, "WATCHBILL_EMAIL_URL names a."),
        ({"WATCHBILL_MAIL_IN_DOMAIN": "mail in.example.org"}, "WATCHBILL_MAIL_IN_DOMAIN is no domain"),
        ({"WATCHBILL_MAIL_IN_CERTIFICATE_KEY": "/etc/key.pem"}, "WATCHBILL_MAIL_IN_CERTIFICATE is missing"),
        ({"WATCHBILL_MAIL_IN_PORT": "0"}, "WATCHBILL_MAIL_IN_PORT is 0"),
        ({"PORT": "http"}, "PORT is 'http'"),
        ({"PORT": "70000"}, "PORT is 70000"),
        ({"WATCHBILL_ENV": "staging"}, "WATCHBILL_ENV is 'staging'"),
        ({"WATCHBILL_DEBUG": "perhaps"}, "WATCHBILL_DEBUG is 'perhaps'"),
        ({"WATCHBILL_BASE_ULR": "x"}, "WATCHBILL_BASE_ULR is not a setting of Watchbill. Did you mean WATCHBILL_BASE_"),
        ({"WATCHBILL_XYZZY": "x"}, "WATCHBILL_XYZZY is not a setting of Watchbill."),
    ],
)  # fmt: skip
def test_what_production_refuses(change: dict[str, str], told: str) -> None:
    found = problems(PRODUCTION | change)
    assert len(found) == 1
    assert found[0].startswith(told)


def test_several_relays_in_order_each_with_its_options() -> None:
    found = relay.mail_relays(
        "smtps://one:a,b@mail.example.org smtp://two@mail.example.org:465?tls=ssl&rate=0.5,\n"
        "smtp://[2001:db8::1]?tls=none&rate=20 ,smtp://127.0.0.1:2525?tls=none,"
    )
    assert [(each.host, each.port, each.tls, each.rate) for each in found] == [
        ("mail.example.org", 465, "ssl", None),
        ("mail.example.org", 465, "ssl", 0.5),
        ("2001:db8::1", 25, "none", 20.0),
        ("127.0.0.1", 2525, "none", None),
    ]
    assert found[0].password == "a,b"
    # Two users of one relay are told apart without their names, which some providers take for keys.
    assert len({each.name for each in found}) == 4
    assert [each.name for each in found][2:] == ["[2001:db8::1]:25", "127.0.0.1:2525"]
    assert not any("one" in each.name or "two" in each.name for each in found)


def test_a_long_host_has_a_name_that_fits() -> None:
    host = ".".join(["a" * 60] * 4)
    one, two = relay.mail_relays(f"smtp://u@{host} smtp://v@{host}")
    assert one.name != two.name
    assert max(len(one.name), len(two.name)) <= relay.LONGEST_NAME


def test_everything_wrong_is_told_at_once() -> None:
    found = problems({"WATCHBILL_ENV": "production", "WATCHBILL_DEBUG": "yes", "WATCHBILL_NONSENSE": "1"})
    assert len(found) == 7


def test_plain_http_in_production_is_a_decision() -> None:
    given = PRODUCTION | {"WATCHBILL_BASE_URL": "http://watchbill.lan", "WATCHBILL_TRUST_PROXY": "no"}
    assert env.read(given | {"WATCHBILL_INSECURE_HTTP": "yes"}).mode == "production"


def test_development_answers_loopback_only() -> None:
    assert problems({"WATCHBILL_HOST": "0.0.0.0"})[0].startswith("WATCHBILL_HOST is 0.0.0.0")


def test_development_takes_mail_on_loopback_only() -> None:
    assert problems({"WATCHBILL_MAIL_IN_HOST": "192.0.2.1"})[0].startswith("WATCHBILL_MAIL_IN_HOST is 192.0.2.1")


def test_the_development_secret_is_random_kept_and_private(tmp_path: Path) -> None:
    first = env.load({"WATCHBILL_VAR": str(tmp_path / "var")}).secret_key
    assert len(first) >= judging.SECRET_LENGTH
    assert env.load({"WATCHBILL_VAR": str(tmp_path / "var")}).secret_key == first
    assert env.load({"WATCHBILL_VAR": str(tmp_path / "other")}).secret_key != first
    assert stat.S_IMODE((tmp_path / "var" / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["secret_key"]


def test_the_documented_table_is_the_table() -> None:
    text = DOCUMENT.read_text()
    assert BEGIN in text
    assert END in text
    assert text == renewed(text), "run `.venv/bin/python manage.py settings_table`"


def test_production_passes_djangos_own_checks_for_deployment() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--tag", "security", "--fail-level", "WARNING"],
        cwd=env.ROOT,
        env={"PATH": os.environ["PATH"], **PRODUCTION},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
