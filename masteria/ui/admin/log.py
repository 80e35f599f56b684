"""What was done to companies and people of the installation, by whom."""

# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import reflex as rx

from masteria.enums import Permission
from masteria.ui.admin.frame import admin_page
from masteria.ui.admin.parts import acts_list
from masteria.ui.admin.people_state import LogState
from masteria.ui.components.basics import empty, skeleton
from masteria.ui.screen import screen
from masteria.ui.texts import t


@screen("/admin/log", "admin.log", Permission.OPERATE, on_load=LogState.enter)
def log() -> rx.Component:
    body = rx.cond(
        LogState.loaded,
        rx.cond(
            LogState.acts.length() > 0,
            rx.el.ul(
                rx.foreach(LogState.acts, lambda act: acts_list(act, with_subject=True)), class_name="admin-list card"
            ),
            empty("scroll-text", t("admin.nothing_done"), t("admin.log_help")),
        ),
        skeleton(),
    )
    return admin_page("/admin/log", t("admin.log"), rx.el.p(t("admin.log_help"), class_name="f-help"), body)
