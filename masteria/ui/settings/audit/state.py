"""The audit trail on the screen: filters, a page at a time, each entry in words; the same filters give the file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

import reflex as rx

from masteria.enums import Permission
from masteria.kit.ids import parse_id
from masteria.queries import audit as queries
from masteria.queries.audit import EntryRow, Wanted
from masteria.ui import identity
from masteria.ui.guard import needs
from masteria.ui.screen import Screen
from masteria.ui.settings.audit.words import GLYPHS, GROUPS, Reader, about, changes, did_words, tone

PAGE, MOST = 40, 400  # entries at a time, and on the screen at once; the file has them all
KINDS = ("system", "operator")  # who is neither a person nor a key
EVERYTHING = "all"  # also what the product did by itself, which is left out at first
ADDRESS = "/api/v1/audit-log.csv"


@dataclass
class Change:
    field: str
    before: str
    after: str


@dataclass
class Entry:
    id: str
    who: str
    glyph: str
    did: str
    about: str
    tone: str
    at: str
    exactly: str
    ip: str
    request: str
    changes: list[Change]


class AuditState(Screen, rx.State):
    rows: list[Entry] = []
    people: list[tuple[str, str]] = []
    keys: list[tuple[str, str]] = []
    who: str = ""
    group: str = ""
    since: str = ""
    until: str = ""
    q: str = ""
    file: str = ADDRESS
    loaded: bool = False
    has_more: bool = False
    is_full: bool = False
    _cursor: str = ""

    @rx.event
    @needs(Permission.READ_AUDIT)
    async def enter(self):
        """Open the page."""
        found = await self._run(queries.actors)
        self.people = [(str(row.id), row.name) for row in found if row.kind == "person"]
        self.keys = [(str(row.id), row.name) for row in found if row.kind == "api_key"]
        await self._read()

    @rx.event
    @needs(Permission.READ_AUDIT)
    async def choose_who(self, value: str):
        known = {each for each, _ in (*self.people, *self.keys)}
        self.who = value if value in known or value in (*KINDS, EVERYTHING) else ""
        await self._read()

    @rx.event
    @needs(Permission.READ_AUDIT)
    async def choose_group(self, value: str):
        self.group = value if value in GROUPS else ""
        await self._read()

    @rx.event
    @needs(Permission.READ_AUDIT)
    async def choose_since(self, value: str):
        self.since = value if _day(value) else ""
        await self._read()

    @rx.event
    @needs(Permission.READ_AUDIT)
    async def choose_until(self, value: str):
        self.until = value if _day(value) else ""
        await self._read()

    @rx.event
    @needs(Permission.READ_AUDIT)
    async def search(self, value: str):
        self.q = str(value)[:80]
        await self._read()

    @rx.event
    @needs(Permission.READ_AUDIT)
    async def clear(self):
        """All of it again."""
        self.who, self.group, self.since, self.until, self.q = "", "", "", "", ""
        await self._read()

    @rx.event
    @needs(Permission.READ_AUDIT)
    async def more(self):
        """The next page below."""
        if self._cursor and len(self.rows) < MOST:
            await self._next()

    async def _read(self) -> None:
        self.rows, self._cursor = [], ""
        await self._next()
        self.file = f"{ADDRESS}?{urlencode(self._parameters())}"
        self.loaded = True

    async def _next(self) -> None:
        page = await self._run(queries.entries, self._wanted(), cursor=self._cursor or None, limit=PAGE)
        found = await self._run(queries.names, page.rows)
        known = {**{str(row_id): name for row_id, name in found.items()}, **dict(self.people), **dict(self.keys)}
        reader = Reader(self._language(), identity.current().timezone, known)
        self.rows = [*self.rows, *(self._row(row, reader) for row in page.rows)]
        self._cursor = page.next_cursor or ""
        self.is_full = bool(page.next_cursor) and len(self.rows) >= MOST
        self.has_more = bool(page.next_cursor) and not self.is_full

    def _wanted(self) -> Wanted:
        is_kind = self.who in KINDS
        return Wanted(
            actor_id=self._who(),
            actor_kind=self.who if is_kind else "",
            kinds=GROUPS.get(self.group, ()),
            since=_begin(self.since),
            until=_begin(self.until, days=1),
            q=self.q,
            own_steps=self.who in (EVERYTHING, "system"),
        )

    def _who(self) -> UUID | None:
        return parse_id(self.who) if self.who not in ("", EVERYTHING, *KINDS) else None

    def _parameters(self) -> list[tuple[str, str]]:
        wanted = self._wanted()
        given = [("actor_id", wanted.actor_id), ("actor_kind", wanted.actor_kind), ("q", wanted.q)]
        given += [(name, at.isoformat()) for name, at in (("since", wanted.since), ("until", wanted.until)) if at]
        given += [("kind", kind) for kind in wanted.kinds]
        given += [] if wanted.own_steps else [("own_steps", "false")]
        return [(name, str(value)) for name, value in given if value]

    def _row(self, row: EntryRow, reader: Reader) -> Entry:
        at = row.created_at.astimezone(ZoneInfo(reader.timezone))
        return Entry(
            id=str(row.id),
            who=row.actor_name if row.actor_kind in ("person", "api_key") else reader.say(f"audit.by.{row.actor_kind}"),
            glyph=GLYPHS.get(row.actor_kind, "user-round"),
            did=did_words(reader, row.happened),
            about=about(row) or reader.names.get(str(row.subject_id), ""),
            tone=tone(row.happened),
            at=self._moment(row.created_at),
            exactly=at.isoformat(" ", "seconds"),
            ip=row.ip,
            request=row.request_id,
            changes=[Change(told.field, told.before, told.after) for told in changes(reader, row)],
        )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except (ValueError, TypeError):
        return None


def _begin(text: str, *, days: int = 0) -> datetime | None:
    """When that day (or the one after) begins where the company is."""
    day = _day(text)
    if day is None:
        return None
    try:
        day += timedelta(days=days)
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(identity.current().timezone))
    except OverflowError:
        return None
