"""Connections and message templates."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field

from masteria.actions import connections as actions
from masteria.api.doors import Needs, WorkRoute, may
from masteria.api.resources.shapes import Body, plain, rows
from masteria.core.access import Actor
from masteria.core.work import Work, work_as
from masteria.enums import Permission
from masteria.flows import connections as flow
from masteria.flows import templates as template_flow
from masteria.queries import settings as queries

router = APIRouter(route_class=WorkRoute, tags=["connections"])
Reader = Annotated[Work, Needs(Permission.READ_CONNECTIONS)]
Writer = Annotated[Work, Needs(Permission.EDIT_CONNECTIONS)]
Person = Annotated[Actor, Depends(may(Permission.EDIT_CONNECTIONS))]
TemplateReader = Annotated[Work, Needs(Permission.READ_TEMPLATES)]
TemplatePerson = Annotated[Actor, Depends(may(Permission.EDIT_TEMPLATES))]


class NewConnection(Body):
    name: str = Field(max_length=120)
    kind: str = "whatsapp_cloud"
    settings: dict[str, str] = Field(max_length=20)


class Changes(Body):
    name: str | None = Field(None, max_length=120)
    settings: dict[str, str] | None = Field(None, max_length=20)


class Sync(Body):
    connection_id: UUID


def shape(row: queries.ConnectionRow) -> dict[str, Any]:
    """A connection as the API shows it; secrets by their last four characters."""
    found = plain(row)
    health = {
        "quality": row.quality,
        "last_event_at": found.pop("last_event_at"),
        "checked_at": found.pop("checked_at"),
    }
    return {**found, "daily_cap": None, "health": health}


@router.get("/connections")
def list_connections(work: Reader) -> dict[str, Any]:
    return rows(queries.connections(work), shape)


@router.post("/connections", status_code=201)
def create_connection(actor: Person, body: NewConnection) -> dict[str, Any]:
    """Asks the provider first: a wrong token is 422 and nothing is kept."""
    return _now(actor, flow.connect(actor, body.name, body.kind, body.settings))


@router.get("/connections/{connection_id}")
def get_connection(work: Reader, connection_id: UUID) -> dict[str, Any]:
    return shape(queries.connection(work, connection_id))


@router.patch("/connections/{connection_id}")
def update_connection(work: Writer, connection_id: UUID, body: Changes) -> dict[str, Any]:
    actions.update(work, connection_id, name=body.name, settings=body.settings)
    work.session.flush()
    return shape(queries.connection(work, connection_id))


@router.delete("/connections/{connection_id}", status_code=204)
def delete_connection(work: Writer, connection_id: UUID) -> None:
    actions.delete(work, connection_id)


@router.post("/connections/{connection_id}/verify")
def verify_connection(actor: Person, connection_id: UUID) -> dict[str, Any]:
    flow.verify(actor, connection_id)
    return _now(actor, connection_id)


@router.get("/templates")
def list_templates(work: TemplateReader, connection_id: UUID | None = None) -> dict[str, Any]:
    return rows(queries.templates(work, connection_id=connection_id))


@router.get("/templates/{template_id}")
def get_template(work: TemplateReader, template_id: UUID) -> dict[str, Any]:
    return plain(queries.template(work, template_id))


@router.post("/templates/sync")
def sync_templates(actor: TemplatePerson, body: Sync) -> dict[str, Any]:
    return {"templates": template_flow.sync(actor, body.connection_id)}


def _now(actor: Actor, connection_id: UUID) -> dict[str, Any]:
    with work_as(actor) as work:
        return shape(queries.connection(work, connection_id))
