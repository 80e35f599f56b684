"""What statuses will do to the messages they are about, told beforehand from how those stand: for the diagnostics.

Read apart from the merge, so that the merge stays one statement. Another worker may come in between; then a line of the
diagnostics says "moved" where it says "repeat", and nothing else is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from masteria.channels.base import Receipt
from masteria.core.work import Work
from masteria.enums import Effect
from masteria.kit.echo import echoed

RANK = {"sent": 1, "delivered": 2, "read": 3}
_TARGET = {"played": "read"}
_MOVED = {word: Effect(f"moved_to_{word}") for word in (*RANK, "failed")}
_TABLES = {"r": ("recipient", "provider_id"), "m": ("message", "external_id")}


@dataclass(slots=True)
class _Standing:
    """A message as it stands; each status is tried on it in turn."""

    state: str
    times: dict[str, datetime | None]

    def take(self, status: str, at: datetime) -> Effect:
        word = _TARGET.get(status, status)
        is_first = self._note(word, at)
        if self._moves_to(word):
            self.state = word
            return _MOVED[word]
        return Effect.TIME_NOTED if is_first else Effect.REPEAT

    def _moves_to(self, word: str) -> bool:
        """Forward only; a failure ends what has not been delivered, and a later delivery wins over it."""
        if word == "failed":
            return self.state not in ("delivered", "read", "failed")
        if self.state == "failed":
            return word != "sent"
        return RANK[word] > RANK.get(self.state, 0)

    def _note(self, word: str, at: datetime) -> bool:
        known = self.times.get(word)
        if known is not None and known <= at:
            return False
        self.times[word] = at
        return True


def effects_of(work: Work, receipts: list[Receipt]) -> list[Effect]:
    """One for each receipt, in order."""
    keys = [echoed(receipt.opaque) or ("p", receipt.external_id) for receipt in receipts]
    found = _rows(work, keys)
    return [_effect(found.get(key), key, receipt) for key, receipt in zip(keys, receipts, strict=True)]


def _effect(row: _Standing | None, key: tuple[str, str], receipt: Receipt) -> Effect:
    if row is not None:
        return row.take(receipt.status, receipt.at)
    return Effect.WAITS if key[0] == "p" else Effect.KEPT


def _rows(work: Work, keys: list[tuple[str, str]]) -> dict[tuple[str, str], _Standing]:
    found: dict[tuple[str, str], _Standing] = {}
    plain = [key for kind, key in keys if kind == "p"]
    for kind, (table, column) in _TABLES.items():
        ids = [key for named, key in keys if named == kind]
        if not ids and not plain:
            continue
        rows = work.execute(
            _READ.format(table=table, column=column), {"company": work.company_id, "ids": ids, "plain": plain}
        )
        for row in rows:
            standing = _Standing(row.state or "", _times(row))
            found[kind, row.id] = standing
            found["p", row.provider] = standing
    return found


def _times(row: Any) -> dict[str, datetime | None]:
    return {"sent": row.sent_at, "delivered": row.delivered_at, "read": row.read_at, "failed": row.failed_at}


_READ = """select cast(id as text) as id, {column} as provider, state, sent_at, delivered_at, read_at, failed_at
  from {table} where company_id = :company
    and (id = any(cast(:ids as uuid[])) or {column} = any(cast(:plain as text[])))"""
