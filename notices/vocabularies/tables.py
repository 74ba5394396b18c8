"""Reads the tables of `data/` and picks labels. Only the modules of this package use it."""

import csv
import io
from collections.abc import Iterator, Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Final

#: Languages that every table has labels in, in the order in which a missing one is replaced.
LANGUAGES: Final = ("fr", "nl", "en", "de")
_FALLBACK: Final = ("en", "fr", "nl", "de")

Labels = Mapping[str, str]


def rows(name: str) -> Iterator[list[str]]:
    """The rows of a table without its header. Raises FileNotFoundError for a table that does not ship."""
    text = files(__package__).joinpath("data", name).read_text(encoding="utf-8")
    reader = csv.reader(io.StringIO(text, newline=""))
    next(reader)
    yield from reader


def labels(values: list[str], languages: tuple[str, ...] = LANGUAGES) -> Labels:
    """Labels by language, without the languages that have none."""
    return MappingProxyType({language: value for language, value in zip(languages, values, strict=True) if value})


def pick(choices: Labels, language: str) -> str:
    """The label in `language` (ISO 639-1), else in English, else in any language."""
    for candidate in (language, *_FALLBACK):
        if candidate in choices:
            return choices[candidate]
    return next(iter(choices.values()), "")
