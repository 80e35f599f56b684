"""`masteria webhook explain`: a saved payload as the product reads it. No database, no network, nothing is changed."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from masteria.channels import aws_normal, meta_normal, twilio_normal, zenvia_normal
from masteria.channels.told import Told
from masteria.channels.values import load
from masteria.kit.clock import now
from masteria.kit.errors import Invalid

Fields = dict[str, Any]
READERS: dict[str, tuple[Callable[[bytes], Fields | None], Callable[[Fields, datetime], list[Told]]]] = {
    "meta": (load, meta_normal.normalise),
    "twilio": (twilio_normal.fields_of, twilio_normal.normalise),
    "zenvia": (load, zenvia_normal.normalise),
    "aws": (load, aws_normal.normalise),
}
PROVIDERS = tuple(READERS)


def run(wanted: argparse.Namespace) -> int:
    """Print one JSON object a line."""
    read, normalise = READERS[wanted.provider]
    body = read(_read(wanted.file))
    if body is None:
        form = "neither a form nor a JSON object" if read is twilio_normal.fields_of else "no JSON object"
        raise Invalid("file", f"This is {form}, so no webhook of this provider's.")
    for told in normalise(body, now()):
        sys.stdout.buffer.write(json.dumps(told.shown(), ensure_ascii=False).encode() + b"\n")
    sys.stdout.flush()
    return 0


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    if not Path(file).is_file():
        raise Invalid("file", f"There is no file {file}.")
    return Path(file).read_bytes()
