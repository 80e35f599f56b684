"""Keys of the company's programs: made, changed, revoked. A new key's text goes to the page once and is kept nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import reflex as rx

from masteria.actions import keys as actions
from masteria.enums import Permission
from masteria.kit.clock import now
from masteria.kit.errors import Conflict, Invalid
from masteria.kit.ids import parse_id
from masteria.queries import keys as queries
from masteria.queries.keys import KeyRow
from masteria.ui import identity
from masteria.ui.guard import needs
from masteria.ui.screen import Screen, explain, field_of
from masteria.ui.settings.keys.words import SCOPES, scope_words
from masteria.ui.shown_once import copy, show
from masteria.ui.texts import day

DAYS = ("30", "90", "365", "")  # the last is: never
PLACE = "new-key"  # the element that shows a key


@dataclass
class Key:
    id: str
    name: str
    hint: str
    may: list[str]
    addresses: list[str]
    made: str
    used: str
    ends: str
    state: str
    ends_on: str


class KeysState(Screen, rx.State):
    rows: list[Key] = []
    loaded: bool = False
    dialog: str = ""  # make, made, edit or revoke
    asked: Key = Key("", "", "", [], [], "", "", "", "", "")
    problem: str = ""
    problem_field: str = ""

    @rx.event
    @needs(Permission.ADMIN)
    async def enter(self):
        """Open the page."""
        self._close()
        await self._load()

    @rx.event
    @needs(Permission.ADMIN)
    async def open_form(self):
        self._close()
        self.dialog = "make"

    @rx.event
    @needs(Permission.ADMIN)
    async def edit(self, key_id: str):
        self._ask("edit", key_id)

    @rx.event
    @needs(Permission.ADMIN)
    async def ask_revoke(self, key_id: str):
        self._ask("revoke", key_id)

    @rx.event
    @needs(Permission.ADMIN)
    async def close(self, is_open: bool = False):
        """The dialog is left; a key that was shown is gone with it."""
        if not is_open:
            self._close()

    @rx.event
    @needs(Permission.ADMIN)
    async def make(self, form: dict[str, Any]):
        """A new key from what was chosen."""
        scopes = ["admin"] if form.get("admin") else [scope for scope in SCOPES if form.get(scope)]
        days = form.get("days") if form.get("days") in DAYS else DAYS[1]
        try:
            made = await self._run(
                actions.create_api_key,
                str(form.get("name", "")),
                scopes,
                days=int(str(days)) if days else None,
                addresses=_lines(form),
            )
        except (Invalid, Conflict) as error:
            return self._refused(error)
        self._close()
        self.dialog = "made"
        await self._load()
        return show(new_key=made.key)

    @rx.event
    @needs(Permission.ADMIN)
    async def save(self, form: dict[str, Any]):
        """Another name, other addresses, another end."""
        changes: dict[str, Any] = {"name": str(form.get("name", "")), "addresses": _lines(form)}
        ends_on = str(form.get("ends_on", ""))
        try:
            if ends_on != self.asked.ends_on:
                changes["expires_at"] = _end_of(ends_on)
            await self._run(actions.update_api_key, parse_id(self.asked.id), **changes)
        except (Invalid, Conflict) as error:
            return self._refused(error)
        self._close()
        await self._load()
        return rx.toast.success(self._say("keys.saved"))

    @rx.event
    @needs(Permission.ADMIN)
    async def revoke(self):
        """It opens nothing any more."""
        await self._run(actions.revoke_api_key, parse_id(self.asked.id))
        self._close()
        await self._load()
        return rx.toast.success(self._say("keys.revoked"))

    @rx.event
    @needs(Permission.ADMIN)
    async def copied(self):
        """To the clipboard, and said."""
        return [copy(PLACE), rx.toast.success(self._say("keys.copied"))]

    def _ask(self, dialog: str, key_id: str) -> None:
        self._close()
        found = next((row for row in self.rows if row.id == key_id), None)
        if found is not None:
            self.asked, self.dialog = found, dialog

    def _close(self) -> None:
        self.dialog, self.problem, self.problem_field = "", "", ""

    def _refused(self, error: Invalid | Conflict) -> None:
        self.problem = explain(error, self._language())
        self.problem_field = field_of(error) if isinstance(error, Invalid) else ""

    async def _load(self) -> None:
        page = await self._run(queries.api_keys)
        shown = [self._row(row) for row in page.rows]
        # those that still open something first
        self.rows = sorted(shown, key=lambda row: row.state != "active")
        self.loaded = True

    def _row(self, row: KeyRow) -> Key:
        is_over = row.expires_at is not None and row.expires_at <= now()
        made = self._moment(row.created_at)
        return Key(
            str(row.id),
            row.name,
            row.hint,
            scope_words(self._language(), row.scopes),
            row.addresses,
            self._say("keys.made_by", when=made, who=row.created_by) if row.created_by else made,
            self._moment(row.last_used_at) or self._say("keys.never_used"),
            self._end(row.expires_at),
            "revoked" if row.revoked_at else "expired" if is_over else "active",
            _zoned(row.expires_at - timedelta(seconds=1)).date().isoformat() if row.expires_at else "",
        )

    def _end(self, at: datetime | None) -> str:
        """The last day on which it is good."""
        if at is None:
            return self._say("keys.no_end")
        return day(at - timedelta(seconds=1), self._language(), identity.current().timezone)


def _lines(form: dict[str, Any]) -> list[str]:
    """Addresses as people type them: one a line, or with commas between."""
    return str(form.get("addresses", "")).replace(",", "\n").split("\n")


def _end_of(text: str) -> datetime | None:
    """The end of that day where the company is."""
    if not text:
        return None
    try:
        wanted = date.fromisoformat(text) + timedelta(days=1)
    except (ValueError, OverflowError):
        raise Invalid("ends_on", "unreadable") from None
    return datetime(wanted.year, wanted.month, wanted.day, tzinfo=ZoneInfo(identity.current().timezone))


def _zoned(at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(identity.current().timezone))
