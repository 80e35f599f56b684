"""Colours and shape: Radix scales; everything else derives from them in `assets/masteria.css`."""

import reflex as rx

THEME_COLOR = "#5b5bd6"
COLORS = ("iris", "slate", "gray", "green", "amber", "red", "blue", "teal")


def radix_theme() -> rx.Component:
    return rx.theme(accent_color="iris", gray_color="slate", radius="medium", scaling="95%", has_background=True)
