"""The post office of the sandbox: whatever is mailed to anybody can be read there, and nothing in it runs."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from masteria.kit import smtp
from tests.ports import free_port, wait_for_port
from tests.sandbox.conftest import Graph, start

LINK = "http://127.0.0.1:3000/verify?token=abc-DEF_1"


@pytest.fixture(scope="module")
def post() -> Iterator[tuple[str, str]]:
    """The sandbox's address and its post office's."""
    port = free_port()
    child, url = start("--smtp-port", str(port))
    wait_for_port(port)
    yield url, f"smtp://127.0.0.1:{port}"
    child.terminate()
    assert child.wait(10) == 0


def mailed(post: tuple[str, str], to: str, subject: str = "Olá", text: str = f"Abra {LINK}.") -> None:
    smtp.send(post[1], "Masteria <no-reply@painel.example>", to, subject, text)


def page(post: tuple[str, str], path: str = "/mailbox") -> str:
    return httpx.get(f"{post[0]}{path}", headers={"accept-language": "en"}, timeout=10, trust_env=False).text


def test_mail_is_found_by_whom_it_was_sent_to(post: tuple[str, str]) -> None:
    mailed(post, "ana@exemplo.com", "Confirme seu e-mail ✓")
    mailed(post, "rui@exemplo.com")
    (letter,) = Graph(post[0]).ask("mail?to=ana@exemplo.com")["data"]
    assert (letter["subject"], letter["links"]) == ("Confirme seu e-mail ✓", [LINK])
    assert [x["to"] for x in Graph(post[0]).ask("mail")["data"]][:2] == ["rui@exemplo.com", "ana@exemplo.com"]


def test_a_letter_is_opened_and_its_links_can_be_clicked(post: tuple[str, str]) -> None:
    mailed(post, "ana@exemplo.com", "Olá, ação")
    number = Graph(post[0]).ask("mail?to=ana@exemplo.com")["data"][0]["id"]
    assert f'href="/mailbox?letter={number}"' in page(post)
    opened = page(post, f"/mailbox?letter={number}")
    assert f'Abra <a href="{LINK}">{LINK}</a>.' in opened
    assert "<h2>Olá, ação</h2>" in opened


def test_nothing_in_a_letter_runs_or_fills_itself_in(post: tuple[str, str]) -> None:
    mailed(post, "x@exemplo.com", "<script>1</script> {{{letter}}}", '<img src=x onerror=1> {{mark}} http://a/"onx=1')
    number = Graph(post[0]).ask("mail?to=x@exemplo.com")["data"][0]["id"]
    opened = page(post, f"/mailbox?letter={number}")
    assert "<script>1" not in opened
    assert "<img" not in opened
    assert "&#123;&#123;mark}}" in opened
    assert opened.count('<article class="letter">') == 1


def test_the_page_is_there_before_any_mail(post: tuple[str, str]) -> None:
    Graph(post[0]).tell("reset")
    assert "No mail has arrived yet." in page(post)
    assert httpx.get(f"{post[0]}/mailbox/state", trust_env=False).json() == {"newest": 0}
    assert httpx.get(f"{post[0]}/mailbox/../x", trust_env=False).status_code == 404
