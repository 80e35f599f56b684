"""Files that belong to companies: put, open, delete. On disk in the data directory; keys are made here, never by users."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4

from masteria.config import settings


def put(stream: BinaryIO, suffix: str = "", *, company_id: UUID) -> str:
    """Keep a company's stream whole; returns its key. Nothing is visible under it before all of it is written."""
    key = f"{company_id.hex}-{uuid4().hex}{suffix if suffix in ('.csv', '.txt', '.tsv') else ''}"
    path = path_of(key)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        shutil.copyfileobj(stream, file, 1 << 20)
    part.replace(path)
    return key


def path_of(key: str) -> Path:
    """Where a key's file lies; keys are names without folders."""
    name = Path(key).name
    return settings().data_dir / "media" / name[:32] / name


def belongs_to(key: str, company_id: UUID) -> bool:
    """Whether the key was made for this company; keys come back from browsers."""
    return bool(re.fullmatch(rf"{company_id.hex}-[0-9a-f]{{32}}(\.(csv|txt|tsv))?", key))


def company_of(key: str) -> UUID:
    """Whose file it is."""
    return UUID(key[:32])


def contact_files(before: datetime) -> Iterator[str]:
    """The keys of contact files that came before then, whole or cut off while they came."""
    for path in (settings().data_dir / "media").glob("*/*"):
        name = path.name.removesuffix(".part")
        is_ours = re.fullmatch(r"[0-9a-f]{32}-[0-9a-f]{32}\.(csv|txt|tsv)", name)
        with suppress(FileNotFoundError):  # a worker that is done with it throws it away at any moment
            if is_ours and path.stat().st_mtime < before.timestamp():
                yield path.name


def delete(key: str) -> None:
    """Throw a file away; one that is gone already is no error."""
    path_of(key).unlink(missing_ok=True)


def forget(company_id: UUID) -> None:
    """Throw all of a company's files away."""
    shutil.rmtree(settings().data_dir / "media" / company_id.hex, ignore_errors=True)
