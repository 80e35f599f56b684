"""Chaves de API: what programs may do, from where and until when; a new key is shown once."""

# Reflex passes attributes through a Var and refuses a wrong one when it compiles; pyright sees only the Var.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

import reflex as rx

from masteria.enums import Permission
from masteria.ui.components.basics import badge, button, confirm, empty, field, native_link, skeleton, text_input
from masteria.ui.screen import screen
from masteria.ui.settings.frame import settings_page
from masteria.ui.settings.keys.state import DAYS, PLACE, Key, KeysState
from masteria.ui.settings.keys.words import AREAS
from masteria.ui.texts import t

STATES = {"active": "good", "expired": "attention", "revoked": "neutral"}


@screen("/settings/keys", "settings.keys", Permission.ADMIN, on_load=KeysState.enter)
def keys() -> rx.Component:
    make = button(t("keys.make"), glyph="plus", on_click=KeysState.open_form)
    rows = rx.el.ul(rx.foreach(KeysState.rows, _row), class_name="list")
    none = empty("key-round", t("keys.empty"), t("keys.empty_help"))
    content = rx.cond(KeysState.loaded, rx.cond(KeysState.rows.length() > 0, rows, none), skeleton(3))
    help = rx.el.p(
        t("keys.help"), " ", native_link(t("keys.docs"), href="/api/v1/docs", target="_blank"), class_name="dim links"
    )
    dialogs = (_make(), _edit(), _revoke())
    return settings_page("/settings/keys", "settings.keys", help, content, *dialogs, tools=(make,))


def _row(row: rx.Var[Key]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.b(row.name),
            rx.el.code("mk_…", row.hint, class_name="mono dim"),
            badge("keys.state", row.state, STATES),
            rx.spacer(),
            rx.cond(
                row.state != "revoked",
                rx.el.div(
                    button(t("keys.change"), tone="soft small", on_click=KeysState.edit(row.id)),
                    button(t("keys.revoke"), tone="soft small bad", on_click=KeysState.ask_revoke(row.id)),
                    class_name="actions",
                ),
            ),
            class_name="key-head",
        ),
        rx.el.ul(rx.foreach(row.may, lambda words: rx.el.li(words, class_name="tag")), class_name="tags"),
        rx.el.dl(
            _fact("keys.used", row.used),
            _fact("keys.ends", row.ends),
            _fact("keys.from", rx.cond(row.addresses.length() > 0, row.addresses.join(", "), t("keys.anywhere"))),
            _fact("keys.made", row.made),
            class_name="key-facts",
        ),
        class_name="key",
        custom_attrs={"data-state": row.state},
    )


def _fact(key: str, value: Any) -> rx.Component:
    return rx.el.div(rx.el.dt(t(key)), rx.el.dd(value))


def _make() -> rx.Component:
    """The form, and in its place the key: its element stands there from the start, since no state may hold it."""
    is_made = KeysState.dialog == "made"
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(rx.cond(is_made, t("keys.made_title"), t("keys.make"))),
            rx.dialog.description(rx.cond(is_made, t("keys.made_help"), t("keys.make_help")), class_name="f-help"),
            rx.cond(is_made, rx.fragment(), _form()),
            rx.el.div(
                rx.el.code(id=PLACE, class_name="secret"),
                rx.el.div(
                    button(t("keys.kept"), tone="soft", on_click=KeysState.close(False)),
                    button(t("keys.copy"), glyph="copy", on_click=KeysState.copied),
                    class_name="dialog-actions",
                ),
                class_name="stack",
                hidden=KeysState.dialog != "made",
            ),
            class_name="dialog",
        ),
        open=(KeysState.dialog == "make") | is_made,
        on_open_change=KeysState.close,
    )


def _form() -> rx.Component:
    ends = [rx.el.option(t(f"keys.days.{days or 'never'}"), value=days, selected=days == "90") for days in DAYS]
    return rx.form(
        _name(""),
        rx.el.fieldset(
            rx.el.legend(t("keys.scopes"), class_name="f-label"),
            rx.el.div(*[_area(area, verbs) for area, verbs in AREAS.items()], class_name="scopes"),
            _choice("admin", t("keys.all_of_it"), class_name="choice scope-all"),
            _error("scopes"),
        ),
        field(t("keys.ends"), rx.el.select(*ends, name="days", class_name="input"), error=_problem("days")),
        _addresses(""),
        _buttons("keys.make_do"),
        on_submit=KeysState.make,
        reset_on_submit=False,
        class_name="stack",
    )


def _area(area: str, verbs: tuple[str, ...]) -> rx.Component:
    boxes = [_choice(f"{area}:{verb}", t(f"keys.may.{verb}")) for verb in verbs]
    return rx.el.div(
        rx.el.span(t(f"keys.area.{area}"), id=f"area-{area}"), *boxes, role="group", aria_labelledby=f"area-{area}"
    )


def _choice(name: str, words: Any, *, class_name: str = "choice") -> rx.Component:
    return rx.el.label(rx.el.input(type="checkbox", name=name), rx.el.span(words), class_name=class_name)


def _edit() -> rx.Component:
    asked = KeysState.asked
    ends = text_input(name="ends_on", type="date", default_value=asked.ends_on, key=asked.id)
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(t("keys.change_title")),
            rx.dialog.description(t("keys.change_help"), class_name="f-help"),
            rx.form(
                _name(asked.name),
                field(t("keys.ends"), ends, help=t("keys.ends_help"), error=_problem("expires_at")),
                _addresses(asked.addresses.join("\n")),
                _buttons("keys.save"),
                on_submit=KeysState.save,
                reset_on_submit=False,
                class_name="stack",
            ),
            class_name="dialog",
        ),
        open=KeysState.dialog == "edit",
        on_open_change=KeysState.close,
    )


def _revoke() -> rx.Component:
    return confirm(
        KeysState.dialog == "revoke",
        t("keys.revoke_ask", name=KeysState.asked.name),
        t("keys.revoke_note"),
        button(t("keys.revoke"), tone="bad", on_click=KeysState.revoke),
        KeysState.close(False),
        no=t("keys.revoke_no"),
    )


def _name(value: Any) -> rx.Component:
    control = text_input(
        name="name", default_value=value, required=True, max_length=120, auto_complete="off", key=KeysState.asked.id
    )
    return field(t("keys.name"), control, help=t("keys.name_help"), error=_problem("name"))


def _addresses(value: Any) -> rx.Component:
    control = rx.el.textarea(
        name="addresses",
        default_value=value,
        rows="2",
        class_name="input mono",
        placeholder="203.0.113.0/24",
        spell_check=False,
        key=KeysState.asked.id,
    )
    return field(t("keys.from"), control, help=t("keys.from_help"), error=_problem("addresses"))


def _buttons(key: str) -> rx.Component:
    return rx.el.div(
        button(t("common.cancel"), tone="soft", on_click=KeysState.close(False)),
        rx.el.button(t(key), type="submit", class_name="btn"),
        class_name="dialog-actions",
    )


def _problem(name: str) -> Any:
    return rx.cond(KeysState.problem_field == name, KeysState.problem, "")


def _error(name: str) -> rx.Component:
    return rx.cond(_problem(name) != "", rx.el.span(_problem(name), class_name="f-error", role="alert"))
