"""Who gets a campaign, how far each message came, and the same as a file."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from starlette.responses import Response

from masteria.api.door import Caller, needs, router
from masteria.api.resources.imports import CsvFile, csv_file
from masteria.api.resources.timeline import Moment, Reason, reason_of, timeline_of
from masteria.api.shapes import Cursor, Limit, Listed, Shape, listed, sorted_by
from masteria.core.work import work_as
from masteria.enums import Permission
from masteria.queries import campaigns as found
from masteria.queries.campaigns import GROUPS

routes = router("campaigns")
Sort = Annotated[str, sorted_by(found.RECIPIENT_SORTS)]
Group = Annotated[str, Query(max_length=20, json_schema_extra={"enum": ["", *GROUPS]})]


class Recipient(Shape):
    id: UUID
    contact_id: UUID | None
    name: str | None
    phone: str | None
    state: str
    reason: Reason | None
    provider_id: str | None
    timeline: list[Moment]


@routes.get("/campaigns/{campaign_id}/recipients", dependencies=[needs(Permission.READ_CAMPAIGNS)])
def list_recipients(
    caller: Caller,
    campaign_id: UUID,
    limit: Limit = 50,
    cursor: Cursor = None,
    sort: Sort = found.RECIPIENT_SORTS.usual,
    state: Group = "",
) -> Listed[Recipient]:
    """All, or those in one group of states."""
    with work_as(caller) as work:
        page = found.recipients(work, campaign_id, state=state, sort=sort, cursor=cursor, limit=limit)
    return listed(_shown, page)


@routes.get(
    "/campaigns/{campaign_id}/recipients.csv",
    response_class=CsvFile,
    dependencies=[needs(Permission.READ_CAMPAIGNS)],
)
def recipients_file(caller: Caller, campaign_id: UUID, state: Group = "") -> Response:
    """The same for a spreadsheet."""
    with work_as(caller) as work:
        text = found.recipients_csv(work, campaign_id, state=state)
    return csv_file(text, "recipients.csv")


def _shown(row: Any) -> Recipient:
    state = next(group for group, states in GROUPS.items() if row.state in states)
    values = {name: getattr(row, name) for name in ("id", "contact_id", "name", "phone", "provider_id")}
    return Recipient(**values, state=state, reason=reason_of(row), timeline=timeline_of(row))
