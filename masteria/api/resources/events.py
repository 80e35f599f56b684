"""What webhooks brought: as it came, as it was understood, and what it did."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from masteria.actions import inbound_events
from masteria.api.door import Caller, needs, router
from masteria.api.shapes import Cursor, Limit, Listed, Shape, listed, sorted_by
from masteria.core.work import work_as
from masteria.enums import Effect, IntakeState, Permission
from masteria.queries import intake
from masteria.queries.intake import InboundRow

routes = router("inbound-events")
Sort = Annotated[str, sorted_by(intake.EVENT_SORTS)]


class NormalisedEvent(Shape):
    kind: str
    fields: dict[str, Any] = Field(description="As the kind has them, named and typed as `webhook explain` prints them")
    did: Effect | None = Field(description="Null while nothing was done, and where only `counts` tells")


class InboundEvent(Shape):
    id: UUID
    connection_id: UUID
    state: IntakeState
    error: str | None
    created_at: datetime
    processed_at: datetime | None
    size: int = Field(description="Bytes of the body")
    raw: str = Field(description="Where the whole body is, with all its events")
    body: dict[str, Any] | None = Field(description="As it came; null in a list that it would have made too large")
    events: list[NormalisedEvent] = Field(description="In a list the first hundred")
    event_count: int | None
    counts: dict[str, int] = Field(description="How often each effect")


@routes.get("/inbound-events", dependencies=[needs(Permission.READ_MESSAGES)])
def list_events(
    caller: Caller,
    limit: Limit = 50,
    cursor: Cursor = None,
    sort: Sort = intake.EVENT_SORTS.usual,
    connection_id: UUID | None = None,
    state: IntakeState | None = None,
    since: datetime | None = None,
) -> Listed[InboundEvent]:
    """All, or those of one number, in one state, or from a time on."""
    with work_as(caller) as work:
        page = intake.inbound_events(
            work, connection_id=connection_id, state=state, since=since, sort=sort, cursor=cursor, limit=limit
        )
    return listed(_shown, page)


@routes.get("/inbound-events/{event_id}", dependencies=[needs(Permission.READ_MESSAGES)])
def get(caller: Caller, event_id: UUID) -> InboundEvent:
    """One body with all its events."""
    with work_as(caller) as work:
        return _shown(intake.inbound_event(work, event_id))


@routes.post("/inbound-events/{event_id}/reprocess", status_code=202, dependencies=[needs(Permission.EDIT_CONNECTIONS)])
def reprocess(caller: Caller, event_id: UUID) -> InboundEvent:
    """Read it once more. What it did already does not happen twice."""
    with work_as(caller) as work:
        inbound_events.reprocess(work, event_id)
    with work_as(caller) as work:
        return _shown(intake.inbound_event(work, event_id))


def _shown(row: InboundRow) -> InboundEvent:
    return InboundEvent(
        **{name: getattr(row, name) for name in InboundEvent.model_fields if name not in ("raw", "events")},
        raw=f"/api/v1/inbound-events/{row.id}",
        events=[
            NormalisedEvent(kind=e.kind, fields=e.fields, did=Effect(e.did) if e.did else None) for e in row.events
        ],
    )
