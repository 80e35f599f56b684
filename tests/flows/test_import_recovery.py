"""An import that is cut off: killed, stopped, doubled or broken, it ends with exactly the right rows or with none."""

from __future__ import annotations

import io
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from masteria import storage
from masteria.actions import imports
from masteria.core.access import Actor
from masteria.core.jobs import stopping
from masteria.core.work import work_as
from masteria.enums import ImportStatus
from masteria.flows import importing, upkeep
from masteria.kit.errors import NotFound
from masteria.models import ImportBatch
from masteria.queries import contacts
from tests.cast import Cast
from tests.stage import until, worker

ROWS = 100_000


def put(actor: Actor, text: str) -> str:
    return storage.put(io.BytesIO(text.encode()), ".csv", company_id=actor.company_id)


def started(actor: Actor, text: str, **options: object) -> UUID:
    with work_as(actor) as work:
        found = imports.start(work, "pessoas.csv", put(actor, text), {}, options)
        work.rung.clear()
    return found


def row(actor: Actor, import_id: UUID) -> contacts.ImportRow:
    with work_as(actor) as work:
        return contacts.import_row(work, import_id)


def count(actor: Actor) -> int:
    with work_as(actor) as work:
        return contacts.count_contacts(work)


def lease_runs_out(actor: Actor) -> None:
    with work_as(actor) as work:
        work.execute("update import_batch set lease_until = now() where status = 'running'")


def many(rows: int) -> str:
    return "Nome;Celular;Lista\n" + "".join(f"Pessoa {n};11 9{n:08d};a\n" for n in range(60_000_000, 60_000_000 + rows))


def test_a_worker_killed_at_half_leaves_exactly_all_rows_in_the_end(cast: Cast) -> None:
    with work_as(cast.ana) as work:
        import_id = imports.start(work, "muitas.csv", put(cast.ana, many(ROWS)), {}, {"list": "Todos"})
    first = worker("background")
    try:
        until(lambda: row(cast.ana, import_id).processed >= ROWS // 2, 180)
    finally:
        first.kill()
    assert (row(cast.ana, import_id).status, count(cast.ana)) == ("running", 0)
    lease_runs_out(cast.ana)
    upkeep.sweep()
    second = worker("background")
    try:
        until(lambda: row(cast.ana, import_id).status == "done", 300)
    finally:
        second.stop()
    done = row(cast.ana, import_id)
    assert (done.total, done.created, done.processed, count(cast.ana)) == (ROWS, ROWS, ROWS, ROWS)
    with work_as(cast.ana) as work:
        assert [found.count for found in contacts.lists(work).rows] == [ROWS]


def test_a_worker_asked_to_stop_gives_the_import_back(cast: Cast) -> None:
    import_id = started(cast.ana, many(10))
    stopping.set()
    try:
        importing.import_contacts(cast.ana, import_id)
    finally:
        stopping.clear()
    assert (row(cast.ana, import_id).status, count(cast.ana)) == ("queued", 0)
    assert importing.import_contacts(cast.ana, import_id).created == 10


def test_only_one_of_two_workers_gets_an_import(cast: Cast) -> None:
    import_id = started(cast.ana, many(10))
    with work_as(cast.ana) as work:
        assert imports.claim(work, import_id) is not None
    assert importing.import_contacts(cast.ana, import_id) == importing.NOTHING
    assert count(cast.ana) == 0


def test_a_worker_that_comes_too_late_undoes_its_own(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first is so slow that its lease runs out; the second does all while the first merges."""
    import_id = started(cast.ana, many(10))
    merge, others = imports.merge, list[int]()

    def slow(*given: object) -> imports.Counts:
        if not others:
            others.append(1)
            lease_runs_out(cast.ana)
            others.append(importing.import_contacts(cast.ana, import_id).created)
        return merge(*given)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(imports, "merge", slow)
    assert importing.import_contacts(cast.ana, import_id) == importing.NOTHING
    assert (others[1], row(cast.ana, import_id).created, count(cast.ana)) == (10, 10, 10)


def test_a_rehearsal_by_a_worker_writes_only_its_counts_and_rejects(cast: Cast) -> None:
    import_id = started(cast.ana, many(3) + "Ana;1\n", dry_run=True, list="Novos")
    importing.import_contacts(cast.ana, import_id)
    found = row(cast.ana, import_id)
    assert (found.status, found.created, found.rejected, count(cast.ana)) == ("done", 3, 1, 0)
    with work_as(cast.ana) as work:
        assert contacts.lists(work).rows == []
        assert "Ana;1" in contacts.rejects_csv(work, import_id)


def test_a_double_click_starts_one_import(cast: Cast) -> None:
    key = put(cast.ana, many(3))
    with work_as(cast.ana) as work:
        ids = {imports.start(work, "pessoas.csv", key, {}, {}) for _ in range(2)}
    assert len(ids) == 1


def test_another_companys_file_cannot_be_imported(cast: Cast) -> None:
    with pytest.raises(NotFound), work_as(cast.clara) as work:
        imports.start(work, "pessoas.csv", put(cast.ana, many(3)), {}, {})


def test_the_file_is_thrown_away_once_it_is_in(cast: Cast) -> None:
    import_id = started(cast.ana, many(3))
    with work_as(cast.ana) as work:
        path = storage.path_of(work.get(ImportBatch, import_id).file_key)
    assert path.is_file()
    importing.import_contacts(cast.ana, import_id)
    assert not path.exists()


@pytest.mark.parametrize("keep", [True, False])
def test_a_file_that_fails_says_so_and_is_not_tried_again(cast: Cast, keep: bool) -> None:
    import_id = started(cast.ana, "Nome;Cidade\nAna;Natal\n")
    with work_as(cast.ana) as work:
        path: Path = storage.path_of(work.get(ImportBatch, import_id).file_key)
    if not keep:
        path.unlink()
    with pytest.raises(Exception, match="phone_missing" if keep else "No such file"):
        importing.import_contacts(cast.ana, import_id)
    found = row(cast.ana, import_id)
    assert (found.status, found.error) == (ImportStatus.FAILED, "phone_missing" if keep else "file_gone")
    assert found.finished_at is not None
    assert importing.import_contacts(cast.ana, import_id) == importing.NOTHING


def test_progress_tells_of_reading_and_of_merging(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CHUNK", 10)
    monkeypatch.setattr(imports, "SLICE", 10)
    told: list[int] = []
    progress = imports.progress

    def noted(work: object, import_id: UUID, processed: int, total: int) -> None:
        told.append(processed)
        progress(work, import_id, processed, total)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(imports, "progress", noted)
    counts = importing.import_contacts(cast.ana, started(cast.ana, many(40)))
    assert counts.created == 40
    assert told == sorted(told)
    assert len(told) == 8
    assert told[3] < told[-1] == 41


def test_slices_lose_nobody_and_take_nobody_twice(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "SLICE", 7)
    importing.import_contacts(cast.ana, started(cast.ana, many(30)))
    again = importing.import_contacts(cast.ana, started(cast.ana, many(50).replace("Pessoa", "Gente"), tags=["t"]))
    assert (again.created, again.updated, again.skipped, again.rejected) == (20, 30, 0, 0)
    with work_as(cast.ana) as work:
        tagged = work.execute(sa.text("select count(*) from contact where tags = '{t}' and name like 'Gente%'"))
        assert tagged.scalar() == 50
