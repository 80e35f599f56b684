"""`masteria webhook explain`: a saved payload as the product reads it. No database, no network, nothing is changed."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from masteria.channels import meta_normal
from masteria.channels.values import load
from masteria.kit.clock import now
from masteria.kit.errors import Invalid

PROVIDERS = ("meta", "twilio", "zenvia", "aws")
Explain = Callable[[bytes, datetime], Iterable[dict[str, Any]]]


def run(wanted: argparse.Namespace) -> int:
    """Print one JSON object a line; exit code 2 for a provider that this version does not read."""
    explain = READERS.get(wanted.provider)
    if explain is None:
        print(f"This version reads the webhooks of: {', '.join(READERS)}.", file=sys.stderr)  # noqa: T201
        return 2
    for event in explain(_read(wanted.file), now()):
        sys.stdout.buffer.write(json.dumps(event, ensure_ascii=False).encode() + b"\n")
    sys.stdout.flush()
    return 0


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    if not Path(file).is_file():
        raise Invalid("file", f"There is no file {file}.")
    return Path(file).read_bytes()


def _meta(raw: bytes, received_at: datetime) -> Iterable[dict[str, Any]]:
    body = load(raw)
    if body is None:
        raise Invalid("file", "This is no JSON object, so no webhook of Meta's.")
    return (told.shown() for told in meta_normal.normalise(body, received_at))


READERS: dict[str, Explain] = {"meta": _meta}
