"""Campaigns and their recipients."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from pydantic import AwareDatetime, Field

from masteria.actions import campaigns as actions
from masteria.api.doors import Needs, WorkRoute
from masteria.api.resources.shapes import Body, Cursor, Limit, page, plain
from masteria.core.work import Work
from masteria.enums import CampaignKind, Permission
from masteria.queries import campaigns as queries

router = APIRouter(route_class=WorkRoute, tags=["campaigns"])
Reader = Annotated[Work, Needs(Permission.READ_CAMPAIGNS)]
Writer = Annotated[Work, Needs(Permission.EDIT_CAMPAIGNS)]
RETRYABLE = {"4", "80007", "130429", "131056", "unreachable"}


class Variable(Body):
    field: str = ""
    fallback: str = ""


class Audience(Body):
    list_id: UUID | None = None
    tag: str | None = None
    contact_ids: list[UUID] | None = Field(None, max_length=10_000)
    all: bool | None = None


class Fields(Body):
    name: str | None = Field(None, max_length=120)
    kind: CampaignKind | None = None
    connection_id: UUID | None = None
    template_id: UUID | None = None
    body: str | None = None
    variables: dict[str, Variable] | None = None
    audience: Audience | None = None
    rate_per_second: int | None = None
    legal_basis: str | None = Field(None, max_length=64)

    def values(self) -> dict[str, Any]:
        """What was given, in plain types."""
        found = self.model_dump(exclude_unset=True)
        if self.audience is not None:
            found["audience"] = self.audience.model_dump(mode="json", exclude_none=True)
        return {
            k: v for k, v in found.items() if v is not None or k in ("template_id", "rate_per_second", "legal_basis")
        }


class Launch(Body):
    at: AwareDatetime | None = None


def shape(row: queries.CampaignRow) -> dict[str, Any]:
    """A campaign as the API shows it."""
    found = plain(row)
    progress = {"rate": found.pop("rate"), "eta": found.pop("eta")}
    return {**found, "schedule": {"at": found.pop("due_at")}, "progress": progress}


@router.get("/campaigns")
def list_campaigns(work: Reader, state: str = "", cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    return page(queries.list_campaigns(work, state=state, cursor=cursor, limit=limit), shape)


@router.post("/campaigns", status_code=201)
def create_campaign(work: Writer, body: Fields) -> dict[str, Any]:
    return shape(queries.campaign(work, actions.create(work, **body.values())))


@router.get("/campaigns/{campaign_id}")
def get_campaign(work: Reader, campaign_id: UUID) -> dict[str, Any]:
    return shape(queries.campaign(work, campaign_id))


@router.patch("/campaigns/{campaign_id}")
def update_campaign(work: Writer, campaign_id: UUID, body: Fields) -> dict[str, Any]:
    actions.update(work, campaign_id, **body.values())
    return _now(work, campaign_id)


@router.delete("/campaigns/{campaign_id}", status_code=204)
def delete_campaign(work: Writer, campaign_id: UUID) -> None:
    actions.delete(work, campaign_id)


@router.post("/campaigns/{campaign_id}/preflight")
def preflight(work: Reader, campaign_id: UUID) -> dict[str, Any]:
    found = actions.preflight(work, campaign_id)
    return {**plain(found), "cost": None}


@router.post("/campaigns/{campaign_id}/launch")
def launch(work: Writer, campaign_id: UUID, body: Launch | None = None) -> dict[str, Any]:
    at: datetime | None = body.at if body else None
    actions.launch(work, campaign_id, at=at)
    return _now(work, campaign_id)


@router.post("/campaigns/{campaign_id}/pause")
def pause(work: Writer, campaign_id: UUID) -> dict[str, Any]:
    actions.pause(work, campaign_id)
    return _now(work, campaign_id)


@router.post("/campaigns/{campaign_id}/resume")
def resume(work: Writer, campaign_id: UUID) -> dict[str, Any]:
    actions.resume(work, campaign_id)
    return _now(work, campaign_id)


@router.post("/campaigns/{campaign_id}/cancel")
def cancel(work: Writer, campaign_id: UUID) -> dict[str, Any]:
    actions.cancel(work, campaign_id)
    return _now(work, campaign_id)


@router.get("/campaigns/{campaign_id}/recipients")
def list_recipients(
    work: Reader, campaign_id: UUID, state: str = "", cursor: Cursor = None, limit: Limit = 50
) -> dict[str, Any]:
    return page(queries.recipients(work, campaign_id, state=state, cursor=cursor, limit=limit), _recipient)


@router.get("/campaigns/{campaign_id}/recipients.csv", response_class=PlainTextResponse)
def recipients_csv(work: Reader, campaign_id: UUID, state: str = "") -> Response:
    return Response(queries.recipients_csv(work, campaign_id, state=state), media_type="text/csv; charset=utf-8")


def _now(work: Work, campaign_id: UUID) -> dict[str, Any]:
    work.session.flush()
    return shape(queries.campaign(work, campaign_id))


def _recipient(row: queries.RecipientRow) -> dict[str, Any]:
    times = {"sent": row.sent_at, "delivered": row.delivered_at, "read": row.read_at, "failed": row.failed_at}
    reason = {"code": row.reason_code, "text": row.reason_code, "retryable": row.reason_code in RETRYABLE}
    return {
        "id": str(row.id),
        "contact_id": plain(row.contact_id),
        "phone": row.phone,
        "state": "pending" if row.state in ("queued", "claimed") else row.state,
        "reason": reason if row.reason_code else None,
        "provider_id": row.provider_id,
        "timeline": [{"state": state, "at": plain(at)} for state, at in times.items() if at],
    }
