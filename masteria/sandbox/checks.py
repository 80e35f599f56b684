"""Is this message one that Meta would take? Limits of the Cloud API's message reference (November 2026)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from masteria.sandbox.errors import GraphError
from masteria.sandbox.filling import fill
from masteria.sandbox.interactive import check_interactive
from masteria.sandbox.shapes import part, parts
from masteria.sandbox.world import Number, World

MEDIA = ("image", "video", "audio", "document", "sticker")
ECHO_LIMIT = 512


def check(world: World, number: Number, body: dict[str, Any]) -> dict[str, Any]:
    """What the person would see, as a bubble (`text` and more), or `GraphError`."""
    if body.get("messaging_product") != "whatsapp":
        raise GraphError(100, "The parameter messaging_product is required.")
    if len(str(body.get("biz_opaque_callback_data", ""))) > ECHO_LIMIT:
        raise GraphError(131009, f"biz_opaque_callback_data is longer than {ECHO_LIMIT} characters.")
    if body.get("recipient_type", "individual") != "individual":
        raise GraphError(131009, "Groups are not part of this sandbox.")
    kind = body.get("type", "text")
    if kind not in CHECKS:
        raise GraphError(131051, f"Type {kind} is not supported.")
    content = body.get(kind)
    if not isinstance(content, list if kind == "contacts" else dict):
        raise GraphError(131008, f"The parameter {kind} is required.")
    shown = CHECKS[kind](world, number, content)
    quoted = part(body.get("context")).get("message_id")
    return {**shown, "quoted": quoted} if quoted and kind != "reaction" else shown


def recipient(world: World, number: Number, body: dict[str, Any]) -> tuple[str, str]:
    """The digits of the recipient (`to` wins), or "" and the business-scoped user id if nobody is known by it."""
    to = body.get("to")
    if to:
        digits = re.sub(r"\D", "", str(to))
        if not 7 <= len(digits) <= 15:
            raise GraphError(131009, "The parameter to is not a phone number.")
        if digits == number.digits:
            raise GraphError(131021)
        if number.allowed and digits not in {re.sub(r"\D", "", a) for a in number.allowed}:
            raise GraphError(131030)
        return digits, ""
    user = str(body.get("recipient") or "")
    if not user:
        raise GraphError(131008, "The parameter to is required.")
    return world.users.get(user, ""), user


def _text(world: World, number: Number, content: dict[str, Any]) -> dict[str, Any]:
    text = content.get("body")
    if not text or not isinstance(text, str):
        raise GraphError(131008, "The parameter text.body is required.")
    if len(text) > 4096:
        raise GraphError(131009, "text.body is longer than 4096 characters.")
    return {"text": text}


def _media(kind: str) -> Callable[[World, Number, dict[str, Any]], dict[str, Any]]:
    def checked(world: World, number: Number, content: dict[str, Any]) -> dict[str, Any]:
        media_id, link = content.get("id"), content.get("link")
        if not media_id and not link:
            raise GraphError(131008, f"One of {kind}.id and {kind}.link is required.")
        if media_id and (media_id not in world.media or world.media[media_id].token != number.access_token):
            raise GraphError(131009, f"{kind}.id: there is no such media.")
        if not media_id and not str(link).startswith(("http://", "https://")):
            raise GraphError(131009, f"{kind}.link is no address.")
        caption = str(content.get("caption", ""))
        if caption and kind in ("audio", "sticker"):
            raise GraphError(131009, f"{kind} has no caption.")
        if len(caption) > 1024:
            raise GraphError(131009, "The caption is longer than 1024 characters.")
        return {"text": caption, "file": kind, "media": media_id or "", "file_name": content.get("filename", "")}

    return checked


def _location(world: World, number: Number, content: dict[str, Any]) -> dict[str, Any]:
    try:
        place = f"{float(content['latitude']):.5f}, {float(content['longitude']):.5f}"
    except (KeyError, TypeError, ValueError):
        raise GraphError(131009, "latitude and longitude must be numbers.") from None
    lines = [f"📍 {content.get('name') or place}", content.get("address") if content.get("name") else None]
    return {"text": "\n".join(str(line) for line in lines if line)}


def _contacts(world: World, number: Number, content: list[dict[str, Any]]) -> dict[str, Any]:
    if not 1 <= len(content) <= 257:
        raise GraphError(131009, "There must be 1 to 257 contacts.")
    names = [part(c.get("name")) for c in parts(content)]
    if any(not n.get("formatted_name") or len(n) < 2 for n in names):
        raise GraphError(131008, "A contact needs formatted_name and one more part of the name.")
    return {"text": "👤 " + ", ".join(n["formatted_name"] for n in names)}


def _reaction(world: World, number: Number, content: dict[str, Any]) -> dict[str, Any]:
    if not content.get("message_id"):
        raise GraphError(131008, "The parameter reaction.message_id is required.")
    return {"reaction": str(content.get("emoji", "")), "target": content["message_id"]}


def _interactive(world: World, number: Number, content: dict[str, Any]) -> dict[str, Any]:
    return check_interactive(content)


def _template(world: World, number: Number, content: dict[str, Any]) -> dict[str, Any]:
    template = found_template(world, number, content)
    if template["status"] == "PAUSED":
        raise GraphError(132015, f"Template {template['name']} is paused.")
    if template["status"] == "DISABLED":
        raise GraphError(132016)
    if template["status"] != "APPROVED":
        raise GraphError(132001, f"Template {template['name']} is not approved in {template['language']}.")
    return fill(template, parts(content.get("components")))


def found_template(world: World, number: Number, content: dict[str, Any]) -> dict[str, Any]:
    """The template a send names, or `GraphError` 132001."""
    name, language = str(content.get("name", "")), str(part(content.get("language")).get("code", ""))
    if not name or not language:
        raise GraphError(131008, "template.name and template.language.code are required.")
    template = world.find_template(number.waba_id, name, language)
    if template is None:
        raise GraphError(132001, f"template name ({name}) does not exist in {language}")
    return template


CHECKS: dict[str, Callable[[World, Number, Any], dict[str, Any]]] = {
    "text": _text,
    "template": _template,
    "interactive": _interactive,
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    **{kind: _media(kind) for kind in MEDIA},
}
