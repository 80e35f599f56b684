"""Keys of the company's programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from masteria.actions import keys
from masteria.api.door import Caller, needs, router
from masteria.api.shapes import Body, Cursor, Limit, Listed, Shape, given, listed, sorted_by
from masteria.core.work import work_as
from masteria.enums import Permission
from masteria.queries import keys as found

routes = router("api-keys")
Sort = Annotated[str, sorted_by(found.KEY_SORTS)]
Addresses = Annotated[
    list[Annotated[str, Field(max_length=60)]],
    Field(max_length=keys.MOST_ADDRESSES, description="Networks it may be used from, as CIDR; none: from anywhere"),
]


class ApiKey(Shape):
    id: UUID
    name: str
    hint: str = Field(description="The key's last four characters")
    scopes: list[str]
    addresses: list[str] = Field(description="Networks it may be used from; none: from anywhere")
    created_at: datetime
    created_by: str | None = Field(description="The person who made it, if they are still here")
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewKey(Body):
    name: str = Field(max_length=120)
    scopes: list[Annotated[str, Field(max_length=64)]] = Field(min_length=1, max_length=50)
    days: int | None = Field(default=None, ge=1, le=keys.LONGEST_DAYS, description="Until it expires; left out: never")
    addresses: Addresses = Field(default_factory=list)


class ChangedKey(Body):
    name: str = Field(default="", max_length=120)
    addresses: Addresses | None = None
    expires_at: AwareDatetime | None = Field(default=None, description="null: never")


class MadeKey(Shape):
    id: UUID
    key: str = Field(description="Shown here and never again")
    scopes: list[str]


@routes.get("/api-keys", dependencies=[needs(Permission.ADMIN)])
def list_keys(
    caller: Caller, limit: Limit = 50, cursor: Cursor = None, sort: Sort = found.KEY_SORTS.usual
) -> Listed[ApiKey]:
    """Every key, those that were revoked as well."""
    with work_as(caller) as work:
        return listed(ApiKey.model_validate, found.api_keys(work, sort=sort, cursor=cursor, limit=limit))


@routes.post("/api-keys", status_code=201, dependencies=[needs(Permission.ADMIN, recent=True)])
def create_key(caller: Caller, body: NewKey) -> MadeKey:
    """A key for a program. It may do no more than you may yourself."""
    with work_as(caller) as work:
        made = keys.create_api_key(work, body.name, body.scopes, days=body.days, addresses=body.addresses)
    return MadeKey.model_validate(made)


@routes.get("/api-keys/{key_id}", dependencies=[needs(Permission.ADMIN)])
def get_key(caller: Caller, key_id: UUID) -> ApiKey:
    """One key; its text is not kept."""
    with work_as(caller) as work:
        return ApiKey.model_validate(found.api_key(work, key_id))


@routes.patch("/api-keys/{key_id}", dependencies=[needs(Permission.ADMIN)])
def update_key(caller: Caller, key_id: UUID, body: ChangedKey) -> ApiKey:
    """Another name, other networks, another end. What it may do stays as it is: make a new key for that."""
    with work_as(caller) as work:
        keys.update_api_key(work, key_id, **given(body))
    with work_as(caller) as work:
        return ApiKey.model_validate(found.api_key(work, key_id))


@routes.delete("/api-keys/{key_id}", status_code=204, dependencies=[needs(Permission.ADMIN)])
def revoke_key(caller: Caller, key_id: UUID) -> None:
    """From the next request on the key is worth nothing."""
    with work_as(caller) as work:
        keys.revoke_api_key(work, key_id)
