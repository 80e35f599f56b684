"""What our mail says, in three languages, from message files beside this one. Plain text: nothing in it runs or loads."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from masteria.config import settings

LANGUAGES = ("pt_BR", "en", "es")
WORDS = Path(__file__).parent / "words"


def letter(language: str, name: str, **values: object) -> tuple[str, str]:
    """Subject and body of the letter `name`, its placeholders filled, greeting and signature around it."""
    words = letters(language if language in LANGUAGES else LANGUAGES[0])
    values["home"] = settings().public_url
    body = "\n\n".join((words["letter.greeting"], words[f"letter.{name}.body"], words["letter.end"]))
    # a name could hold a line break that would become a header of its own
    return _filled(" ".join(words[f"letter.{name}.subject"].split()), values), _filled(body, values)


@cache
def letters(language: str) -> dict[str, str]:
    """All words of one language by key."""
    with (WORDS / f"{language}.po").open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file, locale=language) if m.id}


def _filled(text: str, values: dict[str, object]) -> str:
    """In one pass: what stands in a value is never read as a placeholder."""
    return re.sub(r"\{(\w+)\}", lambda found: " ".join(str(values[found[1]]).split()), text)
