"""Every event handler over a real socket: called by a stranger, by who may only look, and oddly by an owner."""

from __future__ import annotations

import inspect
from datetime import timedelta
from typing import Any

import httpx
import pytest
import socketio
import socketio.exceptions
import sqlalchemy as sa
from reflex_base.registry import RegistrationContext
from sqlmodel import SQLModel

from masteria.actions import campaigns, sessions
from masteria.config import settings
from masteria.core.access import Actor
from masteria.core.db import owner_engine
from masteria.core.work import work_as
from masteria.enums import Direction, Permission, SendState
from masteria.kit.clock import now
from masteria.masteria import app as _app  # noqa: F401 — registers every screen
from masteria.models import Conversation, Message
from masteria.ui import identity
from masteria.ui.contacts.state import ContactsState
from masteria.ui.guard import rule
from masteria.ui.marks import PUBLIC, SIGNED_IN
from masteria.ui.profile import Profile
from masteria.ui.texts import tr
from tests.cast import PASSWORD, Cast, a_connection, a_template, contacts
from tests.rows import ids_by_name, one_of_everything
from tests.wire import Wire, changed, said

# importing the app read the settings, before the session's services had their addresses
settings.cache_clear()

SECRET = "Fulana do Sigilo"
EVERY = sorted(RegistrationContext.get().event_handlers)
ODD: list[Any] = [
    None,
    True,
    -1,
    10**40,
    1.5e308,
    [],
    [["x"] * 100],
    {"a": {"b": [None]}},
    {"__class__": "x", "constructor": {"prototype": 1}},
    "x" * 200_000,
]
ODD_TEXTS = [
    "",
    "\0",
    "a\0b",
    "\ud800",
    "\u202e\u200b\ufeff",
    "'; drop table contact; --",
    "%_\\",
    "../../etc/passwd",
    "{{1}} ${7*7} <script>alert(1)</script>",
    "9" * 400,
    "x" * 20_000,
    "1-1-1",
    "ß" * 5000,
]
LEAVING = (".leave",)  # whoever leaves a company is out of it: nothing more to ask
THEIR_OWN = {"second_step", "backup_code", "ticket", "mail", "login"}  # whoever is signed in may set up their own
# a refusal is written down, and that is no change
AS_IT_SHOULD = {"activity": " where happened <> 'door.refused'"}
TRACES = ("Traceback", 'File "', ".py", "psycopg", "sqlalchemy", "TypeError", "ValueError", "KeyError", "UnicodeE")


@pytest.fixture
def ids(cast: Cast) -> dict[str, str]:
    """One of everything in Aurora, each of which a handler could change."""
    connection = a_connection(cast.ana)
    contact, template = contacts(cast.ana, 1, tags=["vip"])[0], a_template(cast.ana, connection)
    with work_as(cast.ana) as work:
        work.execute("update contact set name = :name where id = :id", {"name": SECRET, "id": contact.id})
        conversation = work.add(
            Conversation(
                connection_id=connection.id,
                contact_id=contact.id,
                last_message_at=now(),
                unread_count=1,
                window_expires_at=now() + timedelta(hours=20),
            )
        )
        work.session.flush()
        message = work.add(
            Message(conversation_id=conversation.id, direction=Direction.OUTBOUND, text="Oi", state=SendState.FAILED)
        )
        values = {
            "connection_id": connection.id,
            "template_id": template.id,
            "variables": {"1": {"field": "name", "fallback": "x"}},
            "audience": {"all": True},
        }
        planned = campaigns.create(work, name=f"Campanha de {SECRET}", **values)
        campaigns.create(work, name="Rascunho", **values)
        found = {
            "connection_id": connection.id,
            "campaign_id": planned,
            "conversation_id": conversation.id,
            "message_id": message.id,
        }
    with work_as(cast.ana) as work:
        campaigns.launch(work, planned, at=now() + timedelta(days=2))
    return {name: str(value) for name, value in (ids_by_name(one_of_everything(cast.ana)) | found).items()}


def cookie_of(actor: Actor) -> str:
    return f"{identity.COOKIE}={sessions.sign_in(actor.email, PASSWORD)}"


def place(ids: dict[str, str]) -> dict[str, Any]:
    """An address that leads every screen to the rows of `ids`."""
    address = f"/campaigns/{ids['campaign_id']}?id={ids['campaign_id']}&token=x"
    return {"pathname": "/campaigns/[campaign_id]", "asPath": address, "query": ids}


def parameters(name: str) -> list[inspect.Parameter]:
    handler = RegistrationContext.get().event_handlers[name].handler
    return list(inspect.signature(handler.fn).parameters.values())[1:]


def fitting(name: str, ids: dict[str, str]) -> dict[str, Any]:
    """Arguments as the pages send them."""
    power = {f"{Profile.get_full_name()}.may_admin": True, f"{Profile.get_full_name()}.rights": ["admin"]}
    form = {
        "text": "Oi",
        "name": "Loja",
        "phone_number_id": "1",
        "waba_id": "1",
        "access_token": "t",
        "app_secret": "s",
    }
    samples = {**ids, "form": form, "vars": power, "hashes": [], "value": True, "name": "name", "code": "pt_BR"}
    return {p.name: samples.get(p.name, "x") for p in parameters(name)}


def everything(cast: Cast) -> dict[str, int]:
    """A fingerprint of every row of both companies and of what stands above companies, of its version too."""
    found = {}
    for actor in (cast.ana, cast.clara):
        with work_as(actor) as work:
            for name, table in SQLModel.metadata.tables.items():
                if "company_id" in table.columns:
                    query = f'select coalesce(sum(hashtext(t::text || t.xmin)::bigint), 0) from "{name}" t{AS_IT_SHOULD.get(name, "")}'
                    found[f"{actor.name}: {name}"] = int(work.execute(query).scalar() or 0)
    with owner_engine().connect() as connection:
        for name, table in SQLModel.metadata.tables.items():
            if "company_id" not in table.columns:
                found[name] = int(connection.scalar(sa.text(f"select count(*) from app.{name}")) or 0)
    return found


def may(actor: Actor, name: str) -> bool:
    wanted = rule(name)
    return wanted is not None and (wanted in (PUBLIC, SIGNED_IN) or actor.may(Permission(wanted)))


async def test_a_stranger_runs_nothing_but_what_is_public(web: str, cast: Cast, ids: dict[str, str]) -> None:
    assert len(EVERY) > 60
    before = everything(cast)
    async with Wire(web, token=f"stranger-{cast.ana.company_id}", place=place(ids)) as tab:
        for name in EVERY:
            frames = await tab.call(name, fitting(name, ids))
            if rule(name) != PUBLIC:
                assert changed(frames) == {}, name
                assert "/login?next=" in said(frames), name
        assert [word for word in (SECRET, "Aurora", cast.ana.email, *ids.values()) if word in brought(tab)] == []
        assert '"may_admin_rx_state_": true' not in tab.text()
    assert everything(cast) == before
    async with Wire(web, cookie_of(cast.ana), token=f"ana-{cast.ana.company_id}", place=place(ids)) as tab:
        for name in EVERY:
            await tab.call(name, fitting(name, ids))
        assert SECRET in brought(tab)
    assert everything(cast) != before


async def test_who_may_only_look_changes_nothing(web: str, cast: Cast, ids: dict[str, str]) -> None:
    cookie, answered = cookie_of(cast.vera), set()
    before = everything(cast)
    async with Wire(web, cookie, token=f"vera-{cast.ana.company_id}", place=place(ids)) as tab:
        for name in [n for n in EVERY if not n.endswith(LEAVING)]:
            frames = await tab.call(name, fitting(name, ids))
            if may(cast.vera, name):
                answered |= {name} if changed(frames) else set()
            else:
                assert changed(frames) == {}, name
                assert tr("en", "error.forbidden") in said(frames), name
        assert SECRET in brought(tab)
    assert f"{ContactsState.get_full_name()}.enter" in answered
    changed_by_her = {name for name, value in everything(cast).items() if value != before[name]}
    assert changed_by_her <= THEIR_OWN


async def test_the_owner_of_another_company_finds_and_changes_nothing(
    web: str, cast: Cast, ids: dict[str, str]
) -> None:
    before = {name: value for name, value in everything(cast).items() if name.startswith("Ana")}
    async with Wire(web, cookie_of(cast.clara), token=f"clara-{cast.ana.company_id}", place=place(ids)) as tab:
        for name in EVERY:
            await tab.call(name, fitting(name, ids))
        assert [word for word in (SECRET, "Aurora", cast.ana.email) if word in brought(tab)] == []
    assert {name: value for name, value in everything(cast).items() if name.startswith("Ana")} == before


@pytest.mark.parametrize(
    "origin", ["http://evil.test", "null", "https://127.0.0.1", "http://127.0.0.1.evil.test", "file://"]
)
async def test_no_page_of_another_site_gets_a_socket(web: str, cast: Cast, origin: str) -> None:
    async with httpx.AsyncClient(base_url=web, headers={"origin": origin, "cookie": cookie_of(cast.ana)}) as other:
        asked = {"EIO": "4", "transport": "polling", "token": "x"}
        assert (await other.get("/_event/", params=asked)).status_code == 400
    client = socketio.AsyncClient(reconnection=False)
    way: dict[str, Any] = {"transports": ["websocket"], "socketio_path": "_event", "namespaces": ["/_event"]}
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect(f"{web}?token=x", headers={"origin": origin, "cookie": cookie_of(cast.ana)}, **way)


async def test_odd_arguments_do_nothing_and_tell_nothing(web: str, cast: Cast, ids: dict[str, str]) -> None:
    cookie = cookie_of(cast.ana)
    before = everything(cast)
    async with Wire(web, cookie, token=f"odd-{cast.ana.company_id}") as tab:
        for name in EVERY:
            taken = [p.name for p in parameters(name)] or ["extra"]
            for odd in ODD:
                await tab.call(name, dict.fromkeys(taken, odd))
            for payload in (None, [], "text", {"nobody_knows": 1}):
                await tab.call(name, payload)
        frames = await tab.call(f"{ContactsState.get_full_name()}.clear", {})
        assert SECRET in str(changed(frames))
        assert [trace for trace in TRACES if trace in tab.text()] == []
        assert cookie.partition("=")[2] not in tab.text()
    assert everything(cast) == before


async def test_what_is_no_event_is_passed_over(web: str, cast: Cast) -> None:
    async with Wire(web, cookie_of(cast.ana), token=f"noise-{cast.ana.company_id}") as tab:
        for noise in (
            None,
            7,
            [],
            "",
            "{}",
            "not json",
            {},
            {"name": None},
            {"name": {}},
            {"name": "a.b", "payload": 1},
        ):
            assert await tab.send(noise) == []
        for place in (None, [], {"pathname": 7, "asPath": {}, "query": []}, {"asPath": "\0"}):
            await tab.send({"name": f"{ContactsState.get_full_name()}.enter", "payload": {}, "router_data": place})
        assert [trace for trace in TRACES if trace in tab.text()] == []


async def test_no_text_is_a_fault_of_ours(web: str, cast: Cast, ids: dict[str, str]) -> None:
    faults = []
    async with Wire(web, cookie_of(cast.ana), token=f"texts-{cast.ana.company_id}", place=place(ids)) as tab:
        for name in [n for n in EVERY if may(cast.ana, n)]:
            for text in ODD_TEXTS if parameters(name) else []:
                frames = await tab.call(name, {k: _filled(v, text) for k, v in fitting(name, ids).items()})
                faults += [(name, text[:40])] if fault() in said(frames) else []
    assert faults == []


async def test_no_address_is_a_fault_of_ours(web: str, cast: Cast) -> None:
    faults = []
    async with Wire(web, cookie_of(cast.ana), token=f"places-{cast.ana.company_id}") as tab:
        for text in [t for t in ODD_TEXTS if t != "\ud800"]:  # in an address, browsers send none
            query = dict.fromkeys(("id", "file", "name", "problem", "token", "campaign_id", "conversation_id"), text)
            address = "/x?" + "&".join(f"{key}={value}" for key, value in query.items())
            tab.place = {"pathname": "/x", "asPath": address, "query": query}
            for name in [n for n in EVERY if n.endswith((".enter", ".load", ".enter_login", ".enter_setup"))]:
                frames = await tab.call(name, {})
                faults += [(name, text[:40])] if fault() in said(frames) else []
    assert faults == []


def _filled(value: Any, text: str) -> Any:
    return dict.fromkeys(value, text) if isinstance(value, dict) else [text] if isinstance(value, list) else text


def fault() -> str:
    return tr("en", "error.unknown", id="CODE").partition("(")[0]


def brought(tab: Wire) -> str:
    """What came, without the address that the tab itself had told."""
    return str([changed([frame], without_address=True) for frame in tab.frames])
