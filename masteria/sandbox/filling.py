"""Templates: do the parameters fit, and what does the person read? (Meta's reference, November 2026)"""

from __future__ import annotations

import re
from typing import Any

from masteria.sandbox.errors import GraphError
from masteria.sandbox.shapes import Part, part, parts

VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_BAD_SPACE = re.compile(r"[\n\t\r]| {5,}")
FILES = ("IMAGE", "VIDEO", "DOCUMENT")


def fill(template: dict[str, Any], given: list[Part]) -> dict[str, Any]:
    """The filled message as a bubble: `text`, and `header`, `footer`, `image`, `buttons` where there are such."""
    named = template["parameter_format"] == "NAMED"
    texts, buttons = _sorted(given)
    shown: dict[str, Any] = {}
    for component in template["components"]:
        kind = component["type"]
        if kind == "BODY":
            shown["text"] = _text("body", component["text"], texts.pop("body", []), named)
        elif kind == "HEADER":
            shown |= _header(component, texts.pop("header", []), named)
        elif kind == "FOOTER":
            shown["footer"] = component["text"]
        elif kind == "BUTTONS":
            shown["buttons"] = [_button(b, n, buttons.pop(n, None)) for n, b in enumerate(component["buttons"])]
    _nothing_left(texts, buttons)
    return shown


def _nothing_left(texts: dict[str, list[Part]], buttons: dict[int, Part]) -> None:
    for extra, parameters in texts.items():
        if parameters:
            raise GraphError(132000, f"{extra}: number texts localizable_params ({len(parameters)}) does not match (0)")
    if buttons:
        raise GraphError(132000, f"There is no button at index {min(buttons)}.")


def _sorted(given: list[Part]) -> tuple[dict[str, list[Part]], dict[int, Part]]:
    texts: dict[str, list[Part]] = {}
    buttons: dict[int, Part] = {}
    for component in given:
        kind = str(component.get("type", "")).lower()
        if kind == "button":
            index = str(component.get("index", ""))
            if not index.isdigit():
                raise GraphError(131008, "A button needs its index.")
            buttons[int(index)] = component
        elif kind in ("header", "body"):
            texts[kind] = parts(component.get("parameters"))
        else:
            raise GraphError(100, f"Component type {kind or 'missing'} is not known here.")
    return texts, buttons


def _header(component: Part, given: list[Part], named: bool) -> dict[str, Any]:
    form = component.get("format", "TEXT")
    if form == "TEXT":
        return {"header": _text("header", component.get("text", ""), given, named, limit=60)}
    if form not in FILES:
        return {"header": "📍"}
    kind = form.lower()
    got = given[0].get("type") if given else None
    if got != kind:
        raise GraphError(132012, f"header: Format mismatch, expected {form}, received {str(got or 'UNKNOWN').upper()}")
    media = part(given[0].get(kind))
    if not media.get("id") and not media.get("link"):
        raise GraphError(131008, f"header: {kind} needs id or link.")
    return {"file": kind, "media": str(media.get("id") or ""), "file_name": media.get("filename", "")}


def _text(place: str, text: str, given: list[Part], named: bool, limit: int = 1024) -> str:
    names = list(dict.fromkeys(VARIABLE.findall(text)))
    if len(names) != len(given):
        details = f"{place}: number of localizable_params ({len(given)}) does not match the expected ({len(names)})"
        raise GraphError(132000, details)
    values: dict[str, str] = {}
    for position, parameter in enumerate(given):
        key = _key(place, parameter, names, position, named)
        values[key] = _value(place, parameter)
    if len(values) != len(names):
        raise GraphError(132000, f"{place}: a parameter is given twice, another is missing.")
    filled = VARIABLE.sub(lambda match: values[match[1]], text)
    if len(filled) > limit:
        raise GraphError(132005, f"{place}: Translated text too long, {len(filled)} of {limit} characters")
    return filled


def _key(place: str, parameter: Part, names: list[str], position: int, named: bool) -> str:
    if not named:
        return names[position]
    key = parameter.get("parameter_name")
    if not key:
        raise GraphError(132012, f"{place}: parameter_name is missing.")
    if key not in names:
        raise GraphError(132000, f"{place}: there is no parameter named {key}.")
    return str(key)


def _value(place: str, parameter: Part) -> str:
    kind = parameter.get("type")
    if kind in ("currency", "date_time"):
        value = part(parameter.get(kind)).get("fallback_value")
    elif kind == "text":
        value = parameter.get("text")
    else:
        raise GraphError(132012, f"{place}: Parameters must be of type text, currency or date_time, not {kind}.")
    if not isinstance(value, str):
        raise GraphError(132012, f"{place}: the value of a {kind} parameter is missing or no text.")
    if not value.strip() or _BAD_SPACE.search(value):
        raise GraphError(
            132018, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces, nor be empty"
        )
    return value


WANTED = {"URL": ("url", "text"), "QUICK_REPLY": ("quick_reply", "payload"), "COPY_CODE": ("copy_code", "coupon_code")}


def _button(button: Part, index: int, given: Part | None) -> dict[str, Any]:
    kind = button["type"]
    sub_type, name = WANTED.get(kind, (kind.lower(), ""))
    if given is not None and str(given.get("sub_type", "")).lower() != sub_type:
        raise GraphError(132012, f"The button at index {index} is of type {sub_type}.")
    parameters = parts((given or {}).get("parameters")) or [Part()]
    value = str(parameters[0].get(name, "")) if name else ""
    needs = kind == "COPY_CODE" or (kind == "URL" and VARIABLE.search(button.get("url", "")))
    if needs and not value:
        raise GraphError(131008, f"buttons: Button at index {index} of type {kind} requires a parameter")
    shown = {"type": sub_type, "text": button.get("text", "")}
    if kind == "URL":
        shown["url"] = VARIABLE.sub(lambda _: value, button.get("url", ""))
    elif kind == "QUICK_REPLY":
        shown["id"] = value or button.get("text", "")
    elif kind == "COPY_CODE":
        shown["code"] = value
    elif kind == "PHONE_NUMBER":
        shown["phone"] = button.get("phone_number", "")
    return shown
