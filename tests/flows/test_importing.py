"""Importing messy files: exact counts, nothing half-written, nothing lost on a second time."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from sqlmodel import select

from masteria.core.work import work_as
from masteria.flows.importing import import_file, preview
from masteria.kit.errors import Forbidden, Invalid
from masteria.models import Contact, ImportReject
from masteria.queries.contacts import contact, list_contacts, rejects_csv
from tests.cast import Cast

DATA = Path(__file__).parents[1] / "data"
EXPECTED = json.loads((DATA / "expected.json").read_text())


@pytest.mark.parametrize("name", EXPECTED)
def test_a_messy_file_gives_exactly_the_known_counts(cast: Cast, name: str) -> None:
    _, counts = import_file(cast.ana, DATA / name, {}, {})
    wanted = EXPECTED[name]
    assert (counts.total, counts.created) == (wanted["rows"], wanted["created"])
    assert (counts.repeats, counts.rejected) == (wanted.get("repeats", 0), wanted.get("rejected", 0))


def test_a_rehearsal_counts_the_same_and_writes_nothing(cast: Cast) -> None:
    _, counts = import_file(cast.ana, DATA / "clientes-latin1.csv", {}, {"dry_run": True})
    assert counts.created == 4860
    with work_as(cast.ana) as work:
        assert work.session.exec(work.select(Contact)).first() is None


def test_importing_again_changes_nothing(cast: Cast) -> None:
    import_file(cast.ana, DATA / "google-contatos.csv", {}, {"tags": ["antiga"]})
    _, counts = import_file(cast.ana, DATA / "google-contatos.csv", {}, {})
    assert (counts.created, counts.updated, counts.skipped) == (0, 0, 500)
    with work_as(cast.ana) as work:
        assert "antiga" in work.session.exec(work.select(Contact)).all()[0].tags


def test_googles_export_is_understood(cast: Cast) -> None:
    import_file(cast.ana, DATA / "google-contatos.csv", {}, {})
    with work_as(cast.ana) as work:
        found = work.session.exec(work.select(Contact).where(Contact.match_key == "551104000000")).one()
    assert (found.name, found.phone, found.tags) == ("Otávio Rezende", "+5511904000000", ["loja centro"])
    assert found.attributes == {}


def test_landlines_keep_their_digits(cast: Cast) -> None:
    import_file(cast.ana, DATA / "clientes-latin1.csv", {}, {})
    with work_as(cast.ana) as work:
        landlines = [c for c in work.session.exec(work.select(Contact)) if len(c.phone or "") == 13]
    assert len(landlines) == EXPECTED["clientes-latin1.csv"]["landlines"]


def test_rejected_lines_keep_their_number_reason_and_cells(cast: Cast) -> None:
    import_id, _ = import_file(cast.ana, DATA / "clientes-latin1.csv", {}, {})
    with work_as(cast.ana) as work:
        rows = work.session.exec(select(ImportReject).where(ImportReject.import_id == import_id)).all()
    lines = list(csv.reader((DATA / "clientes-latin1.csv").open(encoding="cp1252"), delimiter=";"))
    assert len(rows) == 40
    assert all(lines[row.line - 1][0] == row.cells[0] and row.reason.startswith("phone_") for row in rows)


def write(tmp_path: Path, raw: bytes) -> Path:
    path = tmp_path / "pessoas.csv"
    path.write_bytes(raw)
    return path


PEOPLE = "Nome;Celular;Etiquetas\nÉrica D'Ávila;(11) 98765-4321;vip\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_every_usual_encoding_is_found(cast: Cast, tmp_path: Path, encoding: str) -> None:
    import_file(cast.ana, write(tmp_path, PEOPLE.encode(encoding)), {}, {})
    with work_as(cast.ana) as work:
        assert work.session.exec(work.select(Contact)).one().name == "Érica D'Ávila"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_usual_separator_is_found(tmp_path: Path, delimiter: str) -> None:
    found = preview(write(tmp_path, PEOPLE.replace(";", delimiter).encode()))
    assert found.delimiter == delimiter
    assert found.mapping == {"Nome": "name", "Celular": "phone", "Etiquetas": "tags"}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"Nome;Celular\n", "header_only"),
        (b"PK\x03\x04rest", "spreadsheet"),
        (b"%PDF-1.7", "not_a_table"),
        (b"Nome;Cidade\nAna;Natal\n", "phone_missing"),
    ],
)
def test_what_cannot_be_used_says_why(cast: Cast, tmp_path: Path, raw: bytes, reason: str) -> None:
    with pytest.raises(Invalid) as caught:
        import_file(cast.ana, write(tmp_path, raw), {}, {})
    assert caught.value.reason == reason


def test_a_file_too_large_is_refused_before_it_is_read(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "enorme.csv"
    with path.open("wb") as file:
        file.truncate(300 * 1024 * 1024)
    with pytest.raises(Invalid) as caught:
        import_file(cast.ana, path, {}, {})
    assert caught.value.reason == "too_large"


def test_nul_bytes_ragged_rows_and_formulas_are_only_text(cast: Cast, tmp_path: Path) -> None:
    raw = b"Nome;Celular;Obs\n=SOMA(A1);11987654321\nA\x00na;11987654322;x;y;z\n"
    import_file(cast.ana, write(tmp_path, raw), {}, {})
    with work_as(cast.ana) as work:
        assert {c.name for c in work.session.exec(work.select(Contact))} == {"=SOMA(A1)", "Ana"}


def test_five_spellings_are_one_person_and_the_first_word_wins(cast: Cast, tmp_path: Path) -> None:
    spellings = ["(31) 98765-4321", "+55 31 8765-4321", "5531987654321", "031 98765 4321", "31987654321"]
    rows = "".join(f"Nome {n};{spelling};t{n}\n" for n, spelling in enumerate(spellings))
    _, counts = import_file(cast.ana, write(tmp_path, ("Nome;Fone;Tags\n" + rows).encode()), {}, {})
    with work_as(cast.ana) as work:
        found = work.session.exec(work.select(Contact)).one()
    assert (counts.created, counts.repeats) == (1, 4)
    assert (found.name, found.phone, found.tags) == ("Nome 0", "+5531987654321", ["t0", "t1", "t2", "t3", "t4"])


def test_empty_cells_blank_nothing_and_unmapped_fields_stay(cast: Cast, tmp_path: Path) -> None:
    import_file(cast.ana, write(tmp_path, b"Nome;Celular;E-mail;Cidade\nAna;11987654321;a@b.co;Natal\n"), {}, {})
    import_file(cast.ana, write(tmp_path, b"Nome;Celular;Cidade\n;11987654321;\n"), {}, {})
    with work_as(cast.ana) as work:
        found = work.session.exec(work.select(Contact)).one()
    assert (found.name, found.email, found.attributes) == ("Ana", "a@b.co", {"cidade": "Natal"})


def test_skip_leaves_known_people_alone(cast: Cast, tmp_path: Path) -> None:
    import_file(cast.ana, write(tmp_path, b"Nome;Celular\nAna;11987654321\n"), {}, {})
    _, counts = import_file(cast.ana, write(tmp_path, b"Nome;Celular\nOutra;11987654321\n"), {}, {"on_match": "skip"})
    with work_as(cast.ana) as work:
        assert work.session.exec(work.select(Contact)).one().name == "Ana"
    assert (counts.created, counts.updated, counts.skipped) == (0, 0, 1)


def test_a_viewer_may_not_import(cast: Cast) -> None:
    with pytest.raises(Forbidden):
        import_file(cast.vera, DATA / "google-contatos.csv", {}, {})


def test_rejected_lines_can_be_mended_and_brought_again(cast: Cast, tmp_path: Path) -> None:
    raw = "Nome;Celular;Cidade\n=SOMA(A1);119;Natal\n+Ana;;Recife\nBia;11987654321;Olinda\n"
    import_id, _ = import_file(cast.ana, write(tmp_path, raw.encode()), {}, {})
    with work_as(cast.ana) as work:
        text = rejects_csv(work, import_id)  # pyright: ignore[reportArgumentType]
    assert list(csv.reader(text.splitlines(), delimiter=";")) == [
        ["import_line", "import_reason", "Nome", "Celular", "Cidade"],
        ["2", "phone_unusable", "'=SOMA(A1)", "119", "Natal"],
        ["3", "phone_missing", "'+Ana", "", "Recife"],
    ]
    mended = text.replace(";119;", ";11987654322;").replace("Ana;;", "Ana;11987654323;")
    _, counts = import_file(cast.ana, write(tmp_path, ("\ufeff" + mended).encode()), {}, {})
    assert (counts.created, counts.rejected) == (2, 0)
    with work_as(cast.ana) as work:
        found = {c.name: c.attributes for c in work.session.exec(work.select(Contact))}
    assert found == {
        "=SOMA(A1)": {"cidade": "Natal"},
        "+Ana": {"cidade": "Recife"},
        "Bia": {"cidade": "Olinda"},
    }


def test_the_newest_page_shows_a_file_in_its_own_order(cast: Cast, tmp_path: Path) -> None:
    names = ["Zeca", "Ana", "Moura"]
    rows = "".join(f"{name};1198765432{9 - n}\n" for n, name in enumerate(names))
    import_file(cast.ana, write(tmp_path, ("Nome;Celular\n" + rows).encode()), {}, {})
    with work_as(cast.ana) as work:
        assert [row.name for row in list_contacts(work).rows] == names


@pytest.mark.parametrize(
    "cell", ["11 98765-4321 / 11 3222-1000", "nada; 11987654321", "11987654321 ::: +55 11 97777-0000"]
)
def test_the_first_usable_number_of_a_cell_counts(cast: Cast, tmp_path: Path, cell: str) -> None:
    import_file(cast.ana, write(tmp_path, f'Nome,Celular\nAna,"{cell}"\n'.encode()), {}, {})
    with work_as(cast.ana) as work:
        assert work.session.exec(work.select(Contact)).one().phone == "+5511987654321"


def test_a_second_import_keeps_when_people_came_and_their_lists(cast: Cast, tmp_path: Path) -> None:
    path = write(tmp_path, b"Nome;Celular;Tags\nAna;11987654321;a\n")
    import_file(cast.ana, path, {}, {"list": "Um"})
    with work_as(cast.ana) as work:
        before = work.session.exec(work.select(Contact)).one().created_at
    _, counts = import_file(cast.ana, write(tmp_path, b"Nome;Celular;Tags\nBia;1187654321;b\n"), {}, {"list": "Dois"})
    with work_as(cast.ana) as work:
        found = contact(work, work.session.exec(work.select(Contact)).one().id)
    assert (counts.updated, found.name, found.created_at) == (1, "Bia", before)
    assert (found.tags, found.lists) == (["a", "b"], ["Dois", "Um"])


def test_what_postgresql_cannot_hold_is_left_out(cast: Cast, tmp_path: Path) -> None:
    path = write(tmp_path, b"Nome;Celular;Obs\nAna;11987654321;boa\n")
    import_file(cast.ana, path, {"Obs": "attributes.no\x00ta"}, {"tags": ["v\x00ip"]})
    with work_as(cast.ana) as work:
        found = work.session.exec(work.select(Contact)).one()
    assert (found.attributes, found.tags) == ({"nota": "boa"}, ["vip"])


@pytest.mark.parametrize(
    ("mapping", "options", "field"),
    [
        ({}, {"dry": True}, "options.dry"),
        ({}, {"on_match": "both"}, "options.on_match"),
        ({}, {"tags": "vip"}, "options.tags"),
        ({}, {"tags": 5}, "options.tags"),
        ({}, {"list": ["a"]}, "options.list"),
        ({}, {"dry_run": "false"}, "options.dry_run"),
        ({"Fone": "phone"}, {}, "mapping"),
        ({"Nome": "apelido"}, {}, "mapping"),
        ({"Celular": ""}, {}, "mapping"),
    ],
)
def test_a_wrong_wish_is_named(
    cast: Cast, tmp_path: Path, mapping: dict[str, str], options: dict[str, object], field: str
) -> None:
    path = write(tmp_path, b"Nome;Celular\nAna;11987654321\n")
    with pytest.raises(Invalid) as caught:
        import_file(cast.ana, path, mapping, options)
    assert caught.value.field == field
