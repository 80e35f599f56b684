"""Callers' networks: one spelling each, and no way around the list by clothing an address differently."""

from __future__ import annotations

import pytest

from masteria.kit.errors import Invalid
from masteria.kit.networks import is_covered, is_within, read_network


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("203.0.113.7", "203.0.113.7/32"),
        (" 203.0.113.77/24 ", "203.0.113.0/24"),
        ("2001:DB8:0::/48", "2001:db8::/48"),
        ("2001:db8::1", "2001:db8::1/128"),
        ("::ffff:203.0.113.7", "203.0.113.7/32"),
        ("::ffff:203.0.113.0/120", "203.0.113.0/24"),
        ("::/0", "::/0"),
    ],
)
def test_a_network_has_one_spelling(typed: str, kept: str) -> None:
    assert read_network(typed) == kept


@pytest.mark.parametrize("typed", ["", "exemplo.com", "300.1.1.1", "203.0.113.0/33", "203.0.113.7 ou outro", "1"])
def test_what_is_no_network_is_refused(typed: str) -> None:
    with pytest.raises(Invalid, match="addresses: not_a_network"):
        read_network(typed)


@pytest.mark.parametrize(
    ("address", "networks", "inside"),
    [
        ("203.0.113.7", ["203.0.113.0/24"], True),
        ("203.0.114.7", ["203.0.113.0/24", "10.0.0.0/8"], False),
        ("::ffff:203.0.113.7", ["203.0.113.0/24"], True),
        ("203.0.113.7", ["2001:db8::/32"], False),
        ("2001:db8::7", ["203.0.113.0/24", "2001:db8::/32"], True),
        ("fe80::7%eth0", ["fe80::/10"], True),
        ("203.0.113.7", [], False),
        ("", ["0.0.0.0/0"], False),
        ("203.0.113.7, 10.0.0.1", ["203.0.113.0/24"], False),
    ],
)
def test_an_address_is_inside_or_not(address: str, networks: list[str], inside: bool) -> None:
    assert is_within(address, networks) is inside


def test_a_network_is_covered_by_one_that_holds_all_of_it() -> None:
    assert is_covered("203.0.113.128/25", ["10.0.0.0/8", "203.0.113.0/24"])
    assert not is_covered("203.0.112.0/23", ["203.0.113.0/24"])
    assert not is_covered("::/0", ["0.0.0.0/0"])
