"""The readable line and the payload of each inbound message type (Meta's webhook reference, 2026)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Content = tuple[str, dict[str, Any]]
MEDIA = ("image", "video", "audio", "document", "sticker")


def content_of(kind: str, item: dict[str, Any]) -> Content:
    """Text to show and what is kept beside it. An unknown type keeps its object and shows nothing invented."""
    found = item.get(kind)
    reader = _READERS.get(kind)
    text, payload = reader(found if isinstance(found, dict) else {}) if reader else ("", {kind: found} if found else {})
    if kind == "contacts" and isinstance(found, list):
        text, payload = _contacts(found)
    for key in ("context", "referral", "errors"):
        if item.get(key):
            payload[key] = item[key]
    return text, payload


def _text(found: dict[str, Any]) -> Content:
    return str(found.get("body", "")), {}


def _media(found: dict[str, Any]) -> Content:
    kept = {
        k: found[k] for k in ("id", "mime_type", "sha256", "filename", "voice", "animated") if found.get(k) is not None
    }
    return str(found.get("caption") or found.get("filename") or ""), kept


def _location(found: dict[str, Any]) -> Content:
    return str(found.get("name") or found.get("address") or ""), dict(found)


def _contacts(found: list[Any]) -> Content:
    names = [str(c.get("name", {}).get("formatted_name", "")) for c in found if isinstance(c, dict)]
    return ", ".join(filter(None, names)), {"contacts": found}


def _button(found: dict[str, Any]) -> Content:
    return str(found.get("text", "")), {"payload": found.get("payload")}


def _interactive(found: dict[str, Any]) -> Content:
    kind = str(found.get("type", ""))
    reply = found.get(kind) if isinstance(found.get(kind), dict) else {}
    return str((reply or {}).get("title") or (reply or {}).get("body") or ""), {"type": kind, "reply": reply}


def _order(found: dict[str, Any]) -> Content:
    return str(found.get("text") or ""), dict(found)


def _reaction(found: dict[str, Any]) -> Content:
    return str(found.get("emoji") or ""), {"target": found.get("message_id")}


def _system(found: dict[str, Any]) -> Content:
    return str(found.get("body") or ""), dict(found)


def _edit(found: dict[str, Any]) -> Content:
    message = found.get("message") if isinstance(found.get("message"), dict) else {}
    inner = message.get(message.get("type", "")) if message else {}
    text = inner.get("body") or inner.get("caption") if isinstance(inner, dict) else ""
    return str(text or ""), {"target": found.get("original_message_id")}


def _revoke(found: dict[str, Any]) -> Content:
    return "", {"target": found.get("original_message_id")}


_READERS: dict[str, Callable[[dict[str, Any]], Content]] = {
    "text": _text,
    "location": _location,
    "button": _button,
    "interactive": _interactive,
    "order": _order,
    "reaction": _reaction,
    "system": _system,
    "edit": _edit,
    "revoke": _revoke,
    **dict.fromkeys(MEDIA, _media),
}
