"""Sealed values open where they were put, for whom, under any key of the ring; nowhere else, and never half."""

from __future__ import annotations

import os

import pytest

from masteria.kit.ids import new_id
from masteria.kit.sealing import CannotOpen, KeyRing, Unreadable, blind_index, masked

OURS, THEIRS, ROW = new_id(), new_id(), b"row"
OLD, NEW = ("k1", os.urandom(32)), ("k2", os.urandom(32))
RING = KeyRing((OLD,))


def test_what_was_sealed_opens_again_and_never_looks_the_same() -> None:
    one, other = (RING.seal(OURS, "connection|access_token", "EAAsegredo", ROW) for _ in range(2))
    assert one != other
    assert b"EAAsegredo" not in one + other
    assert RING.open(OURS, "connection|access_token", one, ROW) == "EAAsegredo"


@pytest.mark.parametrize(
    ("owner", "place", "row"),
    [
        (THEIRS, "connection|access_token", ROW),
        (OURS, "connection|app_secret", ROW),
        (OURS, "message|access_token", ROW),
        (OURS, "connection|access_token", b"another"),
        (OURS, "connection|access_token", None),
    ],
    ids=["company", "column", "table", "row", "no row"],
)
def test_moved_anywhere_it_does_not_open(owner: object, place: str, row: bytes | None) -> None:
    sealed = RING.seal(OURS, "connection|access_token", "EAAsegredo", ROW)
    with pytest.raises(CannotOpen):
        RING.open(owner, place, sealed, row)  # pyright: ignore[reportArgumentType]


def test_with_any_one_byte_flipped_it_does_not_open() -> None:
    sealed = RING.seal(OURS, "connection|access_token", "EAAsegredo", ROW)
    for place in range(len(sealed)):
        broken = bytearray(sealed)
        broken[place] ^= 1
        with pytest.raises(CannotOpen):
            RING.open(OURS, "connection|access_token", bytes(broken), ROW)


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x02\xff", b"\x01\x02k1", b"plain text that somebody wrote"])
def test_what_was_never_sealed_does_not_open(sealed: bytes) -> None:
    with pytest.raises(CannotOpen):
        RING.open(OURS, "connection|access_token", sealed, ROW)


def test_a_new_key_in_front_leaves_the_old_values_readable_until_theirs_is_gone() -> None:
    sealed = RING.seal(OURS, "a|b", "segredo", ROW)
    both = KeyRing((NEW, OLD))
    assert both.open(OURS, "a|b", sealed, ROW) == "segredo"
    assert not sealed.startswith(both.mark(is_row=True))
    assert both.seal(OURS, "a|b", "segredo", ROW).startswith(both.mark(is_row=True))
    with pytest.raises(CannotOpen):
        KeyRing((NEW,)).open(OURS, "a|b", sealed, ROW)


def test_a_blind_index_finds_the_same_value_of_the_same_owner_and_place_alone() -> None:
    found = blind_index("secret", OURS, "connection|verify_token", " Ｖerify ")
    assert found == blind_index("secret", OURS, "connection|verify_token", "verify")
    others = [
        ("secret", THEIRS, "connection|verify_token"),
        ("secret", OURS, "a|b"),
        ("other", OURS, "connection|verify_token"),
    ]
    assert found not in [blind_index(*other, "verify") for other in others]


def test_nothing_is_shown_of_a_secret_that_cannot_be_read_and_nobody_can_guess_it() -> None:
    one, other = Unreadable.fresh(), Unreadable.fresh()
    assert one != other
    assert len(one) > 30
    assert masked(one) == "••••"
