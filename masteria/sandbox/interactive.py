"""Interactive messages: the limits of Meta's reference (November 2026), and what the person sees of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from masteria.sandbox.errors import GraphError
from masteria.sandbox.shapes import Part, part, parts

BODY_LIMIT = {"list": 4096}
WITHOUT_BODY = ("product",)
OUT_OF_SCOPE = ("order_details", "order_status", "address_message")


def check_interactive(content: Part) -> dict[str, Any]:
    """The bubble of an interactive message, or `GraphError`."""
    kind = content.get("type")
    if kind in OUT_OF_SCOPE or kind not in ACTIONS:
        raise GraphError(131009, f"Interactive type {kind} is not supported here.")
    text = _limited(content.get("body"), "body", BODY_LIMIT.get(kind, 1024), kind not in WITHOUT_BODY)
    shown: dict[str, Any] = {"text": text, "buttons": ACTIONS[kind](part(content.get("action")))}
    footer = _limited(content.get("footer"), "footer", 60)
    if footer:
        shown["footer"] = footer
    return {**shown, **_header(kind, part(content.get("header")))}


def _header(kind: str, header: Part) -> dict[str, Any]:
    if not header:
        return {}
    form = header.get("type")
    if form == "text":
        return {"header": _limited(header, "header", 60, needed=True)}
    if kind == "list" or form not in ("image", "video", "document"):
        _bad(f"A header of type {form} does not go with {kind}.")
    media = part(header.get(str(form)))
    if not media.get("id") and not media.get("link"):
        raise GraphError(131008, f"header: {form} needs id or link.")
    return {"file": form, "media": str(media.get("id") or ""), "file_name": media.get("filename", "")}


def _limited(given: Any, name: str, limit: int, needed: bool = False) -> str:
    text = str(part(given).get("text", ""))
    if needed and not text:
        raise GraphError(131008, f"The parameter interactive.{name}.text is required.")
    if len(text) > limit:
        _bad(f"interactive.{name}.text is longer than {limit} characters.")
    return text


def _buttons(action: Part) -> list[Part]:
    replies = [part(b.get("reply")) for b in parts(action.get("buttons"))]
    if not 1 <= len(replies) <= 3:
        _bad("There must be 1 to 3 buttons.")
    ids = [str(r.get("id", "")) for r in replies]
    if len(set(ids)) != len(ids) or any(not 0 < len(i) <= 256 for i in ids):
        _bad("Button ids must be unique, 1 to 256 characters.")
    if any(not 0 < len(str(r.get("title", ""))) <= 20 for r in replies):
        _bad("Button titles have 1 to 20 characters.")
    return [{"type": "button_reply", "id": r["id"], "text": r["title"]} for r in replies]


def _list(action: Part) -> list[Part]:
    sections = parts(action.get("sections"))
    label = str(action.get("button", ""))
    if not 0 < len(label) <= 20:
        _bad("The list's button has 1 to 20 characters.")
    if not 1 <= len(sections) <= 10:
        _bad("There must be 1 to 10 sections.")
    if any(len(str(s.get("title", ""))) > 24 or (len(sections) > 1 and not s.get("title")) for s in sections):
        _bad("Section titles have 1 to 24 characters; each needs one if there are several.")
    rows = [row for section in sections for row in parts(section.get("rows"))]
    if not 1 <= len(rows) <= 10:
        _bad("There must be 1 to 10 rows in total.")
    for row in rows:
        if not 0 < len(str(row.get("id", ""))) <= 200 or not 0 < len(str(row.get("title", ""))) <= 24:
            _bad("A row needs an id of at most 200 and a title of at most 24 characters.")
        if len(str(row.get("description", ""))) > 72:
            _bad("A row's description has at most 72 characters.")
    shown = [{"id": r["id"], "text": r["title"], "description": r.get("description", "")} for r in rows]
    return [{"type": "list", "text": label, "rows": shown}]


def _link(action: Part) -> list[Part]:
    found = part(action.get("parameters"))
    label, url = str(found.get("display_text", "")), str(found.get("url", ""))
    if not 0 < len(label) <= 20 or not url.startswith(("http://", "https://")):
        _bad("cta_url needs a display_text of at most 20 characters and a url.")
    return [{"type": "url", "text": label, "url": url}]


def _flow(action: Part) -> list[Part]:
    found = part(action.get("parameters"))
    if not found.get("flow_cta") or not (found.get("flow_id") or found.get("flow_name")):
        raise GraphError(131008, "flow needs flow_cta and flow_id or flow_name.")
    return [{"type": "flow", "text": found["flow_cta"]}]


def _location(action: Part) -> list[Part]:
    if action.get("name") != "send_location":
        _bad("The action's name must be send_location.")
    return [{"type": "location", "text": "📍"}]


def _plain(action: Part) -> list[Part]:
    if not action:
        raise GraphError(131008, "The parameter interactive.action is required.")
    return []


def _cards(action: Part) -> list[Part]:
    cards = parts(action.get("cards"))
    if not 2 <= len(cards) <= 10 or [c.get("card_index") for c in cards] != list(range(len(cards))):
        _bad("A carousel has 2 to 10 cards, their card_index from 0.")
    return []


def _bad(details: str) -> None:
    raise GraphError(131009, details)


ACTIONS: dict[str, Callable[[Part], list[Part]]] = {
    "button": _buttons,
    "list": _list,
    "cta_url": _link,
    "flow": _flow,
    "location_request_message": _location,
    "carousel": _cards,
    **dict.fromkeys(
        ("product", "product_list", "catalog_message", "call_permission_request", "voice_call", "request_contact_info"),
        _plain,
    ),
}
