"""CPV 2008, the Common Procurement Vocabulary (Regulation (EC) No 213/2008): 9,454 codes in 45 divisions.

Codes here are the eight digits without check digit. The check digit cannot be computed (the published rule is wrong for
532 codes), so it comes from the table and nothing is rejected on it. Where the code one level above does not exist
(35 codes), the parent is the nearest one that does.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from notices.vocabularies import tables
from notices.vocabularies.label_search import LabelIndex
from notices.vocabularies.tables import Labels

_DIGITS: Final = re.compile(r"[0-9]{2,8}(-[0-9])?")
_PREFIX: Final = re.compile(r"[0-9]{2,8}")


@dataclass(frozen=True, slots=True)
class CpvCode:
    """One code. `level` is the number of significant digits, 2 (division) to 8; `nature` works, supplies, services."""

    code: str
    check_digit: str
    parent: str | None
    level: int
    nature: str
    labels: Labels

    @property
    def printed(self) -> str:
        """The code as portals print it, with its check digit: `45000000-7`."""
        return f"{self.code}-{self.check_digit}"


@cache
def _rows() -> Mapping[str, list[str]]:
    return {row[0]: row for row in tables.rows("cpv.csv")}


@cache
def _children() -> Mapping[str, tuple[str, ...]]:
    children: dict[str, list[str]] = {}
    for code, _, parent, *_rest in _rows().values():
        children.setdefault(parent, []).append(code)
    return {parent: tuple(codes) for parent, codes in children.items()}


@cache
def _index(language: str) -> LabelIndex:
    position = 5 + (tables.LANGUAGES.index(language) if language in tables.LANGUAGES else tables.LANGUAGES.index("en"))
    by_level = sorted(_rows().values(), key=lambda row: (row[3], row[0]))
    return LabelIndex((row[0], row[position]) for row in by_level)


@lru_cache(maxsize=16_384)
def get(code: str) -> CpvCode | None:
    """The code of exactly eight digits, or None. Printed spellings are read by `notices.values.cpv_text`."""
    row = _rows().get(code)
    if row is None:
        return None
    return CpvCode(row[0], row[1], row[2] or None, int(row[3]), row[4], tables.labels(row[5:]))


def label(code: str, language: str) -> str | None:
    """The label in `language` (ISO 639-1; fr, nl, en, de, else English), or None for an unknown code."""
    known = get(code)
    return None if known is None else tables.pick(known.labels, language)


def significant_prefix(code: str) -> str:
    """The code without trailing zeros, never below two digits: `45210000` gives `4521`, `70000000` gives `70`."""
    bare = code.partition("-")[0]
    return bare.rstrip("0").ljust(2, "0") if len(bare) > 2 else bare


def is_within(code: str, branch: str) -> bool:
    """Whether `code` is `branch` or below it. A branch is a code (with or without check digit) or its first digits.

    Texts that are no code are within nothing. Works by digits, so a code unknown to the table still has its branch.
    """
    if not _DIGITS.fullmatch(code) or not _DIGITS.fullmatch(branch):
        return False
    return code.startswith(significant_prefix(branch))


def ancestors(code: str) -> tuple[str, ...]:
    """The known codes above, nearest first, up to the division. Also for a code the table does not have."""
    prefix = significant_prefix(code)
    if not _PREFIX.fullmatch(prefix):
        return ()
    shorter = (prefix[:length].ljust(8, "0") for length in range(len(prefix) - 1, 1, -1))
    return tuple(candidate for candidate in dict.fromkeys(shorter) if candidate in _rows() and candidate != code)


def children(code: str | None = None) -> tuple[str, ...]:
    """The codes directly below, sorted; of None, the 45 divisions. Empty for a leaf or an unknown code."""
    return _children().get(code or "", ())


def search(words: str, language: str, limit: int = 20) -> list[CpvCode]:
    """Codes whose label holds all words (case and accents do not matter), or that begin with the digits typed.

    Short labels come first when they match equally well, then broad codes.
    """
    typed = words.strip()
    if _DIGITS.fullmatch(typed):
        bare = typed.partition("-")[0]
        codes = [code for code in _rows() if code.startswith(bare)][: max(limit, 0)]
    else:
        codes = _index(language).find(words, limit)
    return [known for code in codes if (known := get(code)) is not None]
