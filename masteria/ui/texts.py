"""Every word people read, in three languages, from the message files. `t` for pages, `tr` for what Python says."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
import reflex as rx
from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from masteria.kit.clock import now
from masteria.ui.marks import public

LANGUAGES = ("pt_BR", "en", "es")
SOURCE = LANGUAGES[0]
HOME_CODE = 55  # people at home leave the country out
MESSAGES = Path(__file__).parent / "messages"


class Language(rx.State):
    """The reader's language: what this device chose, else the person's own, else the browser's."""

    choice: str = rx.LocalStorage("", name="masteria_language", sync=True)
    usual: str = SOURCE

    @rx.var
    def code(self) -> str:
        return self.choice if self.choice in LANGUAGES else self.usual

    @rx.event
    @public
    async def choose(self, code: str):
        """Switch at once; all three texts are in the page already."""
        if code in LANGUAGES:
            self.choice = code


@cache
def catalog(language: str) -> dict[str, str]:
    """All messages of one language by key; where there are plural forms, the one for many."""
    return {key: forms[-1] for key, forms in _forms(language).items()}


@cache
def _forms(language: str) -> dict[str, tuple[str, ...]]:
    with (MESSAGES / f"{language}.po").open("rb") as file:
        messages = [m for m in read_po(file, locale=language) if m.id]
    plural = {m.id[0]: tuple(m.string or ()) for m in messages if m.pluralizable}
    return plural | {str(m.id): (str(m.string),) for m in messages if not m.pluralizable}


def known(language: str) -> str:
    """One of our languages for a tag such as `pt-BR`, `pt` or `en_GB`; else the source language."""
    base = language.replace("-", "_").partition("_")[0].strip().lower()
    return next((ours for ours in LANGUAGES if ours.partition("_")[0] == base), SOURCE)


def preferred(accept_language: str) -> str:
    """The first of the browser's languages that we speak."""
    ours = {code.partition("_")[0] for code in LANGUAGES}
    tags = (part.partition(";")[0].strip() for part in accept_language.split(","))
    return known(next((tag for tag in tags if tag.partition("-")[0].lower() in ours), SOURCE))


def t(key: str, **values: Any) -> rx.Var[str]:
    """The text in the reader's language, switching at once. Values may be Vars; an unknown key fails the build."""
    pt, en, es = (_filled(catalog(language)[key], values) for language in LANGUAGES)
    if pt == en == es:
        return rx.Var.create(pt)
    return rx.match(Language.code, ("en", en), ("es", es), pt)  # pyright: ignore[reportReturnType]


def word(prefix: str, value: Any, options: tuple[str, ...]) -> rx.Var[str]:
    """The word for one of an enum's values, e.g. a row's state."""
    return rx.match(value, *((option, t(f"{prefix}.{option}")) for option in options), value)  # pyright: ignore[reportReturnType]


def tr(language: str, key: str, **values: object) -> str:
    """The text with its placeholders filled, for toasts and what the server writes into a row.

    A whole number as `count` chooses the plural form; whole numbers are grouped as the language does it.
    """
    language = known(language)
    forms = _forms(language).get(key) or _forms(language)["error.other"]
    count = values.get("count")
    is_one = isinstance(count, int) and Locale.parse(language).plural_form(count) == "one"
    shown = {name: number(v, language) if type(v) is int else str(v) for name, v in values.items()}
    return _filled(forms[0] if is_one else forms[-1], shown)


def _filled(text: str, values: dict[str, Any]) -> str:
    for name, value in values.items():
        text = text.replace("{" + name + "}", f"{value}")
    return text


def reason(language: str, code: str | None) -> str:
    """Why: our own codes have words, the vendor's others their number."""
    if not code:
        return ""
    key = f"reason.{code}"
    return tr(language, key) if key in catalog(SOURCE) else tr(language, "reason.other", code=code)


def moment(at: datetime | None, language: str, timezone: str) -> str:
    """`22 nov, 14:05` in the company's zone, only the hour when it is today."""
    if at is None:
        return ""
    zone = ZoneInfo(timezone)
    local, locale = at.astimezone(zone), known(language)
    if local.date() == now().astimezone(zone).date():
        return format_time(local, "HH:mm", locale=locale)
    return format_datetime(local, "d MMM, HH:mm", locale=locale).replace(".", "")


def day(at: datetime, language: str, timezone: str) -> str:
    """`20 mai 2031` in the company's zone: what lies far away is told with its year."""
    local = at.astimezone(ZoneInfo(timezone))
    return format_date(local.date(), "d MMM y", locale=known(language)).replace(".", "")


def number(value: float, language: str) -> str:
    return str(format_decimal(value, locale=known(language)))


def phone(e164: str | None) -> str:
    """`(48) 99999-1234` at home, `+1 415-555-0100` from abroad."""
    try:
        parsed = phonenumbers.parse(e164 or "", None)
    except phonenumbers.NumberParseException:
        return e164 or ""
    form = phonenumbers.PhoneNumberFormat
    at_home = parsed.country_code == HOME_CODE
    return phonenumbers.format_number(parsed, form.NATIONAL if at_home else form.INTERNATIONAL)
