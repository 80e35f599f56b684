"""People: a row each with role, second step and when they were last here; dialogs to change a role and to let go."""

# Reflex passes attributes through a Var and refuses a wrong one when it compiles; pyright sees only the Var.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import reflex as rx

from masteria.core.access import RANKS
from masteria.enums import Permission
from masteria.ui.components.basics import button, confirm, field, icon, search_box, skeleton
from masteria.ui.screen import screen
from masteria.ui.settings.team.choices import Option
from masteria.ui.settings.team.frame import MAY_EDIT, role_select, role_words, switch, team_page
from masteria.ui.settings.team.invite_form import invite_button, invite_form
from masteria.ui.settings.team.people_state import PeopleState, Person
from masteria.ui.texts import t

TONES = dict(zip(RANKS, ("neutral", "neutral", "info", "info", "good"), strict=True))
HEADS = ("team.person", "team.role", "team.second_step", "team.last_seen")


@screen("/settings/team", "settings.team", Permission.READ_MEMBERS, on_load=PeopleState.enter)
def people() -> rx.Component:
    found = rx.cond(
        PeopleState.people.length() > 0, _table(), rx.el.p(t("common.none_found"), class_name="m-empty", role="status")
    )
    return team_page(
        "/settings/team",
        rx.el.div(search_box(t("team.search"), PeopleState.q, PeopleState.search), class_name="filters"),
        rx.cond(PeopleState.loaded, found, skeleton(4)),
        _role_dialog(),
        _removal(),
        invite_form(),
        tools=(rx.cond(MAY_EDIT, invite_button()),),
    )


def _table() -> rx.Component:
    heads = [rx.el.th(t(key), scope="col") for key in HEADS]
    return rx.el.table(
        rx.el.thead(rx.el.tr(*heads, rx.el.th(rx.el.span(t("team.actions"), class_name="unseen"), scope="col"))),
        rx.el.tbody(rx.foreach(PeopleState.people, _row)),
        class_name="table people",
    )


def _row(person: rx.Var[Person]) -> rx.Component:
    tone = rx.match(person.role, *TONES.items(), "neutral")
    return rx.el.tr(
        rx.el.td(_who(person)),
        rx.el.td(
            rx.el.span(role_words(person.role, person.custom), class_name="badge", custom_attrs={"data-tone": tone}),
            rx.cond(person.own_only, rx.el.small(t("team.own_only_short"), class_name="dim")),
            class_name="role",
        ),
        rx.el.td(
            rx.cond(
                person.second_step,
                rx.el.span(icon("shield-check"), _on_phone("team.second_step"), t("team.second_step_on")),
                rx.el.span(icon("shield-off"), _on_phone("team.second_step"), t("team.second_step_off")),
            ),
            class_name=rx.cond(person.second_step, "fact-cell good", "fact-cell"),
        ),
        rx.el.td(_on_phone("team.last_seen"), person.last_seen, class_name="dim num"),
        rx.el.td(rx.cond(person.may_change, _menu(person)), class_name="more-cell"),
    )


def _who(person: rx.Var[Person]) -> rx.Component:
    return rx.el.div(
        rx.el.span(person.initials, class_name="face", aria_hidden="true"),
        rx.el.span(
            rx.el.b(person.name, rx.cond(person.is_me, rx.el.span(" · ", t("team.you"), class_name="dim"))),
            rx.el.small(person.email),
            rx.cond(person.teams != "", rx.el.small(person.teams)),
            class_name="lead",
        ),
        class_name="who",
    )


def _on_phone(key: str) -> rx.Component:
    """The head of the column, where there is none."""
    return rx.el.span(t(key), ":", class_name="only-phone dim")


def _menu(person: rx.Var[Person]) -> rx.Component:
    trigger = rx.el.button(
        icon("ellipsis", 18), type="button", class_name="icon-btn", aria_label=t("team.actions_of", name=person.name)
    )
    return rx.menu.root(
        rx.menu.trigger(trigger),
        rx.menu.content(
            rx.menu.item(icon("user-cog", 15), t("team.change_role"), on_select=PeopleState.ask_role(person.id)),
            rx.cond(
                person.is_me,
                rx.fragment(),
                rx.menu.item(
                    icon("user-minus", 15),
                    t("team.remove"),
                    color="red",
                    on_select=PeopleState.ask_removal(person.id),
                ),
            ),
            variant="soft",
        ),
        modal=False,
    )


def _role_dialog() -> rx.Component:
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(t("team.role_of", name=PeopleState.person_name)),
            rx.dialog.description(t("team.role_help"), class_name="f-help"),
            rx.el.div(
                _problem(),
                field(t("team.role"), role_select(PeopleState.roles, PeopleState.role, PeopleState.choose_role)),
                rx.cond(
                    PeopleState.may_limit,
                    switch(t("team.own_only"), t("team.own_only_help"), PeopleState.own_only, PeopleState.choose_own),
                ),
                class_name="stack",
            ),
            rx.el.div(
                button(t("common.cancel"), tone="soft", on_click=PeopleState.close),
                button(t("team.save_role"), on_click=PeopleState.give_role),
                class_name="dialog-actions",
            ),
            class_name="dialog",
        ),
        open=PeopleState.dialog == "role",
        on_open_change=lambda _open: PeopleState.close(),
    )


def _removal() -> rx.Component:
    heir = field(
        t("team.heir"),
        rx.el.select(
            rx.el.option(t("team.nobody"), value=""),
            rx.foreach(PeopleState.heirs, _heir),
            value=PeopleState.heir,
            on_change=PeopleState.choose_heir,
            class_name="input",
        ),
    )
    note = rx.el.span(
        rx.el.span(t("team.remove_help"), class_name="block"),
        rx.cond(PeopleState.open_count > 0, rx.el.span(PeopleState.note, class_name="block strong")),
    )
    return confirm(
        PeopleState.dialog == "remove",
        t("team.remove_ask", name=PeopleState.person_name),
        note,
        button(t("team.remove_do"), tone="bad", on_click=PeopleState.remove),
        PeopleState.close,
        more=rx.el.div(_problem(), rx.cond(PeopleState.open_count > 0, heir), class_name="stack"),
    )


def _heir(option: rx.Var[Option]) -> rx.Component:
    return rx.el.option(option.name, value=option.id)


def _problem() -> rx.Component:
    return rx.cond(PeopleState.problem != "", rx.el.p(PeopleState.problem, class_name="notice bad", role="alert"))
