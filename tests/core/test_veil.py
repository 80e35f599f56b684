"""What Redis keeps of a session's cookie opens no door; what is sent sealed from outside is nobody's."""

from __future__ import annotations

from masteria.core.veil import unveiled, veiled
from masteria.ui import identity

TOKEN = "ljqja3s9XYziRfZndh0ZwLzwUKndcCjCPQQowdo2g8o"


def test_the_guard_reads_what_the_socket_was_given() -> None:
    for name in (identity.COOKIE, identity.SECURE_COOKIE):
        header = veiled(f"theme=dark; {name}={TOKEN}; other=1".encode())
        assert TOKEN.encode() not in header
        assert header.startswith(b"theme=dark; ")
        assert header.endswith(b"; other=1")
        assert identity.cookie_value(header.decode()) == TOKEN


def test_a_sealed_token_sent_from_outside_is_sealed_once_more() -> None:
    stolen = veiled(f"{identity.COOKIE}={TOKEN}".encode())
    assert identity.cookie_value(veiled(stolen).decode()) not in ("", TOKEN)


def test_what_does_not_open_is_nobodys() -> None:
    assert unveiled("veiled.AQJrMXh4") == ""
    assert unveiled("veiled.é") == ""
    assert identity.cookie_value(veiled(b"a=1").decode()) == ""
