"""Every word people read, in three languages, from the message files. `t` for pages, `tr` for what Python says."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import reflex as rx
from babel.dates import format_datetime, format_time
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from masteria.kit.clock import now

LANGUAGES = ("pt_BR", "en", "es")
MESSAGES = Path(__file__).parent / "messages"


class Language(rx.State):
    """The reader's language; the browser keeps the choice, nothing depends on it but words."""

    PUBLIC: ClassVar[bool] = True

    code: str = rx.LocalStorage("pt_BR", name="masteria_language", sync=True)

    @rx.event
    def choose(self, code: str):
        """Switch at once; all three texts are in the page already."""
        if code in LANGUAGES:
            self.code = code


@cache
def catalog(language: str) -> dict[str, str]:
    """All messages of one language by key."""
    with (MESSAGES / f"{language}.po").open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file) if m.id}


def t(key: str) -> rx.Var[str]:
    """The text in the reader's language, switching without a reload. Unknown keys fail the build."""
    pt, en, es = (catalog(language)[key] for language in LANGUAGES)
    if pt == en == es:
        return rx.Var.create(pt)
    return rx.match(Language.code, ("en", en), ("es", es), pt)


def word(prefix: str, value: Any, options: tuple[str, ...]) -> rx.Var[str]:
    """The word for one of an enum's values, e.g. a row's state."""
    return rx.match(value, *((option, t(f"{prefix}.{option}")) for option in options), value)


def tr(language: str, key: str, **values: object) -> str:
    """The text with its placeholders filled, for toasts and for what the server writes into a row."""
    found = catalog(language if language in LANGUAGES else "pt_BR")
    text = found.get(key) or found["error.other"]
    for name, value in values.items():
        text = text.replace("{" + name + "}", str(value))
    return text


def reason(language: str, code: str | None) -> str:
    """Why: our own codes have words, the vendor's others their number."""
    if not code:
        return ""
    key = f"reason.{code}"
    return tr(language, key) if key in catalog("pt_BR") else tr(language, "reason.other", code=code)


def moment(at: datetime | None, language: str, timezone: str) -> str:
    """`22 nov, 14:05` in the company's zone, only the hour when it is today."""
    if at is None:
        return ""
    zone = ZoneInfo(timezone)
    local, locale = at.astimezone(zone), language if language in LANGUAGES else "pt_BR"
    if local.date() == now().astimezone(zone).date():
        return format_time(local, "HH:mm", locale=locale)
    return format_datetime(local, "d MMM, HH:mm", locale=locale).replace(".", "")


def number(value: float, language: str) -> str:
    return str(format_decimal(value, locale=language if language in LANGUAGES else "pt_BR"))


def phone(e164: str | None) -> str:
    """`(48) 99999-1234` for Brazil, the international form elsewhere."""
    if not e164 or not e164.startswith("+55") or len(e164) not in (13, 14):
        return e164 or ""
    area, rest = e164[3:5], e164[5:]
    return f"({area}) {rest[:-4]}-{rest[-4:]}"
