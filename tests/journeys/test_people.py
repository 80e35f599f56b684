"""Somebody new in a browser, in the demo: signs up, confirms, forgets the password, and throws another device out."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import data_folder, up
from tests.ports import free_port

EMAIL, FIRST, SECOND = "rui@padaria.example", "tijolo janela 94", "vento norte sopra 31"


@dataclass
class Demo:
    url: str
    sandbox: str


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    port, sandbox = free_port(), free_port()
    with data_folder() as data:
        process, _ = up("--demo", "--port", str(port), "--sandbox-port", str(sandbox), "--data-dir", str(data))
        yield Demo(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox}")
        process.send_signal(signal.SIGTERM)
        process.wait(15)


def sign_in(page: Page, demo: Demo, password: str) -> None:
    page.goto(f"{demo.url}/login")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Senha").fill(password)
    page.get_by_role("button", name="Entrar").click()


def sign_out(page: Page, demo: Demo) -> None:
    page.get_by_role("button", name="Seu perfil").first.click()
    page.get_by_role("menuitem", name="Sair").click()
    page.wait_for_url("**/login**")


def open_letter(page: Page, demo: Demo, subject: str) -> None:
    """Open the newest such letter in the sandbox's mailbox, and then its link."""
    page.goto(f"{demo.sandbox}/mailbox")
    page.get_by_role("link", name=subject).first.click(timeout=20_000)  # the list renews itself
    expect(page.get_by_role("article")).to_contain_text(EMAIL)
    page.get_by_role("article").get_by_role("link").filter(has_text="token=").click()


def test_a_newcomer_signs_up_and_confirms_the_address(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.url}/login")
    page.get_by_role("link", name="Criar uma conta").click()
    page.get_by_label("Nome da empresa").fill("Padaria do Rui")
    page.get_by_label("Seu nome").fill("Rui Barros")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Senha").fill(FIRST)
    page.get_by_role("button", name="Criar empresa").click()
    expect(page.get_by_role("heading", name="Veja seu e-mail")).to_be_visible()

    sign_in(page, demo, FIRST)
    page.wait_for_url("**/campaigns")
    expect(page.get_by_text("Até lá, você só pode olhar")).to_be_visible()
    sign_out(page, demo)

    open_letter(page, demo, "Confirme seu e-mail")
    page.get_by_label("Senha").fill("nao e a senha dele")
    page.get_by_role("button", name="Confirmar").click()
    expect(page.get_by_text("Esta senha não confere")).to_be_visible()
    page.get_by_label("Senha").fill(FIRST)
    page.get_by_role("button", name="Confirmar").click()
    page.wait_for_url("**/channels")
    expect(page.get_by_role("button", name="Conectar número").first).to_be_visible()
    expect(page.get_by_text("Até lá, você só pode olhar")).to_have_count(0)


def test_a_forgotten_password_is_replaced_once(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.url}/login")
    page.get_by_role("link", name="Esqueci a senha").click()
    expect(page.get_by_role("heading", name="Esqueceu a senha?")).to_be_visible()
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_role("button", name="Enviar link").click()
    expect(page.get_by_role("heading", name="Veja seu e-mail")).to_be_visible()

    open_letter(page, demo, "Crie uma senha nova")
    link = page.url
    page.get_by_label("Senha nova").fill(SECOND)
    page.get_by_role("button", name="Trocar a senha").click()
    expect(page.get_by_role("status").first).to_contain_text("Senha trocada")
    page.goto(link)
    page.get_by_label("Senha nova").fill(SECOND)
    page.get_by_role("button", name="Trocar a senha").click()
    expect(page.get_by_role("alert")).to_contain_text("já foi usado")

    sign_in(page, demo, FIRST)
    expect(page.get_by_role("alert")).to_contain_text("não conferem")
    sign_in(page, demo, SECOND)
    page.wait_for_url("**/campaigns")


def test_a_device_that_is_signed_out_is_thrown_out_at_once(page: Page, browser: Browser, demo: Demo) -> None:
    other = browser.new_context(locale="pt-BR").new_page()
    sign_in(other, demo, SECOND)
    other.wait_for_url("**/campaigns")
    sign_in(page, demo, SECOND)
    page.wait_for_url("**/campaigns")
    page.goto(f"{demo.url}/settings/account")
    page.get_by_role("button", name="Tirar todos os outros").click()
    expect(page.get_by_role("button", name="Tirar da conta")).to_have_count(0)
    other.wait_for_url("**/login**", timeout=5_000)
    expect(other.get_by_text("Sua sessão terminou")).to_be_visible()
    other.context.close()
