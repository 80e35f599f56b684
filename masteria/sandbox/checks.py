"""Is this message one that Meta would take? Limits of the Cloud API's message reference (November 2026)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from masteria.sandbox.errors import GraphError
from masteria.sandbox.world import Number, World

_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_BAD_SPACE = re.compile(r"[\n\t\r]| {5,}")
MEDIA = ("image", "video", "audio", "document", "sticker")


def check(world: World, number: Number, body: dict[str, Any]) -> str:
    """The text a person would read on the phone, or `GraphError`."""
    if body.get("messaging_product") != "whatsapp":
        raise GraphError(131008, "The parameter messaging_product is required.")
    if not body.get("to") and not body.get("recipient"):
        raise GraphError(131008, "The parameter to is required.")
    if len(str(body.get("biz_opaque_callback_data", ""))) > 512:
        raise GraphError(131009, "biz_opaque_callback_data is longer than 512 characters.")
    kind = body.get("type", "text")
    content = body.get(kind)
    if kind not in CHECKS:
        raise GraphError(131051, f"Type {kind} is not supported.")
    if content is None:
        raise GraphError(131008, f"The parameter {kind} is required.")
    return CHECKS[kind](world, number, content)


def _text(world: World, number: Number, content: dict[str, Any]) -> str:
    text = str(content.get("body", ""))
    if not text:
        raise GraphError(131008, "The parameter text.body is required.")
    if len(text) > 4096:
        raise GraphError(131009, "text.body is longer than 4096 characters.")
    return text


def _media(world: World, number: Number, content: dict[str, Any]) -> str:
    if not content.get("id") and not content.get("link"):
        raise GraphError(131008, "One of id and link is required.")
    if content.get("id") and content["id"] not in world.media:
        raise GraphError(131009, "There is no such media.")
    if len(content.get("caption", "")) > 1024:
        raise GraphError(131009, "The caption is longer than 1024 characters.")
    return content.get("caption") or content.get("filename") or "📎"


def _location(world: World, number: Number, content: dict[str, Any]) -> str:
    try:
        place = float(content["latitude"]), float(content["longitude"])
    except (KeyError, TypeError, ValueError):
        raise GraphError(131009, "latitude and longitude must be numbers.") from None
    return f"📍 {content.get('name') or place}"


def _contacts(world: World, number: Number, content: list[dict[str, Any]]) -> str:
    names = [c.get("name", {}).get("formatted_name") for c in content]
    if not names or not all(names):
        raise GraphError(131008, "contacts need a formatted_name.")
    return "👤 " + ", ".join(names)


def _reaction(world: World, number: Number, content: dict[str, Any]) -> str:
    if not content.get("message_id"):
        raise GraphError(131008, "The parameter reaction.message_id is required.")
    return content.get("emoji", "")


def _interactive(world: World, number: Number, content: dict[str, Any]) -> str:
    kind, action = content.get("type"), content.get("action") or {}
    if kind == "button":
        titles = [b.get("reply", {}).get("title", "") for b in action.get("buttons", [])]
        if not 1 <= len(titles) <= 3 or any(not 0 < len(t) <= 20 for t in titles):
            raise GraphError(131009, "1 to 3 buttons with titles of at most 20 characters.")
    if kind == "list":
        rows = [r for s in action.get("sections", []) for r in s.get("rows", [])]
        if not 1 <= len(rows) <= 10 or any(len(r.get("title", "")) > 24 for r in rows):
            raise GraphError(131009, "1 to 10 rows with titles of at most 24 characters.")
    return content.get("body", {}).get("text", "")


def _template(world: World, number: Number, content: dict[str, Any]) -> str:
    name, language = content.get("name", ""), content.get("language", {}).get("code", "")
    template = world.find_template(number.waba_id, name, language)
    if template is None:
        raise GraphError(132001, f"Template name ({name}) does not exist in {language}")
    if template["status"] == "PAUSED":
        raise GraphError(132015, f"{name} is paused.")
    if template["status"] != "APPROVED":
        raise GraphError(132001, f"Template name ({name}) is not approved in {language}")
    given = {c.get("type", "").lower(): c.get("parameters", []) for c in content.get("components", [])}
    parts = []
    for component in template["components"]:
        if component["type"] in ("HEADER", "BODY") and component.get("text"):
            parts.append(_filled(template, component["text"], given.get(component["type"].lower(), [])))
        elif component["type"] == "FOOTER":
            parts.append(component["text"])
    return "\n".join(parts)


def _filled(template: dict[str, Any], text: str, parameters: list[dict[str, Any]]) -> str:
    names = list(dict.fromkeys(_VARIABLE.findall(text)))
    if len(names) != len(parameters):
        raise GraphError(132000, f"number of localizable_params ({len(parameters)}) does not match ({len(names)})")
    values: dict[str, str] = {}
    for position, parameter in enumerate(parameters):
        if parameter.get("type") != "text" or not isinstance(parameter.get("text"), str):
            raise GraphError(132012, "Parameters must be of type text.")
        named = template["parameter_format"] == "NAMED"
        key = parameter.get("parameter_name", "") if named else names[position]
        if key not in names:
            raise GraphError(132000, f"There is no parameter named {key}.")
        if not parameter["text"].strip() or _BAD_SPACE.search(parameter["text"]):
            raise GraphError(132018, "Param text cannot be empty or have new-line/tab characters or 5 spaces in a row")
        values[key] = parameter["text"]
    filled = _VARIABLE.sub(lambda match: values[match[1]], text)
    if len(filled) > 1024:
        raise GraphError(132005, "The filled text is longer than 1024 characters.")
    return filled


CHECKS: dict[str, Callable[[World, Number, Any], str]] = {
    "text": _text,
    "template": _template,
    "interactive": _interactive,
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    **dict.fromkeys(MEDIA, _media),
}
