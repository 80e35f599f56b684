"""The readable line and the payload of each inbound message type (Meta's webhook reference, 2026)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from masteria.channels.values import as_dict, as_list

Content = tuple[str, dict[str, Any]]
MEDIA = ("image", "video", "audio", "document", "sticker")
_MEDIA_KEYS = ("id", "mime_type", "sha256", "filename", "voice", "animated")


def content_of(kind: str, item: dict[str, Any]) -> Content:
    """Text to show and what is kept beside it. An unknown type keeps its object and shows nothing invented."""
    found = item.get(kind)
    reader = _READERS.get(kind)
    if reader is None:
        text, payload = "", {kind: found} if found else {}
    else:
        text, payload = reader(found)
        if not found:
            payload["incomplete"] = True
    payload |= {key: item[key] for key in ("context", "referral", "errors", "group_id") if item.get(key)}
    return text, payload


def _words(*candidates: Any) -> str:
    """The first that says something; a number is said as well."""
    return next((str(c) for c in candidates if isinstance(c, str | int | float) and str(c).strip()), "")


def _text(found: Any) -> Content:
    return _words(as_dict(found).get("body")), {}


def _media(found: Any) -> Content:
    part = as_dict(found)
    # the address in `url` needs our token and dies within five minutes: the id is what can be fetched later
    kept = {key: part[key] for key in _MEDIA_KEYS if part.get(key) is not None}
    return _words(part.get("caption"), part.get("filename")), kept


def _location(found: Any) -> Content:
    part = as_dict(found)
    place = ", ".join(_words(part.get(key)) for key in ("latitude", "longitude") if part.get(key) is not None)
    return _words(part.get("name"), part.get("address"), place), part


def _contacts(found: Any) -> Content:
    people = [as_dict(person) for person in as_list(found)]
    names = [_words(as_dict(p.get("name")).get("formatted_name")) for p in people]
    return ", ".join(filter(None, names)), {"contacts": people}


def _button(found: Any) -> Content:
    part = as_dict(found)
    return _words(part.get("text"), part.get("payload")), {"payload": part.get("payload")}


def _interactive(found: Any) -> Content:
    part = as_dict(found)
    kind = _words(part.get("type"))
    reply = as_dict(part.get(kind))
    text = _words(reply.get("title"), reply.get("body"), reply.get("name"), reply.get("response"))
    return text, {"type": kind, "reply": reply}  # response_json stays text: it may be broken


def _order(found: Any) -> Content:
    part = as_dict(found)
    return _words(part.get("text")), part


def _reaction(found: Any) -> Content:
    part = as_dict(found)
    return _words(part.get("emoji")), {"target": part.get("message_id")}  # no emoji: the reaction was taken back


def _system(found: Any) -> Content:
    part = as_dict(found)
    return _words(part.get("body")), part


def _edit(found: Any) -> Content:
    part = as_dict(found)
    message = as_dict(part.get("message"))
    kind = _words(message.get("type"))
    text = content_of(kind, message)[0] if kind != "edit" else ""
    return text, {"target": part.get("original_message_id"), "type": kind}


def _revoke(found: Any) -> Content:
    return "", {"target": as_dict(found).get("original_message_id")}


_READERS: dict[str, Callable[[Any], Content]] = {
    "text": _text,
    "location": _location,
    "contacts": _contacts,
    "button": _button,
    "interactive": _interactive,
    "order": _order,
    "reaction": _reaction,
    "system": _system,
    "edit": _edit,
    "revoke": _revoke,
    **dict.fromkeys(MEDIA, _media),
}
