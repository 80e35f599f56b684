"""Reading messy tables: encoding, separator and quoting found, NUL dropped, ragged rows evened; memory stays flat."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from masteria.kit.errors import Invalid

MAX_BYTES = 50 * 1024 * 1024
MAX_ROWS = 1_000_000
MAX_COLUMNS = 200
MAX_CELL = 10_000
DELIMITERS = ";,\t|"
SAMPLE = 64 * 1024
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_OTHERS = {
    b"PK\x03\x04": "spreadsheet",
    b"\xd0\xcf\x11\xe0": "spreadsheet",
    b"%PDF": "not_a_table",
    b"\x1f\x8b": "not_a_table",
}
_MARKUP = ("<!doctype", "<html", "<?xml", "{")
# what text never holds; NUL is left out, since broken exports do hold it
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Table:
    """A file that was understood: its column names, and its rows one by one."""

    path: Path
    encoding: str
    delimiter: str
    header: tuple[str, ...]

    def lines(self) -> int:
        """About how many rows there are: line ends, without reading cells."""
        with self.path.open("rb") as file:
            return max(1, sum(part.count(b"\n") for part in iter(lambda: file.read(1 << 20), b"")))

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Line number (the header is line 1) and as many cells as there are columns; empty lines are left out."""
        width = len(self.header)
        reader = _reader(self.path, self.encoding, self.delimiter)
        next(reader, None)
        count = 0
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            count += 1
            if count > MAX_ROWS:
                raise Invalid("file", "too_many_rows", limit=MAX_ROWS)
            even = [as_written(cell.strip())[:MAX_CELL] for cell in cells[:width]]
            yield reader.line_num, even + [""] * (width - len(even))


def open_table(path: Path) -> Table:
    """Look at a file; raises `Invalid("file", …)` for what is no table, is empty, too large, or only a header."""
    size = path.stat().st_size
    if size == 0:
        raise Invalid("file", "empty")
    if size > MAX_BYTES:
        raise Invalid("file", "too_large", size=size, limit=MAX_BYTES)
    with path.open("rb") as file:
        start = file.read(SAMPLE)
    for magic, reason in _OTHERS.items():
        if start.startswith(magic):
            raise Invalid("file", reason)
    encoding = _encoding(path, start)
    _refuse_what_is_no_text(start, encoding)
    delimiter = _delimiter(path, encoding)
    first = list(islice(_reader(path, encoding, delimiter), 2))
    header = tuple(as_written(cell.strip()) for cell in first[0]) if first else ()
    if not any(header):
        raise Invalid("file", "empty")
    if len(header) > MAX_COLUMNS:
        raise Invalid("file", "too_many_columns", limit=MAX_COLUMNS)
    table = Table(path, encoding, delimiter, header)
    if next(table.rows(), None) is None:
        raise Invalid("file", "header_only")
    return table


def _encoding(path: Path, start: bytes) -> str:
    for bom, name in _BOMS:
        if start.startswith(bom):
            return name
    if start[1::2].count(0) > len(start) // 4:
        return "utf-16-le"
    if start[0::2].count(0) > len(start) // 4:
        return "utf-16-be"
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            for part in iter(lambda: file.read(1 << 20), b""):
                decoder.decode(part)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"  # what Excel writes in Brazil; a superset of printable Latin-1
    return "utf-8"


def _refuse_what_is_no_text(start: bytes, encoding: str) -> None:
    text = start.decode(encoding, "ignore").lstrip("\ufeff\x00 \t\r\n")
    if text[:9].lower().startswith(_MARKUP) or len(_CONTROL.findall(text)) * 100 > len(text):
        raise Invalid("file", "not_a_table")


def _delimiter(path: Path, encoding: str) -> str:
    """The separator that cuts the first lines into the most columns of the same number."""
    sample = list(islice(_lines(path, encoding), 20))
    best, best_score = ",", (0, 0)
    for candidate in DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(sample, delimiter=candidate) if row]
        except csv.Error:
            continue
        if widths and widths[0] > 1:
            score = (sum(w == widths[0] for w in widths) * 100 // len(widths), widths[0])
            best, best_score = (candidate, score) if score > best_score else (best, best_score)
    return best


class _reader:
    """Rows of cells; a quote that is never closed is `Invalid`, not one cell of a megabyte."""

    def __init__(self, path: Path, encoding: str, delimiter: str) -> None:
        csv.field_size_limit(1 << 20)
        self._rows = csv.reader(_lines(path, encoding), delimiter=delimiter)
        self.line_num = 0  # where the row began, as an editor counts it

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        self.line_num = self._rows.line_num + 1
        try:
            return next(self._rows)
        except csv.Error:
            raise Invalid("file", "unreadable", line=self.line_num) from None


def _lines(path: Path, encoding: str) -> Iterator[str]:
    with path.open(encoding=encoding, errors="replace") as file:  # every kind of line end becomes one
        for line in file:
            yield line.replace("\x00", "")


def harmless(cell: str) -> str:
    """For files people open in a spreadsheet: a cell that would be a formula becomes text."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def as_written(cell: str) -> str:
    """A cell without the mark that `harmless` gave it."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell
