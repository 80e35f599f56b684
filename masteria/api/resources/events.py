"""What webhooks brought, as it came."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from masteria.api.door import Caller, needs, router
from masteria.api.shapes import Cursor, Limit, Listed, Shape, listed
from masteria.core.work import work_as
from masteria.enums import IntakeState, Permission
from masteria.queries import intake

routes = router("inbound-events")


class InboundEvent(Shape):
    id: UUID
    connection_id: UUID
    state: IntakeState
    error: str | None
    created_at: datetime
    processed_at: datetime | None
    body: dict[str, Any]


@routes.get("/inbound-events", dependencies=[needs(Permission.READ_MESSAGES)])
def list_events(
    caller: Caller,
    limit: Limit = 50,
    cursor: Cursor = None,
    connection_id: UUID | None = None,
    state: IntakeState | None = None,
    since: datetime | None = None,
) -> Listed[InboundEvent]:
    """Newest first."""
    with work_as(caller) as work:
        page = intake.inbound_events(
            work, connection_id=connection_id, state=state, since=since, cursor=cursor, limit=limit
        )
    return listed(InboundEvent.model_validate, page)
