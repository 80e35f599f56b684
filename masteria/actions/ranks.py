"""Who may give what to whom: the rules that members, roles, teams and invites share."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import select

from masteria.core.access import ROLES, rank_of
from masteria.core.work import Work
from masteria.enums import Permission, Role
from masteria.kit.errors import Conflict, Forbidden, Invalid
from masteria.models import Company, CustomRole, Member

LIMITED = (Role.VIEWER, Role.AGENT)  # who may be held to their own conversations


@dataclass(frozen=True, slots=True)
class Post:
    """What somebody is to be: a built-in role, or a company's own with its rank."""

    role: Role
    custom: CustomRole | None
    permissions: frozenset[Permission]


def hold(work: Work) -> None:
    """Changes of who belongs, and as what, wait for each other; readers and other rows of the company do not."""
    work.session.exec(select(Company.id).where(Company.id == work.company_id).with_for_update(key_share=True)).one()


def post(work: Work, role: Role | None, custom_role_id: UUID | None) -> Post:
    """The role that is to be given. `Forbidden` if it is above the giver's own."""
    if custom_role_id is not None:
        custom = work.get(CustomRole, custom_role_id)
        permissions = permissions_of(custom)
        found = Post(rank_of(permissions), custom, permissions)
    elif role is not None:
        found = Post(role, None, ROLES[role])
    else:
        raise Invalid("role", "missing")
    if not work.actor.may_give(found.permissions):
        raise Forbidden
    return found


def permissions_of(custom: CustomRole) -> frozenset[Permission]:
    """What a company's own role may do."""
    return frozenset(Permission(word) for word in custom.permissions)


def check_not_above(work: Work, member: Member) -> None:
    """`Forbidden` for who stands above the actor: an admin changes no owner."""
    if not work.actor.may_give(held_by(work, member)):
        raise Forbidden


def held_by(work: Work, member: Member) -> frozenset[Permission]:
    """What a member may do by their role."""
    if member.custom_role_id is None:
        return ROLES[member.role]
    return permissions_of(work.get(CustomRole, member.custom_role_id))


def check_answers(work: Work, member: Member, name: str) -> None:
    """`Conflict` for who may not answer: no conversation can be theirs."""
    if Permission.SEND_MESSAGES not in held_by(work, member):
        raise Conflict("cannot_answer", name=name)


def check_an_owner_stays(work: Work, member: Member) -> None:
    """`Conflict` if this is the last owner; only right while the company is held."""
    others = work.select(Member).where(Member.role == Role.OWNER, Member.id != member.id)
    if member.role == Role.OWNER and work.session.exec(others).first() is None:
        raise Conflict("last_owner")


def checked_own_only(role: Role, own_only: bool) -> bool:
    """Only who answers or looks may be held to their own conversations; who leads them sees them all."""
    if own_only and role not in LIMITED:
        raise Invalid("own_only", "own_only_role")
    return own_only
