"""What a provider says of itself: its discovery document and its keys, read over https and judged before use."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import requests
from allauth.socialaccount.providers.base import ProviderException
from django.conf import settings
from django.core.cache import cache

from teams.models import IdentityProvider
from teams.models.sso import address_problem

KEPT_SECONDS = 300
AGAIN_SECONDS = 20
LARGEST = 512 * 1024
# Signatures that only the provider can have made. HS256 would make the client secret a signing key, none needs no key.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
ADDRESSES = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint")

Document = dict[str, Any]


class Trouble(ProviderException):
    """The provider can't be used, with a sentence that says why and tells no secret."""


def session() -> requests.Session:
    """A session that waits a few seconds, follows nobody, and asks only where `address_problem` has no objection."""
    made = requests.Session()
    made.trust_env = False
    made.max_redirects = 0
    made.request = partial(_request, made.request)  # type: ignore[method-assign]
    return made


def _request(send: Any, method: str, url: str, **more: Any) -> requests.Response:
    if problem := address_problem(url):
        raise Trouble(problem)
    more.setdefault("timeout", settings.SOCIALACCOUNT_REQUESTS_TIMEOUT)
    more["allow_redirects"] = False
    more["stream"] = True
    answer: requests.Response = send(method, url, **more)
    body = bytearray()
    for part in answer.iter_content(64 * 1024):
        body += part
        if len(body) > LARGEST:
            answer.close()
            raise Trouble(f"{urlsplit(url).hostname} answers with more than {LARGEST // 1024} KiB.")
    # What was read bit by bit is the content from here on.
    answer._content = bytes(body)
    return answer


def fetch(url: str) -> Document:
    """The JSON object at `url`. Raises `Trouble`."""
    try:
        with session() as asks:
            answer = asks.get(url, headers={"Accept": "application/json"})
    except requests.Timeout:
        raise Trouble(f"{url} does not answer within {settings.SOCIALACCOUNT_REQUESTS_TIMEOUT} seconds.") from None
    except requests.exceptions.SSLError:
        raise Trouble(f"The certificate of {urlsplit(url).hostname} is not trusted by this machine.") from None
    except requests.RequestException:
        raise Trouble(
            f"{url} can't be reached from here. Check the address, the name server and the firewall."
        ) from None
    if answer.is_redirect:
        raise Trouble(f"{url} leads elsewhere. Give the issuer exactly as the provider shows it.")
    if answer.status_code != requests.codes.ok:
        raise Trouble(f"{url} answers {answer.status_code}. Give the issuer exactly as the provider shows it.")
    try:
        document = json.loads(answer.content)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise Trouble(f"{url} answers something that is no JSON object. Check the issuer.")
    return document


def well_known(issuer: str) -> str:
    return issuer.rstrip("/") + "/.well-known/openid-configuration"


def problems(provider: IdentityProvider, document: Document) -> Iterator[str]:
    """What makes `document` unfit for signing in, each a sentence."""
    for name in NEEDED:
        if not isinstance(document.get(name), str):
            yield f"Its discovery document names no {name}."
    if isinstance(named := document.get("issuer"), str) and named != provider.issuer:
        yield f"It calls itself {named}, not {provider.issuer}. Give the issuer exactly so, a closing / included."
    for name in ADDRESSES:
        if isinstance(url := document.get(name), str) and (problem := address_problem(url)):
            yield f"{name}: {problem}"
    if "code" not in _listed(document, "response_types_supported", "code"):
        yield "It does not offer the authorization code flow (response type “code”)."
    algorithms = _listed(document, "id_token_signing_alg_values_supported", "RS256")
    if not set(algorithms) & set(ALGORITHMS):
        yield f"It signs with {', '.join(map(str, algorithms))}; Watchbill accepts {', '.join(ALGORITHMS)}."
    if "S256" not in _listed(document, "code_challenge_methods_supported", "S256"):
        yield "It does not take PKCE with S256."


def _listed(document: Document, name: str, default: str) -> list[Any]:
    """A list of the document; what is not said is taken as supported."""
    found = document.get(name)
    return found if isinstance(found, list) else [default]


def read(provider: IdentityProvider, *, fresh: bool = False) -> Document:
    """The discovery document of `provider`, kept for five minutes. Raises `Trouble` with all that is wrong."""
    key = f"oidc:document:{provider.slug}:{provider.issuer}"
    document: Document | None = None if fresh else cache.get(key)
    if document is None:
        document = fetch(well_known(provider.issuer))
        if wrong := list(problems(provider, document)):
            raise Trouble(" ".join(wrong))
        cache.set(key, document, KEPT_SECONDS)
    return document


def keys(provider: IdentityProvider, *, fresh: bool = False) -> list[Document]:
    """The provider's public keys for signatures, as JWKs, kept for five minutes. Raises `Trouble`."""
    key = f"oidc:keys:{provider.slug}:{provider.issuer}"
    # Tokens with made-up keys must not become a stream of requests to the provider.
    again = fresh and cache.add(f"{key}:again", value=True, timeout=AGAIN_SECONDS)
    found: list[Document] | None = None if again else cache.get(key)
    if found is None:
        listed = fetch(read(provider)["jwks_uri"]).get("keys")
        found = [k for k in listed if isinstance(k, dict) and k.get("use", "sig") == "sig"] if listed else []
        if not found:
            raise Trouble("Its address of keys (jwks_uri) lists no key for signatures.")
        cache.set(key, found, KEPT_SECONDS)
    return found


def remarks(provider: IdentityProvider, document: Document) -> Iterator[str]:
    """What works less well than it could, each a sentence."""
    scopes = document.get("scopes_supported")
    if isinstance(scopes, list):
        for scope in provider.scopes.split():
            if scope not in scopes:
                yield f"It does not list the scope “{scope}”; it may refuse or ignore it."
    claims = document.get("claims_supported")
    first = provider.groups_claim.partition(".")[0]
    if first and isinstance(claims, list) and first not in claims:
        yield f"It does not list the claim “{first}”. Check that it sends groups to this client."
    if "end_session_endpoint" not in document:
        yield "It names no end_session_endpoint: signing out here leaves people signed in there."


def check(provider: IdentityProvider) -> tuple[list[str], list[str]]:
    """Ask the provider now: what keeps people from signing in, and what is merely worth knowing."""
    try:
        document = fetch(well_known(provider.issuer))
    except Trouble as trouble:
        return [str(trouble)], []
    wrong = list(problems(provider, document))
    if not wrong:
        try:
            read(provider, fresh=True)
            keys(provider, fresh=True)
        except Trouble as trouble:
            wrong.append(str(trouble))
    return wrong, list(remarks(provider, document))
