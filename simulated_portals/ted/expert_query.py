"""TED's expert query language, as far as clients of notices need it (dossier 1.2)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
Test = Callable[[Row], bool]

_TOKEN = re.compile(r"\s*(>=|<=|=|\(|\)|[^\s()=<>]+|[<>])")
_DAY = re.compile(r"\d{8}")
DATES = frozenset(
    {
        "publication-date",
        "dispatch-date",
        "deadline-receipt-tender-date-lot",
        "deadline-receipt-request-date-lot",
        "deadline-receipt-expressions-date-lot",
    }
)
TEXTS = frozenset(
    {
        "buyer-country",
        "classification-cpv",
        "contract-nature-main-proc",
        "form-type",
        "notice-identifier",
        "notice-subtype",
        "notice-type",
        "ojs-number",
        "place-of-performance",
        "procedure-identifier",
        "publication-number",
    }
)


class QueryRefused(Exception):
    """The query is answered with 400; `type` is TED's word for the reason."""

    def __init__(self, type_: str, message: str, column: int) -> None:
        super().__init__(message)
        self.type = type_
        self.column = column


@dataclass(frozen=True)
class ExpertQuery:
    """A query that was understood: which rows it finds, and in which order."""

    test: Test
    sort_by: str | None = None
    descending: bool = False

    def find(self, rows: list[tuple[Row, Any]]) -> list[Any]:
        """What belongs to the rows that fit, sorted."""
        fitting = [pair for pair in rows if self.test(pair[0])]
        if self.sort_by is not None:
            name = self.sort_by
            fitting.sort(key=lambda pair: _sort_key(pair[0].get(name)), reverse=self.descending)
        return [found for _, found in fitting]


def _sort_key(value: Any) -> tuple[int, str]:
    number, _, year = str(value or "").partition("-")
    return (int(year[:4]) * 10**9 + int(number), "") if number.isdigit() and year[:4].isdigit() else (0, str(value))


def read_query(text: str) -> ExpertQuery:
    """Understand a query. Raises `QueryRefused` as TED would."""
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, int]] = [(match[1], match.start(1) + 1) for match in _TOKEN.finditer(text)]
        self._position = 0

    def read(self) -> ExpertQuery:
        test = self._any_of()
        sort_by, descending = None, False
        if self._take("SORT"):
            self._expect("BY")
            sort_by = self._field()
            descending = self._take("DESC") or (self._take("ASC") and False)
        if self._peek() is not None:
            raise self._syntax()
        return ExpertQuery(test, sort_by, descending)

    def _any_of(self) -> Test:
        tests = [self._all_of()]
        while self._take("OR"):
            tests.append(self._all_of())
        return lambda row: any(test(row) for test in tests)

    def _all_of(self) -> Test:
        tests = [self._one()]
        while self._take("AND"):
            tests.append(self._one())
        return lambda row: all(test(row) for test in tests)

    def _one(self) -> Test:
        if self._take("NOT"):
            inner = self._one()
            return lambda row: not inner(row)
        if self._take("("):
            inner = self._any_of()
            self._expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Test:
        name = self._field()
        if self._take("IN"):
            self._expect("(")
            values = []
            while not self._take(")"):
                values.append(self._value())
            return lambda row: any(_equal(name, item, value) for item in _items(row, name) for value in values)
        operator = self._value()
        if operator not in ("=", ">=", "<="):
            raise self._syntax(back=1)
        value = self._value()
        return lambda row: any(_holds(name, item, operator, value) for item in _items(row, name))

    def _field(self) -> str:
        token = self._peek()
        if token is None:
            raise self._syntax()
        if token not in DATES | TEXTS:
            column = self._tokens[self._position][1]
            raise QueryRefused("QUERY_UNKNOWN_FIELD", f"Unknown field '{token}' at line 1, col {column}", column)
        self._position += 1
        return token

    def _value(self) -> str:
        token = self._peek()
        if token is None or "," in token:
            raise self._syntax()
        self._position += 1
        return token

    def _peek(self) -> str | None:
        return self._tokens[self._position][0] if self._position < len(self._tokens) else None

    def _take(self, word: str) -> bool:
        if self._peek() != word:
            return False
        self._position += 1
        return True

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise self._syntax()

    def _syntax(self, back: int = 0) -> QueryRefused:
        position = min(self._position - back, len(self._tokens) - 1)
        column = self._tokens[position][1] if self._tokens else 1
        return QueryRefused("QUERY_SYNTAX_ERROR", f"Syntax error in expert query at line 1, col {column}", column)


def _items(row: Row, name: str) -> list[str]:
    value = row.get(name)
    return [str(item) for item in value] if isinstance(value, list) else [] if value is None else [str(value)]


def _holds(name: str, item: str, operator: str, value: str) -> bool:
    if name in DATES:
        # A day in another spelling is no error: it finds nothing.
        day = item[:10].replace("-", "")
        if not _DAY.fullmatch(value):
            return False
        return {"=": day == value, ">=": day >= value, "<=": day <= value}[operator]
    return operator == "=" and _equal(name, item, value)


def _equal(name: str, item: str, value: str) -> bool:
    if name == "classification-cpv":
        return item.startswith(value.rstrip("*").rstrip("0").ljust(2, "0"))
    return item == value
