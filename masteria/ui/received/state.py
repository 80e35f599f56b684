"""What WhatsApp told us: the list of bodies, and one of them with its events and what each did."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import reflex as rx

from masteria.actions import inbound_events as actions
from masteria.enums import IntakeState, Permission, Topic
from masteria.kit.clock import now
from masteria.kit.errors import NotFound
from masteria.kit.ids import parse_id
from masteria.queries import intake as queries
from masteria.queries import settings as found
from masteria.queries.intake import EventRow, InboundRow
from masteria.ui.guard import needs
from masteria.ui.live import ANY
from masteria.ui.received.words import did_words, event_line, kind_words, problem_words
from masteria.ui.screen import Screen

PAGE, MOST_PAGES = 30, 4
SHOWN_EVENTS = 100
SHOWN_LETTERS = 200_000  # of a body on the screen; the API has it whole
SINCE = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}


@dataclass
class Row:
    id: str
    what: str
    line: str
    did: str
    channel: str
    state: str
    at: str
    href: str


@dataclass
class Event:
    kind: str
    line: str
    did: str
    tone: str
    text: str


@dataclass
class Body:
    """One body as the page shows it."""

    id: str = ""
    channel: str = ""
    state: str = ""
    at: str = ""
    done_at: str = ""
    size: str = ""
    problem: str = ""
    detail: str = ""
    counts: str = ""
    raw: str = ""
    more: str = ""
    is_cut: bool = False


class ReceivedState(Screen, rx.State):
    rows: list[Row] = []
    channels: list[tuple[str, str]] = []
    channel: str = ""
    state: str = ""
    since: str = ""
    loaded: bool = False
    has_more: bool = False
    _pages: int = 1

    @rx.event
    @needs(Permission.READ_MESSAGES)
    async def enter(self):
        """Open the list."""
        self._watch(ReceivedState.load, (Topic.INTAKE, ANY))
        self._pages = 1
        self.channels = [(str(row.id), row.name) for row in (await self._run(found.connections)).rows]
        await self._load()

    @rx.event
    @needs(Permission.READ_MESSAGES)
    async def load(self):
        """Read again."""
        await self._load()

    @rx.event
    @needs(Permission.READ_MESSAGES)
    async def choose_channel(self, value: str):
        self.channel = str(value)
        await self._load()

    @rx.event
    @needs(Permission.READ_MESSAGES)
    async def choose_state(self, value: str):
        self.state = value if value in tuple(IntakeState) else ""
        await self._load()

    @rx.event
    @needs(Permission.READ_MESSAGES)
    async def choose_since(self, value: str):
        self.since = value if value in SINCE else ""
        await self._load()

    @rx.event
    @needs(Permission.READ_MESSAGES)
    async def clear(self):
        self.channel, self.state, self.since = "", "", ""
        await self._load()

    @rx.event
    @needs(Permission.READ_MESSAGES)
    async def more(self):
        self._pages = min(self._pages + 1, MOST_PAGES)
        await self._load()

    async def _load(self) -> None:
        page = await self._run(
            queries.inbound_events,
            connection_id=parse_id(self.channel) if self.channel else None,
            state=IntakeState(self.state) if self.state else None,
            since=now() - SINCE[self.since] if self.since else None,
            limit=PAGE * self._pages,
        )
        self.rows = [self._row(row) for row in page.rows]
        self.has_more = bool(page.next_cursor) and self._pages < MOST_PAGES
        self.loaded = True

    def _row(self, row: InboundRow) -> Row:
        return Row(
            str(row.id),
            _summed(self._language(), Counter(event.kind for event in row.events)) or self._say("received.nothing"),
            _first_line(self._language(), row),
            _effects(self._language(), row.counts),
            row.connection_name,
            row.state,
            self._moment(row.created_at),
            f"/channels/received/{row.id}",
        )


class BodyState(Screen, rx.State):
    body: Body = Body()
    events: list[Event] = []
    loaded: bool = False
    missing: bool = False
    _id: str = ""

    @rx.event
    @needs(Permission.READ_MESSAGES)
    async def enter(self):
        """Open one body and follow it."""
        asked = self._argument("event_id")
        if asked != self._id:
            self._id, self.loaded, self.missing, self.events, self.body = asked, False, False, [], Body()
        self._watch(BodyState.load, (Topic.INTAKE, ANY))
        await self._load()

    @rx.event
    @needs(Permission.READ_MESSAGES)
    async def load(self):
        """It may have been read by now."""
        if self.body.state != IntakeState.DONE:
            await self._load()

    @rx.event
    @needs(Permission.EDIT_CONNECTIONS)
    async def again(self):
        await self._run(actions.reprocess, self._asked())
        await self._load()
        return rx.toast.success(self._say("received.again_done"))

    @rx.event
    @needs(Permission.READ_MESSAGES)
    async def copied(self):
        return rx.toast.success(self._say("received.copied"))

    def _asked(self) -> UUID:
        return parse_id(self._id)

    async def _load(self) -> None:
        try:
            row = await self._run(queries.inbound_event, self._asked())
        except NotFound:
            self.missing, self.loaded = True, True
            return
        self.body, self.loaded = self._shown(row), True
        self.events = [self._event(event, row.state) for event in row.events[:SHOWN_EVENTS]]

    def _shown(self, row: InboundRow) -> Body:
        raw = json.dumps(row.body, ensure_ascii=False, indent=2)
        left = len(row.events) - SHOWN_EVENTS
        return Body(
            id=str(row.id),
            channel=row.connection_name,
            state=row.state,
            at=self._moment(row.created_at),
            done_at=self._moment(row.processed_at),
            size=self._say("received.size", size=self._number(max(1, row.size // 1024))),
            problem=problem_words(self._language(), row.error) if row.state == IntakeState.PARKED else "",
            detail=row.error or "",
            counts=_effects(self._language(), row.counts),
            raw=raw[:SHOWN_LETTERS],
            more=self._say("received.more_events", count=left) if left > 0 else "",
            is_cut=len(raw) > SHOWN_LETTERS,
        )

    def _event(self, event: EventRow, state: str) -> Event:
        language = self._language()
        did, tone = did_words(language, event.did, is_waiting=state == IntakeState.WAITING)
        text = json.dumps({"kind": event.kind, **event.fields}, ensure_ascii=False, indent=2)
        return Event(kind_words(language, event.kind), event_line(language, event), did, tone, text)


def _summed(language: str, kinds: Counter[str]) -> str:
    """`Mensagem × 2 · Situação de envio × 3`."""
    return " · ".join(_times(kind_words(language, kind), count) for kind, count in kinds.most_common())


def _first_line(language: str, row: InboundRow) -> str:
    """Who and what, of the first event that has anything to say."""
    return next((line for event in row.events if (line := event_line(language, event))), "")


def _effects(language: str, counts: dict[str, int]) -> str:
    return " · ".join(_times(did_words(language, name)[0], count) for name, count in counts.items())


def _times(word: str, count: int) -> str:
    return word if count == 1 else f"{word} ×\u00a0{count}"
