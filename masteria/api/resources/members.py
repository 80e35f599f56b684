"""The company's people and the invites into it. A member's id is the person's, as in `assignee` and the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import Field

from masteria.actions import invites, members
from masteria.api.door import Caller, needs, router
from masteria.api.shapes import Body, Cursor, Limit, Listed, Search, Shape, given, listed, sorted_by
from masteria.core.work import work_as
from masteria.enums import Permission, Role
from masteria.queries import team as found

routes = router("members")
MemberSort = Annotated[str, sorted_by(found.MEMBER_SORTS)]
InviteSort = Annotated[str, sorted_by(found.INVITE_SORTS)]
State = Literal["open", "used", "expired", "revoked"]


class Member(Shape):
    """`role` is the rank where there is a `custom_role`."""

    id: UUID
    name: str
    email: str
    role: Role
    custom_role_id: UUID | None
    custom_role: str | None
    own_only: bool = Field(description="Reaches only conversations that are theirs or nobody's")
    second_step: bool
    created_at: datetime
    last_seen_at: datetime | None
    open_conversations: int
    teams: list[str]


class MemberChange(Body):
    role: Role | None = None
    custom_role_id: UUID | None = Field(default=None, description="A role of the company's own; instead of `role`")
    own_only: bool | None = None


class Invite(Shape):
    id: UUID
    email: str = Field(description="Only this person may use it; empty: whoever has the link")
    role: Role
    custom_role_id: UUID | None
    custom_role: str | None
    team_id: UUID | None
    team: str | None
    own_only: bool
    invited_by: str | None
    state: State
    created_at: datetime
    expires_at: datetime


class NewInvite(Body):
    role: Role | None = None
    custom_role_id: UUID | None = None
    team_id: UUID | None = None
    own_only: bool = False
    email: str = Field(default="", max_length=254)


class MadeInvite(Shape):
    id: UUID
    link: str = Field(description="Shown here and never again")
    expires_at: datetime


@routes.get("/members", dependencies=[needs(Permission.READ_MEMBERS)])
def list_members(
    caller: Caller,
    limit: Limit = 50,
    cursor: Cursor = None,
    sort: MemberSort = found.MEMBER_SORTS.usual,
    q: Search = "",
) -> Listed[Member]:
    """Everybody who belongs here, or those with `q` in their name or address."""
    with work_as(caller) as work:
        return listed(Member.model_validate, found.members(work, q=q, sort=sort, cursor=cursor, limit=limit))


@routes.get("/members/{person_id}", dependencies=[needs(Permission.READ_MEMBERS)])
def get_member(caller: Caller, person_id: UUID) -> Member:
    """One of them."""
    with work_as(caller) as work:
        return Member.model_validate(found.member(work, person_id))


@routes.patch("/members/{person_id}", dependencies=[needs(Permission.EDIT_MEMBERS, recent=True)])
def change_member(caller: Caller, person_id: UUID, body: MemberChange) -> Member:
    """Another role, or held to their own conversations. Above your own role it is a 403, for the last owner a 409."""
    with work_as(caller) as work:
        members.change(work, person_id, **given(body))
        work.session.flush()
        return Member.model_validate(found.member(work, person_id))


@routes.delete("/members/{person_id}", status_code=204, dependencies=[needs(Permission.EDIT_MEMBERS, recent=True)])
def remove_member(
    caller: Caller,
    person_id: UUID,
    reassign_to: Annotated[
        UUID | None, Query(description="Who gets their open conversations; left out: nobody")
    ] = None,
) -> None:
    """They belong here no longer, and are signed out at once. The last owner cannot go: 409."""
    with work_as(caller) as work:
        members.remove(work, person_id, reassign_to=reassign_to)


@routes.get("/invites", dependencies=[needs(Permission.READ_MEMBERS)])
def list_invites(
    caller: Caller,
    limit: Limit = 50,
    cursor: Cursor = None,
    sort: InviteSort = found.INVITE_SORTS.usual,
    state: State | None = None,
) -> Listed[Invite]:
    """Every invite, or those in one state."""
    with work_as(caller) as work:
        page = found.invites(work, state=state or "", sort=sort, cursor=cursor, limit=limit)
    return listed(Invite.model_validate, page)


@routes.get("/invites/{invite_id}", dependencies=[needs(Permission.READ_MEMBERS)])
def get_invite(caller: Caller, invite_id: UUID) -> Invite:
    """One of them."""
    with work_as(caller) as work:
        return Invite.model_validate(found.invite(work, invite_id))


@routes.post("/invites", status_code=201, dependencies=[needs(Permission.EDIT_MEMBERS)])
def create_invite(caller: Caller, body: NewInvite) -> MadeInvite:
    """A link for one person, good for seven days. With an address it is sent there as well, and is for that person."""
    values = body.model_dump()
    with work_as(caller) as work:
        return MadeInvite.model_validate(invites.create(work, values.pop("role"), **values))


@routes.post("/invites/{invite_id}/renew", dependencies=[needs(Permission.EDIT_MEMBERS)])
def renew_invite(caller: Caller, invite_id: UUID) -> MadeInvite:
    """Another link for another seven days; the one before is worth nothing."""
    with work_as(caller) as work:
        return MadeInvite.model_validate(invites.renew(work, invite_id))


@routes.delete("/invites/{invite_id}", status_code=204, dependencies=[needs(Permission.EDIT_MEMBERS)])
def revoke_invite(caller: Caller, invite_id: UUID) -> None:
    """The link is worth nothing from now on."""
    with work_as(caller) as work:
        invites.revoke(work, invite_id)
