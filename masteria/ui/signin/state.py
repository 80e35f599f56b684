"""What the pages before the sign-in show: which step is next, and a refused form's reason with what was typed."""

from __future__ import annotations

import asyncio
from http.cookies import CookieError, SimpleCookie

import reflex as rx

from masteria.actions import accounts, recovery
from masteria.config import settings
from masteria.core import forms
from masteria.enums import TicketPurpose
from masteria.kit.errors import Conflict
from masteria.ui import identity
from masteria.ui.marks import public
from masteria.ui.texts import catalog, tr

DONE = ("reset", "email")


class DoorState(rx.State):
    """Nothing here is believed by anyone."""

    problem: str = ""
    problem_field: str = ""
    done: str = ""
    has_company: bool = True
    may_sign_up: bool = False
    is_open: bool = True
    is_sent: bool = False
    asks_password: bool = True
    is_new_address: bool = False
    setup_link: str = ""
    mailbox: str = ""
    email: str = ""
    company: str = ""
    name: str = ""
    token: str = ""
    next: str = ""

    @rx.event
    @public
    async def enter_login(self):
        """Who is signed in already goes on; before the first company the page says where its link is."""
        query = self.router.url.query_parameters
        self.next = str(query.get("next", ""))
        if await identity.find(self.router.headers.cookie):
            return rx.redirect("/campaigns")
        self._take("login")
        if query.get("problem") == "ended":
            self.problem = tr(identity.language(), "error.session")
        self.done = str(query.get("done")) if query.get("done") in DONE else ""
        self.has_company = not await asyncio.to_thread(accounts.needs_setup)
        self.may_sign_up = settings().sign_up == "open"
        self.setup_link = f"{settings().public_url}/setup?token=…"
        return None

    @rx.event
    @public
    async def enter_setup(self):
        """The form while no company exists and the link is right."""
        self.token = self._asked("token")
        is_free = await asyncio.to_thread(accounts.needs_setup)
        self.is_open = is_free and accounts.setup_token_is_right(self.token)
        self._take("setup")

    @rx.event
    @public
    async def enter_signup(self):
        """The form for a company of one's own, or where to look after it was sent."""
        self._take("signup")
        self._look_sent()
        self.is_open = settings().sign_up == "open" and not await asyncio.to_thread(accounts.needs_setup)

    @rx.event
    @public
    async def enter_forgot(self):
        """The form for a link, or where to look after it was sent."""
        self._take("forgot")
        self._look_sent()

    @rx.event
    @public
    async def enter_reset(self):
        """The form for a new password. Whether the link is good shows when it is used."""
        self.token, self.is_open = self._asked("token"), True
        self._take("reset")

    @rx.event
    @public
    async def enter_verify(self):
        """What this link confirms. Opening it does nothing: scanners of mail open every link."""
        self.token, self.is_open = self._asked("token"), True
        self._take("verify")
        try:
            purpose = await asyncio.to_thread(recovery.purpose_of, self.token)
        except Conflict as error:
            self.is_open, self.problem_field = False, ""
            self.problem = tr(identity.language(), f"signin.{error.reason}")
            return
        self.is_new_address = purpose == TicketPurpose.CHANGE_EMAIL
        self.asks_password = not self.is_new_address and not await self._is_theirs()

    async def _is_theirs(self) -> bool:
        """Whether the link is the signed-in person's own: then it needs no password."""
        actor = await identity.find(self.router.headers.cookie)
        return actor is not None and await asyncio.to_thread(recovery.belongs_to, self.token, actor)

    def _asked(self, name: str) -> str:
        return str(self.router.url.query_parameters.get(name, ""))

    def _look_sent(self) -> None:
        self.is_sent = bool(self._asked("sent"))
        self.mailbox = f"{settings().sandbox_url}/mailbox" if settings().demo else ""

    def _take(self, form: str) -> None:
        """What the browser brings back of this form, if it was refused."""
        self.problem = self.problem_field = ""
        refused = forms.read(cookie_of(self.router.headers.cookie)) if self._asked("again") else None
        if refused is None or refused.form != form:
            return
        for name in ("email", "company", "name", "next"):
            setattr(self, name, refused.typed.get(name, getattr(self, name)))
        self.problem, self.problem_field = words_for(refused), refused.field


def words_for(refused: forms.Refused) -> str:
    """Why, in the reader's language."""
    keys = (f"signin.{refused.reason}", f"setup.{refused.reason}", f"error.{refused.reason}", "error.other")
    key = next(k for k in keys if k in catalog("pt_BR"))
    return tr(identity.language(), key, limit=refused.limit)


def cookie_of(header: str) -> str:
    """The refused form that rides in a cookie header."""
    try:
        found = SimpleCookie(header).get(forms.COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""
