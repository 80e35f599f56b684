"""The marks of other providers, by name."""

from __future__ import annotations

from typing import Any

import reflex as rx


def provider_mark(provider: Any) -> rx.Component:
    return rx.el.img(src="/" + provider + ".svg", alt="", class_name="provider-mark", width="20", height="20")
