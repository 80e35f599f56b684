"""Cookies on their way into a tab's socket. Reflex keeps a socket's headers with the tab's state, in Redis: what it keeps
must open no door. The session's token is sealed, and only our guard reads it back; of the others a page gets what it shows.
"""

from __future__ import annotations

import base64
from uuid import UUID

from masteria.config import settings
from masteria.kit.sealing import CannotOpen, KeyRing

SESSIONS = ("__Host-masteria_session", "masteria_session")
# what pages read themselves: a refused form's fields, and the newcomer that a provider sent
SHOWN = ("masteria-form", "masteria-newcomer")
_MARK, _NOBODY, _PLACE = "veiled.", UUID(int=0), "socket|cookie"


def veiled(header: bytes) -> bytes:
    """A Cookie header for the socket: the session sealed, whatever stood there; what no page reads is left out."""
    kept = []
    for part in header.decode("latin-1").split(";"):
        name, _, value = part.strip().partition("=")
        if name in SESSIONS:
            kept.append(f"{name}={_seal(value.strip(chr(34)))}")
        elif name in SHOWN:
            kept.append(f"{name}={value}")
    return "; ".join(kept).encode("latin-1")


def unveiled(value: str) -> str:
    """The token of a sealed cookie; what is not sealed stays, what does not open is nobody's."""
    if not value.startswith(_MARK):
        return value
    try:
        sealed = base64.urlsafe_b64decode(value.removeprefix(_MARK) + "==")
        return KeyRing(settings().encryption_keys).open(_NOBODY, _PLACE, sealed)
    except (CannotOpen, ValueError):
        return ""


def _seal(token: str) -> str:
    sealed = KeyRing(settings().encryption_keys).seal(_NOBODY, _PLACE, token)
    return _MARK + base64.urlsafe_b64encode(sealed).decode().rstrip("=")
