"""Secrets at rest by AES-256-GCM, a key per company; digests and signatures by HMAC-SHA256."""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = 1
_NONCE = 12


class CannotOpen(Exception):
    """The value was changed, moved to another place or company, or its key is gone."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The installation's keys by id; the first seals, all open. Layout: version, length of id, id, nonce, ciphertext."""

    keys: tuple[tuple[str, bytes], ...]

    def seal(self, company_id: UUID, place: str, text: str) -> bytes:
        """Seal `text` for one company and one place (`table|column`); every call uses a new nonce."""
        key_id, key = self.keys[0]
        nonce = os.urandom(_NONCE)
        body = _cipher(key, company_id).encrypt(nonce, text.encode(), _bound_to(company_id, place))
        return bytes((_VERSION, len(key_id))) + key_id.encode() + nonce + body

    def open(self, company_id: UUID, place: str, sealed: bytes) -> str:
        """The text again, or `CannotOpen`."""
        try:
            key_id, nonce, body = _split(sealed)
            key = dict(self.keys)[key_id]
            return _cipher(key, company_id).decrypt(nonce, body, _bound_to(company_id, place)).decode()
        except (InvalidTag, KeyError, ValueError, IndexError):
            raise CannotOpen(place) from None

    def is_current(self, sealed: bytes) -> bool:
        """Whether the value is sealed under the newest key."""
        return _split(sealed)[0] == self.keys[0][0]


def masked(secret: str) -> str:
    """What may be shown of a secret: enough to tell two apart."""
    return f"•••• {secret[-4:]}"


def digest(secret: str) -> bytes:
    """SHA-256 of a random token: enough to find it again, useless to whoever reads the table."""
    return hashlib.sha256(secret.encode()).digest()


def derive(secret: str, purpose: str) -> bytes:
    """32 bytes for one purpose from the installation's secret."""
    return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(secret.encode())


def sign(key: bytes, body: bytes) -> bytes:
    """HMAC-SHA256 over the bytes as they are."""
    return hmac.new(key, body, hashlib.sha256).digest()


def _bound_to(company_id: UUID, place: str) -> bytes:
    return f"{place}|{company_id}".encode()


@lru_cache(1024)
def _cipher(key: bytes, company_id: UUID) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=b"field:v1:" + company_id.bytes).derive(key))


def _split(sealed: bytes) -> tuple[str, bytes, bytes]:
    if sealed[0] != _VERSION:
        raise ValueError(f"unknown layout {sealed[0]}")
    start = 2 + sealed[1]
    return (
        sealed[2:start].decode(),
        sealed[start : start + _NONCE],
        sealed[start + _NONCE :],
    )
