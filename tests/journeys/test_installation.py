"""The installation in a browser: a company limited while its owner looks on, a visit as support, a suspension and its end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import NEEDED, data_folder, up
from tests.ports import free_port

PASSWORD = "um-segredo-longo"
REASON = "a campanha não sai desde ontem"


@dataclass
class Two:
    """Two browsers: Olga runs the installation, Ana owns Aurora in it."""

    url: str
    olga: Page
    ana: Page


@pytest.fixture(scope="module")
def two(browser: Browser) -> Iterator[Two]:
    port = free_port()
    with data_folder() as data:
        process, setup = up("--port", str(port), "--data-dir", str(data))
        olga, ana = (_page(browser) for _ in range(2))
        _set_up(olga, setup)
        env = {name: os.environ[name] for name in NEEDED if name in os.environ} | {"MASTERIA_DATA_DIR": str(data)}
        command = [sys.executable, "-m", "masteria.run.cli", "company", "create", "--name", "Aurora"]
        owner = ["--owner-email", "ana@aurora.example", "--owner-password", PASSWORD]
        subprocess.run([*command, *owner], env=env, check=True, capture_output=True, timeout=120)
        yield Two(f"http://127.0.0.1:{port}", olga, ana)
        process.send_signal(signal.SIGTERM)
        process.wait(15)


def _page(browser: Browser) -> Page:
    context = browser.new_context(locale="pt-BR", viewport={"width": 1280, "height": 860})
    context.set_default_timeout(20_000)
    return context.new_page()


def _set_up(page: Page, setup: str) -> None:
    page.goto(setup)
    page.get_by_label("Nome da empresa").fill("Casa")
    page.get_by_label("Seu nome").fill("Olga Reis")
    page.get_by_label("E-mail").fill("olga@casa.example")
    page.get_by_label("Senha").fill(PASSWORD)
    page.get_by_role("button", name="Criar empresa").click()
    page.wait_for_url("**/channels")


def test_a_level_takes_a_button_from_the_owners_open_tab(two: Two) -> None:
    two.ana.goto(f"{two.url}/login")
    two.ana.get_by_label("E-mail").fill("ana@aurora.example")
    two.ana.get_by_label("Senha", exact=True).fill(PASSWORD)
    two.ana.get_by_role("button", name="Entrar", exact=True).click()
    two.ana.wait_for_url("**/campaigns")
    two.ana.goto(f"{two.url}/contacts")
    button = two.ana.get_by_role("link", name=re.compile("Importar")).first
    expect(button).to_be_visible()
    two.olga.locator(".m-me.in-bar").click()
    two.olga.get_by_role("menuitem", name="Instalação").click()
    two.olga.get_by_role("link", name="Aurora").click()
    two.olga.get_by_role("combobox", name="Contatos").select_option("read_only")
    expect(button).to_be_hidden(timeout=5000)


def test_the_owner_sees_support_come_and_go(two: Two) -> None:
    two.olga.get_by_label("Motivo").fill(REASON)
    two.olga.get_by_role("button", name="Entrar na empresa").click()
    two.olga.wait_for_url("**/campaigns")
    expect(two.olga.get_by_text("Você está em Aurora como suporte.")).to_be_visible()
    banner = two.ana.get_by_text(REASON)
    expect(banner).to_be_visible(timeout=5000)
    two.olga.get_by_role("button", name="Sair do suporte").click()
    two.olga.wait_for_url("**/admin/companies/*")
    expect(banner).to_be_hidden(timeout=5000)
    expect(two.olga.get_by_text(f"motivo: {REASON}")).to_be_visible()


def test_a_suspended_owner_reads_why_and_comes_back(two: Two) -> None:
    two.olga.get_by_role("button", name="Suspender").click()
    two.olga.get_by_role("dialog").get_by_label("Motivo").fill("por falta de pagamento")
    two.olga.get_by_role("dialog").get_by_role("button", name="Suspender").click()
    two.ana.wait_for_url("**/suspended", timeout=10_000)
    expect(two.ana.get_by_text("por falta de pagamento")).to_be_visible()
    two.olga.get_by_role("button", name="Reabrir").click()
    expect(two.olga.get_by_role("button", name="Suspender")).to_be_visible()
    two.ana.goto(f"{two.url}/contacts")
    expect(two.ana.get_by_role("heading", name="Contatos")).to_be_visible()
