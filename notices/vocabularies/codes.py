"""The code lists of eForms with labels, by the list name that notices write in `@listName`.

Includes codes and list names of older SDK versions that real notices still carry (`data/codes_historic.csv`).
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from notices.vocabularies import tables
from notices.vocabularies.tables import Labels

# List names that changed between SDK versions.
_RENAMED: Final = {
    "organization-role": "organisation-role",
    "organisation=role": "organisation-role",
    "service-provider-type": "organisation-role",
    "timeperiod_duration-unit": "duration-unit",
}


@cache
def _lists() -> Mapping[str, Mapping[str, Labels]]:
    lists: dict[str, dict[str, Labels]] = {}
    for table in ("codes.csv", "codes_historic.csv"):
        for name, code, *rest in tables.rows(table):
            lists.setdefault(name, {})[code] = tables.labels(rest)
    return {name: MappingProxyType(entries) for name, entries in lists.items()}


def names() -> tuple[str, ...]:
    """The names of all lists, sorted."""
    return tuple(sorted(_lists()))


def entries(list_name: str) -> Mapping[str, Labels]:
    """Code to labels of one list, in the order of the codes; empty for a list that is not kept here."""
    return _lists().get(_RENAMED.get(list_name, list_name), MappingProxyType({}))


def is_known(list_name: str, code: str) -> bool:
    """Whether the list has the code, exactly as written."""
    return code in entries(list_name)


def label(list_name: str, code: str, language: str) -> str | None:
    """The label in `language` (ISO 639-1; fr, nl, en, de, else English), or None for an unknown list or code."""
    known = entries(list_name).get(code)
    return None if known is None else tables.pick(known, language)
