"""A company's own roles: never more than their maker, and one rank everywhere."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from sqlmodel import select

from masteria.actions import invites, members, roles
from masteria.core.access import GIVABLE, RANKS, ROLES, rank_of, with_reading, within
from masteria.core.work import work_as
from masteria.enums import Permission, Role
from masteria.kit.errors import Conflict, Forbidden, Invalid
from masteria.models import CustomRole, Invite, Member
from tests.cast import Cast, a_colleague


def test_a_role_may_do_what_it_says_with_the_reading_it_needs(cast: Cast) -> None:
    with work_as(cast.ana) as work:
        role_id = roles.create(work, "  Recepção   noite ", ["contacts:write", "messages:send"])
        role = work.get(CustomRole, role_id)
    assert role.name == "Recepção noite"
    wanted = {"contacts:read", "contacts:write", "conversations:read", "messages:read", "messages:send"}
    assert set(role.permissions) == wanted


def test_a_member_with_it_may_exactly_that(cast: Cast) -> None:
    with work_as(cast.ana) as work:
        role_id = roles.create(work, "Recepção", ["contacts:write"])
    rita = a_colleague(cast.ana, Role.AGENT, custom_role_id=role_id)
    assert rita.permissions == {Permission.READ_CONTACTS, Permission.EDIT_CONTACTS}
    assert rita.role is Role.AGENT


@pytest.mark.parametrize("permissions", [["company:own"], ["installation"], ["contacts:delete"], ["admin", "x"]])
def test_what_cannot_be_given_is_refused(cast: Cast, permissions: list[str]) -> None:
    with pytest.raises(Invalid), work_as(cast.ana) as work:
        roles.create(work, "Tudo", permissions)


def test_nobody_makes_or_changes_a_role_above_their_own(cast: Cast) -> None:
    with work_as(cast.ana) as work:
        low = roles.create(work, "Gente", ["members:write", "contacts:read"])
        high = roles.create(work, "Braço direito", ["admin", "members:write"])
    keeper = a_colleague(cast.ana, Role.ADMIN, custom_role_id=low)
    for deed in (
        lambda w: roles.create(w, "Mais", ["campaigns:write"]),
        lambda w: roles.update(w, low, permissions=["members:write", "admin"]),
        lambda w: roles.update(w, high, name="Menos"),
        lambda w: roles.update(w, high, permissions=["contacts:read"]),
        lambda w: roles.delete(w, high),
    ):
        with pytest.raises(Forbidden), work_as(keeper) as work:
            deed(work)


def test_who_has_a_role_has_the_rank_it_gives(cast: Cast) -> None:
    with work_as(cast.ana) as work:
        role_id = roles.create(work, "Recepção", ["contacts:read"])
        members.change(work, cast.bruno.person_id, custom_role_id=role_id, own_only=True)  # pyright: ignore[reportArgumentType]
        invite_id = invites.create(work, None, custom_role_id=role_id).id
    for permissions, rank in ((["campaigns:write"], Role.SUPERVISOR), (["admin"], Role.ADMIN)):
        with work_as(cast.ana) as work:
            roles.update(work, role_id, permissions=permissions)
        with work_as(cast.ana) as work:
            query = select(Member.role, Member.own_only).where(Member.custom_role_id == role_id)
            assert work.session.exec(query).one() == (rank, False)
            assert work.get(Invite, invite_id).role == rank


def test_a_role_in_use_stays_and_says_who_has_it(cast: Cast) -> None:
    with work_as(cast.ana) as work:
        role_id = roles.create(work, "Recepção", ["contacts:read"])
        members.change(work, cast.bruno.person_id, custom_role_id=role_id)  # pyright: ignore[reportArgumentType]
        invite = invites.create(work, None, custom_role_id=role_id, email="novo@exemplo.com")
    with pytest.raises(Conflict) as refused, work_as(cast.ana) as work:
        roles.delete(work, role_id)
    assert refused.value.details == {"names": "Bruno, novo@exemplo.com"}
    with work_as(cast.ana) as work:
        members.change(work, cast.bruno.person_id, role=Role.AGENT)  # pyright: ignore[reportArgumentType]
        invites.revoke(work, invite.id)
        roles.delete(work, role_id)
    with work_as(cast.ana) as work:
        assert work.get(Invite, invite.id).custom_role_id is None


def test_a_name_is_used_once_whatever_its_capitals(cast: Cast) -> None:
    with work_as(cast.ana) as work:
        first = roles.create(work, "Recepção", ["contacts:read"])
        roles.update(work, first, name="RECEPÇÃO")
    with pytest.raises(Conflict, match="name_taken"), work_as(cast.ana) as work:
        roles.create(work, "recepção", ["contacts:read"])
    with work_as(cast.clara) as work:
        roles.create(work, "Recepção", ["contacts:read"])


def test_each_rank_may_all_that_the_one_below_may() -> None:
    for lower, higher in pairwise(RANKS):
        assert ROLES[lower] < ROLES[higher]
        assert rank_of(ROLES[higher]) is higher


def test_only_the_owner_owns_and_no_role_runs_the_installation() -> None:
    assert [role for role in RANKS if Permission.OWN_COMPANY in ROLES[role]] == [Role.OWNER]
    assert not any(Permission.OPERATE in may for may in ROLES.values())
    assert ROLES[Role.ADMIN] == GIVABLE


def test_built_in_roles_can_read_what_they_change() -> None:
    assert {role: with_reading(may) for role, may in ROLES.items()} == ROLES


def test_a_company_that_may_only_read_can_still_be_handed_on(cast: Cast) -> None:
    """An owner whose campaigns the installation has made read-only may still make owners."""
    levels = {"campaigns": "read_only"}
    owner = replace(cast.ana, permissions=within(ROLES[Role.OWNER], levels), levels=levels)
    assert Permission.EDIT_CAMPAIGNS not in owner.permissions
    assert owner.may_give(ROLES[Role.OWNER])
    assert not replace(owner, role=Role.ADMIN).may_give(ROLES[Role.OWNER])
