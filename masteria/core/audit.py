"""Before and after, for the audit trail: what a person's or program's transaction changed, secrets masked.

An action says once what happened and to which row (`actions/activity.py`). What became of the row is read here from the
session itself, at the flush that writes the entry down, so no action lists its fields and none can forget one. The
product's own steps are not watched: their entries tell the reason instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, Session
from sqlalchemy.orm.attributes import instance_state

from masteria.kit.sealing import masked
from masteria.models import Activity
from masteria.models.base import Row
from masteria.models.sealed import Sealed

HIDDEN = "•••"
LONGEST = 2000  # characters of one value
_BOOKKEEPING = frozenset({"id", "company_id", "created_at", "changed_at"})
_EMPTY = (None, "", [], {})

# Who is forgotten is forgotten here too: the entries stay, with the names of the fields.
FORGET = f"""create function app.forget_changes(subject uuid) returns void language sql volatile
security definer set search_path = app, pg_temp as $$
  update app.activity set
    before = coalesce((select jsonb_object_agg(key, '{HIDDEN}') from jsonb_each(before)), '{{}}'),
    after = coalesce((select jsonb_object_agg(key, '{HIDDEN}') from jsonb_each(after)), '{{}}')
  where company_id = app.current_company() and subject_id = subject and subject_kind = 'contact' $$"""


class Watch:
    """Of one session: the first value of each column that changed, until an entry tells of its row."""

    def __init__(self) -> None:
        self._old: dict[UUID, dict[str, Any]] = {}
        self._made: set[UUID] = set()
        self._rows: dict[UUID, Row] = {}

    @property
    def unmentioned(self) -> set[UUID]:
        """Rows that were changed or made and that no entry told of."""
        return self._made | {row_id for row_id, old in self._old.items() if old}

    def expect(self, entry: Activity, row: Row) -> None:
        """This entry is about this row."""
        self._rows[entry.id] = row

    def look(self, session: Session) -> None:
        """Before each flush: note what changed, and fill in the entries that are about to be written."""
        self._made |= {row.id for row in session.new if isinstance(row, Row)}
        for row in session.dirty:
            if isinstance(row, Row):
                self._note(row)
        for entry in session.new:
            if isinstance(entry, Activity) and (row := self._rows.pop(entry.id, None)) is not None:
                self._fill(entry, row, is_going=row in session.deleted)

    def _note(self, row: Row) -> None:
        old, state = self._old.setdefault(row.id, {}), instance_state(row)
        for name in _columns(state.mapper):
            before = state.attrs[name].history.deleted
            if before:
                old.setdefault(name, before[0])

    def _fill(self, entry: Activity, row: Row, *, is_going: bool) -> None:
        old, is_new = self._old.pop(row.id, {}), row.id in self._made or entry.happened.endswith(".created")
        self._made.discard(row.id)
        values = {name: getattr(row, name) for name in _columns(instance_state(row).mapper)}
        if is_new:
            entry.after = _shown(row, {n: v for n, v in values.items() if v not in _EMPTY})
        elif is_going:
            kept = {n: v for n, v in values.items() if v not in _EMPTY}
            entry.before = _shown(row, {n: HIDDEN if n in row.personal else v for n, v in kept.items()})
        else:
            changed = [name for name, value in old.items() if value != values[name]]
            entry.before = _shown(row, {name: old[name] for name in changed})
            entry.after = _shown(row, {name: values[name] for name in changed})


@cache
def _columns(mapper: Mapper[Any]) -> Mapping[str, bool]:
    """The columns that are told, and whether each is a secret. Hashes are not told at all."""
    hidden = _BOOKKEEPING | mapper.class_.untold
    told = {key: column.type for key, column in mapper.columns.items() if key not in hidden}
    return {key: isinstance(kind, Sealed) for key, kind in told.items() if not isinstance(kind, sa.LargeBinary)}


def _shown(row: Row, values: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON: secrets by their last four characters, long values cut."""
    secrets = _columns(instance_state(row).mapper)
    return {name: masked(value) if secrets[name] and value else _short(value) for name, value in values.items()}


def _short(value: Any) -> Any:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=_plain)
    if len(text) > LONGEST:
        return text[:LONGEST] + "…"
    return text if isinstance(value, str) else json.loads(text)


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
