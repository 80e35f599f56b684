"""Every word in three languages: the same keys, the same placeholders, none missing, none left over."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from masteria.kit.clock import now
from masteria.ui import texts
from masteria.ui.texts import LANGUAGES, SOURCE, catalog, known, phone, preferred, tr

UI = Path(texts.__file__).parent
KEY = re.compile(r"[a-z_]+(\.[a-z0-9_]+)+")


def strings() -> Iterator[tuple[str, bool]]:
    """Every string in the screens that could be a key, and whether it only begins one (an f-string)."""
    for path in UI.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
                yield str(node.values[0].value), True
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value, False


def asked() -> Iterator[tuple[str, str]]:
    """What `t("…")`, `tr(…, "…")` and `_say("…")` name, with the file."""
    for path in UI.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(getattr(node, "func", None), "id", "") or getattr(getattr(node, "func", None), "attr", "")
            if isinstance(node, ast.Call) and name in ("t", "tr", "_say"):
                for argument in node.args[:2]:
                    if isinstance(argument, ast.Constant) and KEY.fullmatch(str(argument.value)):
                        yield argument.value, path.name


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", text))


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_each_language_has_the_same_keys(language: str) -> None:
    assert set(catalog(language)) ^ set(catalog(SOURCE)) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty_and_placeholders_agree(language: str) -> None:
    assert [key for key, text in catalog(language).items() if not text.strip()] == []
    differs = [k for k, text in catalog(language).items() if placeholders(text) != placeholders(catalog(SOURCE)[k])]
    assert differs == []


def test_every_key_that_is_asked_for_exists() -> None:
    assert [found for found in asked() if found[0] not in catalog(SOURCE)] == []


def test_every_key_is_asked_for() -> None:
    whole = {text for text, is_start in strings() if not is_start}
    starts = tuple({text for text, is_start in strings() if is_start and "." in text})
    prefixes = {f"{text}." for text in whole if re.fullmatch(r"[a-z_.]+", text)}
    left = [
        k
        for k in catalog(SOURCE)
        if k not in whole and not k.startswith(starts) and not any(k.startswith(p) for p in prefixes)
    ]
    assert left == []


def test_whatever_may_be_wrong_with_a_file_has_words_of_its_own() -> None:
    codes = {"file_gone"}
    for path in ("kit/tables.py", "kit/columns.py", "flows/importing.py"):
        codes |= set(re.findall(r'Invalid\(\s*"\w+", "(\w+)"', (UI.parent / path).read_text(encoding="utf-8")))
    assert {"file_gone", "too_many_rows", "too_many_columns", "unknown_column", "not_a_table"} <= codes
    said = {code: catalog(SOURCE).get(f"error.{code}", "nothing {}") for code in codes}
    # an import that failed keeps the code alone: there is nothing to fill in
    assert {code: text for code, text in said.items() if "{" in text} == {}


def test_a_count_of_one_has_its_own_words() -> None:
    assert tr("pt_BR", "contacts.total", count=1) == "1 pessoa"
    assert tr("pt_BR", "contacts.total", count=4860) == "4.860 pessoas"
    assert tr("en", "contacts.total", count=4860) == "4,860 people"
    assert tr("es", "contacts.total", count=0) == "0 personas"


def test_values_are_never_read_as_placeholders() -> None:
    assert tr("pt_BR", "signin.empty") == catalog("pt_BR")["signin.empty"]
    assert "{0.__class__}" in tr("en", "reason.other", code="{0.__class__}")


def test_languages_are_recognised_by_their_tags() -> None:
    assert [known(tag) for tag in ("pt-BR", "pt", "en_GB", "es-419", "xx", "")] == [
        "pt_BR",
        "pt_BR",
        "en",
        "es",
        "pt_BR",
        "pt_BR",
    ]
    assert preferred("fr-FR,fr;q=0.9,es;q=0.8,en;q=0.7") == "es"
    assert preferred("de") == "pt_BR"


def test_numbers_are_shown_as_people_write_them() -> None:
    assert phone("+5548999991234") == "(48) 99999-1234"
    assert phone("+551133334444") == "(11) 3333-4444"
    assert phone("+14155550100") == "+1 415-555-0100"
    assert phone("not a number") == "not a number"
    assert texts.moment(None, "en", "America/Sao_Paulo") == ""
    assert texts.day(datetime(2031, 5, 21, 2, tzinfo=UTC), "pt_BR", "America/Sao_Paulo") == "20 mai 2031"
    assert re.fullmatch(r"\d\d:\d\d", texts.moment(now(), "pt_BR", "America/Sao_Paulo"))
