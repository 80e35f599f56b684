"""The page of the trail: narrowed, in words of three languages, secrets masked, days where the company is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from masteria.actions import connections, contacts, keys, refusals
from masteria.core.access import Actor
from masteria.core.work import work_as
from masteria.enums import Happened
from masteria.kit.clock import now
from masteria.kit.ids import new_id
from masteria.queries.audit import EntryRow
from masteria.ui.settings.audit import state as shown
from masteria.ui.settings.audit.state import AuditState
from masteria.ui.settings.audit.words import GROUPS, Reader, about, changes, key_of, reason_words
from masteria.ui.texts import LANGUAGES, catalog
from tests.cast import Cast, a_connection
from tests.ui.conftest import OpenTab, Tab

READER = Reader("pt_BR", "America/Sao_Paulo")


def an_entry(happened: Happened = Happened.CONTACT_UPDATED, **values: Any) -> EntryRow:
    usual: dict[str, Any] = {name: {} for name in ("details", "before", "after")}
    usual |= {name: "" for name in ("subject_kind", "actor_kind", "actor_name", "ip", "request_id")}
    return EntryRow(
        **{**usual, "actor_id": None, "id": new_id(), "subject_id": new_id(), "created_at": now(), **values},
        happened=happened,
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_happens_has_words_and_a_group(language: str) -> None:
    assert [h for h in Happened if f"audit.did.{key_of(h)}" not in catalog(language)] == []
    grouped = {kind for kinds in GROUPS.values() for kind in kinds}
    assert {h.partition(".")[0] for h in Happened} == grouped


def test_before_and_after_are_in_words() -> None:
    row = an_entry(
        before={"role": "agent", "own_only": True, "tags": ["a", "b"], "expires_at": "2031-05-21T03:00:00+00:00"},
        after={"role": "owner", "own_only": False, "tags": [], "odd_column": "x"},
    )
    told = {one.field: (one.before, one.after) for one in changes(READER, row)}
    assert told["Função"] == ("Atende", "Dono da conta")
    assert told["Só as próprias conversas"] == ("sim", "não")
    assert told["Etiquetas"] == ("a, b", "")
    assert told["Vale até"] == ("21 mai, 00:00", "")
    assert told["odd column"] == ("", "x")


def test_what_an_entry_is_about_has_its_name() -> None:
    assert about(an_entry(details={"name": "Rita"})) == "Rita"
    assert about(an_entry(after={"phone": "+5511987654321"})) == "(11) 98765-4321"
    assert about(an_entry()) == ""


def test_ids_are_told_by_name_and_nothing_is_told_twice() -> None:
    row = an_entry(details={"scopes": ["admin"], "source": "x"}, after={"scopes": ["admin"], "assignee_id": "some-id"})
    told = changes(Reader("pt_BR", "America/Sao_Paulo", {"some-id": "Bruno"}), row)
    assert [(one.field, one.after) for one in told] == [
        ("Responsável", "Bruno"),
        ("O que pode", "Tudo, também administrar"),
        ("Origem", "x"),
    ]


def test_why_a_door_stayed_shut_is_said() -> None:
    assert reason_words(READER, "contacts:write").startswith("Falta a permissão. Contatos: ler e alterar")
    assert reason_words(READER, "key_address") == catalog("pt_BR")["audit.why.key_address"]
    assert reason_words(READER, "company:own") == catalog("pt_BR")["audit.why.company:own"]


async def opened(open_tab: OpenTab, cast: Cast) -> Tab:
    tab = await open_tab(cast.ana)
    await tab.send(AuditState.enter)
    return tab


def did(seen: dict[str, Any]) -> list[tuple[str, str]]:
    return [(row.who, row.did) for row in seen["audit_state.rows"]]


async def test_it_is_narrowed_to_whom_what_and_when(open_tab: OpenTab, cast: Cast) -> None:
    with work_as(cast.bruno) as work:
        contacts.create_list(work, "Clientes")
    with work_as(cast.ana) as work:
        key = keys.create_api_key(work, "Loja", ["contacts:read"])
    refusals.note(replace(cast.vera, ip="203.0.113.7"), "POST /contacts", "contacts:write")
    tab = await opened(open_tab, cast)
    seen, _ = await tab.send(AuditState.choose_group, value="people")
    assert did(seen) == [("Bruno", "Lista criada")]
    assert parse_qs(urlsplit(seen["audit_state.file"]).query)["kind"] == list(GROUPS["people"])
    seen, _ = await tab.send(AuditState.choose_group, value="refused")
    assert did(seen) == [("Vera", "Pedido recusado")]
    (row,) = seen["audit_state.rows"]
    assert (row.ip, row.tone, row.changes[0].after) == ("203.0.113.7", "problem", "POST /contacts")
    await tab.send(AuditState.clear)
    seen, _ = await tab.send(AuditState.choose_who, value=str(cast.bruno.person_id))
    assert {who for who, _ in did(seen)} == {"Bruno"}
    await tab.send(AuditState.clear)
    seen, _ = await tab.send(AuditState.search, value="loja")
    assert did(seen) == [("Ana", "Chave criada")]
    assert {row.request for row in seen["audit_state.rows"]} == {""}
    seen, _ = await tab.send(AuditState.enter)
    assert (str(key.id), "Loja") in [tuple(each) for each in seen["audit_state.keys"]]


async def test_what_the_product_did_by_itself_is_shown_when_asked_for(open_tab: OpenTab, cast: Cast) -> None:
    with work_as(Actor.system(cast.ana.company_id)) as work:
        contacts.create_list(work, "Sozinha")
    tab = await opened(open_tab, cast)
    seen, _ = await tab.send(AuditState.choose_group, value="people")
    assert did(seen) == []
    assert parse_qs(urlsplit(seen["audit_state.file"]).query)["own_steps"] == ["false"]
    for who in ("all", "system"):
        seen, _ = await tab.send(AuditState.choose_who, value=who)
        assert did(seen) == [("Masteria, por conta própria", "Lista criada")]


async def test_days_are_the_companys(open_tab: OpenTab, cast: Cast) -> None:
    tab = await opened(open_tab, cast)
    await tab.send(AuditState.choose_since, value="2026-11-24")
    seen, _ = await tab.send(AuditState.choose_until, value="2026-11-24")
    asked = parse_qs(urlsplit(seen["audit_state.file"]).query)
    assert (asked["since"], asked["until"]) == (["2026-11-24T00:00:00-03:00"], ["2026-11-25T00:00:00-03:00"])
    for odd in ("x", None, 7, "9999-12-31", "0001-01-01"):
        await tab.send(AuditState.choose_since, value=odd)
        seen, _ = await tab.send(AuditState.clear)
        assert seen["audit_state.rows"] != []


async def test_more_comes_below_without_repeats(open_tab: OpenTab, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "PAGE", 2)
    monkeypatch.setattr(shown, "MOST", 4)
    with work_as(cast.ana) as work:
        for n in range(6):
            contacts.create_list(work, f"Lista {n}")
    tab = await opened(open_tab, cast)
    seen, _ = await tab.send(AuditState.choose_group, value="people")
    assert seen["audit_state.has_more"] is True
    seen, _ = await tab.send(AuditState.more)
    assert [row.about for row in seen["audit_state.rows"]] == ["Lista 5", "Lista 4", "Lista 3", "Lista 2"]
    assert (seen["audit_state.has_more"], seen["audit_state.is_full"]) == (False, True)


async def test_no_secret_reaches_the_page(open_tab: OpenTab, cast: Cast) -> None:
    connection = a_connection(cast.ana, access_token="token-muito-secreto")
    with work_as(cast.ana) as work:
        connections.update(work, connection.id, settings={"access_token": "token-ainda-mais-secreto"})
    tab = await open_tab(cast.ana)
    seen, _ = await tab.send(AuditState.enter)
    assert "token-" not in str(seen)
    assert "Token de acesso" in str(seen)
    assert "•••• reto" in str(seen)
