"""Message templates: what the vendor keeps, mirrored."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import col

from masteria.actions import activity
from masteria.actions.intake import accounts_meant
from masteria.channels.base import TemplateInfo, TemplateTold
from masteria.core.work import Work
from masteria.enums import Effect, Happened, Permission, TemplateStatus, Topic
from masteria.kit.placeholders import HEADER, placeholders_in
from masteria.models import Connection, Template

KNOWN = frozenset(TemplateStatus)
_TOLD = {"status", "rejected_reason", "quality", "category", "components", "body", "variables"}
_PARTS = {"BODY": "body", "HEADER": "title", "FOOTER": "footer"}
_HAPPENED = {
    TemplateStatus.APPROVED: Happened.TEMPLATE_APPROVED,
    TemplateStatus.REJECTED: Happened.TEMPLATE_REJECTED,
    TemplateStatus.PAUSED: Happened.TEMPLATE_PAUSED,
    TemplateStatus.DISABLED: Happened.TEMPLATE_DISABLED,
}


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


def heed(work: Work, told: Sequence[tuple[UUID, TemplateTold]]) -> list[Effect]:
    """What the vendor decided about templates, in order: each for every number of its account. Says what each did."""
    accounts = accounts_meant(work, told)
    known = _known(work, set(accounts), {said.external_id for _, said in told})
    pairs = zip(accounts, told, strict=True)
    return [_heed(work, known.get((account, said.external_id), []), said) for account, (_, said) in pairs]


def _heed(work: Work, rows: list[Template], told: TemplateTold) -> Effect:
    if not rows:
        return Effect.TEMPLATE_UNKNOWN
    changed = [row for row in rows if _changed(row, told)]
    for row in changed:
        for column in _TOLD:  # all of them are written, so many templates are one statement
            flag_modified(row, column)
        happened = _HAPPENED.get(row.status) if told.change == "status" else None
        activity.record(work, row, happened or Happened.TEMPLATE_UPDATED, name=row.name, what=told.change)
        work.announce(Topic.TEMPLATE, row.connection_id)
    if told.change == "category_soon":  # another category is another price: somebody should know beforehand
        activity.record(work, rows[0], Happened.TEMPLATE_UPDATED, what=told.change, category=str(told.value)[:32])
        return Effect.NOTED
    return Effect.TEMPLATE_CHANGED if changed else Effect.REPEAT


def _known(work: Work, accounts: set[str], ids: set[str]) -> dict[tuple[str, str], list[Template]]:
    """The templates with these ids of the vendor on the numbers of these accounts, locked."""
    rows = work.execute(
        "select id, account_id from connection where company_id = :company and account_id = any(:accounts)",
        {"company": work.company_id, "accounts": list(accounts)},
    )
    numbers = {row.id: row.account_id for row in rows}
    query = work.select(Template).where(col(Template.external_id).in_(ids), col(Template.connection_id).in_(numbers))
    query = query.order_by(col(Template.id)).with_for_update().execution_options(populate_existing=True)
    found: dict[tuple[str, str], list[Template]] = {}
    for row in work.session.exec(query):
        found.setdefault((numbers[row.connection_id], row.external_id), []).append(row)
    return found


def _changed(row: Template, told: TemplateTold) -> bool:
    before = row.model_dump(include=_TOLD)
    if told.change == "status" and told.value:
        row.status = TemplateStatus(told.value) if told.value in KNOWN else TemplateStatus.UNKNOWN
        row.rejected_reason = told.reason if row.status == TemplateStatus.REJECTED else None
    elif told.change == "quality" and isinstance(told.value, str):
        row.quality = told.value[:16]
    elif told.change == "category" and isinstance(told.value, str):
        row.category = told.value[:32]
    elif told.change == "components" and isinstance(told.value, dict):
        _rewrite(row, told.value)
    return before != row.model_dump(include=_TOLD)


def _rewrite(row: Template, parts: dict[str, Any]) -> None:
    """The vendor changed the words: placeholders are counted again, parts that it does not name stay."""
    texts = {kind: parts[name] for kind, name in _PARTS.items() if isinstance(parts.get(name), str)}
    row.components = [
        {**part, "text": texts.get(str(part.get("type")), part.get("text"))} if part.get("type") in texts else part
        for part in row.components
    ]
    if "BODY" in texts:
        row.body = texts["BODY"]
        header = [name for name in row.variables if name.startswith(HEADER)]
        row.variables = [*header, *placeholders_in(row.body)]


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
  select uuidv7(), :company, :connection, v.external_id, v.name, v.language, v.category, v.status,
    v.parameter_format, v.body, v.variables, v.components, v.quality, v.rejected_reason, now(), now(), now()
  from jsonb_to_recordset(cast(:rows as jsonb)) v(external_id text, name text, language text, category text, status text,
    parameter_format text, body text, variables text[], components jsonb, quality text, rejected_reason text)
  on conflict (company_id, connection_id, name, language) do update set external_id = excluded.external_id,
    category = excluded.category, status = excluded.status, parameter_format = excluded.parameter_format,
    body = excluded.body, variables = excluded.variables, components = excluded.components,
    quality = excluded.quality, rejected_reason = excluded.rejected_reason, synced_at = now(), changed_at = now()"""
