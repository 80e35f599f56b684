"""Secrets that a person sees once: they travel in one event to the browser, which puts them into place. No state holds them.

What the browser does with them stands in `assets/boot.js`.
"""

from __future__ import annotations

import json

import reflex as rx


def show(**texts: str) -> rx.event.EventSpec:
    """Into the elements of these ids, which are there already; a hyphen in an id is an underscore here."""
    return _step("show", {name.replace("_", "-"): text for name, text in texts.items()})


def copy(element: str) -> rx.event.EventSpec:
    """Its text to the clipboard."""
    return _step("copy", element)


def save(element: str, name: str) -> rx.event.EventSpec:
    """Its text as a file."""
    return _step("save", element, name)


def _step(name: str, *given: object) -> rx.event.EventSpec:
    step = f"masteria.{name}({', '.join(json.dumps(value) for value in given)})"
    return rx.call_script(step)
