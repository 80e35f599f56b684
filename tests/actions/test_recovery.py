"""The ways back in: links that work once, who they are for, and what a new password ends."""

from __future__ import annotations

import re
import secrets

import pytest
from sqlmodel import col, select

from masteria.actions import accounts, mail, recovery, sessions
from masteria.core.access import Actor
from masteria.core.work import work_across, work_as
from masteria.enums import Permission, TicketPurpose
from masteria.kit.errors import Conflict, Forbidden, Invalid
from masteria.models import Activity, Mail, Member, Person, Ticket
from tests.cast import PASSWORD, Cast

FRESH = "outra frase bem comprida"


def letters(address: str) -> list[tuple[str, str]]:
    """Subjects and texts that wait for this address, the oldest first."""
    with work_across() as database:
        found = database.exec(select(Mail).where(Mail.address == address).order_by(col(Mail.id)))
        return [(row.subject, mail._keys().open(row.id, mail.PLACE, row.body)) for row in found]


def link(address: str) -> str:
    """The token in the newest letter to this address."""
    return re.findall(r"token=(\S+)", letters(address)[-1][1])[-1]


def person(actor: Actor) -> Person:
    with work_across() as database:
        return database.get_one(Person, actor.person_id)


def happened(actor: Actor) -> list[str]:
    with work_as(actor) as work:
        return [str(row.happened) for row in work.session.exec(select(Activity).order_by(col(Activity.id)))]


def newcomer() -> Actor:
    """Somebody who signed up and has not confirmed their address."""
    email = f"rui-{secrets.token_hex(4)}@exemplo.com"
    accounts.register(accounts.NewOwner.checked("Padaria", "Rui", email, PASSWORD))
    found = sessions.find_actor(sessions.sign_in(email, PASSWORD))
    assert found is not None
    return found


def test_a_reset_changes_the_password_and_signs_out_everywhere(cast: Cast) -> None:
    token = sessions.sign_in(cast.ana.email, PASSWORD)
    recovery.ask_reset(cast.ana.email.upper())
    recovery.reset(link(cast.ana.email), FRESH)
    assert sessions.find_actor(token) is None
    assert sessions.find_actor(sessions.sign_in(cast.ana.email, FRESH)) is not None
    with pytest.raises(Invalid):
        sessions.sign_in(cast.ana.email, PASSWORD)
    assert "senha foi trocada" in letters(cast.ana.email)[-1][0]
    assert {"password.changed", "session.ended"} <= set(happened(cast.ana))


def test_a_reset_link_works_once_and_takes_the_others_with_it(cast: Cast) -> None:
    recovery.ask_reset(cast.ana.email)
    first = link(cast.ana.email)
    recovery.ask_reset(cast.ana.email)
    second = link(cast.ana.email)
    recovery.reset(second, FRESH)
    with pytest.raises(Conflict, match="link_used"):
        recovery.reset(second, FRESH)
    with pytest.raises(Conflict, match="link_expired"):
        recovery.reset(first, FRESH)


def test_a_password_that_is_refused_uses_no_link_up(cast: Cast) -> None:
    recovery.ask_reset(cast.ana.email)
    token = link(cast.ana.email)
    with pytest.raises(Invalid, match="too_common"):
        recovery.reset(token, "senha123456")
    recovery.reset(token, FRESH)


def test_nobody_is_written_to_who_is_not_known() -> None:
    recovery.ask_reset("ninguem@exemplo.com")
    assert letters("ninguem@exemplo.com") == []


def test_changing_the_password_asks_for_the_old_one_and_keeps_this_device(cast: Cast) -> None:
    here, there = (sessions.sign_in(cast.ana.email, PASSWORD) for _ in range(2))
    ana = sessions.find_actor(here)
    assert ana is not None
    with pytest.raises(Invalid, match="wrong_password"):
        recovery.change_password(ana, "errada-errada", FRESH)
    recovery.change_password(ana, PASSWORD, FRESH)
    assert sessions.find_actor(here) is not None
    assert sessions.find_actor(there) is None


def test_who_has_no_password_must_have_signed_in_just_now(cast: Cast) -> None:
    with work_across() as database:
        database.get_one(Person, cast.ana.person_id).password_hash = ""
    with pytest.raises(Conflict, match="prove_again"):
        recovery.change_password(cast.ana, "", FRESH)


def test_a_newcomer_may_look_and_not_act_until_the_address_is_confirmed() -> None:
    rui = newcomer()
    assert rui.may(Permission.READ_CONTACTS)
    with pytest.raises(Forbidden), work_as(rui) as work:
        work.require(Permission.EDIT_CONTACTS)
    token = link(rui.email)
    recovery.verify(token, person_id=rui.person_id)
    found = sessions.find_actor(sessions.sign_in(rui.email, PASSWORD))
    assert found is not None
    assert found.may(Permission.OWN_COMPANY)
    assert "email.verified" in happened(found)


def test_a_strangers_click_confirms_nothing() -> None:
    rui = newcomer()
    token = link(rui.email)
    with pytest.raises(Invalid, match="wrong"):
        recovery.verify(token, password="nao sei qual é")
    assert person(rui).email_verified_at is None
    recovery.verify(token, password=PASSWORD)
    assert person(rui).email_verified_at is not None


def test_a_known_address_makes_no_company_and_is_told(cast: Cast) -> None:
    with work_across() as database:
        before = len(database.exec(select(Member).where(Member.person_id == cast.ana.person_id)).all())
    accounts.register(accounts.NewOwner.checked("Padaria", "Outra pessoa", cast.ana.email, FRESH))
    with work_across() as database:
        assert len(database.exec(select(Member).where(Member.person_id == cast.ana.person_id)).all()) == before
    subject, text = letters(cast.ana.email)[-1]
    assert "já tem uma conta" in subject
    assert "Outra pessoa" not in text
    sessions.sign_in(cast.ana.email, PASSWORD)


def test_a_new_address_counts_once_it_is_confirmed_and_the_old_one_is_told(cast: Cast) -> None:
    fresh = f"nova-{secrets.token_hex(4)}@exemplo.com"
    recovery.ask_new_email(cast.ana, fresh, PASSWORD)
    assert person(cast.ana).email == cast.ana.email
    assert fresh in letters(cast.ana.email)[-1][1]
    recovery.change_email(link(fresh))
    assert person(cast.ana).email == fresh
    assert fresh in letters(cast.ana.email)[-1][1]
    assert "email.changed" in happened(cast.ana)


def test_an_address_of_somebody_else_gets_no_link(cast: Cast) -> None:
    recovery.ask_new_email(cast.ana, cast.clara.email, PASSWORD)
    assert letters(cast.clara.email) == []
    with pytest.raises(Invalid, match="wrong_password"):
        recovery.ask_new_email(cast.ana, "x@exemplo.com", "errada-errada")


def test_a_changed_password_cancels_a_change_of_address(cast: Cast) -> None:
    fresh = f"nova-{secrets.token_hex(4)}@exemplo.com"
    recovery.ask_new_email(cast.ana, fresh, PASSWORD)
    token = link(fresh)
    recovery.ask_reset(cast.ana.email)
    recovery.reset(link(cast.ana.email), FRESH)
    with pytest.raises(Conflict, match="link_expired"):
        recovery.change_email(token)


def test_the_page_knows_what_a_link_is_for(cast: Cast) -> None:
    rui = newcomer()
    assert recovery.purpose_of(link(rui.email)) == TicketPurpose.VERIFY_EMAIL
    with pytest.raises(Conflict, match="link_wrong"):
        recovery.purpose_of("made-up")


def test_no_token_stands_in_the_database(cast: Cast) -> None:
    recovery.ask_reset(cast.ana.email)
    token = link(cast.ana.email)
    with work_across() as database:
        hashes = database.exec(select(Ticket.token_hash).where(Ticket.person_id == cast.ana.person_id)).all()
    assert all(token.encode() not in found for found in hashes)
