"""An OpenID provider in a process of its own: oidc-provider-mock, made to check PKCE, to take notes, and to lie on
request. Run as `python -m tests.standins.oidc_provider PORT`.

`PUT /users/<sub>` sets somebody's claims. `PUT /lies` says what is wrong with the next ID tokens: `{"key": "other"}`,
or claims that replace the true ones. `GET /heard` answers what the provider was asked.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import time
import warnings
from typing import Any
from urllib.parse import parse_qs, urlsplit

warnings.simplefilter("ignore")

import flask  # noqa: E402
import jwt  # noqa: E402
import oidc_provider_mock  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: E402

LOGOUT = "http://schemas.openid.net/event/backchannel-logout"


class Provider:
    """The mock's application, and what is added to it."""

    def __init__(self) -> None:
        self.app = oidc_provider_mock.app()
        self.app.debug = False
        self.lies: dict[str, Any] = {}
        self.heard: list[dict[str, Any]] = []
        self.challenges: dict[str, str] = {}
        self.other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.app.add_url_rule("/lies", view_func=self.tell_lies, methods=["PUT"])
        self.app.add_url_rule("/heard", view_func=self.what_was_heard)
        self.app.add_url_rule("/logout-token", view_func=self.logout_token, methods=["POST"])
        self.app.before_request(self.check_pkce)
        self.app.after_request(self.listen)

    def key(self) -> Any:
        own = flask.g.oidc_provider_mock_storage.jwk.as_dict(is_private=True)
        return jwt.PyJWK.from_dict(own, algorithm="RS256").key

    def tell_lies(self) -> tuple[str, int]:
        self.lies = dict(flask.request.json or {})
        return "", 204

    def what_was_heard(self) -> Any:
        return flask.jsonify(self.heard)

    def logout_token(self) -> str:
        """A logout token with the claims of the body, signed with the provider's key, or another one."""
        now = int(time.time())
        claims = {"iss": flask.request.host_url.rstrip("/"), "iat": now, "exp": now + 120, "events": {LOGOUT: {}}}
        given = dict(flask.request.json or {})
        signer = self.other if given.pop("key", "") == "other" else self.key()
        return jwt.encode({**claims, **given}, signer, algorithm="RS256")

    def check_pkce(self) -> Any:
        request = flask.request
        if request.path == "/oauth2/token" and request.form.get("code"):
            verifier = request.form.get("code_verifier", "")
            digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
            if self.challenges.pop(request.form["code"], None) != digest:
                return flask.jsonify({"error": "invalid_grant", "error_description": "PKCE"}), 400
        return None

    def listen(self, response: flask.Response) -> flask.Response:
        request = flask.request
        if request.path.startswith("/oauth2/"):
            self.heard.append({"path": request.path, "method": request.method, "asked": request.args.to_dict()})
        if request.path == "/oauth2/authorize" and "Location" in response.headers:
            for code in parse_qs(urlsplit(response.headers["Location"]).query).get("code", []):
                self.challenges[code] = request.args.get("code_challenge", "")
        if request.path == "/oauth2/token" and response.status_code == 200 and self.lies:
            body = json.loads(response.get_data())
            body["id_token"] = self.lie(body["id_token"])
            response.set_data(json.dumps(body))
        return response

    def lie(self, told: str) -> str:
        """The token as the lies want it."""
        wanted = dict(self.lies)
        which = wanted.pop("key", "own")
        true = jwt.decode(told, options={"verify_signature": False})
        claims = {k: v for k, v in {**true, **wanted}.items() if v is not None}
        if which == "none":
            return jwt.encode(claims, None, algorithm="none")
        if which == "secret":
            return jwt.encode(claims, "s3cret-of-the-client-of-watchbill", algorithm="HS256")
        return jwt.encode(claims, self.other if which == "other" else self.key(), algorithm="RS256")


if __name__ == "__main__":
    import os

    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    Provider().app.run(host="127.0.0.1", port=int(sys.argv[1]), threaded=True)
