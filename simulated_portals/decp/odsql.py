"""The part of the portal's query language (ODSQL) that conditions are written in: comparisons, lists, and, or, not.

A column that does not exist, a line break and anything that is not understood are errors, which the portal answers with
status 400.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

Row = Mapping[str, Any]
Condition = Callable[[Row], bool]

_TOKEN: Final = re.compile(
    r"""\s*(?:(date'(?P<date>[^']*)')|(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<number>-?\d+(?:\.\d+)?)"""
    r"""|(?P<name>[a-z_][a-z0-9_]*)|(?P<sign><=|>=|!=|=|<|>|\(|\)|,))""",
    re.IGNORECASE,
)


class BadQuestion(ValueError):
    """A condition that the portal refuses, with the reason."""


@dataclass(frozen=True)
class _Token:
    kind: str
    value: Any


def condition(where: str, columns: frozenset[str]) -> Condition:
    """The condition of a `where`; `BadQuestion` says what is wrong with it."""
    if not where.strip():
        return lambda _row: True
    if "\n" in where or "\r" in where:
        raise BadQuestion("ODSQL query is malformed: line breaks are not allowed")
    reader = _Reader(_tokens(where), columns)
    found = reader.either()
    reader.end()
    return found


def _tokens(where: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while where[position:].strip():
        match = _TOKEN.match(where, position)
        if match is None:
            raise BadQuestion(f"ODSQL query is malformed near: {where[position : position + 20].strip()}")
        tokens.append(_token(match))
        position = match.end()
    return tokens


def _token(match: re.Match[str]) -> _Token:
    if match["date"] is not None:
        try:
            return _Token("value", date.fromisoformat(match["date"].replace("/", "-")))
        except ValueError as error:
            raise BadQuestion(f"ODSQL query is malformed: {match['date']} is not a date") from error
    if match["text"] is not None:
        return _Token("value", re.sub(r"\\(.)", r"\1", match["text"][1:-1]))
    if match["number"] is not None:
        return _Token("value", float(match["number"]))
    if match["name"] is not None:
        return _Token("name", match["name"].lower())
    return _Token("sign", match["sign"])


class _Reader:
    """Reads a condition from its tokens: or binds less than and, and less than not."""

    def __init__(self, tokens: list[_Token], columns: frozenset[str]) -> None:
        self._tokens = tokens
        self._columns = columns
        self._at = 0

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise BadQuestion(f"ODSQL query is malformed near: {self._tokens[self._at].value}")

    def either(self) -> Condition:
        parts = [self._both()]
        while self._takes("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda row: any(part(row) for part in parts)

    def _both(self) -> Condition:
        parts = [self._one()]
        while self._takes("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda row: all(part(row) for part in parts)

    def _one(self) -> Condition:
        if self._takes("not"):
            inner = self._one()
            return lambda row: not inner(row)
        if self._takes("("):
            inner = self.either()
            self._expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        name = self._next("name")
        if name not in self._columns:
            raise BadQuestion(f"Unknown field: {name}")
        if self._takes("is"):
            wanted_empty = not self._takes("not")
            self._expect("null")
            return lambda row: (row.get(name) is None) is wanted_empty
        if self._takes("in"):
            return self._one_of(name)
        sign = self._next("sign")
        value = self._next("value")
        return lambda row: _compares(row.get(name), sign, value)

    def _one_of(self, name: str) -> Condition:
        self._expect("(")
        values = [self._next("value")]
        while self._takes(","):
            values.append(self._next("value"))
        self._expect(")")
        return lambda row: any(_compares(row.get(name), "=", value) for value in values)

    def _takes(self, word: str) -> bool:
        if self._at < len(self._tokens):
            token = self._tokens[self._at]
            if token.kind != "value" and token.value == word:
                self._at += 1
                return True
        return False

    def _expect(self, word: str) -> None:
        if not self._takes(word):
            raise BadQuestion(f"ODSQL query is malformed: {word} was expected")

    def _next(self, kind: str) -> Any:
        if self._at >= len(self._tokens) or self._tokens[self._at].kind != kind:
            raise BadQuestion(f"ODSQL query is malformed: a {kind} was expected")
        self._at += 1
        return self._tokens[self._at - 1].value


def _compares(cell: Any, sign: str, value: Any) -> bool:
    """A cell against a value. Cells without a value meet nothing; a number is not compared with a text."""
    if cell is None:
        return sign == "!="
    if isinstance(value, date):
        cell, value = str(cell)[:10], value.isoformat()
    elif isinstance(cell, int | float) != isinstance(value, float):
        cell, value = str(cell), str(value)
    answers: dict[str, bool] = {
        "=": cell == value,
        "!=": cell != value,
        "<": cell < value,
        "<=": cell <= value,
        ">": cell > value,
        ">=": cell >= value,
    }
    if sign not in answers:
        raise BadQuestion(f"ODSQL query is malformed near: {sign}")
    return answers[sign]
