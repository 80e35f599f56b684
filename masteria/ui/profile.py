"""Who is reading, as the shell shows it, and where they may go. Authority is not here."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import reflex as rx

from masteria.actions import devices, recovery, support
from masteria.core import attempts
from masteria.core.access import Actor
from masteria.core.work import work_as
from masteria.enums import Permission, Topic
from masteria.ui import identity
from masteria.ui.live import hub
from masteria.ui.marks import needs, public
from masteria.ui.texts import moment, tr

# places that not every role may see; the others are everybody's
NEEDED = {
    "/conversations": Permission.READ_CONVERSATIONS,
    "/campaigns": Permission.READ_CAMPAIGNS,
    "/contacts": Permission.READ_CONTACTS,
    "/channels": Permission.READ_CONNECTIONS,
}


@dataclass
class Place:
    """A company where the reader may go on."""

    id: str
    name: str


class Profile(rx.State):
    """Name, role and company of whoever is signed in, as the shell shows them. Authority is not here."""

    name: str = ""
    email: str = ""
    role: str = ""
    company: str = ""
    may_edit: bool = False
    may_admin: bool = False
    rights: list[str] = []
    is_support: bool = False
    operates: bool = False
    visits: list[str] = []
    is_unverified: bool = False
    was_sent_again: bool = False
    companies: list[Place] = []
    _seen_by: str = ""

    @rx.event
    @public
    async def enter(self):
        """Read who is signed in; nobody goes to the sign-in page."""
        actor = await identity.find(self.router.headers.cookie)
        if actor is None:
            return rx.call_script(await identity.way_out(self.router.headers.cookie, identity.SIGN_IN))
        self.name, self.role, self.company, self.email = (
            actor.name,
            str(actor.role or ""),
            actor.company_name,
            actor.email,
        )
        self.may_edit = actor.may(Permission.EDIT_CAMPAIGNS)
        self.may_admin = actor.may(Permission.EDIT_CONNECTIONS)
        self.rights = sorted(actor.permissions)
        self.is_support, self.operates = actor.is_support, actor.may(Permission.OPERATE)
        self.visits = await asyncio.to_thread(_visits, actor, identity.language())
        self.is_unverified = not actor.is_verified
        if self._seen_by != str(actor.session_id):  # once a session is enough
            self._seen_by, self.was_sent_again = str(actor.session_id), False
            found = await asyncio.to_thread(devices.list_companies, actor)
            others = [Place(str(i), name) for i, name in found if i != actor.company_id]
            self.companies = others
        return self._elsewhere()

    def _elsewhere(self):
        """Work begins at the campaigns; whose role has none of them begins at the first place that it has."""
        here = self.router.url.path
        if here != "/campaigns" or NEEDED[here] in self.rights:
            return None
        return rx.redirect(next((to for to, need in NEEDED.items() if need in self.rights), "/settings/account"))

    @rx.event
    @needs(None)
    async def send_again(self):
        """The link that confirms the reader's address, once more."""
        actor = identity.current()
        begun = await asyncio.to_thread(attempts.letters, actor.email, str(actor.person_id))
        if begun.wait:
            return rx.toast.error(tr(identity.language(), "signin.slow", limit=-(-begun.wait // 60)), id="problem")
        await asyncio.to_thread(recovery.send_verification_again, actor)
        self.was_sent_again = True
        return None

    @rx.var
    def initials(self) -> str:
        parts = self.name.split()
        return "".join(part[0] for part in (parts[:1] + parts[1:][-1:])).upper()


def _visits(actor: Actor, language: str) -> list[str]:
    """A line for each visit of support that is going on, for those who answer for the company."""
    with work_as(actor) as work:
        found = support.visits(work)
    return [
        tr(language, "support.here", time=moment(v.until, language, actor.timezone), reason=v.reason) for v in found
    ]


hub.always(Topic.COMPANY, Profile.enter)
hub.always(Topic.MEMBER, Profile.enter)
