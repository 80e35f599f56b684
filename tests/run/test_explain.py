"""`masteria webhook explain`: one JSON object a line, from a file or the standard input, and nothing is touched."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PAYLOADS = Path(__file__).parents[1] / "channels" / "payloads"


def explain(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Without a database, a Redis or keys: the command needs none."""
    command = [sys.executable, "-m", "masteria.run.cli", "webhook", "explain", *arguments]
    env = {"PATH": "/usr/bin:/bin", "LANG": "C", "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    return subprocess.run(command, input=given, capture_output=True, timeout=60, env=env)


def test_each_event_is_a_line_of_json() -> None:
    found = explain(str(PAYLOADS / "batch.json"))
    lines = [json.loads(line) for line in found.stdout.splitlines()]
    assert (found.returncode, found.stderr) == (0, b"")
    assert [line["kind"] for line in lines] == [*["message"] * 4, "status", "unknown", "unknown"]
    assert lines[3]["text"] == "três"


def test_it_reads_the_standard_input_and_cleans_it() -> None:
    body = b'{"entry":[{"changes":[{"field":"a\\u0000\\ud83d\\u00e9","value":{}}]}]}'
    found = explain("-", given=body)
    assert json.loads(found.stdout) == {"kind": "unknown", "what": "field", "value": "a?é"}


@pytest.mark.parametrize("given", [b"", b"hello", b"[1]", b"[" * 100_000, b'{"n":' + b"9" * 5000 + b"}"])
def test_what_is_no_json_object_is_said_in_one_line(given: bytes) -> None:
    found = explain("-", given=given)
    assert (found.returncode, found.stdout, len(found.stderr.splitlines())) == (1, b"", 1)


@pytest.mark.parametrize(
    ("provider", "file", "kinds"),
    [
        ("twilio", "message_stop.form", ["message", "marketing_preference"]),
        ("zenvia", "not_delivered.json", ["status"]),
        ("aws", "delivered_by_sns.json", ["status"]),
    ],
)
def test_it_reads_what_sms_gateways_send(provider: str, file: str, kinds: list[str]) -> None:
    found = explain(str(PAYLOADS.parent / "sms" / provider / file), "--provider", provider)
    assert (found.returncode, found.stderr) == (0, b"")
    assert [json.loads(line)["kind"] for line in found.stdout.splitlines()] == kinds


def test_what_is_no_callback_of_a_gateway_is_said_in_one_line() -> None:
    found = explain("-", "--provider", "twilio", given=b"hello")
    said = b"This is neither a form nor a JSON object, so no webhook of this provider's.\n"
    assert (found.returncode, found.stdout, found.stderr) == (1, b"", said)


def test_a_missing_file_is_named() -> None:
    found = explain("/nowhere/payload.json")
    assert (found.returncode, found.stderr) == (1, b"There is no file /nowhere/payload.json.\n")
