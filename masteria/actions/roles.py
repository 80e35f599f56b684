"""A company's own roles: a name and what it may do, never more than whoever makes it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from masteria.actions import activity, credentials, ranks
from masteria.core.access import GIVABLE, rank_of, with_reading
from masteria.core.work import Work
from masteria.enums import Happened, Permission, Topic
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, Forbidden, Invalid
from masteria.kit.storable import storable_text
from masteria.models import CustomRole, Invite, Member, Person

NAME_LENGTH = 60
MOST = 30


def create(work: Work, name: str, permissions: Iterable[str]) -> UUID:
    """A new role. `Forbidden` for a permission that its maker does not have."""
    work.require(Permission.EDIT_MEMBERS)
    ranks.hold(work)
    if len(work.session.exec(select(CustomRole.id).where(CustomRole.company_id == work.company_id)).all()) >= MOST:
        raise Conflict("too_many_roles", limit=MOST)
    role = work.add(CustomRole(name=_free_name(work, name), permissions=_checked(work, permissions)))
    work.session.flush()
    activity.record(work, role, Happened.ROLE_CREATED, name=role.name)
    work.announce(Topic.MEMBER, role.id)
    return role.id


def update(work: Work, role_id: UUID, *, name: str | None = None, permissions: Iterable[str] | None = None) -> None:
    """Another name, or other permissions: from now on for everyone who has the role. `Forbidden` above one's own."""
    work.require(Permission.EDIT_MEMBERS)
    ranks.hold(work)
    role = work.get(CustomRole, role_id, lock=True)
    if not work.actor.may_give(ranks.permissions_of(role)):
        raise Forbidden
    if name is not None:
        role.name = _free_name(work, name, but=role)
    if permissions is not None:
        role.permissions = _checked(work, permissions)
        _rank_again(work, role)
    activity.record(work, role, Happened.ROLE_UPDATED, name=role.name)
    work.announce(Topic.MEMBER, role_id)


def delete(work: Work, role_id: UUID) -> None:
    """The role goes. `Conflict` naming who has it, or is invited with it."""
    work.require(Permission.EDIT_MEMBERS)
    ranks.hold(work)
    role = work.get(CustomRole, role_id, lock=True)
    if not work.actor.may_give(ranks.permissions_of(role)):
        raise Forbidden
    if users := _users(work, role_id):
        raise Conflict("role_in_use", names=", ".join(users))
    # an invite that is over need not name it any longer
    work.execute(sa.update(Invite).where(col(Invite.custom_role_id) == role_id).values(custom_role_id=None))
    activity.record(work, role, Happened.ROLE_DELETED, name=role.name)
    work.session.delete(role)
    work.announce(Topic.MEMBER, role_id)


def _free_name(work: Work, name: str, *, but: CustomRole | None = None) -> str:
    name = credentials.checked_name(storable_text(name), "name")
    if len(name) > NAME_LENGTH:
        raise Invalid("name", "too_long", limit=NAME_LENGTH)
    taken = work.select(CustomRole).where(sa.func.lower(CustomRole.name) == name.lower())
    if but is not None:
        taken = taken.where(CustomRole.id != but.id)
    if work.session.exec(taken).first() is not None:
        raise Conflict("name_taken")
    return name


def _checked(work: Work, permissions: Iterable[str]) -> list[str]:
    """Known, with what reading they need, and not above the maker."""
    words = set(permissions)
    unknown = sorted(words - set(GIVABLE))
    if unknown or not words:
        raise Invalid("permissions", "unknown_permission" if unknown else "missing", names=", ".join(unknown))
    found = with_reading(Permission(word) for word in words)
    if not work.actor.may_give(found):
        raise Forbidden
    return sorted(found)


def _rank_again(work: Work, role: CustomRole) -> None:
    """Who has the role, or is invited with it, has the rank that it now gives."""
    rank = rank_of(ranks.permissions_of(role))
    held = {"own_only": False} if rank not in ranks.LIMITED else {}
    for model in (Member, Invite):
        work.execute(sa.update(model).where(col(model.custom_role_id) == role.id).values(role=rank, **held))


def _users(work: Work, role_id: UUID) -> list[str]:
    members = (
        select(Person.name)
        .join(Member, col(Member.person_id) == Person.id)
        .where(Member.company_id == work.company_id, Member.custom_role_id == role_id)
        .order_by(Person.name)
    )
    invites = work.select(Invite).where(
        Invite.custom_role_id == role_id,
        col(Invite.accepted_at).is_(None),
        col(Invite.revoked_at).is_(None),
        Invite.expires_at > now(),
    )
    found = [*work.session.exec(members).all(), *(invite.email or "…" for invite in work.session.exec(invites))]
    return found[:5]
