"""Reading messy tables, and what their columns mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from masteria.kit import tables
from masteria.kit.columns import guess, split_tags
from masteria.kit.errors import Invalid
from masteria.kit.tables import as_written, harmless, open_table

TEXT = 'Nome;Fone;Nota\n"Ana; a ""boa""";11987654321;"duas\nlinhas"\nÉrica;11987654322;é\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tabela.csv"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_rows_come_the_same_in_every_encoding_and_line_end(path: Path, encoding: str, ends: str) -> None:
    path.write_bytes(TEXT.replace("\n", ends).encode(encoding))
    rows = list(open_table(path).rows())
    assert [line for line, _ in rows] == [2, 4]
    assert [cells[0] for _, cells in rows] == ['Ana; a "boa"', "Érica"]
    assert rows[1][1] == ["Érica", "11987654322", "é"]


def test_ragged_rows_are_evened_and_empty_lines_left_out(path: Path) -> None:
    path.write_text("a,b,c\n1\n\n,,\n1,2,3,4,5\n")
    assert list(open_table(path).rows()) == [(2, ["1", "", ""]), (5, ["1", "2", "3"])]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"Nome,Fone\n", "header_only"),
        (b"Nome,Fone\n,\n  \n", "header_only"),
        (b"PK\x03\x04", "spreadsheet"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "not_a_table"),
        (b"<!DOCTYPE html><p>1,2", "not_a_table"),
        (b'{"nome": "Ana"}', "not_a_table"),
        (b",".join(b"c%d" % n for n in range(300)) + b"\n1\n", "too_many_columns"),
        (b'a,b\n1,"' + b"x\n" * (1 << 20), "unreadable"),
    ],
)
def test_what_is_no_table_says_why(path: Path, raw: bytes, reason: str) -> None:
    path.write_bytes(raw)
    with pytest.raises(Invalid) as caught:
        list(open_table(path).rows())
    assert (caught.value.field, caught.value.reason) == ("file", reason)


def test_a_file_with_too_many_rows_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_ROWS", 3)
    path.write_text("a,b\n" + "1,2\n" * 4)
    with pytest.raises(Invalid, match="too_many_rows"):
        list(open_table(path).rows())


@pytest.mark.parametrize("cell", ["=1+1", "+5511", "-2", "@SOMA", "Ana", "'", "", "D'Ávila"])
def test_a_harmless_cell_comes_back_as_it_was(cell: str) -> None:
    assert as_written(harmless(cell)) == cell
    assert harmless(cell)[:1] not in ("=", "+", "-", "@")


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (("Nome", "Sobrenome", "Celular"), ("name", "name", "phone")),
        (("First Name", "Last Name", "Mobile"), ("name", "name", "phone")),
        (("Name", "Given Name", "Family Name"), ("name", "", "")),
        (("Nome completo", "Sobrenome", "WhatsApp"), ("name", "", "phone")),
        (("Nome", "Contato", "Teléfono"), ("name", "attributes.contato", "phone")),
        (("Phone 3 - Value", "Phone 3 - Label", "E-mail 2 - Value"), ("phone", "", "email")),
        (("Correo electrónico", "Etiquetas", "Idioma"), ("email", "tags", "language")),
        (("Última compra", "???", "import_line", "import_reason"), ("attributes.ultima_compra", "", "", "")),
    ],
)
def test_columns_are_recognised(header: tuple[str, ...], wanted: tuple[str, ...]) -> None:
    assert tuple(guess(header).values()) == wanted


def test_tags_are_split_and_the_systems_own_left_out() -> None:
    assert split_tags("* myContacts ::: vip ::: loja  centro") == ["vip", "loja centro"]
    assert split_tags("a; b,a|") == ["a", "b"]
