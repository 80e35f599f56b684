"""Who belongs to a company: nobody gives more than they have, and an owner stays whatever happens at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import col, select

from masteria.actions import inbox, invites, members, roles, sessions, teams
from masteria.core.access import Actor
from masteria.core.work import Work, work_across, work_as
from masteria.enums import ConversationStatus, Happened, Permission, Role, Topic
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, Forbidden, Invalid, MasteriaError, NotFound
from masteria.kit.ids import new_id
from masteria.models import Activity, Conversation, Invite, Member, RefreshToken, Session, TeamMember
from tests.actions.test_inbox import a_conversation
from tests.cast import PASSWORD, Cast, a_colleague


def person(actor: Actor) -> UUID:
    assert actor.person_id is not None
    return actor.person_id


def member(work: Work, actor: Actor) -> Member:
    return work.session.exec(work.select(Member).where(Member.person_id == actor.person_id)).one()


def role_of(cast: Cast, actor: Actor) -> tuple[Role, bool]:
    with work_as(cast.ana) as work:
        found = member(work, actor)
        return found.role, found.own_only


@pytest.mark.parametrize("role", [Role.ADMIN, Role.SUPERVISOR, Role.AGENT, Role.VIEWER])
def test_an_admin_gives_any_role_up_to_their_own(cast: Cast, role: Role) -> None:
    admin = a_colleague(cast.ana, Role.ADMIN)
    with work_as(admin) as work:
        members.change(work, person(cast.bruno), role=role)
    assert role_of(cast, cast.bruno) == (role, False)


def test_an_admin_makes_no_owner_and_touches_none(cast: Cast) -> None:
    admin = a_colleague(cast.ana, Role.ADMIN)
    for deed in (
        lambda w: members.change(w, person(cast.bruno), role=Role.OWNER),
        lambda w: members.change(w, person(admin), role=Role.OWNER),
        lambda w: members.change(w, person(cast.ana), role=Role.VIEWER),
        lambda w: members.change(w, person(cast.ana), own_only=False),
        lambda w: members.remove(w, person(cast.ana)),
        lambda w: members.add_member(w, "Novo", "novo-dono@exemplo.com", PASSWORD, Role.OWNER),
    ):
        with pytest.raises(Forbidden), work_as(admin) as work:
            deed(work)
    assert role_of(cast, cast.ana) == (Role.OWNER, False)


def test_a_role_of_ones_own_gives_no_more_than_it_has(cast: Cast) -> None:
    """Somebody may manage people without being an admin: up to their own rank and rights."""
    with work_as(cast.ana) as work:
        role_id = roles.create(work, "Gente", ["members:write", "contacts:read", "conversations:read"])
    keeper = a_colleague(cast.ana, Role.ADMIN, custom_role_id=role_id)
    assert Permission.EDIT_MEMBERS in keeper.permissions
    for role in (Role.ADMIN, Role.SUPERVISOR, Role.AGENT):
        with pytest.raises(Forbidden), work_as(keeper) as work:
            members.change(work, person(cast.vera), role=role)
    with pytest.raises(Forbidden), work_as(keeper) as work:
        members.remove(work, person(cast.bruno))
    with work_as(keeper) as work:
        members.change(work, person(a_colleague(cast.ana, Role.VIEWER, custom_role_id=role_id)), custom_role_id=role_id)


def test_a_program_gives_by_its_scopes(cast: Cast) -> None:
    program = Actor(cast.ana.company_id, "api_key", "p", frozenset({Permission.EDIT_MEMBERS, Permission.READ_MEMBERS}))
    with pytest.raises(Forbidden), work_as(program) as work:
        members.change(work, person(cast.vera), role=Role.AGENT)


def test_the_last_owner_stays(cast: Cast) -> None:
    for deed in (
        lambda w: members.leave(w),
        lambda w: members.remove(w, person(cast.ana)),
        lambda w: members.change(w, person(cast.ana), role=Role.ADMIN),
    ):
        with pytest.raises(Conflict, match="last_owner"), work_as(cast.ana) as work:
            deed(work)
    second = a_colleague(cast.ana, Role.OWNER)
    with work_as(cast.ana) as work:
        members.leave(work)
    with pytest.raises(Conflict, match="last_owner"), work_as(second) as work:
        members.leave(work)


@pytest.mark.parametrize("deeds", [("leave", "leave"), ("remove", "remove"), ("lower", "leave"), ("lower", "lower")])
def test_of_two_owners_that_go_at_once_one_stays(cast: Cast, deeds: tuple[str, str]) -> None:
    second = a_colleague(cast.ana, Role.OWNER)
    both = ((cast.ana, second), (second, cast.ana))
    do = {
        "leave": lambda own, other: lambda w: members.leave(w),
        "remove": lambda own, other: lambda w: members.remove(w, person(other)),
        "lower": lambda own, other: lambda w: members.change(w, person(own), role=Role.AGENT),
    }
    errors = at_once(*[(own, do[deed](own, other)) for (own, other), deed in zip(both, deeds, strict=True)])
    assert sum(isinstance(error, Conflict | NotFound) for error in errors) == 1
    assert errors.count(None) == 1
    with work_across() as database:
        left = database.exec(select(Member.role).where(Member.company_id == cast.ana.company_id)).all()
    assert left.count(Role.OWNER) == 1


def at_once(*deeds: tuple[Actor, Callable[[Work], object]]) -> list[MasteriaError | None]:
    """Both open their transactions before either acts."""
    gate, errors = threading.Barrier(len(deeds)), list[MasteriaError | None]([None] * len(deeds))

    def run(n: int, actor: Actor, deed: Callable[[Work], object]) -> None:
        try:
            with work_as(actor) as work:
                work.execute("select 1")
                gate.wait(20)
                deed(work)
        except MasteriaError as error:
            errors[n] = error

    threads = [threading.Thread(target=run, args=(n, *each)) for n, each in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return errors


def test_who_goes_is_signed_out_here_at_once(cast: Cast) -> None:
    token = sessions.sign_in(cast.bruno.email, PASSWORD)
    refresh = RefreshToken(
        company_id=cast.ana.company_id,
        person_id=person(cast.bruno),
        family=new_id(),
        token_hash=new_id().bytes,
        expires_at=now() + timedelta(days=1),
    )
    with work_across() as database:
        database.add(refresh)
    with work_as(cast.ana) as work:
        members.remove(work, person(cast.bruno))
        ended = work.session.exec(select(Session).where(Session.person_id == person(cast.bruno))).all()
        assert [row.revoked_at is not None for row in ended] == [True]
        assert (Topic.SESSION, ended[0].id) in work.announced
        assert work.session.exec(select(RefreshToken.revoked_at).where(RefreshToken.id == refresh.id)).one()
    assert sessions.find_actor(token) is None


def test_open_conversations_go_to_the_successor_and_others_stay(cast: Cast) -> None:
    talk, over = a_conversation(cast.ana), a_conversation(cast.ana, phone="+5511987650000")
    helper = a_colleague(cast.ana, Role.AGENT)
    with work_as(cast.ana) as work:
        for conversation_id in (talk, over):
            inbox.assign(work, conversation_id, person(cast.bruno))
        work.get(Conversation, over).status = ConversationStatus.RESOLVED
    with work_as(cast.ana) as work:
        assert members.remove(work, person(cast.bruno), reassign_to=person(helper)) == 1
        assert work.get(Conversation, talk).assignee_id == helper.person_id
        assert work.get(Conversation, over).assignee_id == cast.bruno.person_id
        assert (Topic.CONVERSATION, talk) in work.announced
    with work_as(cast.ana) as work:
        entry = work.session.exec(select(Activity).where(Activity.happened == Happened.MEMBER_REMOVED)).one()
        assert (entry.details["name"], entry.details["conversations_to"]) == ("Bruno", "Rita")
        assert entry.details["conversations"] == 1


def test_without_a_successor_open_conversations_are_nobodys(cast: Cast) -> None:
    talk = a_conversation(cast.ana)
    with work_as(cast.ana) as work:
        inbox.assign(work, talk, person(cast.bruno))
    with work_as(cast.bruno) as work:
        members.leave(work)
    with work_as(cast.ana) as work:
        assert work.get(Conversation, talk).assignee_id is None


def test_the_successor_is_somebody_who_may_answer(cast: Cast) -> None:
    for to, error in (
        (cast.bruno, Invalid),
        (cast.vera, Conflict),
        (cast.clara, NotFound),
    ):
        with pytest.raises(error), work_as(cast.ana) as work:
            members.remove(work, person(cast.bruno), reassign_to=person(to))
    assert role_of(cast, cast.bruno) == (Role.AGENT, False)


def test_who_goes_or_falls_takes_their_invites_along(cast: Cast) -> None:
    admin = a_colleague(cast.ana, Role.ADMIN)
    for deed in (
        lambda w: members.change(w, person(admin), role=Role.AGENT),
        lambda w: members.remove(w, person(admin)),
    ):
        with work_as(cast.ana) as work:
            members.change(work, person(admin), role=Role.ADMIN)
        with work_as(admin) as work:
            invite_id = invites.create(work, Role.ADMIN).id
        with work_as(cast.ana) as work:
            deed(work)
            assert work.get(Invite, invite_id).revoked_at is not None


def test_only_who_answers_or_looks_is_held_to_their_own(cast: Cast) -> None:
    with work_as(cast.ana) as work:
        members.change(work, person(cast.bruno), own_only=True)
    assert role_of(cast, cast.bruno) == (Role.AGENT, True)
    with work_as(cast.ana) as work:
        members.change(work, person(cast.bruno), role=Role.SUPERVISOR)
    assert role_of(cast, cast.bruno) == (Role.SUPERVISOR, False)
    with pytest.raises(Invalid, match="own_only_role"), work_as(cast.ana) as work:
        members.change(work, person(cast.bruno), own_only=True)


def test_support_belongs_to_nobody_and_cannot_leave(cast: Cast) -> None:
    with pytest.raises(Forbidden), work_as(replace(cast.ana, is_support=True)) as work:
        members.leave(work)


def test_who_goes_is_in_no_team_any_longer(cast: Cast) -> None:
    with work_as(cast.ana) as work:
        teams.put(work, teams.create(work, "Vendas"), [person(cast.bruno), person(cast.vera)])
        members.remove(work, person(cast.bruno))
    with work_as(cast.ana) as work:
        left = work.session.exec(
            select(TeamMember.member_id).where(col(TeamMember.company_id) == work.company_id)
        ).all()
        assert left == [member(work, cast.vera).id]
