"""The part of the query language ODSQL that the simulated data set understands, with the refusals of the real one.

Comparisons, `in`, `is null`, `like`, `search`, `startswith`, a bare text that searches every field, `and`, `or`,
`not`, parentheses. A field that does not exist, an unknown word and a line break are refused. A comparison with an
absent value is false; on a list it holds when it holds for one item.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, tzinfo
from typing import Any

Record = Mapping[str, Any]
Condition = Callable[[Record], bool]

_TOKEN = re.compile(
    r"""\s*(?:(?P<date>date\s*'(?P<day>[^']*)'|date\s*"(?P<day2>[^"]*)")
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<number>-?\d+(?:\.\d+)?)|(?P<word>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign><=|>=|!=|=|<|>|\(|\)|,))""",
    re.VERBOSE | re.IGNORECASE,
)
_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
}
_FUNCTIONS = ("search", "startswith")


class Malformed(ValueError):
    """The service refuses the query with this message."""


def condition_of(where: str, fields: Iterable[str], instants: Iterable[str], zone: tzinfo) -> Condition:
    """The condition of a `where`. Dates are compared with `instants` fields at midnight in `zone`.

    Raises `Malformed` for what the service refuses.
    """
    if "\n" in where or "\r" in where:
        raise Malformed("ODSQL query is malformed: unexpected line break")
    if not where.strip():
        return lambda record: True
    reader = _Reader(where, frozenset(fields), frozenset(instants), zone)
    found = reader.either()
    reader.expect_end()
    return found


class _Reader:
    def __init__(self, where: str, fields: frozenset[str], instants: frozenset[str], zone: tzinfo) -> None:
        self._tokens = list(_tokens(where))
        self._at = 0
        self._fields = fields
        self._instants = instants
        self._zone = zone

    def either(self) -> Condition:
        """`a or b`."""
        found = [self._both()]
        while self._take("or"):
            found.append(self._both())
        return found[0] if len(found) == 1 else lambda record: any(each(record) for each in found)

    def expect_end(self) -> None:
        """Nothing may be left."""
        if self._at < len(self._tokens):
            raise Malformed(f"ODSQL query is malformed: unexpected '{self._tokens[self._at][1]}'")

    def _both(self) -> Condition:
        found = [self._one()]
        while self._take("and"):
            found.append(self._one())
        return found[0] if len(found) == 1 else lambda record: all(each(record) for each in found)

    def _one(self) -> Condition:
        if self._take("not"):
            inner = self._one()
            return lambda record: not inner(record)
        if self._take("("):
            inside = self.either()
            self._need(")")
            return inside
        kind, value = self._next()
        if kind == "text":
            return self._in_field(value) if self._take("in") else _anywhere(value)
        if kind == "word" and value.lower() in _FUNCTIONS and self._take("("):
            return self._function(value.lower())
        if kind != "word":
            raise Malformed(f"ODSQL query is malformed: unexpected '{value}'")
        return self._about(self._known(value))

    def _about(self, field: str) -> Condition:
        if self._take("is"):
            absent = not self._take("not")
            self._need("null")
            return lambda record: (record.get(field) in (None, [])) is absent
        if self._take("in"):
            wanted = self._list(field)
            return lambda record: any(item in wanted for item in self._values(record, field))
        if self._take("like"):
            part = str(self._literal(field)).strip("%").casefold()
            return lambda record: any(part in str(item).casefold() for item in self._values(record, field))
        kind, sign = self._next()
        if sign not in _SIGNS or kind != "sign":
            raise Malformed(f"ODSQL query is malformed: unexpected '{sign}'")
        compare, literal = _SIGNS[sign], self._literal(field)
        return lambda record: any(compare(item, literal) for item in self._values(record, field))

    def _in_field(self, value: str) -> Condition:
        field = self._known(self._next()[1])
        return lambda record: value in self._values(record, field)

    def _function(self, name: str) -> Condition:
        field = self._known(self._next()[1])
        self._need(",")
        wanted = str(self._literal(field)).casefold()
        self._need(")")
        if name == "startswith":
            return lambda record: any(str(item).casefold().startswith(wanted) for item in self._values(record, field))
        return lambda record: any(wanted in str(item).casefold() for item in self._values(record, field))

    def _list(self, field: str) -> frozenset[Any]:
        self._need("(")
        found = [self._literal(field)]
        while self._take(","):
            found.append(self._literal(field))
        self._need(")")
        return frozenset(found)

    def _literal(self, field: str) -> Any:
        kind, value = self._next()
        if kind not in ("text", "date", "number"):
            raise Malformed(f"ODSQL query is malformed: unexpected '{value}'")
        if field not in self._instants:
            return value
        try:
            day = date.fromisoformat(value[:10])
        except ValueError as error:
            raise Malformed(f"ODSQL query is malformed: invalid date '{value}'") from error
        return datetime.combine(day, time(0), tzinfo=self._zone)

    def _values(self, record: Record, field: str) -> list[Any]:
        value = record.get(field)
        values = value if isinstance(value, list) else [] if value is None else [value]
        return [datetime.fromisoformat(item) for item in values] if field in self._instants else values

    def _known(self, field: str) -> str:
        if field not in self._fields:
            raise Malformed(
                f"ODSQL query is malformed: Unknown field: {field} Clause(s) containing the error(s): where."
            )
        return field

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise Malformed("ODSQL query is malformed: unexpected end")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, word: str) -> bool:
        if self._at < len(self._tokens):
            kind, value = self._tokens[self._at]
            if kind in ("word", "sign") and value.lower() == word:
                self._at += 1
                return True
        return False

    def _need(self, word: str) -> None:
        if not self._take(word):
            raise Malformed(f"ODSQL query is malformed: expected '{word}'")


def _anywhere(wanted: str) -> Condition:
    folded = wanted.casefold()
    return lambda record: any(folded in str(value).casefold() for value in record.values())


def _tokens(where: str) -> Iterable[tuple[str, str]]:
    at, text = 0, where.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise Malformed(f"ODSQL query is malformed: unexpected '{text[at : at + 10]}'")
        at = found.end()
        if found["date"]:
            yield "date", found["day"] or found["day2"] or ""
        elif found["text"]:
            yield "text", re.sub(r"\\(.)", r"\1", found["text"][1:-1])
        else:
            yield next((kind, found[kind]) for kind in ("number", "word", "sign") if found[kind])
