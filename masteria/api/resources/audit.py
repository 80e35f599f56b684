"""The audit trail: every change and every shut door, by whom, from where, and what it was before and after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query
from pydantic import AwareDatetime, Field
from starlette.responses import StreamingResponse

from masteria.api.door import Caller, needs, router
from masteria.api.resources.imports import CsvFile
from masteria.api.shapes import Cursor, Limit, Listed, Search, Shape, listed, sorted_by
from masteria.core.access import Actor
from masteria.core.work import work_as
from masteria.enums import Happened, Permission
from masteria.queries import audit as found

routes = router("audit-log")
Sort = Annotated[str, sorted_by(found.ENTRY_SORTS)]
Kind = StrEnum("Kind", sorted({word.partition(".")[0] for word in Happened}))


class Entry(Shape):
    """`actor_kind` is person, api_key, stranger (at the sign-in), operator (at the command line) or system (the product)."""

    id: UUID
    created_at: datetime
    happened: Happened
    subject_kind: str
    subject_id: UUID
    actor_kind: str
    actor_id: UUID | None
    actor_name: str
    ip: str
    request_id: str = Field(description="The `x-request-id` of the answer")
    details: dict[str, Any]
    before: dict[str, Any] = Field(description="The columns that changed, secrets masked; empty for what was made")
    after: dict[str, Any] = Field(description="The same columns now; empty for what was deleted")


def wanted(  # noqa: PLR0913 — FastAPI reads the query's parameters from here
    subject_id: UUID | None = None,
    actor_id: UUID | None = None,
    happened: Happened | None = None,
    actor_kind: Annotated[str, Query(max_length=16)] = "",
    kind: Annotated[list[Kind] | None, Query(max_length=20, description="`contact` is every `contact.…`")] = None,
    since: Annotated[AwareDatetime | None, Query(description="From this moment on")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Until before this moment")] = None,
    q: Search = "",
    own_steps: Annotated[bool, Query(description="With the steps that the product took by itself")] = True,
) -> found.Wanted:
    """What both addresses can be narrowed by; FastAPI reads the parameters here."""
    return found.Wanted(
        subject_id=subject_id,
        actor_id=actor_id,
        happened=happened or "",
        actor_kind=actor_kind,
        kinds=tuple(kind or ()),
        since=since,
        until=until,
        q=q,
        own_steps=own_steps,
    )


Asked = Annotated[found.Wanted, Depends(wanted)]


@routes.get("/audit-log", dependencies=[needs(Permission.READ_AUDIT)])
def list_entries(
    caller: Caller, asked: Asked, limit: Limit = 50, cursor: Cursor = None, sort: Sort = found.ENTRY_SORTS.usual
) -> Listed[Entry]:
    """All, or of one row, by one person or key, of one word or kind, of a time, with `q` in them."""
    with work_as(caller) as work:
        return listed(Entry.model_validate, found.entries(work, asked, sort=sort, cursor=cursor, limit=limit))


@routes.get("/audit-log.csv", response_class=CsvFile, dependencies=[needs(Permission.READ_AUDIT)])
def entries_file(caller: Caller, asked: Asked) -> StreamingResponse:
    """The same for a spreadsheet, the newest first, however many they are."""
    first, cursor = _piece(caller, asked, None)
    headers = {"content-disposition": 'attachment; filename="audit-log.csv"'}
    pieces = _pieces(caller, asked, "\ufeff" + first, cursor)
    return StreamingResponse(pieces, media_type=CsvFile.media_type, headers=headers)


def _pieces(caller: Actor, asked: found.Wanted, first: str, cursor: str | None) -> Iterator[str]:
    """A transaction a piece: a slow reader keeps none open."""
    yield first
    while cursor:
        text, cursor = _piece(caller, asked, cursor)
        yield text


def _piece(caller: Actor, asked: found.Wanted, cursor: str | None) -> tuple[str, str | None]:
    with work_as(caller) as work:
        return found.entries_csv(work, asked, cursor)
