"""What several pages of the installation show: a line of its record."""

# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

import reflex as rx

from masteria.ui.texts import t, word

ACTS = (
    "company.created",
    "company.updated",
    "company.suspended",
    "company.restored",
    "company.deleted",
    "feature.updated",
    "support.entered",
    "operator.granted",
    "operator.revoked",
    "session.ended",
    "second_step.disabled",
    "password.reset_sent",
)


def acts_list(act: rx.Var[Any], *, with_subject: bool) -> rx.Component:
    """Who did what, to whom, and when."""
    return rx.el.li(
        rx.el.span(
            rx.el.b(word("act", act.act, ACTS), rx.el.span(" · ", act.subject) if with_subject else ""),
            rx.cond(act.line != "", rx.el.small(act.line)),
            class_name="lead",
        ),
        rx.el.span(
            rx.cond(act.who != "", act.who, t("admin.command_line")),
            rx.el.small(act.at, class_name="dim num"),
            class_name="lead end",
        ),
        class_name="admin-item",
    )
