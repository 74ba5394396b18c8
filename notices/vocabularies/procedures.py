"""Procedure types: the eForms codes, and the spellings that portals and people use for them.

The Belgian platform writes one fact in four ways: `NEG_WO_CALL_24` in its search, `neg-wo-call-24` in its workspaces,
`neg-wo-call` or `oth-single` in its XML. Spellings that differ by more than case, separators, accents and the suffix of
a directive are in `data/procedure_spellings.csv`, each with its source.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from notices.values.text import fold
from notices.vocabularies import codes, tables

LIST_NAME: Final = "procurement-procedure-type"

# 2014/23/EU concessions, 2014/24/EU classic, 2014/25/EU utilities, 2009/81/EC defence; may be several.
_DIRECTIVES: Final = re.compile(r"(-(23|24|25|81))+$")
_LONGEST: Final = 200


@cache
def _spellings() -> Mapping[str, str]:
    own = {code: code for code in codes.entries(LIST_NAME)}
    return own | {_key(printed): code for printed, code, *_ in tables.rows("procedure_spellings.csv")}


def _key(printed: str) -> str:
    return re.sub(r"[\s_-]+", "-", fold(printed).replace("’", "'").strip())


def normalise(printed: str) -> str | None:
    """The eForms code of a printed procedure, or None when the spelling is not known.

    None also for `proc-neg` and its like: a negotiated procedure that does not say whether there was a call.
    """
    key = _key(printed[:_LONGEST])
    known = _spellings()
    return known.get(key) or known.get(_DIRECTIVES.sub("", key))


def label(code: str, language: str) -> str | None:
    """The label of an eForms procedure code in `language` (ISO 639-1), or None."""
    return codes.label(LIST_NAME, code, language)


def entries() -> tuple[str, ...]:
    """The eForms procedure codes, sorted."""
    return tuple(codes.entries(LIST_NAME))
