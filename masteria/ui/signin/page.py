"""Sign-in and first run: native forms; the server's answer comes back in the address, typed values kept."""

from __future__ import annotations

from typing import ClassVar

import reflex as rx

from masteria.ui.components.basics import field, native_form, text_input
from masteria.ui.texts import catalog, t, tr


class DoorState(rx.State):
    """What the page says about the last try. Nothing here is believed by anyone."""

    PUBLIC: ClassVar[bool] = True

    problem: str = ""
    email: str = ""
    company: str = ""
    name: str = ""
    token: str = ""

    @rx.event
    def enter(self):
        """Read the address."""
        query = self.router.url.query_parameters
        code = str(query.get("problem", ""))
        field_name, _, reason = code.partition(".")
        keys = (f"signin.{code}", f"setup.{code}", f"error.{reason}")
        known = next((k for k in keys if k in catalog("pt_BR")), "")
        self.problem = tr("pt_BR", known, limit=query.get("limit", "")) if known else ""
        for key in ("email", "company", "name", "token"):
            setattr(self, key, str(query.get(key, ""))[:300])


def _card(*content: rx.Component) -> rx.Component:
    brand = rx.el.div(rx.el.div("M", class_name="m-mark"), rx.el.span("Masteria"), class_name="m-brand")
    return rx.el.main(rx.el.div(brand, *content, class_name="door-card"), class_name="door")


def _problem() -> rx.Component:
    return rx.cond(DoorState.problem != "", rx.el.p(DoorState.problem, class_name="notice bad", role="alert"))


def _email() -> rx.Component:
    control = text_input(
        name="email", type="email", auto_complete="username", required=True, default_value=DoorState.email, key=DoorState.email
    )
    return field(t("signin.email"), control)


@rx.page(route="/login", title="Masteria", on_load=DoorState.enter)
def login() -> rx.Component:
    return _card(
        rx.el.h1(t("signin.title")),
        _problem(),
        native_form(
            _email(),
            field(t("signin.password"), text_input(name="password", type="password", auto_complete="current-password", required=True)),
            rx.el.button(t("signin.go"), type="submit", class_name="btn wide"),
            action="/auth/login",
            method="POST",
        ),
        rx.el.p(t("signin.empty"), class_name="f-help"),
    )


@rx.page(route="/setup", title="Masteria", on_load=DoorState.enter)
def setup() -> rx.Component:
    kept = {"company": DoorState.company, "name": DoorState.name}
    return _card(
        rx.el.h1(t("setup.title")),
        rx.el.p(t("setup.help"), class_name="f-help"),
        _problem(),
        native_form(
            rx.el.input(type="hidden", name="token", value=DoorState.token, read_only=True),
            *[
                field(t(f"setup.{name}"), text_input(name=name, required=True, default_value=value, key=value))
                for name, value in kept.items()
            ],
            _email(),
            field(
                t("signin.password"),
                text_input(name="password", type="password", auto_complete="new-password", required=True, min_length=10),
                help=t("setup.password_help"),
            ),
            rx.el.button(t("setup.go"), type="submit", class_name="btn wide"),
            action="/auth/setup",
            method="POST",
        ),
    )


@rx.page(route="/", title="Masteria")
def index() -> rx.Component:
    return rx.el.div(on_mount=rx.redirect("/campaigns"))
