"""Message templates as the provider keeps them, mirrored here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from masteria.api.door import Caller, needs, router
from masteria.api.shapes import Body, Cursor, Limit, Listed, Search, Shape, listed, sorted_by
from masteria.core.work import work_as
from masteria.enums import Permission, TemplateStatus
from masteria.flows import templates as mirroring
from masteria.queries import settings as found
from masteria.queries.settings import TemplateRow

routes = router("templates")
Sort = Annotated[str, sorted_by(found.TEMPLATE_SORTS)]


class Template(Shape):
    id: UUID
    connection_id: UUID
    name: str
    language: str
    category: str
    status: TemplateStatus
    body: str
    header: str | None
    footer: str | None
    buttons: list[dict[str, Any]]
    variables: list[str]
    quality: str | None
    rejected_reason: str | None
    synced_at: datetime
    created_at: datetime


class Sync(Body):
    connection_id: UUID


class Synced(Shape):
    connection_id: UUID
    count: int


@routes.get("/templates", dependencies=[needs(Permission.READ_TEMPLATES)])
def list_templates(
    caller: Caller,
    limit: Limit = 50,
    cursor: Cursor = None,
    sort: Sort = found.TEMPLATE_SORTS.usual,
    q: Search = "",
    connection_id: UUID | None = None,
    status: TemplateStatus | None = None,
) -> Listed[Template]:
    """All, or those of one number, in one status, with `q` in their name or body."""
    with work_as(caller) as work:
        page = found.templates(
            work, q=q, connection_id=connection_id, status=status or "", sort=sort, cursor=cursor, limit=limit
        )
    return listed(_shown, page)


@routes.post("/templates/sync", dependencies=[needs(Permission.EDIT_TEMPLATES)])
def sync(caller: Caller, body: Sync) -> Synced:
    """Fetch all templates of the number's account now."""
    return Synced(connection_id=body.connection_id, count=mirroring.sync(caller, body.connection_id))


@routes.get("/templates/{template_id}", dependencies=[needs(Permission.READ_TEMPLATES)])
def get(caller: Caller, template_id: UUID) -> Template:
    """One template."""
    with work_as(caller) as work:
        return _shown(found.template(work, template_id))


def _shown(row: TemplateRow) -> Template:
    parts = {part.get("type"): part for part in row.components}
    values = {name: getattr(row, name) for name in TemplateRow.__dataclass_fields__ if name in Template.model_fields}
    return Template(
        **values,
        header=parts.get("HEADER", {}).get("text"),
        footer=parts.get("FOOTER", {}).get("text"),
        buttons=list(_buttons(row)),
    )


def _buttons(row: TemplateRow) -> Iterator[dict[str, Any]]:
    for part in row.components:
        if part.get("type") == "BUTTONS":
            yield from part.get("buttons", [])
