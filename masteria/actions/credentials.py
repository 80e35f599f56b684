"""What a name, an address and a password must be, and how passwords are kept."""

from __future__ import annotations

import re
import secrets
from functools import cache

from pwdlib import PasswordHash

from masteria.kit.errors import Invalid
from masteria.kit.passwords import is_guessable

PASSWORD_LENGTH = 10
LONGEST = 1024
# a comma, a bracket or a quote would be more than one address to a mail server
_ADDRESS = re.compile(r"""[^@\s<>()\[\]\\,;:"]+@[^@\s<>()\[\]\\,;:"]+\.[^@\s<>()\[\]\\,;:"]+""")


def checked_name(text: str, field: str) -> str:
    """Two to 120 characters, spaces tidied; else `Invalid` naming the field."""
    text = " ".join(text.split())
    if not 2 <= len(text) <= 120:
        raise Invalid(field, "too_short" if len(text) < 2 else "too_long", limit=2 if len(text) < 2 else 120)
    return text


def checked_email(text: str) -> str:
    """An address in lower case, or `Invalid`."""
    text = text.strip().lower()
    if len(text) > 254 or not _ADDRESS.fullmatch(text):
        raise Invalid("email", "not_an_email")
    return text


def checked_password(text: str, *own: str) -> str:
    """Long enough and not one that is guessed early, or `Invalid`; `own` are words about whose it is."""
    if len(text) < PASSWORD_LENGTH:
        raise Invalid("password", "too_short", limit=PASSWORD_LENGTH)
    if len(text) > LONGEST:
        raise Invalid("password", "too_long", limit=LONGEST)
    if is_guessable(text, own):
        raise Invalid("password", "too_common")
    return text


def hashed(password: str) -> str:
    """Argon2, for the table."""
    return _hasher().hash(password)


def is_right(password: str, password_hash: str | None) -> bool:
    """Whether it is this one; without a hash (nobody, or no password) always wrong, in the same time."""
    return check(password, password_hash)[0]


def check(password: str, password_hash: str | None) -> tuple[bool, str | None]:
    """The same, and a new hash where the one in the table was made with older parameters."""
    right, better = _hasher().verify_and_update(password[:LONGEST], password_hash or _nobodys_hash())
    return (True, better) if right and password_hash else (False, None)


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _nobodys_hash() -> str:
    """Checked when the address is unknown, so that both answers take the same time."""
    return _hasher().hash(secrets.token_urlsafe(16))
