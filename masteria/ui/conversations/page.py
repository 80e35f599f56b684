"""Conversations: list on the left, thread on the right; one at a time on the phone."""

# Reflex passes attributes through a Var and refuses a wrong one when it compiles; pyright sees only the Var.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

import reflex as rx

from masteria.enums import Permission
from masteria.ui.components.basics import button, empty, icon, search_box, skeleton
from masteria.ui.conversations.state import Bubble, Colleague, ConversationsState, Row
from masteria.ui.profile import Profile
from masteria.ui.screen import screen
from masteria.ui.shell import shell
from masteria.ui.texts import t, word

STATES = ("queued", "claimed", "sending", "sent", "delivered", "read", "failed", "skipped", "in_doubt")
SHOWN = ("image", "video", "audio", "document", "sticker", "location", "contacts", "reaction")


def _page(*, is_open: bool) -> rx.Component:
    body = rx.el.div(
        _list(),
        _thread() if is_open else rx.el.div(t("inbox.pick"), class_name="m-empty only-desk"),
        class_name="inbox",
        custom_attrs={"data-open": str(is_open).lower()},
    )
    return shell("/conversations", t("inbox.title"), body, deep=is_open)


@screen("/conversations", "inbox.title", Permission.READ_CONVERSATIONS, on_load=ConversationsState.enter)
def conversations() -> rx.Component:
    return _page(is_open=False)


@screen(
    "/conversations/[conversation_id]", "inbox.title", Permission.READ_CONVERSATIONS, on_load=ConversationsState.enter
)
def conversation() -> rx.Component:
    return _page(is_open=True)


def _list() -> rx.Component:
    rows = rx.cond(
        ConversationsState.rows.length() > 0,
        rx.el.div(
            rx.foreach(ConversationsState.rows, _row),
            rx.cond(
                ConversationsState.more_rows,
                button(t("common.more"), tone="soft", on_click=ConversationsState.show_more),
            ),
            class_name="rows",
        ),
        rx.cond(
            ConversationsState.q != "",
            rx.el.p(t("common.none_found"), class_name="m-empty"),
            empty("messages-square", t("inbox.empty"), t("inbox.empty_help")),
        ),
    )
    return rx.el.section(
        rx.el.div(
            search_box(t("common.search"), ConversationsState.q, ConversationsState.search), class_name="inbox-tools"
        ),
        rx.cond(ConversationsState.loaded, rows, skeleton(8)),
        class_name="inbox-list",
        aria_label=t("inbox.title"),
    )


def _row(row: rx.Var[Row]) -> rx.Component:
    here = row.id == ConversationsState.open_id
    return rx.link(
        rx.el.span(row.initials, class_name="face"),
        rx.el.span(row.name, class_name="row-name"),
        rx.el.time(row.time, class_name="row-time"),
        rx.el.span(row.text, class_name="row-text"),
        rx.cond(row.unread > 0, rx.el.span(row.unread, class_name="row-unread")),
        href=f"/conversations/{row.id}",
        underline="none",
        class_name="row",
        custom_attrs={"data-on": rx.cond(here, "true", "false")},
    )


def _thread() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.link(
                icon("chevron-left", 20),
                href="/conversations",
                class_name="only-phone back",
                aria_label=t("common.back"),
            ),
            rx.el.div(
                rx.el.h2(ConversationsState.title, class_name="only-desk"),
                rx.el.h1(
                    ConversationsState.title, class_name="only-phone"
                ),  # the bar with the other one is hidden there
                rx.el.small(ConversationsState.phone, class_name="num"),
            ),
            rx.spacer(),
            rx.el.small(ConversationsState.window, class_name="dim only-desk"),
            _assignee(),
            class_name="thread-head",
        ),
        rx.auto_scroll(
            rx.cond(
                ConversationsState.older,
                rx.el.div(
                    button(t("inbox.older"), tone="soft", on_click=ConversationsState.show_older), class_name="more"
                ),
            ),
            rx.foreach(ConversationsState.bubbles, _bubble),
            class_name="bubbles",
            role="log",
            aria_live="polite",
        ),
        rx.cond(
            ConversationsState.problem != "", rx.el.p(ConversationsState.problem, class_name="notice bad", role="alert")
        ),
        rx.cond(
            ConversationsState.can_write,
            _composer(),
            rx.el.p(icon("lock", 15), t("inbox.window_closed"), class_name="notice"),
        ),
        class_name="thread",
    )


def _assignee() -> rx.Component:
    """Who answers; whoever may change that has a menu."""
    nobody = ConversationsState.assignee == ""
    name = rx.cond(nobody, t("inbox.nobody"), ConversationsState.assignee)
    may = Profile.rights.contains(str(Permission.EDIT_CONVERSATIONS)) & (ConversationsState.colleagues.length() > 0)
    trigger = rx.el.button(
        icon("user-round", 15),
        rx.el.span(t("inbox.assign"), class_name="unseen"),
        rx.el.span(name, class_name="assignee"),
        icon("chevron-down", 14),
        type="button",
        class_name="btn soft small",
    )
    menu = rx.menu.root(
        rx.menu.trigger(trigger),
        rx.menu.content(
            rx.foreach(ConversationsState.colleagues, _colleague),
            rx.menu.separator(),
            rx.menu.item(_mark(nobody), t("inbox.nobody"), on_select=ConversationsState.assign("")),
            variant="soft",
        ),
        modal=False,
    )
    return rx.cond(may, menu, rx.el.small(name, class_name="dim only-desk"))


def _colleague(colleague: rx.Var[Colleague]) -> rx.Component:
    here = colleague.id == ConversationsState.assignee_id
    return rx.menu.item(_mark(here), colleague.name, on_select=ConversationsState.assign(colleague.id))


def _mark(here: Any) -> rx.Component:
    return rx.cond(here, icon("check", 15), rx.el.span(class_name="no-check"))


def _composer() -> rx.Component:
    return rx.form(
        rx.el.textarea(
            name="text",
            id="composer",
            rows=1,
            max_length=4096,
            placeholder=t("inbox.write"),
            aria_label=t("inbox.write"),
            enter_key_submit=True,
        ),
        rx.el.button(icon("arrow-up", 18), type="submit", class_name="btn round", aria_label=t("inbox.send")),
        on_submit=ConversationsState.send,
        reset_on_submit=True,
        class_name="composer",
    )


def _bubble(row: rx.Var[Bubble]) -> rx.Component:
    label = rx.match(row.kind, *((kind, t(f"kind.{kind}")) for kind in SHOWN), t("kind.other"))
    plain = (row.kind == "text") | (row.kind == "template") | (row.kind == "button") | (row.kind == "interactive")
    return rx.el.div(
        rx.el.div(
            rx.cond(row.campaign != "", rx.el.span(icon("megaphone", 12), row.campaign, class_name="bub-from")),
            rx.cond(plain, rx.fragment(), rx.el.span(label, class_name="bub-kind")),
            rx.el.p(row.text),
            rx.el.div(
                row.time,
                rx.cond(
                    row.own,
                    rx.el.span(
                        word("one", row.state, STATES), custom_attrs={"data-state": row.state}, class_name="tick"
                    ),
                ),
                class_name="bub-meta",
            ),
            rx.cond(row.why != "", rx.el.small(row.why, class_name="f-error")),
            rx.cond(
                row.can_retry, button(t("inbox.retry"), tone="soft small", on_click=ConversationsState.retry(row.id))
            ),
            class_name="bub",
        ),
        class_name="msg",
        custom_attrs={"data-own": rx.cond(row.own, "true", "false")},
    )
