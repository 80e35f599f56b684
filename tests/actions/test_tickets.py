"""Links that work once: wrong, used and expired ones say so, and a failed attempt uses nothing up."""

from __future__ import annotations

from contextlib import suppress

import pytest

from masteria.actions import tickets
from masteria.core.work import work_across
from masteria.enums import TicketPurpose
from masteria.kit.errors import Conflict
from masteria.models import Ticket
from tests.cast import Cast

RESET, VERIFY = TicketPurpose.RESET_PASSWORD, TicketPurpose.VERIFY_EMAIL


def issued(cast: Cast, minutes: int = 5) -> str:
    with work_across() as database:
        return tickets.issue(database, RESET, cast.ana.person_id, "ana@exemplo.com", minutes=minutes)  # pyright: ignore[reportArgumentType]


def redeemed(token: str, purpose: TicketPurpose = RESET) -> Ticket:
    with work_across() as database:
        return tickets.redeem(database, purpose, token)


def test_a_ticket_works_once(cast: Cast) -> None:
    token = issued(cast)
    ticket = redeemed(token)
    assert (ticket.person_id, ticket.email) == (cast.ana.person_id, "ana@exemplo.com")
    assert token.encode() not in ticket.token_hash
    with pytest.raises(Conflict, match="link_used"):
        redeemed(token)


def test_after_its_time_it_has_expired(cast: Cast) -> None:
    with pytest.raises(Conflict, match="link_expired"):
        redeemed(issued(cast, minutes=0))


def test_it_is_good_for_its_own_purpose_only(cast: Cast) -> None:
    with pytest.raises(Conflict, match="link_wrong"):
        redeemed(issued(cast), VERIFY)
    with pytest.raises(Conflict, match="link_wrong"):
        redeemed("made-up")


def test_when_what_follows_fails_it_still_works(cast: Cast) -> None:
    token = issued(cast)
    with suppress(ZeroDivisionError), work_across() as database:
        tickets.redeem(database, RESET, token)
        raise ZeroDivisionError
    assert redeemed(token).used_at is not None


def test_what_was_made_void_has_expired(cast: Cast) -> None:
    token = issued(cast)
    with work_across() as database:
        tickets.void(database, cast.ana.person_id, RESET)  # pyright: ignore[reportArgumentType]
    with pytest.raises(Conflict, match="link_expired"):
        redeemed(token)
