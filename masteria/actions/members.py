"""Who belongs to a company, and as what: changes, removal, leaving. Members are named by their person's id."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from masteria.actions import activity, credentials, quotas, ranks
from masteria.core.access import RANKS
from masteria.core.work import Work, work_across
from masteria.enums import ConversationStatus, Happened, Permission, Quota, Role, Topic
from masteria.kit.clock import now
from masteria.kit.errors import Forbidden, Invalid, NotFound
from masteria.models import Conversation, Invite, Member, Person, RefreshToken, Session

STILL_OPEN = (ConversationStatus.OPEN, ConversationStatus.PENDING)


def add_member(work: Work, name: str, email: str, password: str, role: Role) -> UUID:
    """A colleague with a first password; returns the person's id."""
    work.require(Permission.EDIT_MEMBERS)
    ranks.post(work, role, None)
    quotas.require(work, Quota.MEMBERS)
    email, name = credentials.checked_email(email), credentials.checked_name(name, "name")
    hashed = credentials.hashed(credentials.checked_password(password, name, email, work.actor.company_name))
    with work_across() as database:
        if database.exec(select(Person.id).where(Person.email == email)).first():
            raise Invalid("email", "taken")
        person = Person(email=email, name=name, password_hash=hashed, email_verified_at=now())
        database.add(person)
        database.flush()
        database.add(Member(company_id=work.company_id, person_id=person.id, role=role))
    member = work.session.exec(work.select(Member).where(Member.person_id == person.id)).one()
    activity.record(work, member, Happened.MEMBER_CREATED, email=email, role=role)
    return person.id


def change(
    work: Work,
    person_id: UUID,
    *,
    role: Role | None = None,
    custom_role_id: UUID | None = None,
    own_only: bool | None = None,
) -> None:
    """Another role, or held to their own conversations. `Forbidden` above one's own, `Conflict` for the last owner."""
    work.require(Permission.EDIT_MEMBERS)
    ranks.hold(work)
    member = _member(work, person_id)
    ranks.check_not_above(work, member)
    if role is not None or custom_role_id is not None:
        _give(work, member, ranks.post(work, role, custom_role_id))
    if own_only is not None:
        member.own_only = ranks.checked_own_only(member.role, own_only)
    activity.record(work, member, Happened.MEMBER_UPDATED, **_named(work, member))
    work.announce(Topic.MEMBER, member.id)


def remove(work: Work, person_id: UUID, *, reassign_to: UUID | None = None) -> int:
    """They belong here no longer: signed out everywhere in this company, their open conversations handed on.

    To `reassign_to`, or to nobody in particular. Returns how many. The last owner cannot go.
    """
    work.require(Permission.EDIT_MEMBERS)
    ranks.hold(work)
    member = _member(work, person_id)
    ranks.check_not_above(work, member)
    return _end(work, member, reassign_to)


def leave(work: Work) -> None:
    """One's own wish to go; open conversations are nobody's in particular then."""
    if work.actor.person_id is None or work.actor.is_support:
        raise Forbidden
    ranks.hold(work)
    _end(work, _member(work, work.actor.person_id), None)


def _member(work: Work, person_id: UUID) -> Member:
    query = work.select(Member).where(Member.person_id == person_id).with_for_update()
    found = work.session.exec(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound("Member")
    return found


def _give(work: Work, member: Member, post: ranks.Post) -> None:
    if post.role is not Role.OWNER:
        ranks.check_an_owner_stays(work, member)
    is_lower = RANKS.index(post.role) < RANKS.index(member.role)
    member.role, member.custom_role_id = post.role, post.custom.id if post.custom else None
    member.own_only = member.own_only and post.role in ranks.LIMITED
    if is_lower or Permission.EDIT_MEMBERS not in post.permissions:
        _revoke_invites(work, member.person_id)


def _end(work: Work, member: Member, reassign_to: UUID | None) -> int:
    ranks.check_an_owner_stays(work, member)
    told = _named(work, member)
    if reassign_to is not None:
        told["conversations_to"] = _successor(work, member, reassign_to)
    moved = _hand_on(work, member.person_id, reassign_to)
    _sign_out(work, member.person_id)
    _revoke_invites(work, member.person_id)
    activity.record(work, member, Happened.MEMBER_REMOVED, conversations=moved, **told)
    work.session.delete(member)
    work.announce(Topic.MEMBER, member.id)
    return moved


def _named(work: Work, member: Member) -> dict[str, Any]:
    """Whom an entry is about: the row knows only an id."""
    name, email = work.session.exec(select(Person.name, Person.email).where(Person.id == member.person_id)).one()
    return {"name": name, "email": email}


def _successor(work: Work, member: Member, reassign_to: UUID) -> str:
    if reassign_to == member.person_id:
        raise Invalid("reassign_to", "same_person")
    successor = _member(work, reassign_to)
    name = _named(work, successor)["name"]
    ranks.check_answers(work, successor, name)
    return name


def _hand_on(work: Work, person_id: UUID, to: UUID | None) -> int:
    """Open conversations go on; what is over stays as it was."""
    moved = (
        sa.update(Conversation)
        .where(
            col(Conversation.company_id) == work.company_id,
            col(Conversation.assignee_id) == person_id,
            col(Conversation.status).in_(STILL_OPEN),
        )
        .values(assignee_id=to)
        .returning(col(Conversation.id))
    )
    ids = list(work.execute(moved).scalars())
    subjects = [Conversation(id=each) for each in ids]  # pyright: ignore[reportCallIssue]
    activity.record_all(work, subjects, Happened.CONVERSATION_ASSIGNED, assignee=str(to) if to else None)
    for conversation_id in ids:
        work.announce(Topic.CONVERSATION, conversation_id)
    return len(ids)


def _sign_out(work: Work, person_id: UUID) -> None:
    """Every device and program of theirs, in this company alone; open sockets are cut by the announcement."""
    for model in (Session, RefreshToken):
        ended = (
            sa.update(model)
            .where(
                col(model.company_id) == work.company_id,
                col(model.person_id) == person_id,
                col(model.revoked_at).is_(None),
            )
            .values(revoked_at=now())
            .returning(col(model.id))
        )
        for row_id in work.execute(ended).scalars():
            work.announce(Topic.SESSION, row_id)


def _revoke_invites(work: Work, person_id: UUID) -> None:
    """Nobody keeps a way back in, or hands on what they may no longer give."""
    mine = work.select(Invite).where(
        Invite.invited_by == person_id, col(Invite.accepted_at).is_(None), col(Invite.revoked_at).is_(None)
    )
    for invite in work.session.exec(mine.with_for_update()):
        invite.revoked_at = now()
        activity.record(work, invite, Happened.INVITE_REVOKED, email=invite.email)
