"""What Redis keeps of a session's cookie opens no door; what is sent sealed from outside is nobody's."""

from __future__ import annotations

from masteria.api import entry
from masteria.core.veil import SESSIONS, SHOWN, unveiled, veiled
from masteria.ui import identity

TOKEN = "ljqja3s9XYziRfZndh0ZwLzwUKndcCjCPQQowdo2g8o"


def test_the_guard_reads_what_the_socket_was_given() -> None:
    for name in (identity.COOKIE, identity.SECURE_COOKIE):
        header = veiled(f"theme=dark; {name}={TOKEN}; other=1".encode())
        assert TOKEN.encode() not in header
        assert identity.cookie_value(header.decode()) == TOKEN


def test_a_sealed_token_sent_from_outside_is_sealed_once_more() -> None:
    stolen = veiled(f"{identity.COOKIE}={TOKEN}".encode())
    assert identity.cookie_value(veiled(stolen).decode()) not in ("", TOKEN)


def test_nothing_goes_along_that_no_page_reads() -> None:
    header = f"masteria_own_session={TOKEN}; __Host-masteria_own_session={TOKEN}; other={TOKEN}; masteria-form=f; ;=;x"
    assert veiled(header.encode()) == b"masteria-form=f"


def test_every_cookie_of_ours_that_holds_a_session_is_looked_after() -> None:
    assert {identity.COOKIE, identity.SECURE_COOKIE, entry.COOKIE, entry.SECURE_COOKIE} == set(SESSIONS)
    assert not {entry.OWN_COOKIE, entry.SECURE_OWN_COOKIE} & {*SESSIONS, *SHOWN}


def test_what_does_not_open_is_nobodys() -> None:
    assert unveiled("veiled.AQJrMXh4") == ""
    assert unveiled("veiled.é") == ""
    assert identity.cookie_value(veiled(b"a=1").decode()) == ""
