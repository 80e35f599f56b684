"""The addresses of the sandbox's two providers: Google's by OpenID Connect, Facebook's by OAuth 2.0 and `/me`.

Google's issuer is `/oidc/google`; Facebook's dialog, token address and Graph are under `/oidc/facebook`, as in the real
ones with or without a version. Who comes to the dialog picks whom to be, or says no.
"""

from __future__ import annotations

import hashlib
import hmac
import html
import json
import re
from dataclasses import asdict
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlencode

from authlib.oauth2 import OAuth2Error

from masteria.sandbox.http import Call, Exchange
from masteria.sandbox.oauth_server import Answer, Server
from masteria.sandbox.pages import ASSETS, KINDS, SAFE, language_of, words
from masteria.sandbox.vouchers import CLIENT_SECRET, PROVIDERS, Someone, Vouchers

NAMES = {"google": "Google", "facebook": "Facebook"}
_PATH = re.compile(r"/oidc/(google|facebook)(?:/v\d+\.\d)?(/.*)?")


class Providers:
    """Both, with the people they share."""

    def __init__(self) -> None:
        self.vouchers = Vouchers()
        self.servers = {kind: Server(kind, self.vouchers) for kind in PROVIDERS}

    def answer(self, call: Call, exchange: Exchange) -> None:
        """Reply to one call under `/oidc/`."""
        found = _PATH.fullmatch(call.path)
        if found is None:
            exchange.reply(404, b"Not here. Try /oidc/google/.well-known/openid-configuration.", "text/plain")
            return
        server, place = self.servers[found[1]], found[2] or "/"
        server.issuer = f"{call.base}/oidc/{server.kind}"
        handler = ROUTES.get((server.kind, call.method, place))
        if handler is None:
            exchange.json(404, {"error": "not_found"})
            return
        try:
            handler(self, server, call, exchange)
        except OAuth2Error as error:
            _refuse(server, error, exchange)

    def configuration(self, server: Server, call: Call, exchange: Exchange) -> None:
        exchange.json(
            200,
            {
                "issuer": server.issuer,
                "authorization_endpoint": f"{server.issuer}/authorize",
                "token_endpoint": f"{server.issuer}/token",
                "userinfo_endpoint": f"{server.issuer}/userinfo",
                "jwks_uri": f"{server.issuer}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": list(server.scopes_supported),
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
                "claims_supported": ["aud", "email", "email_verified", "exp", "iat", "iss", "name", "sub"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
            },
        )

    def keys(self, server: Server, call: Call, exchange: Exchange) -> None:
        exchange.json(200, server.jwks())

    def dialog(self, server: Server, call: Call, exchange: Exchange) -> None:
        """The page that asks whom to be."""
        server.get_consent_grant(call)
        exchange.reply(200, _page(server, call, list(self.vouchers.people.values())), KINDS["html"], SAFE)

    def choose(self, server: Server, call: Call, exchange: Exchange) -> None:
        """Somebody, or nobody: then the panel hears `access_denied`."""
        request = server.create_oauth2_request(call)
        grant = server.get_consent_grant(request)
        chosen = parse_qs(call.body.decode("utf-8", "replace")).get("sub", [""])[0]
        answer = server.create_authorization_response(request, self.vouchers.people.get(chosen), grant=grant)
        _reply(exchange, _with_issuer(server, answer))

    def token(self, server: Server, call: Call, exchange: Exchange) -> None:
        _reply(exchange, server.create_token_response(call))

    def userinfo(self, server: Server, call: Call, exchange: Exchange) -> None:
        found = server.owner_of(call.token)
        if found is None:
            exchange.json(401, {"error": "invalid_token"})
        else:
            exchange.json(200, found.claims)

    def me(self, server: Server, call: Call, exchange: Exchange) -> None:
        """Graph's `/me`: the asked fields; the call proves that it knows the app's secret."""
        token = call.token or call.query.get("access_token", "")
        found, proof = server.owner_of(token), call.query.get("appsecret_proof", "")
        expected = hmac.new(CLIENT_SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
        if found is None or not hmac.compare_digest(proof, expected):
            message = "Invalid OAuth access token." if found is None else "Invalid appsecret_proof provided."
            exchange.json(400, {"error": {"message": message, "type": "OAuthException", "code": 190}})
            return
        known = {"id": found.sub, "name": found.name, **({"email": found.email} if found.email else {})}
        wanted = call.query.get("fields", "id,name").split(",")
        exchange.json(200, {"id": found.sub, **{name: known[name] for name in wanted if name in known}})

    def listed(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Everybody that the dialogs offer."""
        return {"data": [asdict(someone) for someone in self.vouchers.people.values()]}


ROUTES = {
    ("google", "GET", "/.well-known/openid-configuration"): Providers.configuration,
    ("google", "GET", "/jwks"): Providers.keys,
    ("google", "GET", "/authorize"): Providers.dialog,
    ("google", "POST", "/authorize"): Providers.choose,
    ("google", "POST", "/token"): Providers.token,
    ("google", "GET", "/userinfo"): Providers.userinfo,
    ("facebook", "GET", "/dialog/oauth"): Providers.dialog,
    ("facebook", "POST", "/dialog/oauth"): Providers.choose,
    ("facebook", "POST", "/oauth/access_token"): Providers.token,
    ("facebook", "GET", "/me"): Providers.me,
}


def _reply(exchange: Exchange, answer: Answer) -> None:
    body = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
    more = [(name, value) for name, value in answer.headers if name not in ("content-type", "content-length")]
    exchange.reply(answer.status, body.encode(), "application/json", more)


def _with_issuer(server: Server, answer: Answer) -> Answer:
    """Who answers, beside the code (RFC 9207)."""
    if server.kind != "google":
        return answer
    more = urlencode({"iss": server.issuer})
    headers = tuple((n, f"{v}{'&' if '?' in v else '?'}{more}" if n == "location" else v) for n, v in answer.headers)
    return Answer(answer.status, answer.body, headers)


def _refuse(server: Server, error: OAuth2Error, exchange: Exchange) -> None:
    _reply(exchange, server.handle_response(*error(None)))


def _page(server: Server, call: Call, people: list[Someone]) -> bytes:
    language = language_of(call)
    said = {**words(language), "lang": language, "provider": NAMES[server.kind]}
    rows = "".join(_row(someone, said) for someone in people)
    text = _template()
    for key, value in said.items():
        text = text.replace("{{" + key + "}}", html.escape(value).replace("{provider}", NAMES[server.kind]))
    return text.replace("{{{rows}}}", rows).replace("{{{kind}}}", server.kind).encode()


def _row(someone: Someone, said: dict[str, str]) -> str:
    state = said["consent_verified" if someone.email_verified else "consent_unverified"]
    about = (
        f"{html.escape(someone.email)} · {html.escape(state)}"
        if someone.email
        else html.escape(said["consent_no_email"])
    )
    return (
        f'<li><button name="sub" value="{html.escape(someone.sub)}"><b>{html.escape(someone.name)}</b>'
        f"<small>{about}</small></button></li>"
    )


@cache
def _template() -> str:
    return (ASSETS / "consent.html").read_text(encoding="utf-8")
