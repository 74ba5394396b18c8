"""Finds every text for people in the code and templates of the site."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract

ROOM = Path(__file__).resolve().parents[3] / "web"
_KEYWORDS = {"_": None, "_n": (1, 2)}
_NAMES = {"_": 1, "N_": 1, "translate": 1, "plural": 2}
"""Functions of the code that take texts, and how many."""


def texts_used() -> set[str]:
    """All message ids."""
    return {*_of_code(), *_of_templates()}


def _of_code() -> Iterator[str]:
    """By the syntax tree: calls inside an f-string count too."""
    for path in sorted(ROOM.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                texts = node.args[: _NAMES.get(name, 0)]
                yield from (
                    text.value for text in texts if isinstance(text, ast.Constant) and isinstance(text.value, str)
                )


def _of_templates() -> Iterator[str]:
    for path in sorted(ROOM.rglob("*.html")):
        with path.open("rb") as file:
            for _, message, _, _ in extract("jinja2", file, keywords=_KEYWORDS, options={"encoding": "utf-8"}):
                yield from [message] if isinstance(message, str) else message
