"""Dangerous acts wait for a proof and then go on; secrets pass by every state; who must enrol is led there."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

from sqlmodel import select

from masteria.actions import proofs, second_steps, sessions
from masteria.core.work import work_across
from masteria.kit.clock import now
from masteria.models import Company, Session
from masteria.ui import identity
from masteria.ui.channels.state import ChannelsState
from masteria.ui.contacts.state import ContactsState
from masteria.ui.prove import Prove
from masteria.ui.settings.logins import LoginsState
from masteria.ui.settings.second_step import SecondStepState
from tests.actions.test_second_steps import code, enrol, person_of
from tests.cast import PASSWORD, Cast
from tests.ui.conftest import OpenTab, Tab
from tests.ui.test_guard import script

SECRET = re.compile(r"[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}")


def age(person_id: UUID | None) -> None:
    """Their sessions were proven eleven minutes ago."""
    with work_across() as database:
        for session in database.exec(select(Session).where(Session.person_id == person_id)):
            session.proven_at = now() - timedelta(minutes=11)
    identity.forget_all()


def prove(tab: Tab) -> None:
    """As the browser does, past the tab's state."""
    actor = sessions.find_actor(identity.cookie_value(tab.cookie))
    assert actor is not None
    proofs.prove(actor, PASSWORD)


async def test_within_ten_minutes_nobody_is_asked(open_tab: OpenTab, cast: Cast) -> None:
    tab = await open_tab(cast.ana)
    seen, events = await tab.send(SecondStepState.begin)
    assert seen["second_step_state.stage"] == "offered"
    assert SECRET.search(script(events))


async def test_the_secret_is_in_no_state(open_tab: OpenTab, cast: Cast) -> None:
    tab = await open_tab(cast.ana)
    seen, events = await tab.send(SecondStepState.begin)
    found = SECRET.search(script(events))
    assert found is not None
    assert found[0] not in repr(seen)
    assert found[0].replace(" ", "") not in repr(seen)
    assert "data:image/svg+xml" in script(events)


async def test_the_codes_are_shown_once_and_in_no_state(open_tab: OpenTab, cast: Cast) -> None:
    tab = await open_tab(cast.ana)
    _, events = await tab.send(SecondStepState.begin)
    found = SECRET.search(script(events))
    assert found is not None
    totp = second_steps.TOTP(found[0].replace(" ", ""))
    seen, events = await tab.send(SecondStepState.confirm, form={"code": code(totp)})
    codes = re.findall(r"[a-z2-9]{5}-[a-z2-9]{5}", script(events))
    assert (len(codes), seen["second_step_state.stage"], seen["second_step_state.shows_codes"]) == (10, "on", True)
    assert all(text not in repr(seen) for text in codes)
    assert second_steps.is_on(person_of(cast.ana))


async def test_later_the_act_waits_for_the_password_and_then_goes_on(open_tab: OpenTab, cast: Cast) -> None:
    tab = await open_tab(cast.ana)
    age(cast.ana.person_id)
    seen, events = await tab.send(SecondStepState.begin)
    assert (seen["prove.is_open"], seen["prove.way"]) == (True, "password")
    assert "second_step_state.stage" not in seen
    assert not SECRET.search(script(events))
    prove(tab)
    seen, events = await tab.send(Prove.answered, code="")
    assert (seen["prove.is_open"], seen["second_step_state.stage"]) == (False, "offered")
    assert SECRET.search(script(events))


async def test_what_the_browser_says_of_the_answer_is_not_believed(open_tab: OpenTab, cast: Cast) -> None:
    tab = await open_tab(cast.ana)
    age(cast.ana.person_id)
    await tab.send(SecondStepState.begin)
    seen, events = await tab.send(Prove.answered, code="")
    assert "second_step_state.stage" not in seen
    assert seen["prove.problem"] != ""
    assert not SECRET.search(script(events))


async def test_what_waits_keeps_its_arguments(open_tab: OpenTab, cast: Cast) -> None:
    tab = await open_tab(cast.ana)
    age(cast.ana.person_id)
    await tab.send(LoginsState.link, provider="google")
    prove(tab)
    _, events = await tab.send(Prove.answered, code="")
    assert "/auth/login/google?intent=link" in script(events)


async def test_the_dialog_takes_nothing_but_dangerous_acts(open_tab: OpenTab, cast: Cast) -> None:
    """And those pass the guard again: it is no way around a permission."""
    tab = await open_tab(cast.vera)
    seen, _ = await tab.send(Prove.ask, name=f"{ChannelsState.get_full_name()}.open_form", payload={})
    assert "prove.is_open" not in seen
    seen, _ = await tab.send(Prove.answered, code="")
    assert not any(key.startswith("channels_state") for key in seen)


async def test_nonsense_in_the_dialog_hurts_nobody(open_tab: OpenTab, cast: Cast) -> None:
    tab = await open_tab(cast.ana)
    for name, payload in (("", {}), ("nowhere.nothing", {"x": 1}), ("a" * 9999, []), (None, None)):
        await tab.send(Prove.ask, name=name, payload=payload)
        await tab.send(Prove.answered, code="\x00")
    seen, _ = await tab.send(ContactsState.enter)
    assert "contacts_state.rows" in seen


async def test_who_must_enrol_is_led_there_and_may_only_do_that(open_tab: OpenTab, cast: Cast) -> None:
    with work_across() as database:
        database.get_one(Company, cast.ana.company_id).requires_second_step = True
    tab = await open_tab(cast.ana)
    seen, events = await tab.send(ContactsState.enter)
    assert seen == {}
    assert "/login/enrol" in script(events)
    seen, _ = await tab.send(SecondStepState.load)
    assert (seen["second_step_state.stage"], seen["second_step_state.is_asked"]) == ("off", True)
    enrol(cast.ana)
    identity.forget_all()
    seen, _ = await tab.send(ContactsState.enter)
    assert "contacts_state.rows" in seen
