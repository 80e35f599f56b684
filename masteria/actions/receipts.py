"""Statuses that webhooks bring: a bulk, forward-only merge into the ledger. They also settle what is in doubt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from masteria.actions import tally
from masteria.channels.base import Receipt
from masteria.core.work import Work
from masteria.enums import Topic

RANK = {"sent": 1, "delivered": 2, "read": 3, "played": 3, "failed": 4}
FAILED = RANK["failed"]


@dataclass(slots=True)
class _Merged:
    """All receipts of one message in a batch: the furthest state and the first time of each."""

    key: str
    provider_id: str
    best: int = 0
    failed: bool = False
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    read_at: datetime | None = None
    failed_at: datetime | None = None
    code: str | None = None

    def add(self, receipt: Receipt, rank: int) -> None:
        if rank == FAILED:
            self.failed, self.code = True, receipt.error_code or self.code
        else:
            self.best = max(self.best, rank)
        name = ("", "sent_at", "delivered_at", "read_at", "failed_at")[rank]
        known: datetime | None = getattr(self, name)
        setattr(self, name, receipt.at if known is None else min(known, receipt.at))


def merge_statuses(work: Work, connection_id: UUID, receipts: Iterable[Receipt]) -> None:
    """Apply receipts in any order, any number of times. What belongs to no message yet is kept for later."""
    echoed: dict[str, dict[str, _Merged]] = {"r": {}, "m": {}}
    plain: dict[str, list[Receipt]] = {}
    for receipt in receipts:
        rank = RANK.get(receipt.status)
        kind, row_id = _echo(receipt.opaque)
        if rank is None:
            continue
        if row_id is None:
            plain.setdefault(receipt.external_id, []).append(receipt)
        else:
            echoed[kind].setdefault(row_id, _Merged(row_id, receipt.external_id)).add(receipt, rank)
    _merge(work, "recipient", list(echoed["r"].values()))
    _merge(work, "message", list(echoed["m"].values()))
    _merge_by_provider(work, connection_id, plain)


def settle_strays(work: Work, connection_id: UUID) -> None:
    """Statuses that came before their message was written down."""
    rows = work.execute(
        """with known as (select s.id from stray_status s
             where s.company_id = :company and s.connection_id = :connection
               and (exists (select from recipient r where r.company_id = :company and r.provider_id = s.external_id)
                 or exists (select from message m where m.company_id = :company and m.external_id = s.external_id))
             limit 1000 for update skip locked)
           delete from stray_status s using known where s.id = known.id
           returning s.external_id, s.status, s.happened_at, s.error_code""",
        {"connection": connection_id, "company": work.company_id},
    ).all()
    if rows:
        found = [Receipt(r.external_id, None, r.status, r.happened_at, r.error_code) for r in rows]
        merge_statuses(work, connection_id, found)


def _echo(opaque: str | None) -> tuple[str, str | None]:
    kind, _, row_id = (opaque or "").partition(":")
    if kind not in ("r", "m"):
        return "", None
    try:
        return kind, str(UUID(row_id))
    except ValueError:
        return "", None


def _merge_by_provider(work: Work, connection_id: UUID, plain: dict[str, list[Receipt]]) -> None:
    if not plain:
        return
    found: dict[str, dict[str, str]] = {}
    for table, column in (("recipient", "provider_id"), ("message", "external_id")):
        rows = work.execute(
            f"select {column} as key, cast(id as text) as id from {table} "
            f"where company_id = :company and {column} = any(:ids)",
            {"company": work.company_id, "ids": list(plain)},
        )
        found[table] = {row.key: row.id for row in rows}
    for table, ids in found.items():
        merged = []
        for external_id, row_id in ids.items():
            one = _Merged(row_id, external_id)
            for receipt in plain[external_id]:
                one.add(receipt, RANK[receipt.status])
            merged.append(one)
        _merge(work, table, merged)
    known = found["recipient"].keys() | found["message"].keys()
    _keep(work, connection_id, [r for key, rs in plain.items() if key not in known for r in rs])


def _keep(work: Work, connection_id: UUID, receipts: list[Receipt]) -> None:
    if not receipts:
        return
    work.execute(
        """insert into stray_status (id, company_id, connection_id, external_id, status, happened_at, error_code,
             created_at, changed_at)
           select uuidv7(), :company, :connection, v.e, v.s, v.t, v.c, now(), now()
           from unnest(cast(:e as text[]), cast(:s as text[]), cast(:t as timestamptz[]), cast(:c as text[]))
             v(e, s, t, c)
           on conflict do nothing""",
        {
            "company": work.company_id,
            "connection": connection_id,
            "e": [r.external_id for r in receipts],
            "s": [r.status for r in receipts],
            "t": [r.at for r in receipts],
            "c": [r.error_code for r in receipts],
        },
    )


def _merge(work: Work, table: str, merged: list[_Merged]) -> None:
    """One statement, rows in the order of their ids so that two merges cannot lock each other."""
    if not merged:
        return
    merged.sort(key=lambda m: m.key)
    provider, parent, topic, stamp = _SHAPES[table]
    query = _MERGE.format(table=table, provider=provider, stamp=stamp)
    query = tally.counted(query, parent) if table == "recipient" else f"{query} returning r.{parent}"
    for row_id in set(work.execute(query, _columns(work, merged)).scalars()):
        work.announce(topic, row_id)


def _columns(work: Work, merged: list[_Merged]) -> dict[str, Any]:
    return {
        "company": work.company_id,
        "ids": [m.key for m in merged],
        "providers": [m.provider_id for m in merged],
        "best": [m.best for m in merged],
        "failed": [m.failed for m in merged],
        "sent": [m.sent_at for m in merged],
        "delivered": [m.delivered_at for m in merged],
        "read": [m.read_at for m in merged],
        "failures": [m.failed_at for m in merged],
        "codes": [m.code for m in merged],
    }


_SHAPES = {
    "recipient": ("provider_id", "campaign_id", Topic.CAMPAIGN, "state_at"),
    "message": ("external_id", "conversation_id", Topic.CONVERSATION, "changed_at"),
}
# failed is final unless a delivery is known; a later delivery wins over an earlier failure; read implies delivered
# The locked rows carry the values with them: joining two lists of unknown length, the planner would loop over both.
_MERGE = """with locked as materialized (
  select v.* from unnest(
    cast(:ids as uuid[]), cast(:providers as text[]), cast(:best as int[]), cast(:failed as bool[]),
    cast(:sent as timestamptz[]), cast(:delivered as timestamptz[]), cast(:read as timestamptz[]),
    cast(:failures as timestamptz[]), cast(:codes as text[]))
    as v(id, provider, best, failed, sent, delivered, read, failure, code)
  join {table} t on t.id = v.id where coalesce(t.company_id = :company, false) order by t.id for update of t)
update {table} r set
  state = case when r.state = 'read' or v.best = 3 then 'read'
    when r.state = 'delivered' or v.best = 2 then 'delivered'
    when r.state = 'failed' or v.failed then 'failed'
    else 'sent' end,
  reason_code = case when v.failed then coalesce(v.code, r.reason_code)
    when r.state in ('in_doubt', 'sending') then null else r.reason_code end,
  {provider} = coalesce(r.{provider}, v.provider),
  due_at = null,
  sent_at = least(r.sent_at, v.sent),
  delivered_at = least(r.delivered_at, v.delivered, case when r.delivered_at is null then v.read end),
  read_at = least(r.read_at, v.read),
  failed_at = least(r.failed_at, v.failure),
  {stamp} = now()
from locked v where r.id = v.id"""
