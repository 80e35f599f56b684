"""Minha conta and the banner above every page, through the real pipeline of events."""

from __future__ import annotations

import pytest

from masteria.actions import sessions
from masteria.core.work import work_across
from masteria.models import Member, Person
from masteria.ui import identity
from masteria.ui.channels.state import ChannelsState
from masteria.ui.profile import Profile
from masteria.ui.settings.account.state import AccountState
from masteria.ui.texts import tr
from tests.actions.test_recovery import letters
from tests.cast import PASSWORD, Cast
from tests.ui.conftest import OpenTab
from tests.ui.test_guard import script


async def test_the_reader_sees_their_own_devices_only(open_tab: OpenTab, cast: Cast) -> None:
    sessions.sign_in(cast.clara.email, PASSWORD)
    tab = await open_tab(cast.ana)
    seen, _ = await tab.send(AccountState.enter)
    assert [row.is_this for row in seen["account_state.devices"]] == [True]
    assert seen["account_state.email"] == cast.ana.email


async def test_a_device_is_signed_out_from_here(open_tab: OpenTab, cast: Cast) -> None:
    there = sessions.sign_in(cast.ana.email, PASSWORD)
    tab = await open_tab(cast.ana)
    seen, _ = await tab.send(AccountState.enter)
    other = next(row for row in seen["account_state.devices"] if not row.is_this)
    _, events = await tab.send(AccountState.end, device_id=other.id)
    assert tr("pt_BR", "account.device_ended") in script(events)
    assert sessions.find_actor(there) is None


@pytest.mark.parametrize("odd", ["", "x", None, 7, {"a": 1}])
async def test_an_odd_device_ends_nothing(open_tab: OpenTab, cast: Cast, odd: object) -> None:
    there = sessions.sign_in(cast.ana.email, PASSWORD)
    tab = await open_tab(cast.ana)
    _, events = await tab.send(AccountState.end, device_id=odd)
    assert tr("pt_BR", "error.not_found") in script(events)
    assert sessions.find_actor(there) is not None


async def test_a_name_and_a_language_are_saved(open_tab: OpenTab, cast: Cast) -> None:
    tab = await open_tab(cast.ana)
    seen, _ = await tab.send(AccountState.save, form={"name": " Ana  Prado ", "language": "es"})
    assert (seen["account_state.name"], seen["profile.name"], seen["language.code"]) == ("Ana Prado",) * 2 + ("es",)
    with work_across() as database:
        person = database.get_one(Person, cast.ana.person_id)
    assert (person.name, person.language) == ("Ana Prado", "es")
    seen, _ = await tab.send(AccountState.save, form={"name": "A", "language": "xx"})
    assert seen["account_state.problem_field"] == "name"


async def test_who_has_not_confirmed_their_address_reads_so_and_asks_again(open_tab: OpenTab, cast: Cast) -> None:
    with work_across() as database:
        database.get_one(Person, cast.ana.person_id).email_verified_at = None
    tab = await open_tab(cast.ana)
    seen, _ = await tab.send(Profile.enter)
    assert seen["profile.is_unverified"] is True
    _, events = await tab.send(ChannelsState.open_form)
    assert tr("pt_BR", "error.unverified") in script(events)
    seen, _ = await tab.send(Profile.send_again)
    assert seen["profile.was_sent_again"] is True
    assert len(letters(cast.ana.email)) == 1


async def test_other_companies_are_offered_to_who_has_them(open_tab: OpenTab, cast: Cast) -> None:
    tab = await open_tab(cast.ana)
    seen, _ = await tab.send(Profile.enter)
    assert seen.get("profile.companies", []) == []
    with work_across() as database:
        database.add(Member(company_id=cast.clara.company_id, person_id=cast.ana.person_id, role="agent"))  # pyright: ignore[reportArgumentType]
    identity.forget_all()
    seen, _ = await (await open_tab(cast.ana)).send(Profile.enter)
    assert [place.name for place in seen["profile.companies"]] == ["Boreal"]
