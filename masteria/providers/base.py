"""What a provider of logins does for us, and the plain facts that come of it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode

from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.client import OAuth2Client

from masteria.enums import Provider
from masteria.kit import outbound
from masteria.kit.errors import MasteriaError, OutsideError


class NotVouched(MasteriaError):
    """What came from the provider does not prove who this is; `reason` is for the log, never for the page."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Begun:
    """What must be remembered, sealed in the browser, between the way there and the way back."""

    redirect_uri: str
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))


@dataclass(frozen=True, slots=True)
class Vouched:
    """Who the provider says this is. `subject` never changes; the address may, and counts only if `email_verified`."""

    provider: Provider
    subject: str
    name: str = ""
    email: str = ""
    email_verified: bool = False


class Voucher(Protocol):
    """The port of a provider."""

    def address(self, begun: Begun) -> str:
        """Where the browser goes to be asked."""
        ...

    def vouch(self, begun: Begun, code: str) -> Vouched:
        """Who came back with this code; `NotVouched` when it proves nothing, `OutsideError` when nobody answers."""
        ...


@dataclass(frozen=True, slots=True)
class Program:
    """We, as the provider knows us."""

    client_id: str
    client_secret: str = field(repr=False)
    scope: str = ""

    def client(self, begun: Begun) -> OAuth2Client:
        """Authlib's client over our own HTTP: PKCE with S256, the secret in the body."""
        return OAuth2Client(
            _Wire(),
            client_id=self.client_id,
            client_secret=self.client_secret,
            token_endpoint_auth_method="client_secret_post",
            scope=self.scope,
            redirect_uri=begun.redirect_uri,
            code_challenge_method="S256",
        )


def asking(program: Program, endpoint: str, begun: Begun, **more: str) -> str:
    """The address of the provider's dialog."""
    client = program.client(begun)
    url, _ = client.create_authorization_url(endpoint, state=begun.state, code_verifier=begun.verifier, **more)
    return url


def traded(program: Program, endpoint: str, begun: Begun, code: str) -> Mapping[str, Any]:
    """The tokens for a code, or `NotVouched`."""
    client = program.client(begun)
    try:
        return client.fetch_token(endpoint, grant_type="authorization_code", code=code, code_verifier=begun.verifier)
    except (AuthlibBaseError, ValueError) as error:
        # the error's own text may quote the request, which holds the secret
        raise NotVouched(f"token: {getattr(error, 'error', None) or 'unreadable'}") from None


class _Wire:
    """The few things that Authlib's client asks of an HTTP session."""

    def post(self, url: str, data: Mapping[str, str], headers: Mapping[str, str], auth: ClientAuth) -> _Answer:
        url, head, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        heard = outbound.post_form(url, head, body)
        return _Answer(heard.status, heard.body)


@dataclass(frozen=True, slots=True)
class _Answer:
    status_code: int
    body: bytes

    def raise_for_status(self) -> None:
        if self.status_code >= 500:
            raise OutsideError("unreachable", permanent=False, code=self.status_code)
        if self.status_code >= 400:
            raise NotVouched(f"token: HTTP {self.status_code}")

    def json(self) -> Any:
        return json.loads(self.body)
