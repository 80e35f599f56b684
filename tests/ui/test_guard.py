"""The guard: strangers, other people's tabs, ended sessions and unmarked names get nowhere."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from reflex_base.registry import RegistrationContext

from masteria import ui
from masteria.actions import sessions
from masteria.core.work import work_as
from masteria.enums import Happened, Permission
from masteria.models import Activity
from masteria.ui import identity
from masteria.ui.campaigns.compose import ComposeState
from masteria.ui.campaigns.state import CampaignsState
from masteria.ui.channels.state import ChannelsState
from masteria.ui.contacts.state import ContactsState
from masteria.ui.guard import PLUMBING, rule, unmarked
from masteria.ui.marks import PUBLIC
from masteria.ui.profile import Profile
from masteria.ui.screen import PAGES
from masteria.ui.texts import Language, tr
from tests.cast import Cast, contacts
from tests.ui.conftest import HYDRATE, OpenTab

UI = Path(ui.__file__).parent


OPEN = {
    "/invite",
    "/login/code",
    "/login/new",
    "/suspended",
    "/",
    "/login",
    "/setup",
    "/signup",
    "/forgot",
    "/reset",
    "/verify",
    "404",
}


def ours() -> list[str]:
    return [n for n in RegistrationContext.get().event_handlers if ".masteria___" in n and not n.endswith(".setvar")]


def script(events: list[Any]) -> str:
    """What the browser is told to run, with its letters as a person reads them."""
    text = " ".join(str(value) for event in events for value in event.payload.values())
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)


def test_every_handler_says_who_may_call_it() -> None:
    assert len(ours()) > 30
    assert unmarked() == []


def test_few_handlers_are_open_to_all() -> None:
    public = {name.rpartition("____")[2] for name in ours() if rule(name) == PUBLIC}
    assert public == {
        "profile.enter",
        "language.choose",
        "door_state.enter_login",
        "door_state.enter_setup",
        "suspended_state.enter",
        "door_state.enter_signup",
        "door_state.enter_forgot",
        "door_state.enter_reset",
        "door_state.enter_verify",
        "providers_state.enter",
        "step_state.enter_code",
        "step_state.enter_new",
        "invite_state.enter",
    }


def test_every_public_method_of_a_state_is_an_event_or_a_var() -> None:
    bare = []
    for path in UI.rglob("*.py"):
        for state in [n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.ClassDef)]:
            if not any("State" in ast.unparse(base) or "Screen" in ast.unparse(base) for base in state.bases):
                continue
            for method in [n for n in state.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]:
                marks = " ".join(ast.unparse(d) for d in method.decorator_list)
                if not method.name.startswith("_") and "rx.event" not in marks and "rx.var" not in marks:
                    bare.append(f"{path.name}:{method.name}")
    assert bare == []


def test_every_page_asks_for_something() -> None:
    paths = {kwargs["route"] for _, kwargs in RegistrationContext.get().decorated_pages}
    assert paths == set(PAGES)
    assert {route for route, need in PAGES.items() if need == PUBLIC} == OPEN


def test_only_reflex_own_plumbing_is_open() -> None:
    framework = [n for n in RegistrationContext.get().event_handlers if ".masteria___" not in n]
    opened = {name.rpartition(".")[2] for name in framework if rule(name) is not None}
    assert opened <= PLUMBING
    assert all(rule(n) is None for n in RegistrationContext.get().event_handlers if n.endswith(".setvar"))


@pytest.mark.parametrize("name", sorted(n for n in RegistrationContext.get().event_handlers if ".masteria___" in n))
async def test_a_stranger_runs_nothing(open_tab: OpenTab, name: str) -> None:
    tab = await open_tab(None)
    seen, events = await tab.send(name)
    if rule(name) != PUBLIC:
        assert seen == {}
        assert "/login?next=" in script(events)


async def test_a_person_sees_their_company(open_tab: OpenTab, cast: Cast) -> None:
    contacts(cast.ana, 3)
    tab = await open_tab(cast.ana)
    seen, _ = await tab.send(ContactsState.enter)
    assert {row.name for row in seen["contacts_state.rows"]} == {"Pessoa 0", "Pessoa 1", "Pessoa 2"}
    other = await open_tab(cast.clara)
    seen, _ = await other.send(ContactsState.enter)
    assert seen.get("contacts_state.rows", []) == []


async def test_a_viewer_may_look_and_not_change(open_tab: OpenTab, cast: Cast) -> None:
    tab = await open_tab(cast.vera)
    seen, _ = await tab.send(CampaignsState.enter)
    assert seen["campaigns_state.loaded"] is True
    for handler in (ComposeState.enter, ChannelsState.open_form):
        seen, events = await tab.send(handler)
        assert seen == {}
        assert tr("pt_BR", "error.forbidden") in script(events)


async def test_a_refused_event_is_written_down_once_a_minute(open_tab: OpenTab, cast: Cast) -> None:
    tab = await open_tab(cast.vera)
    for _ in range(2):
        await tab.send(ChannelsState.open_form)
        await tab.send(f"{Profile.get_full_name()}.setvar", var_name="may_admin", value=True)
    with work_as(cast.ana) as work:
        query = work.select(Activity).where(Activity.happened == Happened.DOOR_REFUSED)  # pyright: ignore
        found = work.session.exec(query.order_by(Activity.id)).all()  # pyright: ignore
    assert [(row.actor_name, row.details["door"], row.details["reason"]) for row in found] == [
        ("Vera", "channels_state.open_form", "connections:write"),
        ("Vera", "profile.setvar", "unmarked"),
    ]
    assert len({row.request_id for row in found} - {""}) == 2


async def test_anothers_tab_token_opens_nothing(open_tab: OpenTab, cast: Cast) -> None:
    contacts(cast.ana, 2)
    tab = await open_tab(cast.ana)
    await tab.send(ContactsState.enter)
    thief = await open_tab(cast.clara)
    thief.token = tab.token
    seen, events = await thief.send(ContactsState.load)
    assert seen == {}
    assert "location.reload" in script(events)


async def test_a_tab_that_changes_hands_is_emptied_first(open_tab: OpenTab, cast: Cast) -> None:
    contacts(cast.ana, 2)
    tab = await open_tab(cast.ana)
    await tab.send(ContactsState.enter)
    heir = await open_tab(cast.clara, token=tab.token)
    assert heir.first["contacts_state.rows"] == []
    assert heir.first["contacts_state.total"] == ""


async def test_an_ended_session_is_over(open_tab: OpenTab, cast: Cast) -> None:
    tab = await open_tab(cast.bruno)
    sessions.sign_out(identity.cookie_value(tab.cookie))
    identity.forget_all()
    seen, events = await tab.send(ContactsState.enter)
    assert seen == {}
    assert "problem=ended" in script(events)


async def test_the_browser_cannot_set_a_var(open_tab: OpenTab, cast: Cast) -> None:
    tab = await open_tab(cast.vera)
    seen, events = await tab.send(f"{Profile.get_full_name()}.setvar", var_name="may_admin", value=True)
    assert seen == {}
    assert tr("pt_BR", "error.forbidden") in script(events)


async def test_words_follow_the_person_and_then_the_device(open_tab: OpenTab, cast: Cast) -> None:
    stranger = await open_tab(None, languages="es-AR,es;q=0.9")
    assert stranger.first["language.code"] == "es"
    tab = await open_tab(cast.vera, languages="es-AR")
    assert tab.first["language.code"] == "pt_BR"
    await tab.send(Language.choose, code="en")
    _, events = await tab.send(ChannelsState.open_form)
    assert tr("en", "error.forbidden") in script(events)
    seen, _ = await tab.send(Language.choose, code="xx'; drop table")
    assert seen == {}


async def test_what_does_not_exist_is_said_in_the_readers_language(open_tab: OpenTab, cast: Cast) -> None:
    tab = await open_tab(cast.ana)
    await tab.send(Language.choose, code="es")
    _, events = await tab.send(ContactsState.choose_list, list_id="not-an-id")
    assert tr("es", "error.not_found") in script(events)


async def test_a_fault_of_ours_is_said_calmly_with_a_code(open_tab: OpenTab, cast: Cast) -> None:
    tab = await open_tab(cast.ana)
    _, events = await tab.send(ContactsState.search)  # without its argument: nothing a page would send
    said = script(events)
    assert "TypeError" not in said
    assert re.search(tr("pt_BR", "error.unknown", id="CODE").split("CODE")[0].replace("(", r"\(") + "[0-9a-f]{8}", said)


def test_hydrate_is_named_as_reflex_names_it() -> None:
    assert HYDRATE in RegistrationContext.get().event_handlers


def test_reading_needs_a_reading_permission() -> None:
    name = f"{ContactsState.get_full_name()}.enter"
    assert rule(name) is Permission.READ_CONTACTS
