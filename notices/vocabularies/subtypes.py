"""Notice subtypes of eForms: 1 to 40, CEI, E1 to E6, T01, T02, X01, X02, with what each implies."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from notices.vocabularies import codes, tables
from notices.vocabularies.tables import Labels


@dataclass(frozen=True, slots=True)
class SubType:
    """One subtype. `root` and `namespace` name the document element, `legal_basis` is a CELEX number or `other`."""

    code: str
    form_type: str
    notice_type: str
    root: str
    namespace: str
    legal_basis: str
    labels: Labels


@cache
def _subtypes() -> Mapping[str, SubType]:
    labels = codes.entries("notice-subtype")
    return {
        code: SubType(code, form_type, notice_type, root, namespace, legal_basis, labels[code])
        for code, form_type, notice_type, root, namespace, legal_basis in tables.rows("subtypes.csv")
    }


def get(code: str) -> SubType | None:
    """The subtype of a code such as `16` or `E3`, or None. The Belgian test spelling `BE-E4` means `E4`."""
    return _subtypes().get(code.strip().removeprefix("BE-"))


def label(code: str, language: str) -> str | None:
    """The label in `language` (ISO 639-1), or None for an unknown code."""
    subtype = get(code)
    return None if subtype is None else tables.pick(subtype.labels, language)


def entries() -> tuple[SubType, ...]:
    """All subtypes, numbers first in their order."""
    return tuple(sorted(_subtypes().values(), key=lambda s: (not s.code.isdigit(), s.code.zfill(3))))
