"""Numbers as people write them become one spelling, or are refused."""

from __future__ import annotations

import pytest

from masteria.kit.phone import LANDLINE, MOBILE, match_key, read_phone


@pytest.mark.parametrize(
    ("text", "e164", "kind"),
    [
        ("11987654321", "+5511987654321", MOBILE),
        ("(11) 98765-4321", "+5511987654321", MOBILE),
        ("+55 11 98765-4321", "+5511987654321", MOBILE),
        ("5511987654321", "+5511987654321", MOBILE),
        ("011 98765.4321", "+5511987654321", MOBILE),
        ("+55(11)8765-4321", "+5511987654321", MOBILE),
        ("1187654321", "+5511987654321", MOBILE),
        ("(11) 3222-1000", "+551132221000", LANDLINE),
        ("+55 48 3222 1000", "+554832221000", LANDLINE),
        ("+351 912 345 678", "+351912345678", MOBILE),
    ],
)
def test_a_number_in_any_spelling_is_read(text: str, e164: str, kind: str) -> None:
    found = read_phone(text)
    assert found is not None
    assert (found.e164, found.kind) == (e164, kind)


@pytest.mark.parametrize(
    "text", ["", "abc", "98765-4321", "0800 723 0800", "11 98765-43210000", "00000000000", "+55 11"]
)
def test_what_cannot_be_a_persons_number_is_refused(text: str) -> None:
    assert read_phone(text) is None


def test_both_spellings_of_a_mobile_are_one_person_and_a_landline_is_another() -> None:
    assert match_key("+5511987654321") == match_key("+551187654321")
    assert match_key("+551132221000") != match_key("+5511932221000")
