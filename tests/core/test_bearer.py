"""Access tokens: ours alone, whole, in time, for this API. Attack A04 of the catalogue."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from masteria.config import settings
from masteria.core import bearer
from masteria.core.bearer import Bearer
from masteria.kit import clock
from masteria.kit.ids import new_id
from masteria.kit.sealing import derive

OTHER_SECRET = "the secret of another installation"


def a_bearer() -> Bearer:
    return Bearer(new_id(), new_id(), new_id(), datetime(2026, 11, 24, 12, tzinfo=UTC))


def parts(token: str) -> list[dict[str, Any]]:
    return [json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2]]


def encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def signed(header: dict[str, Any], claims: dict[str, Any], key: Any = None, algorithm: str = "HS256") -> str:
    key = key or bearer._key(settings().secret_key)[0]
    return jwt.encode({**header, "alg": algorithm}, claims, key, [algorithm], default_type=None)


def by_hand(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Signed rightly, with a header that the library would not write."""
    body = f"{encoded({**header, 'alg': 'HS256'})}.{encoded(claims)}"
    made = hmac.new(derive(settings().secret_key, "api-access-tokens"), body.encode(), hashlib.sha256).digest()
    return f"{body}.{base64.urlsafe_b64encode(made).decode().rstrip('=')}"


def test_what_was_written_is_read() -> None:
    one = a_bearer()
    header, claims = parts(token := bearer.write(one))
    assert bearer.read(token) == one
    assert header == {"alg": "HS256", "typ": "at+jwt", "kid": bearer._key(settings().secret_key)[1]}
    assert claims["exp"] - claims["iat"] == bearer.SECONDS == 900
    assert (claims["iss"], claims["aud"]) == (settings().public_url, "masteria-api")
    assert not {"role", "scopes", "permissions", "email"} & claims.keys()


def none(header: dict[str, Any], claims: dict[str, Any], kind: str = "none") -> str:
    return f"{encoded({**header, 'alg': kind})}.{encoded(claims)}."


ATTACKS: dict[str, Callable[[dict[str, Any], dict[str, Any]], str]] = {
    "alg none": none,
    "alg None": lambda h, c: none(h, c, "None"),
    "alg none with the old signature": lambda h, c: none(h, c) + signed(h, c).rpartition(".")[2],
    "no alg": lambda h, c: f"{encoded({k: v for k, v in h.items() if k != 'alg'})}.{encoded(c)}.",
    "another secret": lambda h, c: signed(h, c, OctKey.import_key(derive(OTHER_SECRET, "api-access-tokens"))),
    "the raw secret as the key": lambda h, c: signed(h, c, OctKey.import_key(settings().secret_key.encode())),
    "an empty key": lambda h, c: signed(h, c, OctKey.import_key(b"\0" * 32)),
    "another HS": lambda h, c: signed(h, c, algorithm="HS512"),
    "RS256": lambda h, c: signed(h, c, RSAKey.generate_key(2048), "RS256"),
    "wrong kid": lambda h, c: signed({**h, "kid": "0" * 16}, c),
    "kid that walks": lambda h, c: signed({**h, "kid": "../../etc/passwd"}, c),
    "no kid": lambda h, c: signed({"typ": "at+jwt"}, c),
    "wrong typ": lambda h, c: signed({**h, "typ": "JWT"}, c),
    "a key of its own": lambda h, c: signed({**h, "jwk": {"kty": "oct", "k": "AAAA"}}, c),
    "a key from elsewhere": lambda h, c: signed({**h, "jku": "http://127.0.0.1/keys"}, c),
    "an unknown must": lambda h, c: by_hand({**h, "crit": ["exp"], "exp": 1}, c),
    "expired": lambda h, c: signed(h, {**c, "exp": c["iat"] - 60}),
    "no end": lambda h, c: signed(h, {k: v for k, v in c.items() if k != "exp"}),
    "end as a word": lambda h, c: signed(h, {**c, "exp": "never"}),
    "from the future": lambda h, c: signed(h, {**c, "iat": c["iat"] + 3600, "exp": c["exp"] + 3600}),
    "wrong audience": lambda h, c: signed(h, {**c, "aud": "another-api"}),
    "no audience": lambda h, c: signed(h, {k: v for k, v in c.items() if k != "aud"}),
    "wrong issuer": lambda h, c: signed(h, {**c, "iss": "https://outro.exemplo"}),
    "no person": lambda h, c: signed(h, {k: v for k, v in c.items() if k != "sub"}),
    "person that is none": lambda h, c: signed(h, {**c, "sub": "admin"}),
    "company that is none": lambda h, c: signed(h, {**c, "company": ["a", "b"]}),
    "time that is none": lambda h, c: signed(h, {**c, "auth_time": 1e400}),
    "changed claims": lambda h, c: ".".join(
        [encoded(h), encoded({**c, "company": str(new_id())}), signed(h, c).rpartition(".")[2]]
    ),
    "one letter off": lambda h, c: signed(h, c)[:-2] + ("AA" if not signed(h, c).endswith("AA") else "BB"),
    "a list for claims": lambda h, c: f"{encoded(h)}.{base64.urlsafe_b64encode(b'[]').decode()}.AA",
    "nothing": lambda h, c: "",
    "dots": lambda h, c: "..",
    "four parts": lambda h, c: signed(h, c) + ".AA",
    "very long": lambda h, c: signed(h, {**c, "x": "a" * 300_000}),
    "letters beyond ASCII": lambda h, c: "é.é.é",
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a04_a_forged_token_is_nobodys(name: str) -> None:
    header, claims = parts(bearer.write(a_bearer()))
    assert bearer.read(signed(header, claims)) == bearer.read(by_hand(header, claims)) is not None
    assert bearer.read(ATTACKS[name](header, claims)) is None


def test_a_token_is_over_after_a_quarter_of_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    token, began = bearer.write(a_bearer()), clock.now()
    for seconds, is_good in ((0, True), (bearer.SECONDS - 5, True), (bearer.SECONDS + bearer.SKEW_SECONDS + 1, False)):
        monkeypatch.setattr(bearer, "now", lambda seconds=seconds: began + timedelta(seconds=seconds))
        assert (bearer.read(token) is not None) is is_good


def test_another_secret_ends_all_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    token, ours = bearer.write(a_bearer()), settings()
    monkeypatch.setattr(bearer, "settings", lambda: replace(ours, secret_key=OTHER_SECRET))
    assert bearer.read(token) is None
