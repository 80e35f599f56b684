"""The page of keys: made, changed, revoked; a new key's text is in no state, only in the one answer."""

from __future__ import annotations

import re
from typing import Any

from masteria.actions import keys as actions
from masteria.actions.keys import KEY_PREFIX
from masteria.core.access import known_scopes
from masteria.core.work import work_as
from masteria.queries import keys as queries
from masteria.queries.keys import KeyRow
from masteria.ui.settings.keys.state import KeysState
from masteria.ui.settings.keys.words import SCOPES, scope_words
from masteria.ui.texts import LANGUAGES, tr
from tests.cast import Cast
from tests.ui.conftest import OpenTab
from tests.ui.test_guard import script

FORM = {"name": "Loja", "contacts:read": "on", "contacts:write": "on", "days": "30", "addresses": "10.0.0.0/8, ::1"}


def kept(cast: Cast) -> list[KeyRow]:
    with work_as(cast.ana) as work:
        return queries.api_keys(work).rows


async def test_a_key_is_made_and_its_text_is_shown_once(open_tab: OpenTab, cast: Cast) -> None:
    tab = await open_tab(cast.ana)
    await tab.send(KeysState.open_form)
    seen, events = await tab.send(KeysState.make, form=FORM)
    shown = re.search(KEY_PREFIX + r"[\w-]{43}", script(events))
    assert shown is not None
    assert KEY_PREFIX + shown[0][3:6] not in str(seen)
    assert seen["keys_state.dialog"] == "made"
    found = actions.find_key_actor(shown[0], "10.1.1.1")
    assert found is not None
    assert sorted(found.permissions) == ["contacts:read", "contacts:write"]
    seen, events = await tab.send(KeysState.enter)
    assert shown[0] not in str(seen) + script(events)


async def test_what_is_wrong_is_said_at_its_field_and_nothing_is_made(open_tab: OpenTab, cast: Cast) -> None:
    tab = await open_tab(cast.ana)
    for form, field in (
        ({**FORM, "addresses": "casa"}, "addresses"),
        ({"name": "Loja"}, "scopes"),
        ({**FORM, "name": ""}, "name"),
    ):
        seen, _ = await tab.send(KeysState.make, form=form)
        assert seen["keys_state.problem_field"] == field
        assert len(seen["keys_state.problem"]) > 10
    assert kept(cast) == []


async def test_a_key_is_changed_and_revoked(open_tab: OpenTab, cast: Cast) -> None:
    with work_as(cast.ana) as work:
        made = actions.create_api_key(work, "Loja", ["contacts:read"], days=30)
    tab = await open_tab(cast.ana)
    await tab.send(KeysState.enter)
    await tab.send(KeysState.edit, key_id=str(made.id))
    form = {"name": "Site", "addresses": "203.0.113.7\n\n", "ends_on": ""}
    seen, events = await tab.send(KeysState.save, form=form)
    assert tr("pt_BR", "keys.saved") in script(events)
    (row,) = seen["keys_state.rows"]
    assert (row.name, row.addresses, row.ends) == ("Site", ["203.0.113.7/32"], tr("pt_BR", "keys.no_end"))
    await tab.send(KeysState.ask_revoke, key_id=str(made.id))
    seen, _ = await tab.send(KeysState.revoke)
    assert [row.state for row in seen["keys_state.rows"]] == ["revoked"]


async def test_an_end_is_the_end_of_that_day_where_the_company_is(open_tab: OpenTab, cast: Cast) -> None:
    with work_as(cast.ana) as work:
        made = actions.create_api_key(work, "Loja", ["contacts:read"])
    tab = await open_tab(cast.ana)
    await tab.send(KeysState.enter)
    await tab.send(KeysState.edit, key_id=str(made.id))
    await tab.send(KeysState.save, form={"name": "Loja", "addresses": "", "ends_on": "2031-05-20"})
    (row,) = kept(cast)
    assert row.expires_at is not None
    assert row.expires_at.isoformat() == "2031-05-21T03:00:00+00:00"
    seen, _ = await tab.send(KeysState.edit, key_id=str(made.id))
    assert seen["keys_state.asked"].ends_on == "2031-05-20"
    for odd in ("ontem", "9999-12-31", "2020-01-01"):
        seen, _ = await tab.send(KeysState.save, form={"name": "Loja", "addresses": "", "ends_on": odd})
        assert seen["keys_state.problem"] != ""


async def test_odd_ids_ask_nothing(open_tab: OpenTab, cast: Cast) -> None:
    tab = await open_tab(cast.ana)
    await tab.send(KeysState.enter)
    odd: list[Any] = ["", "x", None, 7, {"a": 1}]
    for key_id in odd:
        seen, _ = await tab.send(KeysState.ask_revoke, key_id=key_id)
        assert seen.get("keys_state.dialog", "") == ""


def test_every_scope_has_words_and_can_be_chosen() -> None:
    given = {scope for scope in known_scopes() if not scope.endswith(":*")} - {"admin"}
    assert set(SCOPES) == given
    for language in LANGUAGES:
        lines = {scope_words(language, [scope])[0] for scope in SCOPES}
        assert len(lines) == len(SCOPES)
    assert scope_words("pt_BR", ["contacts:write", "audit:read"]) == ["Contatos: ler e alterar", "Auditoria: ler"]
    assert scope_words("pt_BR", ["admin"]) == [tr("pt_BR", "keys.everything")]
