"""The JSON of outgoing messages: what everyone of a campaign shares is written once, then only holes are filled."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from masteria.channels.base import Content
from masteria.kit.placeholders import HEADER, fill

Body = Callable[[str, str, dict[str, str]], bytes]
_HOLE = "\x00hole\x00"  # no text of ours contains NUL: it cannot be stored
_quoted = json.encoder.encode_basestring  # a JSON string without escaping what is not ASCII


def body_for(content: Content) -> Body:
    """`body(to, echo, values)` for this content; a number goes with its `+`, else Meta may put its own country before it.

    Who hides the number is reached by Meta's id of the person, which is no number.
    """
    keys = [HEADER + key for key in content.header] + list(content.body) if content.template else []
    parts = json.dumps(_shape(content), ensure_ascii=False).split(json.dumps(_HOLE))
    head, texts = parts[0], parts[1:]
    assert len(texts) == (len(keys) if content.template else 1)

    def body(to: str, echo: str, values: dict[str, str]) -> bytes:
        words = [values.get(key, "") for key in keys] if keys else [fill(content.text, values)] * len(texts)
        filled = "".join(_quoted(word) + text for word, text in zip(words, texts, strict=True))
        reach = "to" if to.startswith("+") else "recipient"
        return f'{{"{reach}":{_quoted(to)},"biz_opaque_callback_data":{_quoted(echo)},{head[1:]}{filled}'.encode()

    return body


def _shape(content: Content) -> dict[str, Any]:
    shared: dict[str, Any] = {"messaging_product": "whatsapp", "recipient_type": "individual"}
    if content.template:
        return shared | {"type": "template", "template": _template(content)}
    return shared | {"type": "text", "text": {"body": _HOLE, "preview_url": False}}


def _template(content: Content) -> dict[str, Any]:
    components = [
        {"type": kind, "parameters": [_parameter(key, content.named) for key in keys]}
        for kind, keys in (("header", content.header), ("body", content.body))
        if keys
    ]
    found: dict[str, Any] = {"name": content.template, "language": {"code": content.language}}
    return {**found, "components": components} if components else found


def _parameter(key: str, named: bool) -> dict[str, str]:
    found = {"type": "text", "text": _HOLE}
    return {**found, "parameter_name": key} if named else found
