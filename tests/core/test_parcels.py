"""What a browser keeps for us: readable by us alone, for one purpose, for a while."""

from __future__ import annotations

import base64

import pytest

from masteria.core.parcels import pack, unpack

CONTENT = {"state": "s", "verifier": "secret-verifier"}


def test_what_was_packed_comes_back() -> None:
    assert unpack("login", pack("login", CONTENT, minutes=1)) == CONTENT


def test_another_purpose_opens_nothing() -> None:
    assert unpack("second-step", pack("login", CONTENT, minutes=1)) is None


def test_after_its_time_it_is_nothing() -> None:
    assert unpack("login", pack("login", CONTENT, minutes=0)) is None


def test_nobody_can_read_it() -> None:
    packed = pack("login", CONTENT, minutes=1)
    raw = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    assert b"secret-verifier" not in raw


def test_one_changed_letter_makes_it_nothing() -> None:
    packed = pack("login", CONTENT, minutes=1)
    middle = len(packed) // 2
    changed = packed[:middle] + ("A" if packed[middle] != "A" else "B") + packed[middle + 1 :]
    assert unpack("login", changed) is None


@pytest.mark.parametrize("text", ["", "x", "e30", "AQJrMQ", "é" * 20, "a" * 5000, "\x00", "=" * 40])
def test_what_was_never_ours_is_nothing(text: str) -> None:
    assert unpack("login", text) is None
