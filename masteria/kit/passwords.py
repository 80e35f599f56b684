"""Which passwords are guessed first: the common ones, runs of keys, repeats, and what is known about their owner."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

LIST = Path(__file__).with_name("common_passwords.txt")  # made by scripts/common_passwords.py
_ROWS = (
    "1234567890",
    "qwertyuiop",
    "asdfghjklç",
    "asdfghjklñ",
    "zxcvbnm",
    "abcdefghijklmnopqrstuvwxyz",
    "1qaz2wsx3edc4rfv",
)
_LEET = str.maketrans("013457@$!", "oieastasi")
_RUN = 4  # so many neighbours in a row are one thing to remember, and one to guess
_LEAST_KINDS = 5
_OWN_LETTERS = 4


def is_guessable(password: str, own: Iterable[str] = ()) -> bool:
    """Whether somebody would try it early; `own` are words about the person: name, address, company."""
    plain = _plain(password)
    if {plain, plain.translate(_LEET)} & _common() or len(set(plain)) < _LEAST_KINDS:
        return True
    return _worth(plain) < len(plain) / 2 or _is_repeat(plain) or _is_own(plain, own)


def _plain(text: str) -> str:
    """Small letters without accents: who guesses tries those, too."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


def _worth(plain: str) -> int:
    """Its length with every run along the keyboard or the alphabet counted as one."""
    worth, at = 0, 0
    while at < len(plain):
        run = max((_run(plain, at, row) for row in _ROWS_BOTH_WAYS), default=1)
        worth, at = worth + 1, at + (run if run >= _RUN else 1)
    return worth


def _run(plain: str, at: int, row: str) -> int:
    start = row.find(plain[at])
    length = 1
    while start >= 0 and at + length < len(plain) and row[start + length : start + length + 1] == plain[at + length]:
        length += 1
    return length


def _is_repeat(plain: str) -> bool:
    """The same few letters again and again, with at most two others at the end."""
    return re.fullmatch(r"(.{1,5}?)\1{2,}.{0,2}|(.{5,})\2.{0,2}", plain) is not None


def _is_own(plain: str, own: Iterable[str]) -> bool:
    """Whether words about the person make up half of it."""
    found = {word for text in own for word in re.split(r"[^a-z0-9]+", _plain(text)) if len(word) >= _OWN_LETTERS}
    found |= {re.sub(r"[^a-z0-9]+", "", _plain(text)) for text in own}
    rest = plain
    for word in sorted(found - {""}, key=len, reverse=True):
        if len(word) >= _OWN_LETTERS:
            rest = rest.replace(word, "")
    return len(rest) * 2 <= len(plain)


_ROWS_BOTH_WAYS = [row for one in _ROWS for row in (one, one[::-1])]


@cache
def _common() -> frozenset[str]:
    return frozenset(LIST.read_text(encoding="utf-8").split())
