"""The team's screens: what they offer, what they refuse, and one table of rights with a word for each."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from masteria.actions import inbox, invites, members, roles
from masteria.core.access import GIVABLE, RANKS, ROLES
from masteria.core.work import work_across, work_as
from masteria.enums import Permission, Role
from masteria.kit.clock import now
from masteria.models import Conversation, Member, Session
from masteria.ui import identity
from masteria.ui.conversations.state import ConversationsState
from masteria.ui.invite.state import InviteState
from masteria.ui.settings.team.choices import as_role, choices
from masteria.ui.settings.team.invite_form import InviteForm
from masteria.ui.settings.team.people_state import PeopleState
from masteria.ui.settings.team.roles_page import GIVEN, SHOWN
from masteria.ui.settings.team.roles_state import RolesState, key_of
from masteria.ui.texts import LANGUAGES, catalog, tr
from tests.actions.test_inbox import a_conversation
from tests.cast import Cast, a_colleague
from tests.ui.conftest import OpenTab
from tests.ui.test_guard import script


@pytest.mark.parametrize("permission", Permission)
def test_every_permission_has_words(permission: Permission) -> None:
    assert [language for language in LANGUAGES if not catalog(language).get(key_of(permission))] == []


def test_the_table_shows_every_right_of_every_role() -> None:
    assert set(SHOWN) == set().union(*ROLES.values()) == ROLES[Role.OWNER]
    assert set(GIVEN) == GIVABLE
    assert all(catalog("pt_BR")[f"role.{role}"] for role in RANKS)


def test_nobody_is_offered_a_role_above_their_own(cast: Cast) -> None:
    admin = a_colleague(cast.ana, Role.ADMIN)
    assert [choice.value for choice in choices(admin, [])] == ["viewer", "agent", "supervisor", "admin"]
    assert [choice.value for choice in choices(cast.ana, [])][-1] == "owner"
    assert choices(replace(cast.bruno, permissions=frozenset()), []) == []
    assert as_role("agent") == {"role": Role.AGENT}


async def test_a_role_is_given_from_the_list(open_tab: OpenTab, cast: Cast) -> None:
    tab = await open_tab(cast.ana)
    seen, _ = await tab.send(PeopleState.enter)
    assert [(p.name, p.role, p.may_change) for p in seen["people_state.people"]] == [
        ("Ana", "owner", True),
        ("Bruno", "agent", True),
        ("Vera", "viewer", True),
    ]
    await tab.send(PeopleState.ask_role, person_id=str(cast.bruno.person_id))
    await tab.send(PeopleState.choose_role, value="supervisor")
    seen, _ = await tab.send(PeopleState.give_role)
    assert [p.role for p in seen["people_state.people"]] == ["owner", "supervisor", "viewer"]


async def test_an_admin_is_shown_no_button_against_an_owner(open_tab: OpenTab, cast: Cast) -> None:
    tab = await open_tab(a_colleague(cast.ana, Role.ADMIN))
    seen, _ = await tab.send(PeopleState.enter)
    assert {p.name: p.may_change for p in seen["people_state.people"]}["Ana"] is False
    for handler in (PeopleState.ask_role, PeopleState.ask_removal):
        await tab.send(handler, person_id=str(cast.ana.person_id))
    _, events = await tab.send(PeopleState.remove)
    assert tr("pt_BR", "error.forbidden") in script(events)
    with work_as(cast.ana) as work:
        assert len(work.session.exec(work.select(Member)).all()) == 4


async def test_another_companys_person_is_not_found(open_tab: OpenTab, cast: Cast) -> None:
    tab = await open_tab(cast.clara)
    await tab.send(PeopleState.enter)
    for handler in (PeopleState.ask_role, PeopleState.ask_removal):
        seen, events = await tab.send(handler, person_id=str(cast.bruno.person_id))
        assert "people_state.person_name" not in seen
        assert tr("pt_BR", "error.not_found") in script(events)


async def test_the_link_is_shown_once_and_goes_with_the_dialog(open_tab: OpenTab, cast: Cast) -> None:
    tab = await open_tab(cast.ana)
    await tab.send(InviteForm.open)
    seen, _ = await tab.send(InviteForm.make)
    assert "/invite?token=" in seen["invite_form.link"]
    seen, _ = await tab.send(PeopleState.enter)
    seen, _ = await tab.send(InviteForm.close)
    again, _ = await tab.send(PeopleState.load)
    assert "token=" not in str(again)


async def test_a_role_of_ones_own_is_made_from_a_copy(open_tab: OpenTab, cast: Cast) -> None:
    tab = await open_tab(cast.ana)
    await tab.send(RolesState.begin)
    seen, _ = await tab.send(RolesState.copy_from, role="viewer")
    assert set(seen["roles_state.chosen"]) == ROLES[Role.VIEWER]
    seen, _ = await tab.send(RolesState.choose, permission="contacts:read", on=False)
    assert "contacts:read" not in seen["roles_state.chosen"]
    seen, _ = await tab.send(RolesState.choose, permission="contacts:write", on=True)
    assert {"contacts:read", "contacts:write"} <= set(seen["roles_state.chosen"])
    await tab.send(RolesState.write_name, text="Recepção")
    seen, _ = await tab.send(RolesState.save)
    assert [role.name for role in seen["roles_state.roles"]] == ["Recepção"]


async def test_a_role_in_use_says_who_has_it(open_tab: OpenTab, cast: Cast) -> None:
    with work_as(cast.ana) as work:
        role_id = roles.create(work, "Recepção", ["contacts:read"])
        members.change(work, person(cast), custom_role_id=role_id)
    tab = await open_tab(cast.ana)
    await tab.send(RolesState.ask_delete, role_id=str(role_id))
    seen, _ = await tab.send(RolesState.delete)
    assert seen["roles_state.problem"] == tr("pt_BR", "error.role_in_use", names="Bruno")


def person(cast: Cast) -> UUID:
    assert cast.bruno.person_id is not None
    return cast.bruno.person_id


async def test_held_to_their_own_a_tab_shows_nothing_of_anothers(open_tab: OpenTab, cast: Cast) -> None:
    talk = a_conversation(cast.ana)
    with work_as(cast.ana) as work:
        inbox.assign(work, talk, cast.ana.person_id)
        members.change(work, person(cast), own_only=True)
    tab = await open_tab(cast.bruno)
    tab.query = {"conversation_id": str(talk)}
    seen, _ = await tab.send(ConversationsState.enter)
    assert seen.get("conversations_state.rows", []) == []
    assert seen.get("conversations_state.bubbles", []) == []
    assert "Bia" not in str(seen)
    for handler, payload in (
        (ConversationsState.send, {"form": {"text": "Oi"}}),
        (ConversationsState.assign, {"person_id": ""}),
    ):
        _, events = await tab.send(handler, **payload)
        assert tr("pt_BR", "error.not_found") in script(events)


async def test_a_conversation_is_given_from_its_head(open_tab: OpenTab, cast: Cast) -> None:
    talk = a_conversation(cast.ana)
    tab = await open_tab(cast.ana)
    tab.query = {"conversation_id": str(talk)}
    seen, _ = await tab.send(ConversationsState.enter)
    assert [c.name for c in seen["conversations_state.colleagues"]] == ["Ana", "Bruno"]  # Vera may not answer
    seen, _ = await tab.send(ConversationsState.assign, person_id=str(cast.bruno.person_id))
    assert seen["conversations_state.assignee"] == "Bruno"
    seen, _ = await tab.send(ConversationsState.assign, person_id="")
    assert seen["conversations_state.assignee"] == ""


async def test_an_invites_page_says_what_it_is_to_whoever_opens_it(open_tab: OpenTab, cast: Cast) -> None:
    with work_as(cast.ana) as work:
        token = invites.create(work, Role.SUPERVISOR, email=cast.clara.email).link.partition("token=")[2]
    for reader, is_member in ((None, False), (cast.clara, False), (cast.bruno, True)):
        tab = await open_tab(reader)
        tab.path = f"/invite?token={token}"
        seen, _ = await tab.send(InviteState.enter)
        assert (seen["invite_state.state"], seen["invite_state.company"]) == ("open", "Aurora")
        assert seen.get("invite_state.is_member", False) is is_member
    tab.path = "/invite?token=what-nobody-made"
    seen, _ = await tab.send(InviteState.enter)
    assert seen["invite_state.state"] == "unknown"


async def test_who_is_removed_hands_on_to_whom_was_chosen(open_tab: OpenTab, cast: Cast) -> None:
    talk, helper = a_conversation(cast.ana), a_colleague(cast.ana, Role.AGENT)
    with work_as(cast.ana) as work:
        inbox.assign(work, talk, person(cast))
    tab = await open_tab(cast.ana)
    await tab.send(PeopleState.enter)
    seen, _ = await tab.send(PeopleState.ask_removal, person_id=str(cast.bruno.person_id))
    assert [option.name for option in seen["people_state.heirs"]] == ["Ana", "Rita"]
    assert seen["people_state.note"] == tr("pt_BR", "team.remove_count", count=1)
    await tab.send(PeopleState.choose_heir, person_id=str(helper.person_id))
    seen, _ = await tab.send(PeopleState.remove)
    assert [p.name for p in seen["people_state.people"]] == ["Ana", "Rita", "Vera"]
    with work_as(cast.ana) as work:
        assert work.get(Conversation, talk).assignee_id == helper.person_id


async def test_giving_a_role_and_letting_go_ask_who_is_sitting_there(open_tab: OpenTab, cast: Cast) -> None:
    tab = await open_tab(cast.ana)
    with work_across() as database:
        mine = database.exec(select(Session).where(Session.person_id == cast.ana.person_id)).all()
        for session in mine:
            session.proven_at = now() - timedelta(hours=1)
    identity.forget_all()
    await tab.send(PeopleState.enter)
    await tab.send(PeopleState.ask_removal, person_id=str(cast.bruno.person_id))
    for handler in (PeopleState.remove, PeopleState.give_role, RolesState.save):
        await tab.send(handler)
    with work_as(cast.ana) as work:
        kept = {m.person_id: m.role for m in work.session.exec(work.select(Member))}
    assert kept[cast.bruno.person_id] == Role.AGENT  # pyright: ignore[reportArgumentType]
