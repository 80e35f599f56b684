"""Browser and system out of a `User-Agent`, for people to tell their devices apart. It proves nothing."""

from __future__ import annotations

import re

# the first that fits: most browsers name others, too
_BROWSERS = (
    ("Edge", r"\bEdg(?:e|A|iOS)?/"),
    ("Opera", r"\bOPR/|\bOpera"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/|Chromium/"),
    ("Safari", r"Version/[\d.]+ .*Safari/"),
)
_SYSTEMS = (
    ("Android", r"Android"),
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Windows", r"Windows NT"),
    ("ChromeOS", r"CrOS"),
    ("Mac", r"Mac OS X|Macintosh"),
    ("Linux", r"Linux|X11"),
)


def device(user_agent: str) -> tuple[str, str]:
    """`("Chrome", "Windows")`; empty where nothing is known."""
    return _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)


def label(user_agent: str) -> str:
    """`Chrome · Windows`, in no language."""
    return " · ".join(filter(None, device(user_agent)))


def _first(table: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for name, pattern in table if re.search(pattern, text)), "")
