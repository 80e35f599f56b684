"""The frame around every page of the installation: its companies, its people, what was done."""

from __future__ import annotations

from typing import Any

import reflex as rx

from masteria.ui.components.basics import icon
from masteria.ui.shell import shell
from masteria.ui.texts import t

PLACES = (
    ("/admin", "building-2", "admin.companies"),
    ("/admin/users", "users", "admin.people"),
    ("/admin/log", "scroll-text", "admin.log"),
)


def admin_page(
    active: str, title: Any, *content: rx.Component, tools: tuple[rx.Component, ...] = (), back: str = ""
) -> rx.Component:
    """`active` is one of `PLACES`; the page is wide, for tables."""
    links = [
        rx.link(
            icon(glyph),
            rx.el.span(t(key)),
            href=href,
            underline="none",
            class_name="place",
            custom_attrs={"aria-current": "page"} if href == active else {},
        )
        for href, glyph, key in PLACES
    ]
    page = rx.el.div(
        rx.el.nav(*links, class_name="places", aria_label=t("nav.installation")),
        rx.el.div(*content, class_name="page"),
        class_name="settings installation",
    )
    return shell("/admin", title, page, tools=tools, back=back)
