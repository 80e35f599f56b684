"""The trail narrowed, paged and as a file; only for who may read it."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest

from masteria.actions import activity, contacts, keys
from masteria.core.access import ROLES, Actor
from masteria.core.work import work_as
from masteria.enums import Happened, Role
from masteria.kit.clock import now
from masteria.kit.errors import Forbidden
from masteria.kit.ids import new_id
from masteria.queries import audit
from masteria.queries.audit import Wanted
from tests.cast import Cast


@pytest.fixture
def lists(cast: Cast) -> None:
    """Ana makes a list, renames it; Bruno makes one."""
    with work_as(replace(cast.ana, ip="203.0.113.7")) as work:
        list_id = contacts.create_list(work, "Clientes")
        contacts.rename_list(work, list_id, "Clientes antigos")
    with work_as(cast.bruno) as work:
        contacts.create_list(work, "Fornecedores")


def found(cast: Cast, **wanted: object) -> list[tuple[str, str]]:
    with work_as(cast.ana) as work:
        rows = audit.entries(work, Wanted(**wanted)).rows  # pyright: ignore
    return [(row.actor_name, row.happened) for row in rows]


def test_the_newest_come_first(cast: Cast, lists: None) -> None:
    assert found(cast) == [("Bruno", "list.created"), ("Ana", "list.updated"), ("Ana", "list.created")]


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"happened": "list.created"}, 2),
        ({"kinds": ("list",)}, 3),
        ({"kinds": ("contact", "import")}, 0),
        ({"kinds": ("contact", "list")}, 3),
        ({"actor_kind": "person"}, 3),
        ({"actor_kind": "system"}, 0),
        ({"q": "antigos"}, 1),
        ({"q": "CLIENTES"}, 2),
        ({"q": "203.0.113.7"}, 2),
        ({"q": "100%_"}, 0),
        ({"since": now() - timedelta(hours=1)}, 3),
        ({"until": now() - timedelta(hours=1)}, 0),
        ({"since": now() + timedelta(hours=1)}, 0),
    ],
    ids=str,
)
def test_it_is_narrowed(cast: Cast, lists: None, wanted: dict[str, object], count: int) -> None:
    assert len(found(cast, **wanted)) == count


def test_it_is_narrowed_to_somebody_and_to_a_row(cast: Cast, lists: None) -> None:
    assert found(cast, actor_id=cast.bruno.person_id) == [("Bruno", "list.created")]
    with work_as(cast.ana) as work:
        subject = audit.entries(work, Wanted(q="antigos")).rows[0].subject_id
    assert len(found(cast, subject_id=subject)) == 2


def test_the_products_own_steps_can_be_left_out(cast: Cast, lists: None) -> None:
    with work_as(Actor.system(cast.ana.company_id)) as work:
        contacts.create_list(work, "Sozinha")
    assert len(found(cast)) == 4
    assert len(found(cast, own_steps=False)) == 3
    assert found(cast, actor_kind="system") == [("Masteria", "list.created")]


def test_pages_follow_each_other_without_gap_or_repeat(cast: Cast, lists: None) -> None:
    seen, cursor = [], None
    with work_as(cast.ana) as work:
        while cursor is not None or not seen:
            page = audit.entries(work, Wanted(kinds=("list",)), cursor=cursor, limit=1)
            seen, cursor = [*seen, *page.rows], page.next_cursor
    assert [row.happened for row in seen] == ["list.created", "list.updated", "list.created"]
    assert len({row.id for row in seen}) == 3


def test_another_company_sees_nothing_of_it(cast: Cast, lists: None) -> None:
    with work_as(cast.clara) as work:
        assert audit.entries(work).rows == []
        assert [row.name for row in audit.actors(work)] == ["Clara"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AGENT, Role.SUPERVISOR])
def test_who_may_not_read_it_does_not(cast: Cast, role: Role) -> None:
    actor = replace(cast.ana, permissions=ROLES[role], role=role)
    for question in (audit.entries, audit.actors, lambda work: audit.entries_csv(work, Wanted())):
        with pytest.raises(Forbidden), work_as(actor) as work:
            question(work)


def test_the_file_comes_in_pieces_and_holds_no_formula(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "FILE_ROWS", 2)
    with work_as(replace(cast.ana, name="=cmd|' /C calc'!A0")) as work:
        for name in ("+1", "@soma", "-2"):
            activity.record_about(work, "contact", new_id(), Happened.CONTACT_UPDATED, name=name)
    text, cursor = "", None
    with work_as(cast.ana) as work:
        while cursor is not None or not text:
            piece, cursor = audit.entries_csv(work, Wanted(), cursor)
            text += piece
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 3
    assert {row["actor_name"] for row in rows} == {"'=cmd|' /C calc'!A0"}
    assert [row["details"] for row in rows] == ['{"name": "-2"}', '{"name": "@soma"}', '{"name": "+1"}']
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row.values())


def test_rows_are_told_by_their_name_of_today_and_only_ones_own(cast: Cast, lists: None) -> None:
    with work_as(cast.ana) as work:
        rows = audit.entries(work).rows
        assert set(audit.names(work, rows).values()) == {"Clientes antigos", "Fornecedores"}
    with work_as(cast.clara) as work:
        assert audit.names(work, rows) == {}


def test_people_and_keys_can_be_asked_for(cast: Cast) -> None:
    with work_as(cast.ana) as work:
        keys.create_api_key(work, "Loja", ["contacts:read"])
        assert [(row.name, row.kind) for row in audit.actors(work)] == [
            ("Ana", "person"),
            ("Bruno", "person"),
            ("Vera", "person"),
            ("Loja", "api_key"),
        ]
