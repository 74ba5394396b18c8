"""The URL spelling of a query: flat names, lists as repeated parameters, empty parameters as not given.

Nested fields are joined with an underscore (`value_minimum`, `deadline_open`); flags stand under their own name
(`sme_suitable=true`, `sme_suitable_unknown=exclude`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from search.errors import QueryError

LISTS: Final = (
    "countries", "portals", "kinds", "natures", "procedures", "buyers", "languages", "cpv", "cpv_not", "places",
)  # fmt: skip
FLAGS: Final = ("sme_suitable", "reserved", "green", "social", "innovation", "eu_funds", "electronic_submission")
_NESTED: Final = {
    "value": ("minimum", "maximum", "currency", "unknown"),
    "published": ("from", "to", "last_days", "unknown"),
    "deadline": ("from", "to", "next_days", "open", "unknown"),
}
_PLAIN: Final = (
    "version", "text", "natures_unknown", "procedures_unknown", "languages_unknown", "cpv_unknown", "place_of",
    "places_unknown",
)  # fmt: skip
_MAX_PARAMETERS: Final = 2500


def _paths() -> Iterator[tuple[str, tuple[str, ...]]]:
    for name in (*_PLAIN, *LISTS):
        yield name, (name,)
    for group, names in _NESTED.items():
        for name in names:
            yield f"{group}_{name}", (group, name)
    for flag in FLAGS:
        yield flag, ("flags", flag, "is")
        yield f"{flag}_unknown", ("flags", flag, "unknown")


PARAMETERS: Final = dict(_paths())
"""Parameter name to the path in the JSON form."""


def encode(query: dict[str, Any]) -> str:
    """The query string of a canonical JSON form; the order of parameters is fixed."""
    pairs: list[tuple[str, str]] = []
    for name, path in PARAMETERS.items():
        value = _at(query, path)
        if isinstance(value, list):
            pairs += [(name, str(item)) for item in value]
        elif value is not None:
            pairs.append((name, str(value).lower() if isinstance(value, bool) else str(value)))
    return urlencode(pairs)


def decode(query_string: str, beside: frozenset[str]) -> dict[str, Any]:
    """The JSON form of a query string. Raises `QueryError` for an unknown or repeated parameter."""
    query: dict[str, Any] = {}
    seen: set[str] = set()
    for name, value in _pairs(query_string):
        if name in beside:
            continue
        if name not in PARAMETERS:
            raise QueryError("L’adresse contient un paramètre inconnu : « {name} ».", name=name, parameter=name)
        if not value.strip():
            continue  # a form sends its empty fields
        if name in LISTS:
            query.setdefault(name, []).append(value)
            continue
        if name in seen:
            raise QueryError("Le paramètre « {name} » est donné deux fois.", name=name, parameter=name)
        seen.add(name)
        _put(query, PARAMETERS[name], value)
    return _without_bare_policies(query)


def _pairs(query_string: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query_string, keep_blank_values=True, max_num_fields=_MAX_PARAMETERS, errors="strict")
    except ValueError as error:
        raise QueryError("L’adresse n’est pas codée en UTF-8, ou elle a trop de paramètres.") from error


def _without_bare_policies(query: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a form sends beside an empty field: the policy of a flag nobody asked for, a lone currency."""
    query["flags"] = {name: clause for name, clause in query.get("flags", {}).items() if "is" in clause}
    value = query.get("value", {})
    if value.keys() <= {"currency", "unknown"} and value.get("unknown") != "exclude":
        query.pop("value", None)
    return query


def _at(query: dict[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = query
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _put(query: dict[str, Any], path: tuple[str, ...], value: str) -> None:
    *parents, last = path
    for key in parents:
        query = query.setdefault(key, {})
    query[last] = value
