"""Settings that differ for one test: the environment changes and what was read from it is read anew."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from masteria.config import settings
from masteria.core import db, limits
from masteria.core import redis as shared


def forget() -> None:
    for known in (settings, db.engine, shared.bells, limits._redis):
        known.cache_clear()


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """`elsewhere(REDIS_URL=…)`; the services themselves stay up for the other tests."""

    def point(**env: str) -> None:
        for name, value in env.items():
            monkeypatch.setitem(os.environ, name, value)
        forget()

    yield point
    monkeypatch.undo()
    forget()
