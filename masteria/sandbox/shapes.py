"""Objects and lists out of a caller's JSON: absent is empty, another kind is refused."""

from __future__ import annotations

import json
from typing import Any, cast

from masteria.sandbox.errors import GraphError

Part = dict[str, Any]


def loaded(raw: bytes) -> Part:
    """The JSON object of a body, or `GraphError` 100."""
    try:
        found = json.loads(raw)
    except ValueError:
        raise GraphError(100, "The body is not JSON.") from None
    if not isinstance(found, dict):
        raise GraphError(100, "The body is not a JSON object.")
    return cast(Part, found)


def part(found: Any) -> Part:
    """An object, or `GraphError` 131009."""
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise GraphError(131009, f"An object was expected, not {found!r:.40}.")
    return cast(Part, found)


def parts(found: Any) -> list[Part]:
    """A list of objects, or `GraphError` 131009."""
    if found is None:
        return []
    if not isinstance(found, list):
        raise GraphError(131009, f"A list was expected, not {found!r:.40}.")
    return [part(item) for item in cast(list[Any], found)]
