"""What is kept for a time only."""

from __future__ import annotations

import io
import os
import time

from masteria import storage
from masteria.actions import imports
from masteria.core.work import work_as
from masteria.flows import upkeep
from tests.cast import Cast

DAY = 24 * 3600


def test_a_contact_file_that_nobody_started_goes_after_a_day(cast: Cast) -> None:
    def brought(hours: float, suffix: str = ".csv") -> str:
        key = storage.put(io.BytesIO(b"Celular\n11987654321\n"), suffix, company_id=cast.ana.company_id)
        os.utime(storage.path_of(key), (time.time() - hours * 3600,) * 2)
        return key

    forgotten, fresh, in_line, other = brought(25), brought(23), brought(200), brought(200, ".jpg")
    cut_off = storage.path_of(f"{brought(25, '.txt')}.part")
    cut_off.with_suffix("").rename(cut_off)
    with work_as(cast.ana) as work:
        imports.start(work, "pessoas.csv", in_line, {}, {})
        work.rung.clear()
    upkeep.tidy()
    assert [key for key in (forgotten, fresh, in_line, other) if storage.path_of(key).exists()] == [
        fresh,
        in_line,
        other,
    ]
    assert not cut_off.exists()
