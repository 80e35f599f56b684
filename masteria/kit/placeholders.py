"""Placeholders in message texts: `{{1}}`, `{{name}}`. Filled once; what a value contains is never read again."""

from __future__ import annotations

import re

PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
HEADER = "header."  # how a header's placeholder is called among a campaign's variables


def placeholders_in(text: str) -> list[str]:
    """The names, in order, each once."""
    return list(dict.fromkeys(PLACEHOLDER.findall(text)))


def fill(text: str, values: dict[str, str]) -> str:
    """The text with each placeholder replaced by its value, or by nothing."""
    return PLACEHOLDER.sub(lambda found: values.get(found[1], ""), text)
