"""What a worker had begun and what it was answered, so that a kill leaves in doubt only what was in the air.

A file of short entries: one just before each call, one for each answer. A killed process loses nothing it has handed to
the kernel, so whoever comes next on this machine knows exactly which of the marked messages never left (they go back to
the queue), which were answered (that is recorded) and which may have left (they are in doubt). Without the file, on
another machine or after a power cut, everything marked is in doubt once its lease ends.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import UUID

from masteria.actions.sending import Recorded
from masteria.config import settings
from masteria.enums import SendState
from masteria.kit.ids import new_id

TRIM_BYTES = 8 * 1024 * 1024  # a longer file is written anew, without what is recorded by now
_BEGUN = b"B"
_ANSWER = struct.Struct("<c16s16sBfHH")  # mark, id, attempt, state, wait, lengths of the vendor's id and of the code
_STATES = tuple(SendState)
_PLACE = {state: place for place, state in enumerate(_STATES)}


class Journal:
    """One pump's file; the lock on it says that the pump lives."""

    def __init__(self, table: str, company_id: UUID, owner: UUID) -> None:
        folder = _folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = folder / f"{table}.{company_id.hex}.{owner.hex}"
        self._file, self._length = _locked(self.path), 0
        self._open: dict[UUID, bytes] = {}  # begun and not yet recorded, with the last entry of each
        self._answers: list[bytes] = []  # of this turn of the loop

    def begin(self, row_id: UUID) -> None:
        """From here on the message may have left."""
        entry = self._open[row_id] = _BEGUN + row_id.bytes
        self._write(entry)

    def answer(self, result: Recorded) -> None:
        """What became of it; written down at the end of the loop's turn, with the other answers of that turn."""
        entry = self._open[result.id] = _packed(result)
        if not self._answers:
            asyncio.get_running_loop().call_soon(self._flush)
        self._answers.append(entry)

    def recorded(self, results: Sequence[Recorded]) -> None:
        """The database has these: nobody needs to know them from here."""
        for result in results:
            self._open.pop(result.id, None)
        if self._length > TRIM_BYTES:
            self._trim()

    def close(self) -> None:
        """Everything is recorded: nothing to remember."""
        self.path.unlink(missing_ok=True)
        self._part()

    def leave(self) -> None:
        """Not everything is recorded: whoever comes next reads it, as if we had been killed."""
        self._flush()
        self._part()

    def _flush(self) -> None:
        entries, self._answers = b"".join(self._answers), []
        if entries and self._file >= 0:
            self._write(entries)

    def _write(self, entry: bytes) -> None:
        os.write(self._file, entry)
        self._length += len(entry)

    def _trim(self) -> None:
        """The new file takes the old one's name in one step, so a kill finds either of them whole."""
        self._answers.clear()
        fresh = self.path.with_name(f"fresh-{self.path.suffix[1:]}")  # no name that `left_behind` would read
        file = _locked(fresh)
        os.write(file, kept := b"".join(self._open.values()))
        fresh.replace(self.path)
        os.close(self._file)
        self._file, self._length = file, len(kept)

    def _part(self) -> None:
        os.close(self._file)
        self._file = -1


@dataclass(frozen=True, slots=True)
class Left:
    """What a pump that died here had begun without an answer, and what it was answered, perhaps recorded already."""

    table: str
    company_id: UUID
    owner: UUID
    begun: list[UUID]
    answered: list[Recorded]


def left_behind() -> Iterator[Left]:
    """Of each pump that died here. The file goes once its content was used."""
    for path in sorted(_folder().glob("*.*.*")):
        try:
            file = path.open("rb")
        except FileNotFoundError:
            continue
        with file, suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            table, company, owner = path.name.split(".")
            begun, answered = _read(file.read())
            yield Left(table, UUID(company), UUID(owner), begun, answered)
            path.unlink(missing_ok=True)


def forget_earlier_runs() -> None:
    """Files from before the machine's last start may lack their end: nobody may believe them."""
    for folder in (settings().data_dir / "sending").glob("*"):
        if folder != _folder():
            shutil.rmtree(folder, ignore_errors=True)


def _folder() -> Path:
    return settings().data_dir / "sending" / _boot()


@cache
def _boot() -> str:
    """This run of the machine; a power cut loses what the kernel had not yet written to the disk."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return new_id().hex  # not Linux: no file is believed but by the process that wrote it


def _locked(path: Path) -> int:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return file


def _packed(result: Recorded) -> bytes:
    provider, code = (result.provider_id or "").encode(), (result.code or "").encode()
    lengths = len(provider), len(code)
    head = _ANSWER.pack(b"A", result.id.bytes, result.attempt_id.bytes, _PLACE[result.state], result.wait, *lengths)
    return head + provider + code


def _read(raw: bytes) -> tuple[list[UUID], list[Recorded]]:
    """Begun without an answer, and answers; an entry that was cut off counts for nothing."""
    begun: set[UUID] = set()
    answers: dict[UUID, Recorded] = {}
    at = 0
    with suppress(struct.error):
        while at < len(raw):
            if raw[at : at + 1] == _BEGUN:
                row_id = UUID(bytes=struct.unpack_from("16s", raw, at + 1)[0])
                begun.add(row_id)
                answers.pop(row_id, None)  # another attempt
                at += 17
            else:
                result, at = _unpacked(raw, at)
                answers[result.id] = result
    return sorted(begun - answers.keys()), list(answers.values())


def _unpacked(raw: bytes, at: int) -> tuple[Recorded, int]:
    _, row, attempt, state, wait, *lengths = _ANSWER.unpack_from(raw, at)
    start = at + _ANSWER.size
    middle, end = start + lengths[0], start + sum(lengths)
    if end > len(raw):
        raise struct.error("cut off")
    provider, code = raw[start:middle].decode() or None, raw[middle:end].decode() or None
    return Recorded(UUID(bytes=row), UUID(bytes=attempt), _STATES[state], provider, code, wait), end
