"""The pages before the sign-in, and the one for a wrong address."""

from __future__ import annotations

import reflex as rx

from masteria.ui.screen import screen
from masteria.ui.signin import parts
from masteria.ui.signin.state import DoorState
from masteria.ui.texts import t


@screen("/login", "signin.title", on_load=DoorState.enter_login)
def login() -> rx.Component:
    return parts.card(rx.cond(DoorState.has_company, parts.login_form(), parts.no_company()))


@screen("/setup", "setup.title", on_load=DoorState.enter_setup)
def setup() -> rx.Component:
    closed = parts.notice_page(t("setup.closed"), t("setup.link_wrong"), t("setup.closed_go"))
    return parts.card(rx.cond(DoorState.is_open, parts.setup_form(), closed))


@screen("/", "app.name")
def index() -> rx.Component:
    """The server answers `/` itself; this is what an installed copy without a network finds."""
    return rx.el.div(on_mount=rx.redirect("/campaigns"))


@screen("404", "lost.title")
def lost() -> rx.Component:
    home = rx.el.a(t("lost.home"), href="/", class_name="btn wide")
    return parts.card(rx.el.div(rx.el.h1(t("lost.title")), rx.el.p(t("lost.text")), home, class_name="door-form"))


@screen("/signup", "signup.title", on_load=DoorState.enter_signup)
def signup() -> rx.Component:
    closed = parts.notice_page(t("signup.closed"), t("signup.closed_help"), t("setup.closed_go"))
    return parts.card(
        rx.cond(
            DoorState.is_open,
            rx.cond(DoorState.is_sent, parts.sent(t("signup.sent_help")), parts.signup_form()),
            closed,
        )
    )


@screen("/forgot", "forgot.title", on_load=DoorState.enter_forgot)
def forgot() -> rx.Component:
    return parts.card(rx.cond(DoorState.is_sent, parts.sent(t("forgot.sent_help")), parts.forgot_form()))


@screen("/reset", "reset.title", on_load=DoorState.enter_reset)
def reset() -> rx.Component:
    return parts.card(parts.reset_form())


@screen("/verify", "verify.title", on_load=DoorState.enter_verify)
def verify() -> rx.Component:
    closed = parts.notice_page(t("setup.closed"), DoorState.problem, t("setup.closed_go"))
    return parts.card(rx.cond(DoorState.is_open, parts.verify_form(), closed))
