"""What is wrong with the settings of an installation: each a sentence that names the setting and the mend."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from typing import TYPE_CHECKING

from config.rates import rate
from config.relay import mail_relays, split
from config.stores import public_storage

if TYPE_CHECKING:
    from config.env import Environment

SECRET_LENGTH = 50
CONTACT = re.compile(r"https://[^\s<>\"]{1,500}|[^\s<>\"@:]{1,64}@[^\s<>\"@:]{1,255}")
LOOPBACK = ("127.0.0.1", "::1", "localhost")

# Of what a mail provider shows in each request.
SHORTEST_SECRET = 20


def malformed(env: Environment) -> Iterator[str]:
    schemes = {
        "DATABASE_URL": (
            env.database_url,
            ("postgresql", "postgres"),
            "postgresql://user:password@host:5432/name",
        ),
        "CELERY_BROKER_URL": (
            env.broker_url,
            ("redis", "rediss", "redis+socket"),
            "redis://host:6379/0",
        ),
        "WATCHBILL_BASE_URL": (env.base_url, ("https", "http"), "https://watchbill.example.org"),
    }
    for name, (url, allowed, example) in schemes.items():
        parts = split(url)
        if url and (parts is None or parts.scheme not in allowed):
            yield f"{name} is not a usable URL; write it as {example}."
    base = split(env.base_url)
    if env.base_url and base and (not base.hostname or base.path.strip("/") or base.query):
        yield "WATCHBILL_BASE_URL names a host and nothing after it, as https://watchbill.example.org."
    try:
        mail_relays(env.email_url)
    except ValueError as error:
        yield f"WATCHBILL_EMAIL_URL {error}"
    yield from _malformed_mail_in(env)
    try:
        public_storage(env.public_storage)
    except ValueError as error:
        yield f"WATCHBILL_PUBLIC_STORAGE {error}."
    yield from _malformed_limits(env)
    yield from _malformed_hosts(env)
    for name, number, low, high in (
        ("WATCHBILL_STATEMENT_SECONDS", env.statement_seconds, 1, 3600),
        ("PORT", env.port, 1, 65535),
        ("WATCHBILL_MAIL_IN_PORT", env.mail_in_port, 1, 65535),
        ("WATCHBILL_MAIL_IN_SECONDS", env.mail_in_seconds, 1, 3600),
        ("WATCHBILL_WEB_WORKERS", env.web_workers, 1, 64),
        ("WATCHBILL_WEB_THREADS", env.web_threads, 1, 256),
        ("WATCHBILL_WORKER_CONCURRENCY", env.worker_concurrency, 1, 256),
    ):
        if not low <= number <= high:
            yield f"{name} is {number}; give a number from {low} to {high}."


def _malformed_hosts(env: Environment) -> Iterator[str]:
    for name, hosts, example in (
        ("WATCHBILL_METRIC_HOSTS", env.metric_hosts, "prometheus.lan:9090"),
        ("WATCHBILL_TRACKER_HOSTS", env.tracker_hosts, "gitlab.lan:8443"),
    ):
        for host in hosts:
            parts = None if "/" in host or "@" in host or " " in host else split(f"https://{host}")
            if parts is None or not parts.hostname:
                yield f"{name} has {host!r}; name hosts alone, as {example}."


def _malformed_mail_in(env: Environment) -> Iterator[str]:
    if env.mail_in_domain and not is_domain(env.mail_in_domain):
        yield "WATCHBILL_MAIL_IN_DOMAIN is no domain: write it as alerts.example.org, in ASCII."
    if env.return_domain and not is_domain(env.return_domain):
        yield "WATCHBILL_RETURN_DOMAIN is no domain: write it as bounces.example.org, in ASCII."
    if env.anymail_secret and (":" not in env.anymail_secret or len(env.anymail_secret) < SHORTEST_SECRET):
        yield f"WATCHBILL_ANYMAIL_SECRET is too weak: write it as user:password, {SHORTEST_SECRET} characters or more."
    if env.mail_in_certificate_key and not env.mail_in_certificate:
        yield "WATCHBILL_MAIL_IN_CERTIFICATE is missing; its key alone is no use."


def is_domain(text: str) -> bool:
    labels = text.split(".")
    return len(text) <= 253 and all(
        0 < len(label) <= 63 and label.isascii() and label.replace("-", "").isalnum() for label in labels
    )


def _malformed_limits(env: Environment) -> Iterator[str]:
    for row in fields(env):
        if row.name.endswith("_rate"):
            try:
                rate(getattr(env, row.name))
            except ValueError as error:
                yield f"{row.metadata['name']} {error}"
    if env.security_contact and not CONTACT.fullmatch(env.security_contact):
        yield "WATCHBILL_SECURITY_CONTACT is no address: write it as security@example.org or https://example.org/security."


def unsafe(env: Environment) -> Iterator[str]:
    if env.mode == "development":
        if env.host not in LOOPBACK:
            yield (
                f"WATCHBILL_HOST is {env.host}, but development shows everybody's mail and listens on"
                f" loopback only;"
                " set WATCHBILL_ENV=production to answer a network."
            )
        if env.mail_in_host not in LOOPBACK:
            yield (
                f"WATCHBILL_MAIL_IN_HOST is {env.mail_in_host}, but development takes mail on loopback only;"
                " set WATCHBILL_ENV=production to answer a network."
            )
        return
    for name, value in (
        ("DATABASE_URL", env.database_url),
        ("CELERY_BROKER_URL", env.broker_url),
        ("WATCHBILL_BASE_URL", env.base_url),
        ("WATCHBILL_EMAIL_URL", env.email_url),
        ("WATCHBILL_SECRET_KEY", env.secret_key),
    ):
        if not value:
            yield f"{name} is missing; production needs it."
    yield from _unsafe_secrets(env)
    yield from _unsafe_addresses(env)


def _unsafe_secrets(env: Environment) -> Iterator[str]:
    if env.debug:
        yield "WATCHBILL_DEBUG is on; production never starts with it: remove it."
    if env.outbound_loopback:
        yield "WATCHBILL_OUTBOUND_LOOPBACK is on; production never connects to itself: remove it."
    if env.metrics_token and len(env.metrics_token) < 16:
        yield "WATCHBILL_METRICS_TOKEN can be guessed: use 16 random characters or more."
    for name, keys in (
        ("WATCHBILL_SECRET_KEY", [env.secret_key] if env.secret_key else []),
        ("WATCHBILL_SECRET_KEY_FALLBACKS", env.secret_key_fallbacks),
        ("WATCHBILL_ENCRYPTION_KEYS", env.encryption_keys),
    ):
        if any(_weak(key) for key in keys):
            yield (
                f"{name} can be guessed: use {SECRET_LENGTH} random characters or more, made for instance"
                f" with"
                " `python3 -c 'import secrets; print(secrets.token_urlsafe(48))'`."
            )


def _unsafe_addresses(env: Environment) -> Iterator[str]:
    if "*" in env.allowed_hosts:
        yield "WATCHBILL_ALLOWED_HOSTS is *; name the hosts that this installation answers for."
    if env.base_url.startswith("http://") and not env.insecure_http:
        yield (
            "WATCHBILL_BASE_URL is plain http; use https, or set WATCHBILL_INSECURE_HTTP=yes where nobody"
            " else can"
            " listen."
        )
    if env.base_url.startswith("https://") and not env.trust_proxy:
        yield (
            "WATCHBILL_TRUST_PROXY is no, but https needs a proxy in front: let it overwrite"
            " X-Forwarded-Proto and"
            " X-Forwarded-For, then set WATCHBILL_TRUST_PROXY=yes."
        )


def _weak(key: str) -> bool:
    return len(key) < SECRET_LENGTH or len(set(key)) < 12 or key.startswith("django-insecure-")
