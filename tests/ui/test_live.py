"""Announcements reach the tabs that watch, of the right company, coalesced; an ended session loses its tabs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from reflex.utils.token_manager import SocketRecord

from masteria.core.access import Actor
from masteria.core.work import work_across
from masteria.enums import Topic
from masteria.masteria import app
from masteria.models import Person
from masteria.ui import identity, live
from masteria.ui.contacts.state import ContactsState
from masteria.ui.live import hub
from masteria.ui.profile import Profile
from tests.cast import Cast, contacts
from tests.ui.conftest import OpenTab, Tab


class Sockets:
    """Which tabs have a socket here, in Reflex' own register."""

    def __init__(self) -> None:
        assert app.event_namespace is not None
        self.manager = app.event_namespace._token_manager

    def append(self, token: str) -> None:
        self.manager.token_to_socket[token] = SocketRecord(instance_id=self.manager.instance_id, sid=f"sid-{token}")

    def clear(self) -> None:
        self.manager.token_to_socket.clear()


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sockets]:
    sockets = Sockets()
    monkeypatch.setattr(hub, "_app", app)
    monkeypatch.setattr(live, "GAP_SECONDS", 0.02)
    yield sockets
    sockets.clear()


async def watching(open_tab: OpenTab, actor: Actor, connected: Sockets, monkeypatch: pytest.MonkeyPatch) -> Tab:
    tab: Tab = await open_tab(actor)
    monkeypatch.setattr(app, "_event_processor", tab.processor)
    await tab.send(ContactsState.enter)
    connected.append(tab.token)
    tab.updates.clear()
    return tab


async def settled(tab: Tab) -> dict[str, Any]:
    """What the tab has heard once nothing is under way any longer."""
    while hub._timers or hub._tasks or tab.processor._tasks or tab.processor._token_queues:
        await asyncio.sleep(0.01)
    return tab.seen()[0]


async def test_a_change_is_read_again_by_who_watches(
    open_tab: OpenTab, cast: Cast, connected: Sockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await watching(open_tab, cast.ana, connected, monkeypatch)
    contacts(cast.ana, 2)
    for _ in range(20):
        hub.happened(cast.ana.company_id, Topic.CONTACT, str(uuid4()))
    seen = await settled(tab)
    assert seen["contacts_state.total"] == "2 pessoas"
    assert sum(any("contacts_state" in state for state in u.delta) for u in tab.updates) == 1


async def test_other_companies_and_other_topics_are_not_heard(
    open_tab: OpenTab, cast: Cast, connected: Sockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await watching(open_tab, cast.ana, connected, monkeypatch)
    contacts(cast.ana, 1)
    hub.happened(cast.clara.company_id, Topic.CONTACT, str(uuid4()))
    hub.happened(cast.ana.company_id, Topic.CAMPAIGN, str(uuid4()))
    assert await settled(tab) == {}


async def test_a_closed_tab_is_forgotten(
    open_tab: OpenTab, cast: Cast, connected: Sockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await watching(open_tab, cast.ana, connected, monkeypatch)
    connected.clear()
    hub.happened(cast.ana.company_id, Topic.CONTACT, str(uuid4()))
    assert tab.token not in hub.company_of
    assert tab.token not in hub.watched


async def test_an_ended_session_loses_its_tabs_and_no_others(
    open_tab: OpenTab, cast: Cast, connected: Sockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = await watching(open_tab, cast.ana, connected, monkeypatch)
    other = await watching(open_tab, cast.bruno, connected, monkeypatch)
    hub.happened(cast.ana.company_id, Topic.SESSION, hub.session_of[ended.token])
    await settled(other)
    assert ended.token not in hub.session_of
    assert other.token in hub.session_of


async def test_what_somebody_may_do_is_looked_up_again_once_it_changed(
    open_tab: OpenTab, cast: Cast, connected: Sockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await watching(open_tab, cast.bruno, connected, monkeypatch)
    with work_across() as database:
        database.get_one(Person, cast.bruno.person_id).email_verified_at = None
    hub.happened(cast.bruno.company_id, Topic.MEMBER, str(uuid4()))
    assert identity._known == {}
    assert (await tab.send(Profile.enter))[0]["profile.is_unverified"] is True
