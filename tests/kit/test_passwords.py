"""Passwords that are guessed first are recognised; those that people can well use are left alone."""

from __future__ import annotations

import pytest

from masteria.kit.passwords import LIST, is_guessable

OWN = ("Ana Prado", "ana.prado@aurora.example", "Padaria Aurora")


@pytest.mark.parametrize(
    "password",
    [
        "password123", "Senha123456", "P@ssw0rd123", "contrasena1", "FLAMENGO1981", "mariajose2024", "qwertyuiop",
        "1234567890", "0987654321", "aaaaaaaaaaaa", "1q2w3e4r5t", "abcabcabcabc", "abcdefghij", "asdfghjkl1",
        "eutéamo2020", "segredo!segredo!", "padaria-aurora", "PadariaAurora1", "ana.prado@aurora", "12345qwert",
    ],
)  # fmt: skip
def test_what_everybody_tries_is_recognised(password: str) -> None:
    assert is_guessable(password, OWN)


@pytest.mark.parametrize(
    "password",
    [
        "um-segredo-longo", "masteria-demo", "bench-password-2026", "café com leite às sete", "k7#Vq2!mZp", "tijolo janela 94",
        "o pão da Ana sai às 6", "Vento-norte sopra 31", "contraseña de mi abuela 7", "пароль-для-входа", "日本語のパスワードです",
    ],
)  # fmt: skip
def test_what_people_can_use_is_left_alone(password: str) -> None:
    assert not is_guessable(password, OWN)


def test_the_list_holds_thousands_in_three_languages() -> None:
    known = set(LIST.read_text(encoding="utf-8").split())
    assert len(known) > 5000
    assert {"password123", "senha12345", "contrasena", "iloveyou123", "corinthians", "1q2w3e4r5t"} <= known
    assert all(len(p) >= 10 and p == p.lower() for p in known)
