"""Texts for people: French in the code, other languages in one catalogue per room.

A room keeps its catalogues in `<room>/locales/<language>.po`; the message ids are the French texts. A text that a
catalogue lacks is shown in French, and `missing` lists it so that a test can fail.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

SOURCE_LANGUAGE = "fr"
LANGUAGES = ("fr", "en")
"""Languages that pages and mails are offered in."""

Translate = Callable[..., str]


@cache
def catalogue(room: Path, language: str) -> dict[str, str]:
    """Message id to text of one room's catalogue; empty for French and for a language without a catalogue."""
    path = room / "locales" / f"{language}.po"
    if language == SOURCE_LANGUAGE or not path.is_file():
        return {}
    with path.open("rb") as file:
        messages = read_po(file, locale=language, abort_invalid=True)
    return {str(message.id): str(message.string) for message in messages if message.id and message.string}


def translator(room: Path, language: str) -> Translate:
    """A function `_("texte {n}", n=3)` that translates and fills named places."""
    texts = catalogue(room, language)

    def translate(text: str, /, **places: object) -> str:
        found = texts.get(text, text)
        return found.format(**places) if places else found

    return translate


def choose(preferred: str | None, default: str = SOURCE_LANGUAGE) -> str:
    """The first offered language of an Accept-Language header or a plain code, else `default`."""
    for part in (preferred or "").split(","):
        code = part.split(";")[0].strip().lower()[:2]
        if code in LANGUAGES:
            return code
    return default
