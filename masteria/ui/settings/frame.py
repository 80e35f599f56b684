"""The frame around every page of the settings: who I am, the company, the team, keys, the audit trail."""

from __future__ import annotations

from typing import Any

import reflex as rx

from masteria.enums import Permission
from masteria.ui.components.basics import icon
from masteria.ui.profile import Profile
from masteria.ui.shell import shell
from masteria.ui.texts import t

# address, icon, words, and what it asks for; None: it is the reader's own
PLACES: tuple[tuple[str, str, str, Permission | None], ...] = (
    ("/settings/account", "circle-user", "settings.account", None),
    ("/settings/company", "building-2", "settings.company", Permission.ADMIN),
    ("/settings/team", "users", "settings.team", Permission.READ_MEMBERS),
    ("/settings/keys", "key-round", "settings.keys", Permission.ADMIN),
    ("/settings/audit", "scroll-text", "settings.audit", Permission.READ_AUDIT),
)


def settings_page(
    active: str, title: str, *content: rx.Component, tools: tuple[rx.Component, ...] = ()
) -> rx.Component:
    """`active` is one of `PLACES`, `title` a message key. Places that the reader may not see are left out."""
    links = [_link(active, *place) for place in PLACES]
    page = rx.el.div(
        rx.el.nav(*links, class_name="places", aria_label=t("nav.settings")),
        rx.el.div(*content, class_name="page narrow"),
        class_name="settings",
    )
    return shell("/settings/account", t(title), page, tools=tools)


def _link(active: str, href: str, glyph: str, key: str, permission: Permission | None) -> rx.Component:
    is_here = href == active
    here: dict[str, Any] = {
        "custom_attrs": {"aria-current": "page"},
        "id": "place-here",
        # on a phone the places are a row that is wider than the screen
        "on_mount": rx.call_script("document.getElementById('place-here').scrollIntoView()"),
    }
    link = rx.link(
        icon(glyph), rx.el.span(t(key)), href=href, underline="none", class_name="place", **(here if is_here else {})
    )
    if permission is None:
        return link
    return rx.cond(Profile.rights.contains(str(permission)), link)  # pyright: ignore[reportAttributeAccessIssue]
