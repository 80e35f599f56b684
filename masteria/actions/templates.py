"""Message templates: what the vendor keeps, mirrored."""

from __future__ import annotations

import json
from uuid import UUID

from masteria.actions import activity
from masteria.channels.base import TemplateInfo
from masteria.core.work import Work
from masteria.enums import Happened, Permission, TemplateStatus, Topic
from masteria.models import Connection

KNOWN = frozenset(TemplateStatus)


def mirror(work: Work, connection_id: UUID, found: list[TemplateInfo]) -> int:
    """Make our copy like the vendor's; what is gone there can no longer be sent here. Returns how many there are."""
    work.require(Permission.EDIT_TEMPLATES)
    connection = work.get(Connection, connection_id)
    rows = [_row(info) for info in found]
    work.execute(_UPSERT, {"company": work.company_id, "connection": connection_id, "rows": json.dumps(rows)})
    work.execute(
        "update template set status = 'unknown', changed_at = now() "
        "where connection_id = :connection and not external_id = any(:ids)",
        {"connection": connection_id, "ids": [info.external_id for info in found]},
    )
    activity.record(work, connection, Happened.TEMPLATES_SYNCED, count=len(found))
    work.announce(Topic.TEMPLATE, connection_id)
    return len(found)


def set_status(work: Work, connection_id: UUID, external_id: str, status: str) -> None:
    """The vendor approved, rejected, paused or disabled one: for every number of the account that signed."""
    known = status if status in KNOWN else TemplateStatus.UNKNOWN
    work.execute(
        "update template set status = :status, changed_at = now() "
        "where company_id = :company and external_id = :id and connection_id in (select c.id from connection c "
        "join connection signer on signer.account_id = c.account_id and signer.id = :connection)",
        {"status": str(known), "company": work.company_id, "connection": connection_id, "id": external_id},
    )
    work.announce(Topic.TEMPLATE, connection_id)


def _row(info: TemplateInfo) -> dict[str, object]:
    return {
        "external_id": info.external_id,
        "name": info.name,
        "language": info.language,
        "category": info.category,
        "status": info.status if info.status in KNOWN else TemplateStatus.UNKNOWN,
        "parameter_format": info.parameter_format,
        "body": info.body,
        "variables": list(info.variables),
        "components": info.components,
        "quality": info.quality,
        "rejected_reason": info.rejected_reason,
    }


_UPSERT = """insert into template (id, company_id, connection_id, external_id, name, language, category, status,
    parameter_format, body, variables, components, quality, rejected_reason, synced_at, created_at, changed_at)
  select gen_random_uuid(), :company, :connection, v.external_id, v.name, v.language, v.category, v.status,
    v.parameter_format, v.body, v.variables, v.components, v.quality, v.rejected_reason, now(), now(), now()
  from jsonb_to_recordset(cast(:rows as jsonb)) v(external_id text, name text, language text, category text, status text,
    parameter_format text, body text, variables text[], components jsonb, quality text, rejected_reason text)
  on conflict (company_id, connection_id, name, language) do update set external_id = excluded.external_id,
    category = excluded.category, status = excluded.status, parameter_format = excluded.parameter_format,
    body = excluded.body, variables = excluded.variables, components = excluded.components,
    quality = excluded.quality, rejected_reason = excluded.rejected_reason, synced_at = now(), changed_at = now()"""
