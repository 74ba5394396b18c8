"""What stands beside a stored query, so that only profiles that can match at all are compared with a document.

A profile that says nothing of a kind, a country, ... is marked with `ANY`. The marks never decide: whatever the query
can match, they let through.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from notices.model import NoticeKind
from search.document import UNKNOWN, IndexDocument
from search.elasticsearch.compiler import Dsl
from search.query import NoticeQuery, Unknown

ANY: Final = "*"
DIGEST: Final = "digest"
"""The one frequency there is: matches wait for the digest of their owner.

Its hour and weekdays are the owner's, of all their profiles at once, and change without a profile being saved. They say
when somebody is written to and never what matches, so they stay in the store, where digests are made: a copy of them
here would be wrong from the first change of an owner's wishes on. A frequency of a profile's own would go here.
"""
_FACTS: Final = {"country": "country=", "portal": "portal=", "kind": "kind=", "cpv_division": "cpv="}
_CALLS: Final = frozenset({NoticeKind.COMPETITION, NoticeKind.CHANGE})
"""Kinds that can be a call for competition."""
_DIVISION: Final = 2


def marks(query: NoticeQuery) -> dict[str, list[str]]:
    """The keywords of a profile."""
    return {
        "country": list(query.countries) or [ANY],
        "portal": list(query.portals) or [ANY],
        "kind": _kinds(query),
        "cpv_division": _divisions(query),
        "frequency": [DIGEST],
    }


def worth_asking(documents: Iterable[IndexDocument]) -> list[Dsl]:
    """Filters that let through every profile that one of the documents can match."""
    found: dict[str, set[str]] = {field: {ANY} for field in _FACTS}
    for document in documents:
        for field, start in _FACTS.items():
            found[field] |= {fact.removeprefix(start) for fact in document.facts if fact.startswith(start)}
    found["cpv_division"] = {code[:_DIVISION] for code in found["cpv_division"]}
    return [{"terms": {field: sorted(values)}} for field, values in found.items()]


def _kinds(query: NoticeQuery) -> list[str]:
    only_calls = query.deadline is not None and query.deadline.open
    if not only_calls:
        return [str(kind) for kind in query.kinds] or [ANY]
    return sorted(str(kind) for kind in (_CALLS.intersection(query.kinds) if query.kinds else _CALLS))


def _divisions(query: NoticeQuery) -> list[str]:
    if not query.cpv:
        return [ANY]
    unknown = {UNKNOWN} if query.cpv_unknown is Unknown.INCLUDE else set()
    return sorted({code[:_DIVISION] for code in query.cpv} | unknown)
