"""CPV codes inferred where a portal prints none: Morocco classifies by its own lists.

The national portal has *domaines d'activité* (a path such as `Travaux / Terrassements / …`), the portal of purchase
orders has *natures de prestation*. `data/cpv_from_domains.csv` and `data/cpv_from_natures.csv` give each label the CPV
divisions or groups that it honestly stands for, with a confidence from 0 to 1; a label without a code stays without,
and the table says why. Every code is marked inferred, is never the main one, and tells its basis.

The confidence is a judgement of ours: 0.9 where the label says what the CPV group says, 0.7 where it is wider or
narrower, 0.5 where only a part of what is bought under the label falls in the group.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from notices.model import Classification
from notices.values.text import clean_line, fold
from notices.vocabularies import tables

_DOMAINS: Final = "cpv_from_domains.csv"
_NATURES: Final = "cpv_from_natures.csv"
_SEPARATOR: Final = re.compile(r"\s+/\s*|\s*/\s+")
_DASHES: Final = re.compile("[\u2010-\u2015]")
_LONGEST: Final = 1_000

_Codes = tuple[tuple[str, float], ...]


def from_domain(path: str) -> tuple[Classification, ...]:
    """The codes of an activity domain, printed as a path `A / B / C`; of its nearest upper level where C has none.

    A level that is in the table without code answers nothing, though the level above has one.
    """
    levels = _levels(path)
    for length in range(len(levels), 0, -1):
        codes = _table(_DOMAINS).get(_key(levels[:length]))
        if codes is not None:
            return _classifications(codes, f"domaine d'activité : {' / '.join(levels[:length])}")
    return ()


def from_nature(label: str) -> tuple[Classification, ...]:
    """The codes of a *nature de prestation* of the portal of purchase orders."""
    codes = _table(_NATURES).get(_key((label,)), ())
    return _classifications(codes, f"nature de prestation : {clean_line(label[:_LONGEST])}")


def knows_domain(path: str) -> bool:
    """Whether the table has the domain's second level (with or without code), so that a new one is noticed."""
    levels = _levels(path)
    return _key(levels[:2]) in _table(_DOMAINS) if len(levels) > 1 else bool(levels)


def knows_nature(label: str) -> bool:
    """Whether the table has the label (with or without code)."""
    return _key((label,)) in _table(_NATURES)


def _levels(path: str) -> tuple[str, ...]:
    return tuple(level for level in _SEPARATOR.split(clean_line(path[:_LONGEST])) if level)


def _key(levels: Iterable[str]) -> str:
    """Apostrophes, dashes, accents, case and blanks do not matter: the portal mixes them within one list."""
    joined = " / ".join(levels)[:_LONGEST].replace("\u2019", "'").replace("\u02bc", "'")
    return " ".join(fold(_DASHES.sub("-", joined)).split())


@cache
def _table(name: str) -> Mapping[str, _Codes]:
    """Label to codes, best first; a label that is left without code has none."""
    found: dict[str, _Codes] = {}
    for label, code, confidence, _ in tables.rows(name):
        codes = ((code, float(confidence)),) if code else ()
        key = _key((label,))
        found[key] = found.get(key, ()) + codes
    return found


def _classifications(codes: _Codes, basis: str) -> tuple[Classification, ...]:
    return tuple(
        Classification(code=code, inferred=True, confidence=confidence, basis=basis) for code, confidence in codes
    )
