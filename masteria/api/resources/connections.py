"""Connections: a company's numbers. Secrets go in and never come out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, field_validator

from masteria.actions import connections
from masteria.api.door import Caller, needs, router
from masteria.api.shapes import Body, Cursor, Limit, Listed, Search, Shape, listed, sorted_by
from masteria.core.access import Actor
from masteria.core.work import work_as
from masteria.enums import ConnectionKind, ConnectionStatus, Permission
from masteria.flows import connections as asking
from masteria.queries import settings as found
from masteria.queries.settings import ConnectionRow

routes = router("connections")
Sort = Annotated[str, sorted_by(found.CONNECTION_SORTS)]
PORTFOLIO = "Numbers of one business portfolio share its daily limit; without it the account's numbers do"


class Health(Shape):
    """What the provider said last, and whether its webhooks arrive."""

    token: str
    webhook: str
    quality: str
    tier: str | None = Field(description="Conversations a day that the provider lets us begin, or `unlimited`")
    last_event_at: datetime | None
    checked_at: datetime | None
    bad_signatures: int


class Connection(Shape):
    id: UUID
    kind: ConnectionKind
    name: str
    address: str
    status: ConnectionStatus
    status_reason: str | None
    rate_per_second: int
    daily_cap: int | None
    quality: str
    health: Health
    settings: dict[str, str] = Field(description="Secrets show their last four characters")
    created_at: datetime


class NewSettings(Body):
    phone_number_id: str = Field(max_length=64)
    waba_id: str = Field(max_length=64)
    portfolio_id: str | None = Field(default=None, max_length=64, description=PORTFOLIO)
    access_token: str = Field(max_length=1024)
    app_secret: str = Field(max_length=1024)
    verify_token: str | None = Field(default=None, max_length=1024, description="Made for you when left out")


class NewConnection(Body):
    kind: ConnectionKind
    name: str = Field(max_length=120)
    settings: NewSettings


class ChangedSettings(Body):
    portfolio_id: str | None = Field(default=None, max_length=64, description=f"{PORTFOLIO}. Null takes it away")
    access_token: str | None = Field(default=None, max_length=1024)
    app_secret: str | None = Field(default=None, max_length=1024)
    verify_token: str | None = Field(default=None, max_length=1024)

    @field_validator("portfolio_id", mode="before")
    @classmethod
    def _cleared(cls, value: object) -> object:
        return "" if value is None else value


class ConnectionChange(Body):
    name: str | None = Field(default=None, max_length=120)
    settings: ChangedSettings | None = None


@routes.get("/connections", dependencies=[needs(Permission.READ_CONNECTIONS)])
def list_connections(
    caller: Caller,
    limit: Limit = 50,
    cursor: Cursor = None,
    sort: Sort = found.CONNECTION_SORTS.usual,
    q: Search = "",
    status: ConnectionStatus | None = None,
) -> Listed[Connection]:
    """Every number of the company, or those with `q` in their name or address, or in one status."""
    with work_as(caller) as work:
        page = found.connections(work, q=q, status=status or "", sort=sort, cursor=cursor, limit=limit)
    return listed(_shown, page)


@routes.post("/connections", status_code=201, dependencies=[needs(Permission.EDIT_CONNECTIONS)])
def create(caller: Caller, body: NewConnection) -> Connection:
    """Ask the provider about the number; keep it if the provider confirms it, else say what is wrong."""
    settings = body.settings.model_dump(exclude_none=True)
    return _one(caller, asking.connect(caller, body.name, body.kind, settings))


@routes.get("/connections/{connection_id}", dependencies=[needs(Permission.READ_CONNECTIONS)])
def get(caller: Caller, connection_id: UUID) -> Connection:
    """One number."""
    return _one(caller, connection_id)


@routes.patch("/connections/{connection_id}", dependencies=[needs(Permission.EDIT_CONNECTIONS)])
def change(caller: Caller, connection_id: UUID, body: ConnectionChange) -> Connection:
    """Another name, another portfolio, new secrets."""
    settings = body.settings.model_dump(exclude_none=True) if body.settings else None
    with work_as(caller) as work:
        connections.update(work, connection_id, name=body.name, settings=settings)
    return _one(caller, connection_id)


@routes.delete(
    "/connections/{connection_id}", status_code=204, dependencies=[needs(Permission.EDIT_CONNECTIONS, recent=True)]
)
def delete(caller: Caller, connection_id: UUID) -> None:
    """Forget a number that no campaign and no conversation uses."""
    with work_as(caller) as work:
        connections.delete(work, connection_id)


@routes.post("/connections/{connection_id}/verify", dependencies=[needs(Permission.EDIT_CONNECTIONS)])
def verify(caller: Caller, connection_id: UUID) -> Connection:
    """Ask the provider now; the answer is in `status` and `health`."""
    asking.verify(caller, connection_id)
    return _one(caller, connection_id)


def _one(caller: Actor, connection_id: UUID) -> Connection:
    with work_as(caller) as work:
        return _shown(found.connection(work, connection_id))


def _shown(row: ConnectionRow) -> Connection:
    health = Health(
        token="refused" if row.status_reason == "token_wrong" else "ok" if row.checked_at else "unknown",
        webhook="ok" if row.last_event_at else "unknown",
        quality=row.quality,
        tier=row.tier or None,
        last_event_at=row.last_event_at,
        checked_at=row.checked_at,
        bad_signatures=row.bad_signatures,
    )
    values = {
        name: getattr(row, name) for name in ConnectionRow.__dataclass_fields__ if name in Connection.model_fields
    }
    return Connection(**values, daily_cap=row.people_per_day, health=health)
