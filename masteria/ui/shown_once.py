"""Secrets that a person sees once: they travel in one event to the browser, which puts them into place. No state holds them."""

from __future__ import annotations

import json

import reflex as rx

# an image gets its address, everything else its text
_SHOW = """for (const [id, text] of Object.entries({shown})) {{
  const place = document.getElementById(id);
  if (place) place[place.tagName === 'IMG' ? 'src' : 'textContent'] = text;
}}"""
_COPY = "navigator.clipboard && navigator.clipboard.writeText(document.getElementById({id}).textContent)"
_SAVE = """(() => {{ const link = document.createElement('a');
link.href = URL.createObjectURL(new Blob([document.getElementById({id}).textContent + '\\n'], {{type: 'text/plain'}}));
link.download = {name}; link.click(); URL.revokeObjectURL(link.href); }})()"""


def show(**texts: str) -> rx.event.EventSpec:
    """Into the elements of these ids, which are there already; a hyphen in an id is an underscore here."""
    return rx.call_script(
        _SHOW.format(shown=json.dumps({name.replace("_", "-"): text for name, text in texts.items()}))
    )


def copy(element: str) -> rx.event.EventSpec:
    """Its text to the clipboard."""
    return rx.call_script(_COPY.format(id=json.dumps(element)))


def save(element: str, name: str) -> rx.event.EventSpec:
    """Its text as a file."""
    return rx.call_script(_SAVE.format(id=json.dumps(element), name=json.dumps(name)))
