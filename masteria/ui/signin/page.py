"""Sign-in, first run and the page for a wrong address: native forms, posted by the browser itself."""

from __future__ import annotations

from typing import Any

import reflex as rx

from masteria.ui.components.basics import brand, field, icon, link_button, native_form, text_input
from masteria.ui.screen import screen
from masteria.ui.shell import language_choice, language_of_page
from masteria.ui.signin.state import DoorState
from masteria.ui.texts import t


@screen("/login", "signin.title", on_load=DoorState.enter_login)
def login() -> rx.Component:
    return _card(rx.cond(DoorState.has_company, _login(), _no_company()))


@screen("/setup", "setup.title", on_load=DoorState.enter_setup)
def setup() -> rx.Component:
    closed = rx.el.div(
        rx.el.h1(t("setup.closed")),
        rx.el.p(t("setup.link_wrong")),
        link_button(t("setup.closed_go"), "/login"),
        class_name="door-form",
    )
    return _card(rx.cond(DoorState.is_open, _setup(), closed))


@screen("/", "app.name")
def index() -> rx.Component:
    """The server answers `/` itself; this is what an installed copy without a network finds."""
    return rx.el.div(on_mount=rx.redirect("/campaigns"))


@screen("404", "lost.title")
def lost() -> rx.Component:
    home = rx.el.a(t("lost.home"), href="/", class_name="btn wide")
    return _card(rx.el.div(rx.el.h1(t("lost.title")), rx.el.p(t("lost.text")), home, class_name="door-form"))


def _card(*content: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.el.main(brand(), *content, class_name="door-card"), language_choice(), language_of_page(), class_name="door"
    )


def _login() -> rx.Component:
    return native_form(
        rx.el.h1(t("signin.title")),
        _problem(),
        _line("email", "signin.email", type="email", auto_complete="username"),
        field(
            t("signin.password"),
            text_input(name="password", type="password", auto_complete="current-password", required=True),
        ),
        rx.el.input(type="hidden", name="next", value=DoorState.next, read_only=True),
        rx.el.button(t("signin.go"), type="submit", class_name="btn wide"),
        action="/auth/login",
        method="post",
        class_name="door-form",
    )


def _no_company() -> rx.Component:
    return rx.el.div(
        rx.el.h1(t("signin.no_company")),
        rx.el.p(t("signin.empty")),
        rx.el.code(DoorState.setup_link, class_name="door-code"),
        rx.el.p(t("signin.link_lost"), class_name="f-help"),
        class_name="door-form",
    )


def _setup() -> rx.Component:
    return native_form(
        rx.el.h1(t("setup.title")),
        rx.el.p(t("setup.help"), class_name="dim"),
        _problem(),
        rx.el.input(type="hidden", name="token", value=DoorState.token, read_only=True),
        _line("company", "setup.company", auto_complete="organization", max_length=120),
        _line("name", "setup.name", auto_complete="name", max_length=120),
        _line("email", "signin.email", type="email", auto_complete="username", max_length=254),
        field(
            t("signin.password"),
            text_input(name="password", type="password", auto_complete="new-password", required=True, min_length=10),
            help=t("setup.password_help"),
            error=_error("password"),
        ),
        # until the page's state has come with the link's token, there is nothing to post
        rx.el.button(t("setup.go"), type="submit", class_name="btn wide", disabled=DoorState.token == ""),
        action="/auth/setup",
        method="post",
        class_name="door-form",
    )


def _line(name: str, key: str, **props: Any) -> rx.Component:
    value = getattr(DoorState, name)
    # a fresh `key` puts what was typed back once the page's state has arrived
    return field(
        t(key), text_input(name=name, required=True, default_value=value, key=value, **props), error=_error(name)
    )


def _problem() -> rx.Component:
    is_general = (DoorState.problem != "") & (DoorState.problem_field == "")
    return rx.cond(is_general, rx.el.p(icon("circle-alert"), DoorState.problem, class_name="notice bad", role="alert"))


def _error(name: str) -> rx.Var[str]:
    return rx.cond(DoorState.problem_field == name, DoorState.problem, "")  # pyright: ignore[reportReturnType]
