"""The fault suite's own servers and processes; every test has companies, a sandbox and workers of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cast import Cast
from tests.faults.scene import Scene
from tests.faults.services import Services


@pytest.fixture(scope="session", autouse=True)
def services() -> Iterator[Services]:
    """In place of the ordinary suite's: nobody else's PostgreSQL may be made to fall."""
    with tempfile.TemporaryDirectory(prefix="masteria-faults-") as name:
        found = Services(Path(name))
        try:
            found.open()
            yield found
        finally:
            found.close()


@pytest.fixture
def scene(cast: Cast, services: Services, tmp_path: Path) -> Iterator[Scene]:
    found = Scene(cast.ana, services, tmp_path)
    try:
        yield found
    finally:
        found.close()
