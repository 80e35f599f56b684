"""The contacts' screens: what they ask the database for, and what they say about a file."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from masteria import storage
from masteria.core.db import APP, engine
from masteria.core.work import work_as
from masteria.ui.contacts.state import ContactsState, ImportState
from masteria.ui.texts import tr
from tests.cast import Cast, contacts
from tests.ui.conftest import OpenTab


@pytest.fixture
def asked() -> Iterator[list[str]]:
    """Every statement that the app sends to the database."""
    found: list[str] = []

    def note(_connection: sa.Connection, _cursor: object, statement: str, *_: object) -> None:
        found.append(statement)

    event.listen(engine(APP), "before_cursor_execute", note)
    yield found
    event.remove(engine(APP), "before_cursor_execute", note)


async def test_all_tags_are_asked_for_once_a_page(open_tab: OpenTab, cast: Cast, asked: list[str]) -> None:
    contacts(cast.ana, 2, tags=["vip"])
    tab = await open_tab(cast.ana)
    seen, _ = await tab.send(ContactsState.enter)
    assert seen["contacts_state.tag_options"] == ["vip"]
    assert sum("unnest(c.tags)" in statement for statement in asked) == 1
    for text in ("p", "pe", "pes"):
        seen, _ = await tab.send(ContactsState.search, text=text)
    await tab.send(ContactsState.load)
    assert len(seen["contacts_state.rows"]) == 2
    assert sum("unnest(c.tags)" in statement for statement in asked) == 1
    with work_as(cast.ana) as work:
        work.execute("update contact set tags = array['novo']")
    seen, _ = await tab.send(ContactsState.enter)
    assert seen["contacts_state.tag_options"] == ["novo"]


async def test_a_file_that_is_gone_is_said_plainly(open_tab: OpenTab, cast: Cast) -> None:
    key = storage.put(io.BytesIO(b"Celular\n11987654321\n"), ".csv", company_id=cast.ana.company_id)
    tab = await open_tab(cast.ana)
    tab.path = f"/contacts/import?file={key}&name=a.csv"
    seen, _ = await tab.send(ImportState.enter)
    assert [column.name for column in seen["import_state.columns"]] == ["Celular"]
    storage.delete(key)
    for handler in (ImportState.rehearse, ImportState.enter):
        seen, events = await tab.send(handler)
        assert seen["import_state.problem"] == tr("pt_BR", "error.file_gone")
        assert events == []
