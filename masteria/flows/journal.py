"""What had really begun when a worker was killed: a file of 16-byte ids, written just before each call.

A killed process loses nothing it has handed to the kernel, so whoever comes next on this machine knows exactly which
of the marked messages never left (they go back to the queue) and which may have (they are in doubt). Without the
file, on another machine or after a power cut, everything marked is in doubt once its lease ends.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from uuid import UUID

from masteria.config import settings
from masteria.kit.ids import new_id


class Journal:
    """One pump's file; the lock on it says that the pump lives."""

    def __init__(self, table: str, company_id: UUID, owner: UUID) -> None:
        folder = _folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = folder / f"{table}.{company_id.hex}.{owner.hex}"
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def begin(self, row_id: UUID) -> None:
        """From here on the message may have left."""
        os.write(self._file, row_id.bytes)

    def close(self) -> None:
        """Everything is recorded: nothing to remember."""
        self.path.unlink(missing_ok=True)
        os.close(self._file)

    def leave(self) -> None:
        """Not everything is recorded: whoever comes next reads it, as if we had been killed."""
        os.close(self._file)


def left_behind() -> Iterator[tuple[str, UUID, UUID, list[UUID]]]:
    """Table, company, owner and begun ids of pumps that died here. The file goes once its content was used."""
    for path in sorted(_folder().glob("*.*.*")):
        try:
            file = path.open("rb")
        except FileNotFoundError:
            continue
        with file, suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            raw = file.read()
            table, company, owner = path.name.split(".")
            ids = [UUID(bytes=raw[n : n + 16]) for n in range(0, len(raw) - 15, 16)]
            yield table, UUID(company), UUID(owner), ids
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
