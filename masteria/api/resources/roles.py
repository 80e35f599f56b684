"""Who may do what: the built-in roles, the company's own, and its teams."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from masteria.actions import roles, teams
from masteria.api.door import Caller, needs, router
from masteria.api.shapes import Body, Cursor, Limit, Listed, Shape, given, listed, sorted_by
from masteria.core.access import ROLES
from masteria.core.work import work_as
from masteria.enums import Permission, Role
from masteria.queries import team as found

routes = router("roles")
RoleSort = Annotated[str, sorted_by(found.ROLE_SORTS)]
TeamSort = Annotated[str, sorted_by(found.TEAM_SORTS)]
Permissions = Annotated[list[Annotated[str, Field(max_length=64)]], Field(min_length=1, max_length=50)]
People = Annotated[list[UUID], Field(max_length=500)]


class BuiltIn(Shape):
    role: Role
    permissions: list[Permission]


class OwnRole(Shape):
    """`rank` is the least built-in role that may as much."""

    id: UUID
    name: str
    permissions: list[str]
    rank: Role
    members: int
    created_at: datetime


class Roles(Listed[OwnRole]):
    built_in: list[BuiltIn]


class NewRole(Body):
    name: str = Field(max_length=60)
    permissions: Permissions


class RoleChange(Body):
    name: str | None = Field(default=None, max_length=60)
    permissions: Permissions | None = None


class Team(Shape):
    id: UUID
    name: str
    created_at: datetime
    member_ids: list[UUID]


class NewTeam(Body):
    name: str = Field(max_length=60)
    member_ids: People = Field(default_factory=list)


class TeamChange(Body):
    name: str | None = Field(default=None, max_length=60)
    member_ids: People | None = Field(default=None, description="Everybody in it from now on")


@routes.get("/roles", dependencies=[needs(Permission.READ_MEMBERS)])
def list_roles(
    caller: Caller, limit: Limit = 50, cursor: Cursor = None, sort: RoleSort = found.ROLE_SORTS.usual
) -> Roles:
    """What each built-in role may do, and the roles of the company's own making."""
    with work_as(caller) as work:
        page = listed(OwnRole.model_validate, found.roles(work, sort=sort, cursor=cursor, limit=limit))
    built_in = [BuiltIn(role=role, permissions=sorted(may)) for role, may in ROLES.items()]
    return Roles(data=page.data, next_cursor=page.next_cursor, built_in=built_in)


@routes.get("/roles/{role_id}", dependencies=[needs(Permission.READ_MEMBERS)])
def get_role(caller: Caller, role_id: UUID) -> OwnRole:
    """One of the company's own."""
    with work_as(caller) as work:
        return OwnRole.model_validate(found.role(work, role_id))


@routes.post("/roles", status_code=201, dependencies=[needs(Permission.EDIT_MEMBERS)])
def create_role(caller: Caller, body: NewRole) -> OwnRole:
    """A role of the company's own; a permission that you do not have is a 403."""
    with work_as(caller) as work:
        return OwnRole.model_validate(found.role(work, roles.create(work, body.name, body.permissions)))


@routes.patch("/roles/{role_id}", dependencies=[needs(Permission.EDIT_MEMBERS, recent=True)])
def change_role(caller: Caller, role_id: UUID, body: RoleChange) -> OwnRole:
    """Another name or other permissions, from now on for everyone who has it."""
    with work_as(caller) as work:
        roles.update(work, role_id, **given(body))
        return OwnRole.model_validate(found.role(work, role_id))


@routes.delete("/roles/{role_id}", status_code=204, dependencies=[needs(Permission.EDIT_MEMBERS)])
def delete_role(caller: Caller, role_id: UUID) -> None:
    """The role goes; while somebody has it, it is a 409 that names them."""
    with work_as(caller) as work:
        roles.delete(work, role_id)


@routes.get("/teams", dependencies=[needs(Permission.READ_MEMBERS)])
def list_teams(
    caller: Caller, limit: Limit = 50, cursor: Cursor = None, sort: TeamSort = found.TEAM_SORTS.usual
) -> Listed[Team]:
    """The company's teams and who is in them."""
    with work_as(caller) as work:
        return listed(Team.model_validate, found.teams(work, sort=sort, cursor=cursor, limit=limit))


@routes.get("/teams/{team_id}", dependencies=[needs(Permission.READ_MEMBERS)])
def get_team(caller: Caller, team_id: UUID) -> Team:
    """One of them."""
    with work_as(caller) as work:
        return Team.model_validate(found.team(work, team_id))


@routes.post("/teams", status_code=201, dependencies=[needs(Permission.EDIT_MEMBERS)])
def create_team(caller: Caller, body: NewTeam) -> Team:
    """A new team."""
    with work_as(caller) as work:
        team_id = teams.create(work, body.name)
        if body.member_ids:
            teams.put(work, team_id, body.member_ids)
        return Team.model_validate(found.team(work, team_id))


@routes.patch("/teams/{team_id}", dependencies=[needs(Permission.EDIT_MEMBERS)])
def change_team(caller: Caller, team_id: UUID, body: TeamChange) -> Team:
    """Another name, or other people."""
    with work_as(caller) as work:
        if body.name is not None:
            teams.rename(work, team_id, body.name)
        if body.member_ids is not None:
            teams.put(work, team_id, body.member_ids)
        return Team.model_validate(found.team(work, team_id))


@routes.delete("/teams/{team_id}", status_code=204, dependencies=[needs(Permission.EDIT_MEMBERS)])
def delete_team(caller: Caller, team_id: UUID) -> None:
    """The team goes, its people stay."""
    with work_as(caller) as work:
        teams.delete(work, team_id)
