"""What the page of an invite shows. Nothing here is believed by anyone: the form's own route decides."""

from __future__ import annotations

import asyncio
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote

import reflex as rx

from masteria.actions import invites
from masteria.core import forms
from masteria.core.access import RANKS
from masteria.ui import identity
from masteria.ui.marks import public
from masteria.ui.texts import catalog, tr


class InviteState(rx.State):
    loaded: bool = False
    state: str = ""
    company: str = ""
    inviter: str = ""
    role: str = ""
    custom: str = ""
    email: str = ""
    is_bound: bool = False
    is_by_mail: bool = False
    is_member: bool = False
    me: str = ""
    my_email: str = ""
    name: str = ""
    token: str = ""
    proof: str = ""
    sign_in: str = ""
    problem: str = ""
    problem_field: str = ""

    @rx.event
    @public
    async def enter(self):
        """Read what the link offers, and who is looking at it."""
        query = self.router.url.query_parameters
        self.token, self.proof = str(query.get("token", ""))[:200], str(query.get("proof", ""))[:200]
        offer = await asyncio.to_thread(invites.look, self.token)
        actor = await identity.find(self.router.headers.cookie)
        self.state = offer.state if offer else "unknown"
        self.company, self.inviter, self.email = (offer.company, offer.inviter, offer.email) if offer else ("", "", "")
        self.role = offer.role if offer and offer.role in RANKS else ""
        self.custom = offer.role if offer and not self.role else ""
        self.is_bound, self.is_by_mail = self.email != "", invites.is_by_mail(self.token, self.proof)
        self.me, self.my_email = (actor.name, actor.email) if actor else ("", "")
        self.is_member = bool(actor and offer and actor.company_id == offer.company_id)
        self.name, self.sign_in = "", f"/login?next={quote(f'/invite?{_query(self.token, self.proof)}', safe='')}"
        self._take(again="again" in query)
        self.loaded = True

    def _take(self, *, again: bool) -> None:
        self.problem = self.problem_field = ""
        refused = forms.read(_cookie(self.router.headers.cookie)) if again else None
        if refused is None or refused.form != "invite":
            return
        self.name = refused.typed.get("name", "")
        self.email = self.email or refused.typed.get("email", "")
        keys = (f"invite.{refused.reason}", f"signin.{refused.reason}", f"error.{refused.reason}", "error.other")
        key = next(k for k in keys if k in catalog("pt_BR"))
        self.problem, self.problem_field = tr(identity.language(), key, limit=refused.limit), refused.field


def _query(token: str, proof: str) -> str:
    return f"token={quote(token)}" + (f"&proof={quote(proof)}" if proof else "")


def _cookie(header: str) -> str:
    try:
        found = SimpleCookie(header).get(forms.COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""
