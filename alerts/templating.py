"""Templates of mails: HTML escapes everything, text escapes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from alerts.wording import ROOM, Wording, isolated


def render(template: str, words: Wording, context: Mapping[str, Any]) -> str:
    """A template of `alerts/templates` in the language of `words`; an undefined name is an error."""
    places = {**context, "_": words.translate, "words": words, "lang": words.language}
    return _environment().get_template(template).render(places).strip() + "\n"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(ROOM / "templates"),
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["isolated"] = isolated
    return environment
