"""Session cookies on their way into a tab's socket. Reflex keeps a socket's headers with the tab's state, in Redis: what it
keeps must open no door. Only our guard reads it back.
"""

from __future__ import annotations

import base64
import re
from uuid import UUID

from masteria.config import settings
from masteria.kit.sealing import CannotOpen, KeyRing

NAMES = ("__Host-masteria_session", "masteria_session")
_COOKIE = re.compile(rb"(?<![\w-])(" + "|".join(NAMES).encode() + rb')="?([^;\s",]*)"?')
_MARK, _NOBODY, _PLACE = "veiled.", UUID(int=0), "socket|cookie"


def veiled(header: bytes) -> bytes:
    """A Cookie header with the session's token sealed, whatever stood there."""
    return _COOKIE.sub(lambda found: found[1] + b"=" + _seal(found[2]), header)


def unveiled(value: str) -> str:
    """The token of a sealed cookie; what is not sealed stays, what does not open is nobody's."""
    if not value.startswith(_MARK):
        return value
    try:
        sealed = base64.urlsafe_b64decode(value.removeprefix(_MARK) + "==")
        return KeyRing(settings().encryption_keys).open(_NOBODY, _PLACE, sealed)
    except (CannotOpen, ValueError):
        return ""


def _seal(token: bytes) -> bytes:
    sealed = KeyRing(settings().encryption_keys).seal(_NOBODY, _PLACE, token.decode("latin-1"))
    return _MARK.encode() + base64.urlsafe_b64encode(sealed).rstrip(b"=")
