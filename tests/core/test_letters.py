"""Letters in three languages: the same ones, with the same placeholders; what people typed is never read as one."""

from __future__ import annotations

import re

import pytest

from masteria.core.letters import LANGUAGES, letter, letters


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_each_language_has_the_same_letters_with_the_same_placeholders(language: str) -> None:
    def shape(words: dict[str, str]) -> dict[str, set[str]]:
        return {key: set(re.findall(r"\{(\w+)\}", text)) for key, text in words.items()}

    assert shape(letters(language)) == shape(letters(LANGUAGES[0]))
    assert all(text.strip() for text in letters(language).values())


def test_a_value_is_never_read_as_a_placeholder_and_makes_no_header() -> None:
    _, body = letter("en", "old_email", when="now", email="{forgot}\r\nBcc: x", forgot="https://painel.example/forgot")
    assert "{forgot} Bcc: x" in body


def test_an_unknown_language_reads_portuguese() -> None:
    assert letter("xx", "reset", link="https://a")[0] == letter("pt_BR", "reset", link="https://a")[0]
