"""Figures as people read them: a line each."""

from __future__ import annotations

from typing import Any


def lines(found: dict[str, Any], indent: str = "") -> list[str]:
    """Nested figures are indented; single rounds stay in the JSON."""
    told: list[str] = []
    for name, value in found.items():
        if name == "rounds":
            continue
        if isinstance(value, dict) and (len(value) > 4 or any(isinstance(v, dict) for v in value.values())):
            told += [f"{indent}{name}:", *lines(value, indent + "  ")]
        else:
            told.append(f"{indent}{name:28} {_short(value)}")
    return told


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return "  ".join(f"{name} {part}" for name, part in value.items()) or "none"
    return "—" if value is None else str(value)
