"""Browsers and systems are told apart well enough for their owner."""

from __future__ import annotations

import pytest

from masteria.kit.devices import label

KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "said"),
    [
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {KIT} Chrome/141.0.0.0 Safari/537.36", "Chrome · Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0) {KIT} Chrome/141.0.0.0 Safari/537.36 Edg/141.0", "Edge · Windows"),
        (f"Mozilla/5.0 (Linux; Android 15) {KIT} SamsungBrowser/28.0 Chrome/130 Mobile", "Samsung Internet · Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Version/18.0 Safari/605.1.15", "Safari · Mac"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) CriOS/141.0 Mobile Safari/604.1", "Chrome · iPhone"),
        ("curl/8.9", ""),
        ("", ""),
    ],
)
def test_a_device_is_named(user_agent: str, said: str) -> None:
    assert label(user_agent) == said
