"""What the pages before the sign-in show: which step is next, and a refused form's reason with what was typed."""

from __future__ import annotations

import asyncio
from http.cookies import CookieError, SimpleCookie

import reflex as rx

from masteria.actions import accounts
from masteria.config import settings
from masteria.core import forms
from masteria.ui import identity
from masteria.ui.marks import public
from masteria.ui.texts import catalog, tr


class DoorState(rx.State):
    """Nothing here is believed by anyone."""

    problem: str = ""
    problem_field: str = ""
    has_company: bool = True
    is_open: bool = True
    setup_link: str = ""
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
        self._take("login", again="again" in query)
        if query.get("problem") == "ended":
            self.problem = tr(identity.language(), "error.session")
        self.has_company = not await asyncio.to_thread(accounts.needs_setup)
        self.setup_link = f"{settings().public_url}/setup?token=…"
        return None

    @rx.event
    @public
    async def enter_setup(self):
        """The form while no company exists and the link is right."""
        query = self.router.url.query_parameters
        self.token = str(query.get("token", ""))
        is_free = await asyncio.to_thread(accounts.needs_setup)
        self.is_open = is_free and accounts.setup_token_is_right(self.token)
        self._take("setup", again="again" in query)

    def _take(self, form: str, *, again: bool) -> None:
        self.problem = self.problem_field = ""
        refused = forms.read(_cookie(self.router.headers.cookie)) if again else None
        if refused is None or refused.form != form:
            return
        for name in ("email", "company", "name", "next"):
            setattr(self, name, refused.typed.get(name, getattr(self, name)))
        keys = (f"signin.{refused.reason}", f"setup.{refused.reason}", f"error.{refused.reason}", "error.other")
        key = next(k for k in keys if k in catalog("pt_BR"))
        self.problem, self.problem_field = tr(identity.language(), key, limit=refused.limit), refused.field


def _cookie(header: str) -> str:
    try:
        found = SimpleCookie(header).get(forms.COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""
