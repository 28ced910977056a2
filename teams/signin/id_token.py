"""Whether an ID token or a logout token is what it says: signed by the provider, for us, now, and for this sign-in."""

from __future__ import annotations

import hmac
import time
from typing import Any

import jwt

from teams.models import IdentityProvider
from teams.signin import discovery

LEEWAY_SECONDS = 60
LOGOUT_SECONDS = 300
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"

WRONG: dict[type[Exception], str] = {
    jwt.ExpiredSignatureError: "The token has expired. Are the clocks of both machines right?",
    jwt.ImmatureSignatureError: "The token is from the future. Are the clocks of both machines right?",
    jwt.InvalidAudienceError: "The token was made for another client (aud).",
    jwt.InvalidIssuerError: "The token was made by another issuer (iss).",
}

Claims = dict[str, Any]


class Forged(discovery.Trouble):
    """A token that must not be believed, with a sentence that says why."""


def claims_of(raw: Any, provider: IdentityProvider, *, nonce: str) -> Claims:
    """The claims of an ID token for the sign-in that `nonce` was made for. Raises `Forged` or `Trouble`."""
    claims = _verified(raw, provider, required=("iss", "sub", "aud", "exp", "iat"))
    said = claims.get("nonce")
    if not nonce or not isinstance(said, str) or not hmac.compare_digest(said.encode(), nonce.encode()):
        raise Forged("The ID token belongs to another sign-in (its nonce differs).")
    return claims


def logout_of(raw: Any, provider: IdentityProvider) -> Claims:
    """The claims of a logout token (OpenID Connect Back-Channel Logout). Raises `Forged` or `Trouble`."""
    claims = _verified(raw, provider, required=("iss", "aud", "iat", "jti", "events"))
    events = claims["events"]
    if not isinstance(events, dict) or LOGOUT_EVENT not in events:
        raise Forged("The token tells of no sign-out.")
    if "nonce" in claims:
        raise Forged("A logout token carries no nonce; this is an ID token.")
    if not isinstance(claims["iat"], int | float) or time.time() - claims["iat"] > LOGOUT_SECONDS:
        raise Forged("The logout token is too old.")
    if not (claims.get("sub") or claims.get("sid")):
        raise Forged("The logout token names neither a subject nor a session.")
    return claims


def _verified(raw: Any, provider: IdentityProvider, *, required: tuple[str, ...]) -> Claims:
    if not isinstance(raw, str) or not raw:
        raise Forged("The provider sent no ID token.")
    try:
        header = jwt.get_unverified_header(raw)
    except jwt.PyJWTError:
        raise Forged("The token can't be read.") from None
    algorithm = header.get("alg")
    if algorithm not in discovery.ALGORITHMS:
        raise Forged(f"The token is signed with {algorithm}, which is not accepted.")
    try:
        claims: Claims = jwt.decode(
            raw,
            _key(provider, header),
            algorithms=[algorithm],
            audience=provider.client_id,
            issuer=provider.issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": list(required)},
        )
    except jwt.MissingRequiredClaimError as missing:
        raise Forged(f"The token lacks the claim “{missing.claim}”.") from None
    except (jwt.PyJWTError, ValueError, TypeError) as wrong:
        raise Forged(WRONG.get(type(wrong), "The token's signature is not the provider's.")) from None
    for_others = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (for_others or "azp" in claims) and claims.get("azp") != provider.client_id:
        raise Forged("The token was made for another client (azp).")
    return claims


def _key(provider: IdentityProvider, header: dict[str, Any]) -> Any:
    """The key that the token names; asked for again where it is new, as after a change of keys."""
    for fresh in (False, True):
        known = discovery.keys(provider, fresh=fresh)
        named = [k for k in known if k.get("kid") == header.get("kid")]
        if not header.get("kid") and len(known) == 1:
            named = known
        for each in named:
            try:
                return jwt.PyJWK.from_dict(each, algorithm=header["alg"])
            except (jwt.PyJWTError, ValueError, TypeError):
                continue
    raise Forged("The token's key is not one of the provider's.")
