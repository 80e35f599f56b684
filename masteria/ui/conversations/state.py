"""Conversations: the list and one thread, live; replying within the 24 hours."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import reflex as rx

from masteria.actions import inbox as actions
from masteria.core.work import Work
from masteria.enums import Permission, Topic
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, Invalid, NotFound
from masteria.kit.ids import new_id, parse_id
from masteria.queries import inbox, team
from masteria.ui.guard import needs
from masteria.ui.live import ANY
from masteria.ui.screen import Screen, explain
from masteria.ui.texts import phone, reason

PAGE = 40


@dataclass
class Row:
    id: str
    name: str
    initials: str
    text: str
    time: str
    unread: int


@dataclass
class Bubble:
    id: str
    own: bool
    kind: str
    text: str
    time: str
    state: str
    why: str
    campaign: str
    can_retry: bool


@dataclass
class Colleague:
    id: str
    name: str


class ConversationsState(Screen, rx.State):
    rows: list[Row] = []
    q: str = ""
    loaded: bool = False
    more_rows: bool = False
    open_id: str = ""
    title: str = ""
    phone: str = ""
    bubbles: list[Bubble] = []
    older: bool = False
    can_write: bool = False
    window: str = ""
    problem: str = ""
    client_id: str = ""
    colleagues: list[Colleague] = []
    assignee_id: str = ""
    assignee: str = ""
    _pages: int = 1
    _list_pages: int = 1

    @rx.event
    @needs(Permission.READ_CONVERSATIONS)
    async def enter(self):
        """Open the list, and the conversation of the address if there is one."""
        asked = self._argument("conversation_id")
        if asked != self.open_id:
            self.bubbles, self.problem, self._pages = [], "", 1
        self.open_id = asked
        self._watch(ConversationsState.load, (Topic.CONVERSATION, ANY))
        await self._load()
        if self.open_id:
            await self._seen()

    @rx.event
    @needs(Permission.READ_CONVERSATIONS)
    async def load(self):
        """Something was said."""
        await self._load()

    @rx.event
    @needs(Permission.READ_CONVERSATIONS)
    async def search(self, text: str):
        self.q = str(text)[:80]
        await self._load()

    @rx.event
    @needs(Permission.READ_CONVERSATIONS)
    async def show_older(self):
        self._pages = min(self._pages + 1, 5)
        await self._load()

    @rx.event
    @needs(Permission.READ_CONVERSATIONS)
    async def show_more(self):
        self._list_pages = min(self._list_pages + 1, 5)
        await self._load()

    @rx.event
    @needs(Permission.SEND_MESSAGES)
    async def send(self, form: dict[str, str]):
        """Queue the answer; a double Enter is one message, since both carry the same mark."""
        text, mark = str(form.get("text", "")), self.client_id or str(new_id())
        self.problem = ""
        if not text.strip():
            return
        try:
            await self._run(actions.reply, parse_id(self.open_id), text, client_id=mark)
            self.client_id = str(new_id())
        except (Conflict, Invalid) as error:
            self.problem = explain(error, self._language())
        await self._load()

    @rx.event
    @needs(Permission.SEND_MESSAGES)
    async def retry(self, message_id: str):
        await self._run(actions.retry, parse_id(message_id))
        await self._load()

    @rx.event
    @needs(Permission.EDIT_CONVERSATIONS)
    async def assign(self, person_id: str):
        """From now on this colleague answers; empty: nobody in particular."""
        try:
            to = parse_id(person_id) if person_id else None
            name = await self._run(actions.assign, parse_id(self.open_id), to)
        except Conflict as error:
            return rx.toast.error(explain(error, self._language()))
        await self._load()
        said = self._say("inbox.assigned", name=name) if name else self._say("inbox.unassigned")
        return [rx.toast.success(said), *([rx.redirect("/conversations")] if not self.open_id else [])]

    async def _seen(self) -> None:
        if any(r.id == self.open_id and r.unread for r in self.rows):
            await self._run(_mark_read, parse_id(self.open_id))

    async def _load(self) -> None:
        page = await self._run(inbox.list_conversations, q=self.q, limit=PAGE * self._list_pages)
        self.rows = [self._row(row) for row in page.rows]
        self.more_rows = page.next_cursor is not None and self._list_pages < 5
        if self.open_id:
            try:
                await self._load_thread(parse_id(self.open_id))
            except NotFound:
                if not self.bubbles:
                    raise
                self.open_id, self.bubbles, self.title, self.phone = "", [], "", ""  # somebody else's by now
        self.client_id = self.client_id or str(new_id())
        self.loaded = True

    async def _load_thread(self, conversation_id: UUID) -> None:
        head = await self._run(inbox.conversation, conversation_id)
        page = await self._run(inbox.thread, conversation_id, limit=PAGE * self._pages)
        self.assignee_id, self.assignee = str(head.assignee_id or ""), head.assignee_name or ""
        self.colleagues = [Colleague(str(i), name) for i, name in await self._run(_colleagues)]
        self.title, self.phone = head.name or phone(head.phone), phone(head.phone)
        self.bubbles = [self._bubble(row) for row in reversed(page.rows)]
        self.older = page.next_cursor is not None and self._pages < 5
        self.can_write = head.window_expires_at is not None and head.window_expires_at > now()
        self.window = self._say("inbox.window", time=self._moment(head.window_expires_at)) if self.can_write else ""

    def _row(self, row: inbox.ConversationRow) -> Row:
        name = row.name or phone(row.phone)
        initials = "".join(part[0] for part in name.split()[:2]).upper()
        return Row(
            str(row.id), name, initials, row.last_message_text, self._moment(row.last_message_at), row.unread_count
        )

    def _bubble(self, row: inbox.MessageRow) -> Bubble:
        own = row.direction == "outbound"
        return Bubble(
            str(row.id),
            own,
            row.kind,
            row.text,
            self._moment(row.at),
            row.state or "",
            reason(self._language(), row.reason_code) if row.state in ("failed", "in_doubt", "skipped") else "",
            row.author or "" if row.campaign_id else "",
            own and row.campaign_id is None and row.state in ("failed", "in_doubt"),
        )


def _mark_read(work: Work, conversation_id: UUID) -> None:
    if work.actor.may(Permission.EDIT_CONVERSATIONS):
        actions.mark_read(work, conversation_id)


def _colleagues(work: Work) -> list[tuple[UUID, str]]:
    return team.answering(work) if work.actor.may(Permission.EDIT_CONVERSATIONS) else []
