"""Support inside a company: for a reason, for an hour, seen, looking unless it was said why not; never at secrets."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import col, select

from masteria.actions import contacts, operators, sessions, support
from masteria.core.access import Actor
from masteria.core.work import work_across, work_as
from masteria.enums import Permission
from masteria.flows import installation as flow
from masteria.kit.clock import now
from masteria.kit.errors import Forbidden, Invalid, NotFound
from masteria.kit.ids import new_id
from masteria.models import Session
from masteria.queries import audit
from masteria.queries import contacts as people
from tests.cast import Cast, an_operator
from tests.cast import contacts as some_contacts

REASON = "a campanha não sai desde ontem"


def visit(olga: Actor, cast: Cast, change: str | None = None) -> Actor:
    with work_as(olga) as work:
        token = support.enter(work, cast.ana.company_id, REASON, change_reason=change)
    found = sessions.find_actor(token)
    assert found is not None
    return found


def test_support_sees_the_company_and_changes_nothing(cast: Cast) -> None:
    some_contacts(cast.ana, 2)
    guest = visit(an_operator(), cast)
    assert (guest.kind, guest.name, guest.is_support, guest.member_id) == ("support", "Suporte (Olga)", True, None)
    with work_as(guest) as work:
        assert people.count_contacts(work) == 2
    with pytest.raises(Forbidden), work_as(guest) as work:
        contacts.create(work, "+5511987654321")


def test_with_a_second_reason_support_helps_but_never_with_people_keys_or_numbers(cast: Cast) -> None:
    guest = visit(an_operator(), cast, "a cliente pediu para arrumar a lista")
    with work_as(guest) as work:
        contacts.create(work, "+5511987654321")
    with work_as(cast.ana) as work:
        entry = audit.entries(work, audit.Wanted(happened="contact.created")).rows[0]
    assert (entry.actor_kind, entry.actor_name) == ("support", "Suporte (Olga)")
    closed = {Permission.ADMIN, Permission.EDIT_MEMBERS, Permission.EDIT_CONNECTIONS, Permission.OWN_COMPANY}
    assert not (closed | {Permission.OPERATE}) & guest.permissions


@pytest.mark.parametrize("reason", ["", "curto", "          ", "x" * 501])
def test_no_visit_without_a_reason(cast: Cast, reason: str) -> None:
    olga = an_operator()
    with pytest.raises(Invalid, match="reason"), work_as(olga) as work:
        support.enter(work, cast.ana.company_id, reason)
    with pytest.raises(Invalid, match="change_reason"), work_as(olga) as work:
        support.enter(work, cast.ana.company_id, REASON, change_reason=reason)
    with work_as(cast.ana) as work:
        assert support.visits(work) == []


def test_a_company_that_is_not_there_cannot_be_entered() -> None:
    with pytest.raises(NotFound), work_as(an_operator()) as work:
        support.enter(work, new_id(), REASON)


def test_the_company_sees_who_is_there_and_that_they_left(cast: Cast) -> None:
    guest = visit(an_operator(), cast)
    with work_as(cast.ana) as work:
        there = support.visits(work)
        entered = audit.entries(work, audit.Wanted(happened="support.entered")).rows[0]
    assert [(v.reason, v.may_change) for v in there] == [(REASON, False)]
    assert (entered.actor_name, entered.details["reason"]) == ("Suporte (Olga)", REASON)
    with work_as(guest) as work:
        support.leave(work)
    with work_as(cast.ana) as work:
        assert support.visits(work) == []
        assert audit.entries(work, audit.Wanted(happened="support.left")).rows[0].details == {
            "reason": REASON,
            "how": "left",
        }


def test_an_agent_is_not_told_of_visits(cast: Cast) -> None:
    visit(an_operator(), cast)
    with work_as(cast.bruno) as work:
        assert support.visits(work) == []


def test_a_visit_ends_after_its_hour_and_the_company_is_told_once(cast: Cast) -> None:
    olga = an_operator()
    with work_as(olga) as work:
        token = support.enter(work, cast.ana.company_id, REASON)
    with work_across() as database:
        query = select(Session).where(Session.person_id == olga.person_id, col(Session.support_reason).is_not(None))
        session = database.exec(query).one()
        assert timedelta(minutes=59) < session.expires_at - now() <= timedelta(minutes=60)
        session.expires_at = now()
    assert sessions.find_actor(token) is None
    for _ in range(2):
        flow.end_visits()
    with work_as(cast.ana) as work:
        left = audit.entries(work, audit.Wanted(happened="support.left")).rows
    assert [entry.details["how"] for entry in left] == ["time"]


def test_the_owner_shows_support_out(cast: Cast) -> None:
    olga = an_operator()
    with work_as(olga) as work:
        token = support.enter(work, cast.ana.company_id, REASON)
    with pytest.raises(Forbidden), work_as(cast.bruno) as work:
        support.end_for_company(work)
    with work_as(cast.ana) as work:
        assert support.end_for_company(work) == 1
    assert sessions.find_actor(token) is None


def test_who_operates_no_longer_is_out_of_every_company(cast: Cast) -> None:
    olga, olaf = an_operator(), an_operator("Olaf")
    with work_as(olga) as work:
        token = support.enter(work, cast.ana.company_id, REASON)
    with work_as(olaf) as work:
        operators.set_operator(work, olga.person_id, operates=False)  # pyright: ignore[reportArgumentType]
    assert sessions.find_actor(token) is None


def test_from_a_visit_nothing_else_can_be_entered(cast: Cast) -> None:
    guest = visit(an_operator(), cast)
    with pytest.raises(Forbidden), work_as(guest) as work:
        support.enter(work, cast.clara.company_id, REASON)
