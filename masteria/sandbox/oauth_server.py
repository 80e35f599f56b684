"""An authorization server by Authlib: codes that work once, PKCE demanded, identity tokens signed with RS256."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6749.models import AuthorizationCodeMixin, ClientMixin
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants import OpenIDCode
from joserfc.jwk import KeySet, OctKey, RSAKey

from masteria.sandbox.http import Call
from masteria.sandbox.vouchers import CLIENT_ID, CLIENT_SECRET, Someone, Vouchers

KEPT = 500
CODE_SECONDS = 60
SCOPES = {"google": ("openid", "profile", "email"), "facebook": ("email", "public_profile")}


@dataclass(frozen=True)
class Answer:
    """What goes back: a body that is JSON when it is an object, and headers."""

    status: int
    body: Any
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Code(AuthorizationCodeMixin):
    """What a code stands for."""

    code: str
    client_id: str
    redirect_uri: str
    scope: str
    sub: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    made: float = field(default_factory=time.time)

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(self.made)

    def get_acr(self) -> str:
        return ""

    def get_amr(self) -> list[str]:
        return []


class Client(ClientMixin):
    """The one program that this provider knows: a Masteria on this machine."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_default_redirect_uri(self) -> str:
        return ""

    def get_allowed_scope(self, scope: str) -> str:
        return " ".join(word for word in (scope or "").split() if word in SCOPES[self.kind])

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        found = urlsplit(redirect_uri)
        return found.hostname in ("127.0.0.1", "localhost") and found.path == f"/auth/callback/{self.kind}"

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == CLIENT_SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in ("client_secret_basic", "client_secret_post")

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


class Server(AuthorizationServer):
    """Of one provider. Everything it knows is in memory and bounded."""

    def __init__(self, kind: str, vouchers: Vouchers) -> None:
        super().__init__(scopes_supported=SCOPES[kind])
        self.kind, self.vouchers, self.issuer = kind, vouchers, ""
        self.client = Client(kind)
        self.codes: OrderedDict[str, Code] = OrderedDict()
        self.tokens: OrderedDict[str, str] = OrderedDict()
        self.register_token_generator("default", BearerTokenGenerator(_access_token, expires_generator=3600))
        extensions: list[Any] = [_Challenge(required=True)]
        if kind == "google":
            extensions.append(_IdentityToken(self))
        self.register_grant(_CodeGrant, extensions)

    @cached_property
    def key(self) -> RSAKey:
        return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)

    @cached_property
    def other_key(self) -> RSAKey:
        """A key that nobody published, under the name of the published one."""
        return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256", "kid": self.key.kid})

    def jwks(self) -> dict[str, Any]:
        return dict(KeySet([self.key]).as_dict(private=False))

    def owner_of(self, access_token: str) -> Someone | None:
        return self.vouchers.people.get(self.tokens.get(access_token, ""))

    def query_client(self, client_id: str) -> Client | None:
        return self.client if client_id == CLIENT_ID else None

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        _keep(self.tokens, token["access_token"], request.user.sub)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: Call | OAuth2Request) -> OAuth2Request:
        return request if isinstance(request, OAuth2Request) else _Request(request)

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Answer:
        return Answer(status, body, tuple((name.lower(), value) for name, value in headers))


class _Request(OAuth2Request):
    """Authlib's view of a call."""

    def __init__(self, call: Call) -> None:
        super().__init__(call.method, f"{call.base}{call.path}", headers=_Headers(call.headers))
        self._query = call.query
        self._form = dict(parse_qsl(call.body.decode("utf-8", "replace"))) if call.method == "POST" else {}
        self.payload = BasicOAuth2Payload({**self._query, **self._form})

    @property
    def args(self) -> dict[str, str]:
        return self._query

    @property
    def form(self) -> dict[str, str]:
        return self._form


class _Headers(dict[str, str]):
    """By any case, as Authlib asks."""

    def get(self, key: str, default: Any = None) -> Any:
        return super().get(key.lower(), default)


class _Challenge(CodeChallenge):
    """PKCE is not optional here, and only S256 will do."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: AuthorizationCodeGrant, redirect_uri: str) -> None:
        data = grant.request.payload.data
        if not data.get("code_challenge") or data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("This provider wants PKCE: code_challenge with S256.")
        super().validate_code_challenge(grant, redirect_uri)


class _CodeGrant(AuthorizationCodeGrant):
    """Codes for one use within a minute."""

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        data = request.payload.data
        kept = Code(
            code=code,
            client_id=CLIENT_ID,
            redirect_uri=data.get("redirect_uri", ""),
            scope=request.scope,
            sub=request.user.sub,
            nonce=data.get("nonce", ""),
            code_challenge=data["code_challenge"],
            code_challenge_method=data["code_challenge_method"],
        )
        _keep(self.server.codes, code, kept)

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        found = self.server.codes.get(code)
        return found if found and found.made > time.time() - CODE_SECONDS else None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        self.server.codes.pop(authorization_code.code, None)

    def authenticate_user(self, authorization_code: Code) -> Someone | None:
        return self.server.vouchers.people.get(authorization_code.sub)


class _IdentityToken(OpenIDCode):
    """Signed with the published key, unless a fault was asked for."""

    def __init__(self, server: Server) -> None:
        super().__init__(require_nonce=True)
        self.server = server

    @property
    def fault(self) -> str:
        return self.server.vouchers.fault

    def exists_nonce(self, nonce: str, request: OAuth2Request) -> bool:
        return any(code.nonce == nonce for code in self.server.codes.values())

    def get_client_algorithm(self, client: Client) -> str:
        return {"hs256": "HS256", "none": "none"}.get(self.fault, "RS256")

    def get_encode_header(self, client: Client) -> dict[str, str]:
        return {"alg": self.get_client_algorithm(client), "kid": str(self.server.key.kid)}

    def resolve_client_private_key(self, client: Client) -> Any:
        if self.fault == "hs256":
            return OctKey.import_key(CLIENT_SECRET)
        return self.server.other_key if self.fault == "key" else self.server.key

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        moment = int(time.time())
        return {
            "iss": "https://accounts.elsewhere.example" if self.fault == "iss" else self.server.issuer,
            "aud": ["another-program"] if self.fault == "aud" else [CLIENT_ID],
            "iat": moment - 7200 if self.fault == "exp" else moment,
            "exp": moment - 3600 if self.fault == "exp" else moment + 600,
        }

    def get_authorization_code_claims(self, authorization_code: Code) -> dict[str, Any]:
        found = super().get_authorization_code_claims(authorization_code)
        if self.fault == "no_nonce":
            found.pop("nonce", None)
        return {**found, "nonce": "another-one"} if self.fault == "nonce" else found

    def generate_user_info(self, user: Someone, scope: str) -> dict[str, Any]:
        wrong: dict[str, Any] = {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"} if self.fault == "at_hash" else {}
        return {**user.claims, **wrong, **({"sub": ""} if self.fault == "sub" else {})}


def _access_token(client: Client, grant_type: str, user: Someone, scope: str) -> str:
    return secrets.token_urlsafe(24)


def _keep(kept: OrderedDict[str, Any], name: str, value: Any) -> None:
    kept[name] = value
    while len(kept) > KEPT:
        kept.popitem(last=False)
