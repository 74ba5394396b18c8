"""The portal's reference tables: CPV codes with check digits and labels, and the Belgian part of NUTS 2021.

The portal numbers CPV codes by their position in the ordered list and NUTS codes level by level (captures of 2026-10:
92533000 is 9362, BE100 is 16); Belgium is country 19.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from notices.vocabularies import cpv, nuts

COUNTRY_ID = 19
LANGUAGES = ("EN", "DE", "FR", "NL")


@dataclass(frozen=True)
class CpvEntry:
    """One CPV code; a code that the tables lack has no labels."""

    row_id: int
    code: str
    check_digit: str
    labels: dict[str, str]

    @property
    def code_with_check_digit(self) -> str:
        """The code as the portal prints it, for example `45000000-7`."""
        return f"{self.code}-{self.check_digit}"


class ReferenceTables:
    """CPV and NUTS look-ups."""

    def __init__(self, cpvs: dict[str, CpvEntry], nuts: dict[str, tuple[int, str]]) -> None:
        self._cpvs = cpvs
        self._nuts = nuts

    def cpv(self, code: str) -> CpvEntry:
        """The entry of a code given with or without check digit; unknown codes get number 0 and no labels."""
        bare = code[:8]
        return self._cpvs.get(bare) or CpvEntry(0, bare, code[9:] or "0", {})

    def nuts_id(self, code: str) -> int | None:
        """The portal's number of a NUTS code, None for codes it does not know."""
        known = self._nuts.get(code)
        return known[0] if known else None

    def cpv_list(self) -> list[dict[str, Any]]:
        """The answer of `GET /api/loc/cpvs`."""
        return [
            {
                "id": entry.row_id,
                "code": entry.code_with_check_digit,
                "nature": _nature(entry.code),
                "descriptions": [{"text": text, "language": language} for language, text in entry.labels.items()],
            }
            for entry in sorted(self._cpvs.values(), key=lambda entry: entry.row_id)
        ]

    def nuts_tree(self) -> list[dict[str, Any]]:
        """The answer of `GET /api/loc/nuts`."""
        return [self._nuts_node("BE")]

    def _nuts_node(self, code: str) -> dict[str, Any]:
        number, name = self._nuts[code]
        node: dict[str, Any] = {"id": number}
        children = [other for other in self._nuts if len(other) == len(code) + 1 and other.startswith(code)]
        if children:
            node["children"] = [self._nuts_node(child) for child in children]
        return node if code == "BE" else node | {"countryNuts": code, "name": f"{code} - {name}"}


def _nature(code: str) -> str:
    if code.startswith("45"):
        return "WORKS"
    return "SUPPLIES" if code[0] in "01234" else "SERVICES"


@cache
def reference_tables() -> ReferenceTables:
    """The tables as the portal has them."""
    codes = sorted(_below(cpv.children, None))
    regions = [code for code in _below(nuts.children, "BE") if not code.startswith("BEZ")]
    in_portal_order = sorted(["BE", *regions], key=lambda code: (len(code), code))
    return ReferenceTables(
        {code: _cpv_entry(number, code) for number, code in enumerate(codes, 1)},
        {code: (number, nuts.label(code, "fr") or code) for number, code in enumerate(in_portal_order, 1)},
    )


def _below(children: Callable[[str | None], tuple[str, ...]], code: str | None) -> Iterator[str]:
    for child in children(code):
        yield child
        yield from _below(children, child)


def _cpv_entry(number: int, code: str) -> CpvEntry:
    known = cpv.get(code)
    if known is None:
        return CpvEntry(number, code, "0", {})
    labels = {language: known.labels[language.lower()] for language in LANGUAGES if language.lower() in known.labels}
    return CpvEntry(number, code, known.check_digit, labels)
