"""The company's people, and the keys of its programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from masteria.actions import keys
from masteria.api.door import Caller, needs, router
from masteria.api.shapes import Body, Cursor, Limit, Listed, Search, Shape, listed, sorted_by
from masteria.core.work import work_as
from masteria.enums import Permission, Role
from masteria.queries import settings as found

routes = router("team")
MemberSort = Annotated[str, sorted_by(found.MEMBER_SORTS)]
KeySort = Annotated[str, sorted_by(found.KEY_SORTS)]


class Member(Shape):
    id: UUID
    name: str
    email: str
    role: Role


class ApiKey(Shape):
    id: UUID
    name: str
    hint: str = Field(description="The key's last four characters")
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewKey(Body):
    name: str = Field(max_length=120)
    scopes: list[Annotated[str, Field(max_length=64)]] = Field(min_length=1, max_length=50)
    days: int | None = Field(default=None, ge=1, le=3650, description="Until it expires; left out: never")


class MadeKey(Shape):
    id: UUID
    key: str = Field(description="Shown here and never again")
    scopes: list[str]


@routes.get("/members", dependencies=[needs(Permission.ADMIN)])
def list_members(
    caller: Caller,
    limit: Limit = 50,
    cursor: Cursor = None,
    sort: MemberSort = found.MEMBER_SORTS.usual,
    q: Search = "",
) -> Listed[Member]:
    """Everybody who can sign in, or those with `q` in their name or address."""
    with work_as(caller) as work:
        return listed(Member.model_validate, found.members(work, q=q, sort=sort, cursor=cursor, limit=limit))


@routes.get("/api-keys", dependencies=[needs(Permission.ADMIN)])
def list_keys(
    caller: Caller, limit: Limit = 50, cursor: Cursor = None, sort: KeySort = found.KEY_SORTS.usual
) -> Listed[ApiKey]:
    """Every key, those that were revoked as well."""
    with work_as(caller) as work:
        return listed(ApiKey.model_validate, found.api_keys(work, sort=sort, cursor=cursor, limit=limit))


@routes.post("/api-keys", status_code=201, dependencies=[needs(Permission.ADMIN)])
def create_key(caller: Caller, body: NewKey) -> MadeKey:
    """A key for a program."""
    with work_as(caller) as work:
        made = keys.create_api_key(work, body.name, body.scopes, days=body.days)
    return MadeKey.model_validate(made)


@routes.delete("/api-keys/{key_id}", status_code=204, dependencies=[needs(Permission.ADMIN)])
def revoke_key(caller: Caller, key_id: UUID) -> None:
    """From the next request on the key is worth nothing."""
    with work_as(caller) as work:
        keys.revoke_api_key(work, key_id)
