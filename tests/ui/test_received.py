"""The screen of what WhatsApp told us: in words, filtered, one opened, and read again by who may."""

from __future__ import annotations

from typing import Any

import pytest

from masteria.channels import meta_normal
from masteria.channels.values import load
from masteria.enums import Effect
from masteria.flows import intake
from masteria.kit.clock import now
from masteria.queries.intake import EventRow
from masteria.ui.received.state import BodyState, ReceivedState
from masteria.ui.received.words import did_words, event_line, kind_words
from masteria.ui.texts import LANGUAGES, catalog
from tests.cast import Cast, a_connection
from tests.channels.test_meta_normal import HERE, KINDS, PAYLOADS
from tests.metahooks import envelope, message, person, status, take_in
from tests.ui.conftest import OpenTab


async def test_the_list_says_in_words_what_came_and_what_it_did(open_tab: OpenTab, cast: Cast) -> None:
    connection, elsewhere = a_connection(cast.ana), a_connection(cast.clara)
    written = envelope(connection, messages=[message("Oi")], statuses=[status("w1", "read"), status("w2", "read")])
    take_in(cast.ana, connection, written)
    take_in(cast.ana, connection, envelope(elsewhere, messages=[message("para ninguém daqui")]))
    intake.read()
    tab = await open_tab(cast.ana)
    seen, _ = await tab.send(ReceivedState.enter)
    rows = seen["received_state.rows"]
    assert [(row.what, row.did, row.state) for row in rows] == [
        ("Mensagem", "número desconhecido", "parked"),
        (
            "Situação do envio ×\u00a02 · Mensagem",
            "guardado até a mensagem aparecer ×\u00a02 · mensagem guardada",
            "done",
        ),
    ]
    seen, _ = await tab.send(ReceivedState.choose_state, value="done")
    assert len(seen["received_state.rows"]) == 1
    seen, _ = await tab.send(ReceivedState.choose_channel, value=str(connection.id))
    assert len(seen.get("received_state.rows", rows[:1])) == 1
    seen, _ = await tab.send(ReceivedState.clear)
    assert len(seen["received_state.rows"]) == 2


async def opened(tab: Any, event_id: str) -> dict[str, Any]:
    tab.query = {"event_id": event_id}
    seen, _ = await tab.send(BodyState.enter)
    return seen


async def test_one_is_opened_and_processed_again(open_tab: OpenTab, cast: Cast) -> None:
    connection, elsewhere = a_connection(cast.ana), a_connection(cast.clara)
    take_in(cast.ana, connection, envelope(elsewhere, messages=[message("Olá")], contacts=[person()]))
    intake.read()
    tab = await open_tab(cast.ana)
    seen, _ = await tab.send(ReceivedState.enter)
    event_id = seen["received_state.rows"][0].id
    seen = await opened(tab, event_id)
    body, (event,) = seen["body_state.body"], seen["body_state.events"]
    assert elsewhere.external_id in body.problem
    assert '"text": {' in body.raw
    assert (event.kind, event.did, event.tone) == ("Mensagem", "número desconhecido", "problem")
    assert event.line == "Bia (11) 90000-0001 · Olá"
    seen, events = await tab.send(BodyState.again)
    assert seen["body_state.body"].state == "waiting"
    assert "processado de novo" in str(events)


async def test_who_may_only_look_cannot_have_it_processed(open_tab: OpenTab, cast: Cast) -> None:
    connection = a_connection(cast.ana)
    take_in(cast.ana, connection, envelope(connection, messages=[message()]))
    intake.read()
    ana, vera = await open_tab(cast.ana), await open_tab(cast.vera)
    seen, _ = await ana.send(ReceivedState.enter)
    event_id = seen["received_state.rows"][0].id
    assert (await opened(vera, event_id))["body_state.body"].state == "done"
    seen, _ = await vera.send(BodyState.again)
    assert "body_state.body" not in seen


async def test_another_companys_is_not_there(open_tab: OpenTab, cast: Cast) -> None:
    connection = a_connection(cast.ana)
    take_in(cast.ana, connection, envelope(connection, messages=[message()]))
    ana, clara = await open_tab(cast.ana), await open_tab(cast.clara)
    seen, _ = await ana.send(ReceivedState.enter)
    seen = await opened(clara, seen["received_state.rows"][0].id)
    assert seen["body_state.missing"]
    assert seen.get("body_state.events", []) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_and_every_effect_has_words(language: str) -> None:
    other = catalog(language)["error.other"]
    assert other not in {kind_words(language, kind) for kind in KINDS}
    assert other not in {did_words(language, effect)[0] for effect in Effect}


@pytest.mark.parametrize("name", PAYLOADS)
def test_every_event_has_a_line(name: str) -> None:
    body = load((HERE / "payloads" / f"{name}.json").read_bytes())
    for told in meta_normal.normalise(body, now()):
        line = event_line("en", EventRow(told.kind, told.fields, None))
        assert "{" not in line
        assert "None" not in line
