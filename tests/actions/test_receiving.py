"""What people write in: who they are, their wish to be left alone, and the campaign they answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from masteria.actions import preferences, receiving
from masteria.channels.base import Inbound, Moved, Preference
from masteria.core.work import Work
from masteria.enums import CampaignKind, CampaignState, Consent, Direction, Effect, SendState, Topic
from masteria.kit.clock import now
from masteria.kit.ids import new_id
from masteria.kit.phone import match_key
from masteria.models import Campaign, Contact, Conversation, Message, Recipient
from tests.cast import Cast, a_connection

PHONE = "5511987654321"


@pytest.fixture
def connection_id(cast: Cast) -> UUID:
    return a_connection(cast.ana).id


def written(text: str = "Oi", **values: Any) -> Inbound:
    fields = {
        "external_id": f"wamid.{new_id()}",
        "sender": PHONE,
        "user_id": None,
        "name": "Bia",
        "at": now().replace(microsecond=0),
        "kind": "text",
    }
    return Inbound(text=text, **{**fields, **values})


def receive(work: Work, connection_id: UUID, event: Inbound) -> Effect:
    return receiving.receive_many(work, [(connection_id, event)])[0]


def only_contact(work: Work) -> Contact:
    work.session.flush()
    return work.session.exec(work.select(Contact)).one()


def test_a_stranger_becomes_a_contact_with_a_conversation(work: Work, connection_id: UUID) -> None:
    assert receive(work, connection_id, written("Olá")) == Effect.MESSAGE_STORED
    contact, conversation = only_contact(work), work.session.exec(work.select(Conversation)).one()
    assert (contact.phone, contact.name, contact.whatsapp_id) == (f"+{PHONE}", "Bia", PHONE)
    assert (conversation.unread_count, conversation.last_message_text) == (1, "Olá")
    assert work.session.exec(work.select(Message)).one().direction == Direction.INBOUND
    assert (Topic.CONVERSATION, conversation.id) in work.announced


@pytest.mark.parametrize("sender", ["5511987654321", "551187654321"])
def test_both_spellings_of_a_brazilian_mobile_are_one_person(work: Work, connection_id: UUID, sender: str) -> None:
    known = work.add(Contact(phone=f"+{PHONE}", match_key=match_key(PHONE), name="Beatriz"))
    receive(work, connection_id, written(sender=sender))
    contact = only_contact(work)
    assert (contact.id, contact.name, contact.phone) == (known.id, "Beatriz", f"+{PHONE}")


def test_a_new_person_is_kept_with_the_ninth_digit(work: Work, connection_id: UUID) -> None:
    receive(work, connection_id, written(sender="551187654321"))
    assert only_contact(work).phone == f"+{PHONE}"


def test_who_later_hides_the_number_stays_the_same_person(work: Work, connection_id: UUID) -> None:
    receive(work, connection_id, written(user_id="BR.1"))
    receive(work, connection_id, written(sender=None, user_id="BR.1"))
    assert only_contact(work).phone == f"+{PHONE}"
    assert work.session.exec(work.select(Conversation)).one().unread_count == 2


def test_who_is_known_by_an_id_alone_gains_the_number_later(work: Work, connection_id: UUID) -> None:
    receive(work, connection_id, written(sender=None, user_id="BR.1"))
    assert only_contact(work).phone is None
    receive(work, connection_id, written(user_id="BR.1"))
    assert (only_contact(work).phone, only_contact(work).match_key) == (f"+{PHONE}", match_key(PHONE))


def test_people_without_a_number_are_not_confused(work: Work, connection_id: UUID) -> None:
    work.add(Contact(name="Sem número"))
    receive(work, connection_id, written(sender=None, user_id="BR.1"))
    assert len(work.session.exec(work.select(Contact)).all()) == 2


def test_a_person_has_a_conversation_for_each_number_of_ours(cast: Cast, work: Work, connection_id: UUID) -> None:
    receive(work, connection_id, written())
    receive(work, a_connection(cast.ana).id, written())
    assert len(work.session.exec(work.select(Conversation)).all()) == 2


@pytest.mark.parametrize("kind", ["reaction", "system", "edit", "revoke"])
def test_some_kinds_open_no_window_and_count_as_nothing_unread(work: Work, connection_id: UUID, kind: str) -> None:
    receive(work, connection_id, written(kind=kind, opens_window=False))
    conversation = work.session.exec(work.select(Conversation)).one()
    assert (conversation.window_expires_at, conversation.unread_count) == (None, 0)
    assert conversation.last_message_kind == kind


@pytest.mark.parametrize(
    "text", ["SAIR", "sair", " Sair. ", "PARAR!", "pare", "Stop", "S\u200bAIR", "descadastrar", "BAJA", "'sair'"]
)
def test_a_word_alone_opts_out(work: Work, connection_id: UUID, text: str) -> None:
    receive(work, connection_id, written(text))
    contact = only_contact(work)
    assert contact.consent_whatsapp == Consent.OPTED_OUT
    assert (Topic.CONTACT, contact.id) in work.announced


@pytest.mark.parametrize("text", ["Vou sair agora, te ligo", "não quero parar", "stop motion", "", "sai", "👍"])
def test_a_word_among_others_does_not(work: Work, connection_id: UUID, text: str) -> None:
    receive(work, connection_id, written(text))
    assert only_contact(work).consent_whatsapp == Consent.UNKNOWN


def test_only_what_the_person_says_opts_out(work: Work, connection_id: UUID) -> None:
    receive(work, connection_id, written("stop", kind="document"))
    assert only_contact(work).consent_whatsapp == Consent.UNKNOWN
    receive(work, connection_id, written("Parar", kind="button"))
    assert only_contact(work).consent_whatsapp == Consent.OPTED_OUT


def test_coming_back_takes_the_newer_word(work: Work, connection_id: UUID) -> None:
    at = now().replace(microsecond=0)
    receive(work, connection_id, written("VOLTAR", at=at))
    assert only_contact(work).consent_whatsapp == Consent.UNKNOWN
    receive(work, connection_id, written("SAIR", at=at))
    receive(work, connection_id, written("voltar", at=at + timedelta(seconds=5)))
    assert only_contact(work).consent_whatsapp == Consent.OPTED_IN
    receive(work, connection_id, written("SAIR", at=at + timedelta(seconds=2)))
    assert only_contact(work).consent_whatsapp == Consent.OPTED_IN


def test_a_preference_stops_and_resumes(work: Work) -> None:
    preferences.heed(work, [(UUID(int=0), Preference(PHONE, "BR.1", "resume", now()))])
    assert work.session.exec(work.select(Contact)).all() == []
    preferences.heed(work, [(UUID(int=0), Preference(PHONE, "BR.1", "stop", now()))])
    assert only_contact(work).consent_whatsapp == Consent.OPTED_OUT
    preferences.heed(work, [(UUID(int=0), Preference(None, "BR.1", "resume", now()))])
    assert only_contact(work).consent_whatsapp == Consent.OPTED_IN


def test_a_person_is_followed_to_a_new_number(work: Work, connection_id: UUID) -> None:
    receive(work, connection_id, written("SAIR", user_id="BR.1"))
    receiving.move(work, Moved(PHONE, None, "5511912345678", "BR.2", now()))
    receive(work, connection_id, written(sender="5511912345678", user_id="BR.2"))
    contact = only_contact(work)
    assert (contact.phone, contact.consent_whatsapp) == ("+5511912345678", Consent.OPTED_OUT)


def test_an_opt_out_follows_to_a_number_that_is_known_already(work: Work, connection_id: UUID) -> None:
    receive(work, connection_id, written("SAIR"))
    other = work.add(Contact(phone="+5511912345678", match_key=match_key("5511912345678")))
    receiving.move(work, Moved(PHONE, None, "5511912345678", None, now()))
    assert other.consent_whatsapp == Consent.OPTED_OUT
    assert len(work.session.exec(work.select(Contact)).all()) == 2


def sent_to(work: Work, contact: Contact, connection_id: UUID, at: datetime) -> Recipient:
    campaign = work.add(
        Campaign(name="Novidades", connection_id=connection_id, kind=CampaignKind.TEXT, state=CampaignState.RUNNING)
    )
    work.session.flush()
    found = Recipient(
        company_id=work.company_id,
        campaign_id=campaign.id,
        contact_id=contact.id,
        state=SendState.SENT,
        sent_at=at,
        due_at=None,
    )
    work.session.add(found)
    work.session.flush()
    return found


def test_an_answer_counts_for_the_campaign_that_came_last(cast: Cast, work: Work, connection_id: UUID) -> None:
    elsewhere = a_connection(cast.ana).id
    contact = work.add(Contact(phone=f"+{PHONE}", match_key=match_key(PHONE)))
    work.session.flush()
    at = now().replace(microsecond=0)
    sent = [sent_to(work, contact, connection_id, at - timedelta(days=days)) for days in (8, 3, 1)]
    other_number, after = (
        sent_to(work, contact, elsewhere, at),
        sent_to(work, contact, connection_id, at + timedelta(1)),
    )
    receive(work, connection_id, written(at=at))
    receive(work, connection_id, written(at=at + timedelta(seconds=9)))
    for recipient in [*sent, other_number, after]:
        work.session.refresh(recipient)
    assert [r.replied_at for r in [*sent, other_number, after]] == [None, None, at, None, None]
    assert (Topic.CAMPAIGN, sent[2].campaign_id) in work.announced


def test_an_answer_after_more_than_a_week_counts_for_none(work: Work, connection_id: UUID) -> None:
    contact = work.add(Contact(phone=f"+{PHONE}", match_key=match_key(PHONE)))
    work.session.flush()
    recipient = sent_to(work, contact, connection_id, now() - timedelta(days=8))
    receive(work, connection_id, written())
    work.session.refresh(recipient)
    assert recipient.replied_at is None


def test_a_flood_is_stored_once_each_and_in_order(cast: Cast, work: Work, connection_id: UUID) -> None:
    other, at = a_connection(cast.ana).id, now().replace(microsecond=0) - timedelta(minutes=5)
    people = [f"55119{n:08d}" for n in range(20)]
    arrivals = [
        (cid, written(f"{n}", sender=sender, at=at + timedelta(seconds=n)))
        for n in range(3)
        for sender in people
        for cid in (connection_id, other)
    ]
    effects = receiving.receive_many(work, [*arrivals, *arrivals[:7]])
    assert effects == [Effect.MESSAGE_STORED] * 120 + [Effect.REPEAT] * 7
    assert receiving.receive_many(work, arrivals) == [Effect.REPEAT] * 120
    work.session.flush()
    talks = work.session.exec(work.select(Conversation)).all()
    assert len(work.session.exec(work.select(Contact)).all()) == 20
    assert {(c.unread_count, c.last_message_text) for c in talks} == {(3, "2")}
    assert len(talks) == 40


def test_two_spellings_in_one_flood_are_one_person(work: Work, connection_id: UUID) -> None:
    events = [written(sender="551187654321"), written(user_id="BR.1"), written(sender=None, user_id="BR.1")]
    receiving.receive_many(work, [(connection_id, event) for event in events])
    contact = only_contact(work)
    assert (contact.phone, contact.whatsapp_user_id) == (f"+{PHONE}", "BR.1")


def test_who_is_known_by_the_id_does_not_take_the_number_of_another(work: Work, connection_id: UUID) -> None:
    receive(work, connection_id, written(sender=None, user_id="BR.1"))
    work.add(Contact(phone=f"+{PHONE}", match_key=match_key(PHONE), name="Outra"))
    assert receive(work, connection_id, written(user_id="BR.1")) == Effect.MESSAGE_STORED
    assert len(work.session.exec(work.select(Contact)).all()) == 2


def test_what_the_company_wrote_on_its_phone_is_shown_and_never_sent(work: Work, connection_id: UUID) -> None:
    echo = written("do celular", is_echo=True, opens_window=False)
    assert receive(work, connection_id, echo) == Effect.ECHO_STORED
    found, talk = work.session.exec(work.select(Message)).one(), work.session.exec(work.select(Conversation)).one()
    assert (found.direction, found.state, found.due_at) == (Direction.OUTBOUND, SendState.SENT, None)
    assert (talk.unread_count, talk.window_expires_at, talk.last_message_text) == (0, None, "do celular")


def test_an_echo_of_a_stop_word_is_nobodys_wish(work: Work, connection_id: UUID) -> None:
    receive(work, connection_id, written("SAIR", is_echo=True, opens_window=False))
    assert only_contact(work).consent_whatsapp == Consent.UNKNOWN


def test_the_later_wish_counts_in_whatever_order_it_comes(work: Work) -> None:
    at = now()
    assert preferences.heed(work, [(UUID(int=0), Preference(PHONE, None, "stop", at))]) == [Effect.OPTED_OUT]
    late = Preference(PHONE, None, "resume", at - timedelta(minutes=1))
    assert preferences.heed(work, [(UUID(int=0), late)]) == [Effect.CONSENT_UNCHANGED]
    assert only_contact(work).consent_whatsapp == Consent.OPTED_OUT
