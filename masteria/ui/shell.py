"""The frame around every signed-in page: left bar, top bar, content; a bottom bar on the phone."""

from __future__ import annotations

from typing import Any, ClassVar

import reflex as rx
from reflex.components.core.banner import has_connection_errors

from masteria.enums import Permission
from masteria.ui import identity
from masteria.ui.components.basics import icon, native_form
from masteria.ui.texts import Language, t

GROUPS = (
    ("nav.serve", (("/conversations", "messages-square", "nav.conversations"),)),
    ("nav.reach", (("/campaigns", "megaphone", "nav.campaigns"),)),
    ("nav.people", (("/contacts", "book-user", "nav.contacts"),)),
    ("nav.settings", (("/channels", "radio-tower", "nav.channels"),)),
)


class Profile(rx.State):
    """Name, role and company of whoever is signed in, as the shell shows them. Authority is not here."""

    PUBLIC: ClassVar[bool] = True

    name: str = ""
    role: str = ""
    company: str = ""
    may_edit: bool = False
    may_admin: bool = False

    @rx.event
    async def enter(self):
        """Read who is signed in; nobody goes to the sign-in page."""
        actor = await identity.find(self.router.headers.cookie)
        if actor is None:
            return rx.redirect("/login")
        self.name, self.role, self.company = actor.name, str(actor.role or ""), actor.company_name
        self.may_edit = actor.may(Permission.EDIT_CAMPAIGNS)
        self.may_admin = actor.may(Permission.EDIT_CONNECTIONS)
        return None

    @rx.var
    def initials(self) -> str:
        return "".join(part[0] for part in self.name.split()[:2]).upper()


def shell(active: str, title: Any, *content: rx.Component, tools: tuple[rx.Component, ...] = (), deep: bool = False) -> rx.Component:
    """`deep` hides the bottom bar on the phone, as inside a conversation."""
    return rx.el.div(
        rx.el.a(t("nav.skip"), href="#content", class_name="skip"),
        _sidebar(active),
        rx.el.main(
            rx.el.header(
                rx.el.h1(title, class_name="m-title"),
                rx.spacer(),
                *tools,
                rx.cond(
                    has_connection_errors,
                    rx.el.span(t("nav.offline"), class_name="m-off", role="status"),
                    rx.el.span(class_name="m-live", title=t("nav.live"), role="img", aria_label=t("nav.live")),
                ),
                class_name="m-top",
            ),
            rx.el.div(*content, class_name="m-body"),
            class_name="m-main",
            id="content",
        ),
        _tabs(active),
        class_name="m-app",
        custom_attrs={"data-deep": str(deep).lower()},
    )


def _sidebar(active: str) -> rx.Component:
    groups = [
        rx.fragment(rx.el.div(t(group), class_name="m-group"), *[_link(active, *item, class_name="m-link") for item in items])
        for group, items in GROUPS
    ]
    return rx.el.nav(
        rx.el.div(rx.el.div("M", class_name="m-mark"), rx.el.span("Masteria"), class_name="m-brand"),
        *groups,
        _me(),
        class_name="m-side",
        aria_label=t("nav.main"),
    )


def _tabs(active: str) -> rx.Component:
    items = [item for _, group in GROUPS for item in group]
    return rx.el.nav(
        *[_link(active, *item, class_name="m-tab", size=20) for item in items], class_name="m-tabs", aria_label=t("nav.main")
    )


def _link(active: str, href: str, glyph: str, key: str, *, class_name: str, size: int = 16) -> rx.Component:
    here = href == active
    attributes = {"data-on": str(here).lower()} | ({"aria-current": "page"} if here else {})
    return rx.link(
        icon(glyph, size), rx.el.span(t(key)), href=href, underline="none", class_name=class_name, custom_attrs=attributes
    )


def _me() -> rx.Component:
    languages = (("pt_BR", "Português"), ("en", "English"), ("es", "Español"))
    return rx.menu.root(
        rx.menu.trigger(
            rx.el.button(
                rx.el.span(Profile.initials, class_name="face"),
                rx.el.span(rx.el.b(Profile.name), rx.el.small(Profile.company), class_name="m-who"),
                class_name="m-me",
                aria_label=t("nav.profile"),
            )
        ),
        rx.menu.content(
            rx.menu.item(t("nav.theme"), on_click=rx.toggle_color_mode),
            rx.menu.separator(),
            *[rx.menu.item(name, on_click=Language.choose(code)) for code, name in languages],
            rx.menu.separator(),
            rx.menu.item(
                native_form(rx.el.button(t("nav.sign_out"), type="submit", class_name="plain"), action="/auth/logout", method="POST"),
                color="red",
            ),
        ),
    )
