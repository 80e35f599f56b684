"""The frame around every signed-in page: places (below, on the phone), title, tools, health, the reader's menu."""

from __future__ import annotations

import functools
import operator
from typing import Any

import reflex as rx
from reflex.style import set_color_mode
from reflex.utils.imports import ImportDict, ImportVar
from reflex_components_core.core.banner import has_connection_errors

from masteria.ui.components.basics import brand, icon, native_form, native_link
from masteria.ui.profile import NEEDED, Profile
from masteria.ui.prove import prove_dialog
from masteria.ui.texts import LANGUAGES, Language, t

GROUPS = (
    ("nav.serve", (("/conversations", "messages-square", "nav.conversations"),)),
    ("nav.reach", (("/campaigns", "megaphone", "nav.campaigns"),)),
    ("nav.people", (("/contacts", "book-user", "nav.contacts"),)),
    (
        "nav.settings",
        (("/channels", "radio-tower", "nav.channels"), ("/settings/account", "settings", "nav.preferences")),
    ),
)
LANGUAGE_NAMES = dict(zip(LANGUAGES, ("Português", "English", "Español"), strict=True))
THEMES = (("light", "sun"), ("dark", "moon"), ("system", "monitor"))


def shell(
    active: str,
    title: Any,
    *content: rx.Component,
    tools: tuple[rx.Component, ...] = (),
    back: str = "",
    deep: bool = False,
) -> rx.Component:
    """`back` leads one level up; `deep` hides the bars on the phone, as inside a conversation."""
    return rx.el.div(
        native_link(t("nav.skip"), href="#content", class_name="skip"),
        _side(active),
        rx.el.div(
            _top(title, tools, back),
            _support(),
            _offline(),
            _unverified(),
            rx.el.main(*content, class_name="m-body", id="content", tab_index=-1),
            class_name="m-main",
        ),
        _tabs(active),
        prove_dialog(),
        language_of_page(),
        class_name="m-app",
        custom_attrs={"data-deep": str(deep).lower()},
    )


def language_choice() -> rx.Component:
    """The three languages as buttons, for pages before the sign-in."""
    buttons = (
        rx.el.button(
            name,
            type="button",
            lang=code.replace("_", "-"),
            on_click=Language.choose(code),
            class_name="language",
            custom_attrs={"aria-pressed": rx.cond(Language.code == code, "true", "false")},
        )
        for code, name in LANGUAGE_NAMES.items()
    )
    return rx.el.nav(*buttons, class_name="languages", aria_label=t("nav.language"))


class _LanguageOfPage(rx.Fragment):
    """Keeps `<html lang>` true to the words on the page."""

    def add_imports(self) -> ImportDict:
        return {"react": ImportVar("useEffect")}

    def add_hooks(self) -> list[str | rx.Var]:
        code = Language.code
        effect = f"useEffect(() => {{ document.documentElement.lang = {code!s}.replace('_', '-'); }}, [{code!s}]);"
        return [rx.Var(effect, _var_data=code._get_all_var_data())]  # pyright: ignore[reportAttributeAccessIssue]


language_of_page = _LanguageOfPage.create


def _side(active: str) -> rx.Component:
    groups = [_group(active, group, items) for group, items in GROUPS]
    return rx.el.aside(
        brand(),
        rx.el.nav(*groups, aria_label=t("nav.main")),
        _me("bar"),
        class_name="m-side",
        aria_label=t("app.name"),
    )


def _group(active: str, group: str, items: tuple[tuple[str, str, str], ...]) -> rx.Component:
    links = [rx.cond(_may_see(item[0]), rx.el.li(_link(active, *item, class_name="m-link"))) for item in items]
    listed = rx.el.div(
        rx.el.div(t(group), class_name="m-group", id=group.replace(".", "-")),
        rx.el.ul(*links, aria_labelledby=group.replace(".", "-")),
    )
    if any(item[0] not in NEEDED for item in items):
        return listed
    seen = [_may_see(item[0]) for item in items]
    return rx.cond(functools.reduce(operator.or_, seen), listed)  # pyright: ignore[reportReturnType]


def _may_see(href: str) -> Any:
    """Until it is known what the reader may, everything is shown: most may see all of it, and nothing jumps."""
    if href not in NEEDED:
        return True
    rights: Any = Profile.rights
    return (rights.length() == 0) | rights.contains(str(NEEDED[href]))


def _tabs(active: str) -> rx.Component:
    items = [item for _, group in GROUPS for item in group]
    return rx.el.nav(
        *[rx.cond(_may_see(item[0]), _link(active, *item, class_name="m-tab", size=21)) for item in items],
        class_name="m-tabs",
        aria_label=t("nav.main"),
    )


def _link(active: str, href: str, glyph: str, key: str, *, class_name: str, size: int = 17) -> rx.Component:
    return rx.link(
        icon(glyph, size),
        rx.el.span(t(key)),
        href=href,
        underline="none",
        class_name=class_name,
        custom_attrs={"aria-current": "page"} if href == active else {},
    )


def _top(title: Any, tools: tuple[rx.Component, ...], back: str) -> rx.Component:
    arrow = rx.link(
        icon("chevron-left", 20), href=back, class_name="m-back", custom_attrs={"aria-label": t("common.back")}
    )
    return rx.el.header(
        arrow if back else rx.fragment(),
        rx.el.h1(title, class_name="m-title"),
        rx.el.div(*tools, class_name="m-tools") if tools else rx.fragment(),
        _health(),
        _me("top"),
        class_name="m-top",
    )


def _health() -> rx.Component:
    return rx.el.div(
        rx.el.span(class_name="m-live", aria_hidden="true"),
        rx.el.span(rx.cond(has_connection_errors, t("nav.away"), t("nav.live")), class_name="m-live-word"),
        class_name="m-health",
        role="status",
        custom_attrs={"data-away": rx.cond(has_connection_errors, "true", "false")},
    )


def _support() -> rx.Component:
    """Who visits as support reads where they are, and the company reads that they are there."""
    leave = native_form(
        rx.el.button(t("support.leave"), type="submit", class_name="btn soft small"),
        action="/auth/support/leave",
        method="post",
    )
    mine = rx.el.div(
        icon("headset"),
        rx.el.span(t("support.inside", company=Profile.company)),
        leave,
        class_name="m-support",
        role="status",
    )
    theirs = rx.foreach(
        Profile.visits,
        lambda line: rx.el.div(icon("headset"), rx.el.span(line), class_name="m-support", role="status"),
    )
    return rx.cond(Profile.is_support, mine, theirs)


def _offline() -> rx.Component:
    return rx.cond(
        has_connection_errors,
        rx.el.div(icon("wifi-off"), rx.el.span(t("nav.offline")), class_name="m-offline", role="status"),
    )


def _unverified() -> rx.Component:
    """What is left to do before everything can be used, with the one thing that helps."""
    again = rx.el.button(t("nav.send_again"), type="button", class_name="btn soft small", on_click=Profile.send_again)
    sent = rx.el.b(t("nav.sent_again", email=Profile.email))
    return rx.cond(
        Profile.is_unverified,
        rx.el.div(
            icon("mail"),
            rx.el.span(t("nav.unverified")),
            rx.cond(Profile.was_sent_again, sent, again),
            class_name="m-offline",
            role="status",
        ),
    )


def _me(place: str) -> rx.Component:
    """The reader's menu: who, theme, language, out. In the bar with names, in the top of a phone without."""
    names = rx.el.span(rx.el.b(Profile.name), rx.el.small(Profile.company), class_name="m-who")
    trigger = rx.el.button(
        rx.el.span(Profile.initials, class_name="face"),
        names if place == "bar" else rx.fragment(),
        type="button",
        class_name=f"m-me in-{place}",
        aria_label=t("nav.profile"),
    )
    form_id = f"sign-out-{place}"
    return rx.fragment(
        # not modal: that would hide the whole page, with the focused button in it, from who listens to it
        rx.menu.root(
            rx.menu.trigger(trigger), rx.menu.content(*_me_items(form_id, place), variant="soft"), modal=False
        ),
        native_form(action="/auth/logout", method="post", id=form_id, hidden=True),
        rx.foreach(Profile.companies, lambda company: _company_form(place, company)),
    )


def _companies(place: str) -> rx.Component:
    """For who belongs to several."""

    def entry(company: Any) -> rx.Component:
        go = "document.getElementById('" + _company_id(place, company) + "').submit()"
        return rx.menu.item(company.name, on_select=rx.call_script(go))

    return rx.cond(
        Profile.companies.length() > 0,  # pyright: ignore[reportAttributeAccessIssue]
        rx.menu.sub(
            rx.menu.sub_trigger(icon("building-2", 15), t("nav.company")),
            rx.menu.sub_content(rx.foreach(Profile.companies, entry)),
        ),
    )


def _company_form(place: str, company: Any) -> rx.Component:
    """A plain form, since going on in another company changes the session's cookie."""
    chosen = rx.el.input(type="hidden", name="company_id", value=company.id, read_only=True)
    return native_form(
        chosen,
        action="/auth/company",
        method="post",
        id=_company_id(place, company),
        key=company.id,
        hidden=True,
    )


def _company_id(place: str, company: Any) -> Any:
    return f"company-{place}-" + company.id


def _me_items(form_id: str, place: str) -> list[rx.Component]:
    themes = [
        rx.menu.item(icon(glyph, 15), t(f"theme.{mode}"), on_select=set_color_mode(mode))  # pyright: ignore[reportArgumentType]
        for mode, glyph in THEMES
    ]
    languages = [
        rx.menu.item(
            rx.cond(Language.code == code, icon("check", 15), rx.el.span(class_name="no-check")),
            rx.el.span(name, lang=code.replace("_", "-")),
            on_select=Language.choose(code),
        )
        for code, name in LANGUAGE_NAMES.items()
    ]
    role = rx.match(
        Profile.role,
        *((name, t(f"role.{name}")) for name in ("owner", "admin", "supervisor", "agent")),
        rx.cond(Profile.is_support, t("role.support"), t("role.viewer")),
    )
    leave = rx.call_script(f"document.getElementById('{form_id}').submit()")
    installation = rx.cond(
        Profile.operates,
        rx.menu.item(icon("server-cog", 15), t("nav.installation"), on_select=rx.redirect("/admin")),
    )
    return [
        rx.el.div(rx.el.b(Profile.name), rx.el.small(Profile.email), rx.el.small(role), class_name="m-menu-head"),
        rx.menu.separator(),
        _companies(place),
        rx.menu.sub(rx.menu.sub_trigger(icon("sun-moon", 15), t("nav.theme")), rx.menu.sub_content(*themes)),
        rx.menu.sub(rx.menu.sub_trigger(icon("languages", 15), t("nav.language")), rx.menu.sub_content(*languages)),
        rx.menu.separator(),
        installation,
        rx.menu.item(icon("log-out", 15), t("nav.sign_out"), on_select=leave),
    ]
