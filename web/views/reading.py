"""Reads the query of an address, keeping what is understood when a part of it is not."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from search.errors import QueryError
from search.query import NoticeQuery
from search.url import PARAMETERS

BESIDE = frozenset({"sort", "page", "lang", "scope"})
"""Parameters of pages that are no part of a query."""
_MOST_ERRORS = 8


@dataclass(frozen=True)
class ReadQuery:
    """What could be read, the errors as they were met, and the words as typed."""

    query: NoticeQuery
    errors: tuple[QueryError, ...]
    typed: str


def has_query(query_string: str) -> bool:
    """Whether an address says anything of its own; one that does not gets the page's default."""
    return any(name not in BESIDE for name, _ in parse_qsl(query_string, keep_blank_values=True))


def typed(text: str) -> str:
    """The query string of what a person typed: the address of a search page, or words to search for."""
    plain = text.strip()
    is_address = plain.startswith(("http://", "https://", "/", "?"))
    return plain.partition("#")[0].partition("?")[2] if is_address else urlencode({"text": plain})


def read(query_string: str) -> ReadQuery:
    """The query of an address; a parameter that makes no sense is left out and told."""
    pairs = parse_qsl(query_string, keep_blank_values=True)
    words = next((value for name, value in pairs if name == "text"), "")
    errors: list[QueryError] = []
    while len(errors) < _MOST_ERRORS:
        try:
            return ReadQuery(NoticeQuery.from_url(urlencode(pairs), beside=BESIDE), tuple(errors), words)
        except QueryError as error:
            errors.append(error)
            kept = [(name, value) for name, value in pairs if not _at_fault(name, error.parameter)]
            if len(kept) == len(pairs):
                break
            pairs = kept
    return ReadQuery(NoticeQuery(), tuple(errors), words)


def _at_fault(name: str, parameter: str | None) -> bool:
    """Whether a parameter of the address is the one that an error names, by its own name or by its field."""
    if parameter is None:
        return False
    field = parameter.split(".")
    path = PARAMETERS.get(name, (name,))
    return name == parameter or list(path[: len(field)]) == field or path[-1] == parameter or path[0] == parameter
