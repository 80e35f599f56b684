"""Secrets at rest by AES-256-GCM, a key per owner; digests and signatures by HMAC-SHA256."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_FOR_OWNER, _FOR_ROW = 1, 2
_NONCE = 12


class CannotOpen(Exception):
    """The value was changed, moved to another place, owner or row, or its key is gone."""


class Unreadable(str):
    """In the place of a secret that cannot be opened: text that nobody can guess, and that opens no door.

    An empty text would be a key too, and one that everybody knows.
    """

    __slots__ = ()

    @classmethod
    def fresh(cls) -> Unreadable:
        return cls(secrets.token_urlsafe(32))


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The installation's keys by id; the first seals, all open. Layout: version, length of id, id, nonce, ciphertext.

    A value is bound to its owner (a company, or the person or row above companies that it belongs to), to its place
    (`table|column`) and, with a `row`, to that row: put anywhere else it does not open.
    """

    keys: tuple[tuple[str, bytes], ...]

    def seal(self, owner: UUID, place: str, text: str, row: bytes | None = None) -> bytes:
        """Seal `text`; every call uses a new nonce."""
        key, nonce = self.keys[0][1], os.urandom(_NONCE)
        body = _cipher(key, owner).encrypt(nonce, text.encode(), _bound_to(owner, place, row))
        return self.mark(is_row=row is not None) + nonce + body

    def open(self, owner: UUID, place: str, sealed: bytes, row: bytes | None = None) -> str:
        """The text again, or `CannotOpen`. What was sealed before rows were bound opens without its row."""
        try:
            version, key_id, nonce, body = _split(sealed)
            key, bound_to = dict(self.keys)[key_id], _bound_to(owner, place, row if version == _FOR_ROW else None)
            return _cipher(key, owner).decrypt(nonce, body, bound_to).decode()
        except (InvalidTag, KeyError, ValueError, IndexError):
            raise CannotOpen(place) from None

    def mark(self, *, is_row: bool) -> bytes:
        """What every value begins with that is sealed today: its layout and the newest key."""
        key_id = self.keys[0][0].encode()
        return bytes((_FOR_ROW if is_row else _FOR_OWNER, len(key_id))) + key_id


def masked(secret: str) -> str:
    """What may be shown of a secret: enough to tell two apart."""
    return "••••" if isinstance(secret, Unreadable) else f"•••• {secret[-4:]}"


def digest(secret: str) -> bytes:
    """SHA-256 of a random token: enough to find it again, useless to whoever reads the table."""
    return hashlib.sha256(secret.encode()).digest()


def derive(secret: str, purpose: str) -> bytes:
    """32 bytes for one purpose from the installation's secret."""
    return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(secret.encode())


def sign(key: bytes, body: bytes) -> bytes:
    """HMAC-SHA256 over the bytes as they are."""
    return hmac.new(key, body, hashlib.sha256).digest()


def blind_index(secret: str, owner: UUID | None, place: str, value: str) -> bytes:
    """By which a sealed value is found: equal for equal values of one owner and place, and useless elsewhere.

    Keyed by the installation's secret and not by the ring: it stays when values are sealed anew.
    """
    key = derive(secret, f"blind-index:{place}|{owner or 'all'}")
    return sign(key, unicodedata.normalize("NFKC", value).strip().casefold().encode())


def _bound_to(owner: UUID, place: str, row: bytes | None) -> bytes:
    return f"{place}|{owner}".encode() + (b"|" + row if row is not None else b"")


@lru_cache(1024)
def _cipher(key: bytes, owner: UUID) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=b"field:v1:" + owner.bytes).derive(key))


def _split(sealed: bytes) -> tuple[int, str, bytes, bytes]:
    version, start = sealed[0], 2 + sealed[1]
    if version not in (_FOR_OWNER, _FOR_ROW):
        raise ValueError(f"unknown layout {version}")
    return version, sealed[2:start].decode(), sealed[start : start + _NONCE], sealed[start + _NONCE :]
