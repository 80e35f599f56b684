"""Google by OpenID Connect (core 1.0, discovery 1.0), and whoever else stands at the issuer's address.

The identity token is believed only when it is signed with RS256 by a key that the issuer publishes, made for us, by this
issuer, for this very attempt (`nonce`), belongs to the access token beside it, and is not too old.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from masteria.config import settings
from masteria.enums import Provider
from masteria.kit import outbound
from masteria.kit.errors import OutsideError
from masteria.providers.base import Begun, NotVouched, Program, Vouched, asking, traded

KNOWN_SECONDS = 3600
FRESH_SECONDS = 30  # an unknown key may be a new one, but strangers' tokens must not make us ask without end
LEEWAY = 60
ALGORITHMS = ["RS256"]


class Google:
    """One issuer, as this installation is registered with it."""

    def __init__(self, issuer: str, program: Program) -> None:
        self.issuer, self.program = issuer, program

    def address(self, begun: Begun) -> str:
        """With the account chooser, so that nobody is signed in as whom the browser happens to be."""
        endpoint = _described(self.issuer)["authorization_endpoint"]
        return asking(self.program, endpoint, begun, nonce=begun.nonce, prompt="select_account")

    def vouch(self, begun: Begun, code: str) -> Vouched:
        token = traded(self.program, _described(self.issuer)["token_endpoint"], begun, code)
        found = self._claims(str(token.get("id_token") or ""), begun.nonce, str(token.get("access_token") or ""))
        return Vouched(
            Provider.GOOGLE,
            found["sub"],
            name=str(found.get("name") or ""),
            email=str(found.get("email") or "").strip().lower(),
            email_verified=found.get("email_verified") is True,
        )

    def _claims(self, id_token: str, nonce: str, access_token: str) -> dict[str, Any]:
        try:
            token = self._opened(id_token)
            wanted: Any = {
                "iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "value": self.program.client_id},
                "sub": {"essential": True},
                "exp": {"essential": True},
            }
            known = {"nonce": nonce, "client_id": self.program.client_id, "access_token": access_token}
            claims = CodeIDToken(token.claims, token.header, wanted, known)
            claims.validate(leeway=LEEWAY)
        except (JoseError, ValueError, TypeError) as error:
            raise NotVouched(f"id_token: {error}") from None
        if len(claims["sub"]) > 255:
            raise NotVouched("id_token: sub is too long")
        return claims

    def _opened(self, id_token: str) -> jwt.Token:
        try:
            return jwt.decode(id_token, _keys(self.issuer, KNOWN_SECONDS), algorithms=ALGORITHMS)
        except InvalidKeyIdError:
            return jwt.decode(id_token, _keys(self.issuer, FRESH_SECONDS), algorithms=ALGORITHMS)


def voucher() -> Google | None:
    """This installation's, or None when it has no id and secret."""
    chosen = settings()
    if not chosen.google_client_id or not chosen.google_client_secret:
        return None
    program = Program(chosen.google_client_id, chosen.google_client_secret, "openid email profile")
    return Google(chosen.oauth_google_issuer, program)


_heard: dict[str, tuple[float, Any]] = {}
_lock = threading.Lock()


def _described(issuer: str) -> dict[str, Any]:
    """The issuer's own description of itself; whoever describes another issuer is not asked again."""
    found = _known(f"{issuer}/.well-known/openid-configuration", KNOWN_SECONDS)
    if not isinstance(found, dict) or found.get("issuer") != issuer:
        raise OutsideError("not_the_issuer", permanent=False)
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        address = str(found.get(name) or "")
        if not address.startswith("https://") and not (issuer.startswith("http://") and address.startswith("http://")):
            raise OutsideError("not_secure", permanent=False)
    return found


def _keys(issuer: str, seconds: float) -> KeySet:
    found = _known(_described(issuer)["jwks_uri"], seconds)
    try:
        return KeySet.import_key_set(found)
    except (JoseError, ValueError, TypeError, KeyError):
        raise OutsideError("no_keys", permanent=False) from None


def _known(address: str, seconds: float) -> Any:
    """What stands at an address, believed for so long."""
    with _lock:
        at, found = _heard.get(address, (-KNOWN_SECONDS, None))
        if time.monotonic() - at < seconds and found is not None:
            return found
    status, found = outbound.ask("GET", address)
    if status != 200:
        raise OutsideError("unreachable", permanent=False, code=status)
    with _lock:
        _heard[address] = (time.monotonic(), found)
    return found
