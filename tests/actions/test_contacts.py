"""People by hand: one number is one person, changes add up, and only those who may change anything."""

from __future__ import annotations

import threading
from uuid import UUID

import pytest

from masteria.actions import contacts
from masteria.core.access import Actor
from masteria.core.work import Work, work_as
from masteria.enums import CampaignKind, Consent, SendState, Topic
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, Forbidden, Invalid, NotFound
from masteria.kit.ids import new_id
from masteria.models import Campaign, Contact, Recipient
from masteria.queries.contacts import contact, list_contacts, lists
from tests.cast import Cast, a_connection
from tests.cast import contacts as people

NUMBER = "(11) 98765-4321"


def made(actor: Actor, **values: object) -> UUID:
    with work_as(actor) as work:
        return contacts.create(work, NUMBER, **values)


def test_a_person_is_created_once_and_announced(work: Work) -> None:
    contact_id = contacts.create(work, NUMBER, name="  Ana   Souza ", email="Ana@Exemplo.com", add_tags=["vip"])
    found = contact(work, contact_id)
    assert (found.name, found.phone, found.email) == ("Ana Souza", "+5511987654321", "ana@exemplo.com")
    assert (found.tags, found.consent) == (["vip"], "unknown")
    assert work.announced == [(Topic.CONTACT, contact_id)]


@pytest.mark.parametrize("spelling", [NUMBER, "+5511987654321", "1187654321"])
def test_another_spelling_of_a_known_number_is_taken(cast: Cast, spelling: str) -> None:
    contact_id = made(cast.ana)
    with pytest.raises(Conflict) as caught, work_as(cast.ana) as work:
        contacts.create(work, spelling)
    assert (caught.value.reason, caught.value.details) == ("phone_taken", {"contact_id": str(contact_id)})


def test_two_companies_may_know_the_same_person(cast: Cast) -> None:
    assert made(cast.ana) != made(cast.clara)


def test_of_two_at_once_one_makes_the_person_and_one_hears_taken(cast: Cast) -> None:
    results: list[str] = []
    both = threading.Barrier(2)

    def create() -> None:
        try:
            with work_as(cast.ana) as work:
                both.wait(10)
                contacts.create(work, NUMBER)
            results.append("made")
        except Conflict as error:
            results.append(error.reason)

    threads = [threading.Thread(target=create) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(results) == ["made", "phone_taken"]


def test_a_change_touches_only_what_it_names(cast: Cast) -> None:
    contact_id = made(
        cast.ana, name="Ana", email="a@b.co", attributes={"cidade": "Natal", "plano": 2}, add_tags=["a", "b"]
    )
    with work_as(cast.ana) as work:
        contacts.update(
            work,
            contact_id,
            attributes={"plano": None, "cor": "azul"},
            add_tags=["c"],
            remove_tags=["a"],
            consent="opted_out",
        )
    with work_as(cast.ana) as work:
        found = contact(work, contact_id)
    assert (found.name, found.email, found.tags) == ("Ana", "a@b.co", ["b", "c"])
    assert (found.attributes, found.consent) == ({"cidade": "Natal", "cor": "azul"}, Consent.OPTED_OUT)


def test_what_postgresql_cannot_hold_is_left_out(cast: Cast) -> None:
    contact_id = made(
        cast.ana, name="A\x00na", add_tags=["v\x00ip"], attributes={"no\x00ta": "a\x00b", "zahl": float("nan")}
    )
    with work_as(cast.ana) as work:
        found = contact(work, contact_id)
    assert (found.name, found.tags, found.attributes) == ("Ana", ["vip"], {"nota": "ab"})


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"email": "ana"}, "email"),
        ({"name": "x" * 201}, "name"),
        ({"timezone": "Lua/Mar"}, "timezone"),
        ({"consent": "talvez"}, "consent"),
        ({"attributes": ["a"]}, "attributes"),
        ({"attributes": {str(n): n for n in range(101)}}, "attributes"),
        ({"add_tags": "vip"}, "add_tags"),
        ({"add_tags": [str(n) for n in range(51)]}, "add_tags"),
        ({"phone": "1"}, "phone"),
        ({"company_id": "1"}, "company_id"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(cast: Cast, values: dict[str, object], field: str) -> None:
    contact_id = made(cast.ana)
    with pytest.raises(Invalid) as caught, work_as(cast.ana) as work:
        contacts.update(work, contact_id, **values)
    assert caught.value.field == field


def test_lists_hold_people_and_let_them_go(cast: Cast) -> None:
    ids = [person.id for person in people(cast.ana, 5)]
    with work_as(cast.ana) as work:
        list_id = contacts.create_list(work, "Clientes")
        assert contacts.add_to_list(work, list_id, ids[:3]) == 3
        assert contacts.add_to_list(work, list_id, ids) == 2
        assert contacts.remove_from_list(work, list_id, ids[:2]) == 2
        assert contacts.remove_from_list(work, list_id, ids[:2]) == 0
    with work_as(cast.ana) as work:
        assert [(row.name, row.count) for row in lists(work).rows] == [("Clientes", 3)]
        assert {row.id for row in list_contacts(work, list_id=str(list_id)).rows} == set(ids[2:])
        contacts.delete_list(work, list_id)
    with work_as(cast.ana) as work:
        assert len(list_contacts(work).rows) == 5


def test_a_list_takes_no_strangers_and_not_too_many(cast: Cast) -> None:
    stranger = made(cast.clara)
    with work_as(cast.ana) as work:
        list_id = contacts.create_list(work, "Clientes")
        for wrong in (stranger, new_id()):
            with pytest.raises(NotFound):
                contacts.add_to_list(work, list_id, [wrong])
        with pytest.raises(Invalid, match="too_many"):
            contacts.add_to_list(work, list_id, [new_id() for _ in range(1001)])


def test_a_list_name_is_taken_once(work: Work) -> None:
    contacts.create_list(work, "Clientes")
    other = contacts.create_list(work, "Outros")
    for name in ("Clientes", " Clientes "):
        with pytest.raises(Conflict, match="name_taken"):
            contacts.rename_list(work, other, name)


def test_a_deleted_person_is_gone(cast: Cast) -> None:
    contact_id = made(cast.ana)
    with work_as(cast.ana) as work:
        contacts.delete(work, contact_id)
    with work_as(cast.ana) as work:
        assert work.session.exec(work.select(Contact)).first() is None


def test_a_deleted_person_leaves_the_campaigns_totals_and_gets_nothing_more(cast: Cast) -> None:
    waiting, written = people(cast.ana, 2)
    connection = a_connection(cast.ana)
    with work_as(cast.ana) as work:
        campaign = work.add(
            Campaign(name="Oferta", kind=CampaignKind.TEXT, connection_id=connection.id, body="Oi", total=2)
        )
        work.session.flush()
        for person, state in ((waiting, SendState.QUEUED), (written, SendState.SENT)):
            work.session.add(
                Recipient(
                    company_id=work.company_id,
                    campaign_id=campaign.id,
                    contact_id=person.id,
                    phone=person.phone,
                    state=state,
                    due_at=now() if state == SendState.QUEUED else None,
                )
            )
    with work_as(cast.ana) as work:
        contacts.delete(work, waiting.id)
        contacts.delete(work, written.id)
    with work_as(cast.ana) as work:
        rows = work.execute("select state, reason_code, contact_id, phone from recipient order by state desc").all()
    assert [tuple(row) for row in rows] == [("skipped", "deleted", None, None), ("sent", None, None, None)]


@pytest.mark.parametrize("act", [contacts.update, contacts.delete])
def test_outsiders_find_nothing_and_viewers_may_not(cast: Cast, act) -> None:
    contact_id = made(cast.ana)
    with pytest.raises(NotFound), work_as(cast.clara) as work:
        act(work, contact_id)
    with pytest.raises(Forbidden), work_as(cast.vera) as work:
        act(work, contact_id)


@pytest.mark.parametrize("act", [contacts.add_to_list, contacts.remove_from_list])
def test_outsiders_and_viewers_may_not_touch_lists(cast: Cast, act) -> None:
    with work_as(cast.ana) as work:
        list_id = contacts.create_list(work, "Clientes")
    with pytest.raises(NotFound), work_as(cast.clara) as work:
        act(work, list_id, [])
    with pytest.raises(Forbidden), work_as(cast.vera) as work:
        act(work, list_id, [])
