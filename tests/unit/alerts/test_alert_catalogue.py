"""Every text that alerts and monitoring say to people exists in English too."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import alerts
import monitoring
from core.i18n import LANGUAGES, SOURCE_LANGUAGE

MARKS = {"_", "N_", "translate", "plural", "AddressError", "LinkError", "ProfileError"}
_CALL = re.compile(r"(?:_\(|plural\()((?:\s*\"[^\"]*\"\s*,?)+)")
_TEXT = re.compile(r'"([^"]*)"')
ROOMS = [Path(module.__file__ or "").parent for module in (alerts, monitoring)]


def spoken(room: Path) -> set[str]:
    found: set[str] = set()
    for path in room.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _name(node.func) in MARKS:
                found.update(
                    part.value for part in node.args if isinstance(part, ast.Constant) and isinstance(part.value, str)
                )
    for path in (room / "templates").glob("*"):
        for call in _CALL.finditer(path.read_text(encoding="utf-8")):
            found.update(_TEXT.findall(call.group(1)))
    return found


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def catalogue(room: Path, language: str) -> dict[str, str]:
    with (room / "locales" / f"{language}.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != SOURCE_LANGUAGE])
def test_every_text_is_translated_with_the_same_places(room: Path, language: str) -> None:
    texts, known = spoken(room), catalogue(room, language)
    assert sorted(texts - known.keys()) == []
    assert sorted(known.keys() - texts) == []
    for text in texts:
        assert known[text], text
        assert sorted(re.findall(r"{\w+}", text)) == sorted(re.findall(r"{\w+}", known[text])), text
