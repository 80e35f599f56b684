"""Access tokens of the REST API: signed, short-lived, saying who and for which company, never what they may.

One algorithm, HS256, under a key derived from the installation's secret: only we read what only we write, so there is no
public key to hand out, and none that could be taken for a secret (decision 22). What somebody may is looked up at each use.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from masteria.config import settings
from masteria.kit.clock import now
from masteria.kit.ids import new_id
from masteria.kit.sealing import derive

ALGORITHM = "HS256"
TYPE = "at+jwt"  # RFC 9068: no other kind of token passes for this one
AUDIENCE = "masteria-api"
SECONDS = 900
SKEW_SECONDS = 5  # between the clocks of two of our machines


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whose token it is: `family` is its sign-in, `proven_at` when the person showed who they are."""

    person_id: UUID
    company_id: UUID
    family: UUID
    proven_at: datetime


def write(bearer: Bearer) -> str:
    """A token for the next quarter of an hour."""
    moment, (key, key_id) = int(now().timestamp()), _key(settings().secret_key)
    claims = {
        "iss": settings().public_url,
        "aud": AUDIENCE,
        "sub": str(bearer.person_id),
        "company": str(bearer.company_id),
        "sid": str(bearer.family),
        "auth_time": int(bearer.proven_at.timestamp()),
        "iat": moment,
        "exp": moment + SECONDS,
        "jti": str(new_id()),
    }
    return jwt.encode({"alg": ALGORITHM, "typ": TYPE, "kid": key_id}, claims, key, [ALGORITHM])


def read(text: str) -> Bearer | None:
    """Whose it is, or None: not ours, changed, over, or meant for something else."""
    key, key_id = _key(settings().secret_key)
    try:
        token = jwt.decode(text, key, [ALGORITHM])
        if token.header != {"alg": ALGORITHM, "typ": TYPE, "kid": key_id}:
            return None
        _checks(settings().public_url).validate(token.claims)
        return Bearer(
            UUID(str(token.claims["sub"])),
            UUID(str(token.claims["company"])),
            UUID(str(token.claims["sid"])),
            datetime.fromtimestamp(token.claims["auth_time"], UTC),
        )
    except (JoseError, ValueError, TypeError, OverflowError):
        return None


@cache
def _key(secret: str) -> tuple[OctKey, str]:
    raw = derive(secret, "api-access-tokens")
    return OctKey.import_key(raw), hashlib.sha256(raw).hexdigest()[:16]


@cache
def _checks(issuer: str) -> jwt.JWTClaimsRegistry:
    needed = ("sub", "company", "sid", "auth_time", "iat", "exp", "jti")
    return jwt.JWTClaimsRegistry(
        now=lambda: int(now().timestamp()),
        leeway=SKEW_SECONDS,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": AUDIENCE},
        **{name: {"essential": True} for name in needed},  # pyright: ignore[reportArgumentType]
    )
