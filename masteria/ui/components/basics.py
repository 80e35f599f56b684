"""Icons, badges, empty places, fields, native forms."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML

from masteria.ui.texts import t, word


class _NativeForm(BaseHTML):
    """A form the browser posts itself; Reflex's own form always prevents the default."""

    tag = "form"
    action: rx.Var[str]
    method: rx.Var[str]
    enc_type: rx.Var[str]


class _NativeLink(BaseHTML):
    """A link the browser follows itself; Reflex's own stays inside the screens and never asks the server."""

    tag = "a"
    href: rx.Var[str]
    download: rx.Var[bool]


native_form = _NativeForm.create
native_link = _NativeLink.create


def icon(name: str, size: int = 16) -> rx.Component:
    return rx.icon(name, size=size, stroke_width=1.75, aria_hidden="true")


def brand() -> rx.Component:
    """Our mark and name."""
    return rx.el.div(
        rx.el.img(src="/mark.svg", alt="", class_name="m-mark"), rx.el.span("Masteria"), class_name="m-brand"
    )


def field(label: rx.Var[str], control: rx.Component, *, help: Any = None, error: Any = None) -> rx.Component:
    """Label above, help under, the error under the field. The label holds its control."""
    return rx.el.label(
        rx.el.span(label, class_name="f-label"),
        control,
        rx.el.span(help, class_name="f-help") if help is not None else rx.fragment(),
        rx.cond(error != "", rx.el.span(error, class_name="f-error", role="alert"))
        if error is not None
        else rx.fragment(),
        class_name="field",
    )


def text_input(**props: Any) -> rx.Component:
    return rx.el.input(class_name="input", **props)


def badge(prefix: str, value: Any, tones: dict[str, str]) -> rx.Component:
    """A state in words with a colour and a dot; the colour is never alone."""
    tone = rx.match(value, *tones.items(), "neutral")
    return rx.el.span(word(prefix, value, tuple(tones)), class_name="badge", custom_attrs={"data-tone": tone})


def empty(glyph: str, title: rx.Var[str], help: rx.Var[str], *actions: rx.Component) -> rx.Component:
    """An empty screen is a beginning: one sentence, one action."""
    return rx.el.div(
        rx.el.div(icon(glyph, 26), class_name="empty-icon"),
        rx.el.h2(title),
        rx.el.p(help),
        *actions,
        class_name="empty",
    )


def skeleton(rows: int = 6) -> rx.Component:
    """The layout's grey shape while the first data is on its way."""
    return rx.el.div(*[rx.el.div(class_name="bone") for _ in range(rows)], class_name="bones", aria_hidden="true")


def link_button(label: Any, href: Any, *, glyph: str = "", soft: bool = False) -> rx.Component:
    return rx.link(
        icon(glyph) if glyph else rx.fragment(),
        rx.el.span(label),
        href=href,
        underline="none",
        class_name="btn soft" if soft else "btn",
    )


def button(label: Any, *, glyph: str = "", tone: str = "", **props: Any) -> rx.Component:
    return rx.el.button(
        icon(glyph) if glyph else rx.fragment(),
        rx.el.span(label),
        class_name=f"btn {tone}".strip(),
        type=props.pop("type", "button"),
        **props,
    )


def search_box(placeholder: rx.Var[str], value: Any, on_change: Any) -> rx.Component:
    """Asks the server a quarter of a second after the last letter."""
    control = rx.debounce_input(
        rx.el.input(
            class_name="input search",
            type="search",
            placeholder=placeholder,
            value=value,
            on_change=on_change,
            aria_label=placeholder,
        ),
        debounce_timeout=250,
    )
    return rx.el.div(icon("search", 15), control, class_name="search-box")


def confirm(
    open_: Any,
    question: Any,
    note: Any,
    action: rx.Component,
    on_close: Any,
    *,
    no: Any = None,
    more: rx.Component | None = None,
) -> rx.Component:
    """A question with its effect in numbers and buttons that are verbs; `no` where "cancel" would say two things.

    `more` stands between them: what must be chosen first.
    """
    return rx.alert_dialog.root(
        rx.alert_dialog.content(
            rx.alert_dialog.title(question),
            rx.alert_dialog.description(note),
            more or rx.fragment(),
            rx.el.div(
                button(t("common.cancel") if no is None else no, tone="soft", on_click=on_close),
                action,
                class_name="dialog-actions",
            ),
            class_name="dialog",
        ),
        open=open_,
    )
