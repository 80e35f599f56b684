"""Finding people: by words, numbers, addresses, tags and lists; page by page; never another company's."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import ProgrammingError

from masteria.actions import contacts as actions
from masteria.core.access import Actor
from masteria.core.work import Work, work_across, work_as
from masteria.kit.errors import Forbidden, Invalid, NotFound
from masteria.kit.ids import new_id
from masteria.queries import contacts, paging
from tests.cast import Cast
from tests.cast import contacts as people

PEOPLE = (
    ("Érica D'Ávila Souza", "(11) 98765-4321", "erica.souza@exemplo.com.br"),
    ("Bruno Souza-Lima", "(11) 97777-0001", None),
    ("Иван Петров", "+7 912 345-67-89", "ivan@exemplo.ru"),
    ("100% Lojas\\Centro 'A'", "(48) 3222-1000", None),
)


@pytest.fixture
def found(cast: Cast) -> Actor:
    with work_as(cast.ana) as work:
        for name, number, email in PEOPLE:
            actions.create(work, number, name=name, email=email)
    return cast.ana


def names(actor: Actor, **filters: str) -> set[str]:
    with work_as(actor) as work:
        rows = contacts.list_contacts(work, **filters).rows
        assert contacts.count_contacts(work, **filters) == len(rows)
    return {row.name.split()[0] for row in rows}


@pytest.mark.parametrize(
    ("q", "wanted"),
    [
        ("erica", {"Érica"}),
        ("ÉRICA", {"Érica"}),
        ("avi", {"Érica"}),
        ("D'Ávila", {"Érica"}),
        ("souza", {"Érica", "Bruno"}),
        ("lima bru", {"Bruno"}),
        ("rica", set()),
        ("Петров", {"Иван"}),
        ("erica.souza@ex", {"Érica"}),
        ("erica.souza", {"Érica"}),
        ("98765-4321", {"Érica"}),
        ("765 43", {"Érica"}),
        ("+55 (11) 9 8765-4321", {"Érica"}),
        ("11 8765-4321", {"Érica"}),
        ("912345", {"Иван"}),
        ("lojas\\centro", {"100%"}),
        ("100%", {"100%"}),
        ("'", set()),
        ("a':* | 'b", set()),
        ("\x00erica\x00", {"Érica"}),
        ("%", set()),
        ("", {"Érica", "Bruno", "Иван", "100%"}),
    ],
)
def test_people_are_found_as_they_are_asked_for(found: Actor, q: str, wanted: set[str]) -> None:
    assert names(found, q=q) == wanted


def test_a_changed_person_is_found_under_the_new_name(found: Actor) -> None:
    with work_as(found) as work:
        row = contacts.list_contacts(work, q="bruno").rows[0]
        actions.update(work, row.id, name="Zeca Moura")
    assert (names(found, q="zeca"), names(found, q="bruno")) == ({"Zeca"}, set())


def test_tag_list_and_words_narrow_together(found: Actor) -> None:
    with work_as(found) as work:
        list_id = actions.create_list(work, "Clientes")
        for row in contacts.list_contacts(work, q="souza").rows:
            actions.update(work, row.id, lists=[list_id], add_tags=["vip"] if row.email else [])
    assert names(found, list_id=str(list_id)) == {"Érica", "Bruno"}
    assert names(found, list_id=str(list_id), tag="vip") == {"Érica"}
    assert names(found, list_id=str(list_id), q="bruno") == {"Bruno"}


def test_nobody_of_another_company_is_found(found: Actor, cast: Cast) -> None:
    with work_as(cast.clara) as work:
        assert contacts.list_contacts(work, q="souza").rows == []
        assert contacts.count_contacts(work) == 0


def test_the_search_is_closed_to_the_role_that_sees_all_companies() -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), work_across() as database:
        database.connection().exec_driver_sql("select app.count_contacts('', '', null)")


@pytest.mark.parametrize("sort", contacts.CONTACT_SORTS.words)
def test_pages_bring_everyone_once_in_order(cast: Cast, sort: str) -> None:
    people(cast.ana, 25)
    seen: list[contacts.ContactRow] = []
    with work_as(cast.ana) as work:
        page = contacts.list_contacts(work, sort=sort, limit=10)
        while seen.extend(page.rows) or page.next_cursor:
            page = contacts.list_contacts(work, sort=sort, limit=10, cursor=page.next_cursor)
    assert len({row.id for row in seen}) == len(seen) == 25
    order = [(getattr(row, sort.lstrip("-")), row.id) for row in seen]
    assert order == sorted(order, reverse=sort.startswith("-"))


@pytest.mark.parametrize(
    ("filters", "error"),
    [
        ({"sort": "phone"}, Invalid),
        ({"cursor": "!"}, Invalid),
        ({"cursor": "WyJhIiwgImIiXQ"}, Invalid),
        ({"cursor": paging.encode(["name", "Rita", "no id"]), "sort": "name"}, Invalid),
        ({"cursor": paging.encode(["created_at", "soon", str(new_id())]), "sort": "created_at"}, Invalid),
        ({"cursor": paging.encode(["-name", "Rita", str(new_id())]), "sort": "name"}, Invalid),
        ({"limit": 0}, Invalid),
        ({"list_id": "no"}, NotFound),
    ],
)
def test_what_cannot_be_asked_is_refused(work: Work, filters: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        contacts.list_contacts(work, **filters)  # pyright: ignore[reportArgumentType]


def test_without_permission_there_is_nothing_to_find(cast: Cast) -> None:
    nobody = Actor(cast.ana.company_id, "key", "nada", frozenset())
    with pytest.raises(Forbidden), work_as(nobody) as work:
        contacts.list_contacts(work)
