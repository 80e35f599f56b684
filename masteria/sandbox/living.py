"""Customers who live by themselves (`--living`): some answer what they read, at a bounded rate, the same each run."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from masteria.sandbox.world import Phone, World

if TYPE_CHECKING:
    from masteria.sandbox.life import Life
    from masteria.sandbox.statuses import Sent

ANSWER_CHANCE = 0.3
TALK_CHANCE = 0.45
BUTTON_CHANCE = 0.4
LEAVE_CHANCE = 0.015
AHEAD_MOST = 60.0
# what a customer says is the material of the demo, not the product's words: always pt-BR, as the sample templates
FIRST = (
    "Oi! Quero ver sim 😊", "Qual o valor?", "Que legal, pode mandar as fotos", "Amei! Ainda dá tempo?",
    "Vocês abrem hoje até que horas?", "Agora não, mas volto a chamar", "Fazem entrega no centro?",
    "Pode separar um pra mim?", "Tem opção sem lactose?", "Oii, tudo bem? Me conta mais", "Aceita pix?",
    "Passo aí amanhã de manhã", "Obrigada por avisar ☕", "Boa! Minha irmã vai adorar também",
)  # fmt: skip
READY = ("Ótimo, já estou indo buscar", "Obrigada! Chego em 20 minutos", "Pode deixar na recepção?", "Perfeito 👍")
NEXT = (
    "Perfeito, obrigada!", "Fechado então", "Pode ser às 16h?", "Vou ver aqui e te falo", "Que ótimo 🙌",
    "Qual é o endereço mesmo?", "Combinado", "Ah, entendi. Valeu!", "Pode mandar a chave pix?", "Até já",
)  # fmt: skip
LEAVES = "Por favor, não quero mais receber mensagens"


class Living:
    """Decides who answers what; `Life` makes it happen."""

    def __init__(self, world: World, life: Life) -> None:
        self.world = world
        self.life = life
        self.random = random.Random(world.options.seed + 2)
        self.next_at = 0.0

    def has_read(self, sent: Sent, moment: float) -> None:
        """Perhaps plan an answer to a message that will be read at that moment."""
        options = self.world.options
        if not options.living or not options.keep_phones or sent.outcome.says or sent.kind == "reaction":
            return
        chance = ANSWER_CHANCE if sent.kind == "template" else TALK_CHANCE
        at = max(moment + self.random.uniform(2, 12), self.next_at)
        if self.random.random() >= chance or at - moment > AHEAD_MOST:
            return
        self.next_at = at + options.living_gap * self.random.uniform(1, 2)
        self.life.plan(at, lambda: self._answer(sent))

    def _answer(self, sent: Sent) -> None:
        if not self.world.options.living or sent.number.phone_number_id not in self.world.numbers:
            return
        phone = self.world.phone(sent.number.phone_number_id, sent.wa_id)
        bubble = next((m for m in phone.messages if m["id"] == sent.wamid), None)
        choices = _choices(bubble)
        if bubble is not None and choices and self.random.random() < BUTTON_CHANCE:
            self.life.chooses(phone, bubble, self.random.choice(choices))
            return
        self._say(phone, self._words(sent))

    def _words(self, sent: Sent) -> str:
        if sent.kind != "template":
            return self.random.choice(NEXT)
        if sent.category == "utility":
            return self.random.choice(READY)
        return LEAVES if self.random.random() < LEAVE_CHANCE else self.random.choice(FIRST)

    def _say(self, phone: Phone, text: str) -> None:
        self.life.writes(phone, {"type": "text", "text": {"body": text}}, {"text": text})


def _choices(bubble: dict[str, Any] | None) -> list[dict[str, Any]]:
    """What can be tapped in a message, a list's rows included, if nothing was tapped yet."""
    if bubble is None or bubble.get("answered"):
        return []
    buttons = bubble.get("buttons", [])
    rows = [row for b in buttons if b["type"] == "list" for row in b["rows"]]
    return [b for b in buttons if b["type"] in ("quick_reply", "button_reply")] + rows
