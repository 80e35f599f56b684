"""Campaigns: the list, and one campaign live with its counts and people."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from masteria.actions import campaigns as actions
from masteria.enums import Permission, Topic
from masteria.kit.ids import parse_id
from masteria.queries import campaigns as queries
from masteria.ui.guard import needs
from masteria.ui.live import ANY
from masteria.ui.screen import Screen
from masteria.ui.texts import phone, reason

RECIPIENTS = 50


@dataclass
class Row:
    id: str
    name: str
    state: str
    channel: str
    when: str
    total: str
    done_percent: int
    delivered: str
    read: str
    failed: str
    href: str


@dataclass
class Progress:
    """One campaign as the page shows it; numbers are ready to read."""

    id: str = ""
    name: str = ""
    state: str = ""
    shown_state: str = ""
    why: str = ""
    channel: str = ""
    what: str = ""
    total: str = "0"
    done: str = "0"
    percent: int = 0
    pending: str = "0"
    sending: str = "0"
    sent: str = "0"
    delivered: str = "0"
    read: str = "0"
    failed: str = "0"
    skipped: str = "0"
    in_doubt: str = "0"
    replied: str = "0"
    has_doubt: bool = False
    rate: str = ""
    eta: str = ""
    starts: str = ""


@dataclass
class Person:
    id: str
    name: str
    phone: str
    state: str
    why: str
    at: str


class CampaignsState(Screen, rx.State):
    rows: list[Row] = []
    loaded: bool = False
    next_cursor: str = ""
    _pages: int = 1

    @rx.event
    @needs(Permission.READ_CAMPAIGNS)
    async def enter(self):
        """Open the list."""
        self._watch(CampaignsState.load, (Topic.CAMPAIGN, ANY))
        self._pages = 1
        await self._load()

    @rx.event
    @needs(Permission.READ_CAMPAIGNS)
    async def load(self):
        """Read again."""
        await self._load()

    @rx.event
    @needs(Permission.READ_CAMPAIGNS)
    async def more(self):
        self._pages = min(self._pages + 1, 4)
        await self._load()

    async def _load(self) -> None:
        page = await self._run(queries.list_campaigns, limit=40 * self._pages)
        self.rows = [self._row(row) for row in page.rows]
        self.next_cursor = (page.next_cursor or "") if self._pages < 4 else ""
        self.loaded = True

    def _row(self, row: queries.CampaignRow) -> Row:
        counts = row.counts
        at = row.due_at if row.state == "scheduled" else row.launched_at or row.created_at
        return Row(
            str(row.id),
            row.name,
            shown_state(row),
            row.connection_name,
            self._moment(at),
            self._number(counts.total),
            percent(counts),
            self._number(counts.delivered + counts.read),
            self._number(counts.read),
            self._number(counts.failed),
            f"/campaigns/new?id={row.id}" if row.state == "draft" else f"/campaigns/{row.id}",
        )


class CampaignState(Screen, rx.State):
    campaign: Progress = Progress()
    people: list[Person] = []
    shown: str = ""
    loaded: bool = False
    asking: bool = False
    _id: str = ""

    @rx.event
    @needs(Permission.READ_CAMPAIGNS)
    async def enter(self):
        """Open one campaign and follow it."""
        asked = self._argument("campaign_id")
        if asked != self._id:
            self._id, self.shown, self.loaded, self.people = asked, "", False, []
        self.asking = False
        self._watch(CampaignState.load, (Topic.CAMPAIGN, self._id))
        await self._load()

    @rx.event
    @needs(Permission.READ_CAMPAIGNS)
    async def load(self):
        """Its counts changed."""
        await self._load()

    @rx.event
    @needs(Permission.READ_CAMPAIGNS)
    async def show(self, state: str):
        """People in one state only; the same again shows all."""
        wanted = str(state)
        self.shown = "" if wanted == self.shown or wanted not in queries.GROUPS else wanted
        await self._load()

    @rx.event
    @needs(Permission.EDIT_CAMPAIGNS)
    async def pause(self):
        await self._run(actions.pause, parse_id(self._id))
        await self._load()

    @rx.event
    @needs(Permission.EDIT_CAMPAIGNS)
    async def resume(self):
        await self._run(actions.resume, parse_id(self._id))
        await self._load()

    @rx.event
    @needs(Permission.EDIT_CAMPAIGNS)
    def ask_cancel(self):
        self.asking = True

    @rx.event
    @needs(Permission.EDIT_CAMPAIGNS)
    def keep(self):
        self.asking = False

    @rx.event
    @needs(Permission.EDIT_CAMPAIGNS)
    async def cancel(self):
        self.asking = False
        await self._run(actions.cancel, parse_id(self._id))
        await self._load()

    async def _load(self) -> None:
        campaign_id = parse_id(self._id)
        row = await self._run(queries.campaign, campaign_id)
        page = await self._run(queries.recipients, campaign_id, state=self.shown, limit=RECIPIENTS)
        self.campaign = self._progress(row)
        self.people = [self._person(found) for found in page.rows]
        self.loaded = True

    def _progress(self, row: queries.CampaignRow) -> Progress:
        counts = row.counts
        numbers = {name: self._number(getattr(counts, name)) for name in (*queries.GROUPS, "replied", "total", "done")}
        return Progress(
            id=str(row.id),
            name=row.name,
            state=row.state,
            shown_state=shown_state(row),
            why=self._why(row),
            channel=row.connection_name,
            what=row.template_name or row.body[:120],
            percent=percent(counts),
            has_doubt=counts.in_doubt > 0,
            rate=self._number(row.rate) if row.rate else "",
            eta=self._say("campaign.eta", time=self._moment(row.eta)) if row.eta else "",
            starts=self._say("campaign.starts", time=self._moment(row.due_at)) if row.state == "scheduled" else "",
            **numbers,
        )

    def _why(self, row: queries.CampaignRow) -> str:
        """Why it stands, and of one that rests when it tries again."""
        why = reason(self._language(), row.state_reason)
        again = self._say("campaign.tries_again", time=self._moment(row.held_until)) if row.held_until else ""
        return f"{why} {again}".strip()

    def _person(self, row: queries.RecipientRow) -> Person:
        at = row.read_at or row.delivered_at or row.sent_at or row.failed_at or row.state_at
        why = reason(self._language(), row.reason_code)
        return Person(str(row.id), row.name or "", phone(row.phone), row.state, why, self._moment(at))


def shown_state(row: queries.CampaignRow) -> str:
    """The state in one word; one that rests for a while is running all the same."""
    return "held" if row.held_until else row.state


def percent(counts: queries.Counts) -> int:
    """How much of it is over, 0 to 100; 100 only when all is."""
    return counts.done * 100 // counts.total if counts.total else 0
