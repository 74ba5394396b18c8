"""What stands beside the forms: coded data, translated titles, and the sender's own numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from lxml.etree import _Element as Element

from notices.formats.ted_export import leaves
from notices.formats.ted_export.walk import Grammar, TedWalk, local
from notices.model import AmountKind, Classification, Money, MultilingualText, Nature, TaxBasis

_NATURES: Final = {"1": Nature.WORKS, "2": Nature.SUPPLIES, "4": Nature.SERVICES}
_VALUES: Final = {
    "ESTIMATED_TOTAL": AmountKind.ESTIMATED,
    "PROCUREMENT_TOTAL": AmountKind.AWARDED,
    "GLOBAL": AmountKind.AWARDED,
}
_PROCEDURES: Final = {
    "1": "open",
    "2": "restricted",
    "3": "restricted",
    "4": "neg-w-call",
    "6": "neg-w-call",
    "B": "neg-w-call",
    "C": "comp-dial",
    "G": "innovation",
    "T": "neg-wo-call",
    "V": "neg-wo-call",
}
"""`PR_PROC` to the eForms code (BT-105); 3 and 6 are the accelerated ones."""
_ACCELERATED: Final = frozenset({"3", "6"})


@dataclass(slots=True)
class CodedDraft:
    """The coded data of one publication."""

    oj_number: str | None = None
    published_on: str | None = None
    dispatched_on: str | None = None
    dispatched_at: str | None = None
    deadline_day: str | None = None
    deadline_time: str | None = None
    country: str | None = None
    nature: Nature | None = None
    procedure: str | None = None
    procedure_printed: str | None = None
    accelerated: bool | None = None
    legal_basis: str | None = None
    classifications: list[Classification] = field(default_factory=list)
    nuts: list[str] = field(default_factory=list)
    values: list[Money] = field(default_factory=list)
    earlier: list[str] = field(default_factory=list)
    titles: MultilingualText = field(default_factory=dict)
    sender_number: str | None = None


def read_coded(element: Element, draft: CodedDraft, walk: TedWalk) -> None:
    """Read a `CODED_DATA_SECTION`."""
    _CODED.read(element, draft, walk)


def read_titles(element: Element, draft: CodedDraft, walk: TedWalk) -> None:
    """Read a `TRANSLATION_SECTION`: titles that the Publications Office composed."""
    _TRANSLATIONS.read(element, draft, walk)


def read_sender(element: Element, draft: CodedDraft, walk: TedWalk) -> None:
    """Read the `SENDER` of a notice that a national portal sent to TED."""
    _SENDER.read(element, draft, walk)


def legal_basis(element: Element, walk: TedWalk) -> str | None:
    """A CELEX number such as `32014L0024`, also from the spelling `2014/24/EU`."""
    printed = leaves.value(element)
    year, _, rest = printed.partition("/")
    number, _, origin = rest.partition("/")
    if origin and year.isdigit() and number.isdigit():
        return f"3{year}L{number.zfill(4)}"
    if printed and not printed[:1].isdigit():
        walk.note(element, "This legal basis is unknown.", printed[:100])
        return None
    return printed or None


def _published(element: Element, draft: CodedDraft, _walk: TedWalk) -> None:
    draft.published_on = leaves.iso_day(element)


def _dispatched(element: Element, draft: CodedDraft, _walk: TedWalk) -> None:
    draft.dispatched_on, draft.dispatched_at = leaves.iso_day(element), leaves.iso_time(element)


def _deadline(element: Element, draft: CodedDraft, _walk: TedWalk) -> None:
    draft.deadline_day, draft.deadline_time = leaves.iso_day(element), leaves.iso_time(element)


def _number(element: Element, draft: CodedDraft, _walk: TedWalk) -> None:
    draft.oj_number = leaves.printed(element) or None


def _country(element: Element, draft: CodedDraft, walk: TedWalk) -> None:
    draft.country = leaves.country(leaves.value(element), element, walk)


def _nature(element: Element, draft: CodedDraft, _walk: TedWalk) -> None:
    draft.nature = _NATURES.get(leaves.value(element, "CODE"))


def _procedure(element: Element, draft: CodedDraft, _walk: TedWalk) -> None:
    code = leaves.value(element, "CODE")
    draft.procedure = _PROCEDURES.get(code)
    draft.accelerated = True if code in _ACCELERATED else None
    if code not in ("9", "Z", "N"):
        draft.procedure_printed = leaves.line(element)


def _cpv(element: Element, draft: CodedDraft, walk: TedWalk) -> None:
    found = leaves.cpv_code(element, leaves.value(element, "CODE"), walk, main=not draft.classifications)
    if found:
        draft.classifications.append(found)


def _nuts(element: Element, draft: CodedDraft, walk: TedWalk) -> None:
    if found := leaves.nuts(element, walk):
        draft.nuts.append(found)


def _value(element: Element, draft: CodedDraft, walk: TedWalk) -> None:
    kind = _VALUES.get(leaves.value(element, "TYPE"))
    if kind is None:
        walk.leave_unread(element)
    elif found := leaves.money(element, kind, walk):
        draft.values.append(found)


def _old_values(element: Element, draft: CodedDraft, walk: TedWalk) -> None:
    """`VALUES_LIST/VALUES[@TYPE]` of R2.0.8. Without a tax basis; those of single contracts stand in the form."""
    if leaves.value(element, "TYPE") != "GLOBAL":
        return
    for node in element.iter():
        if local(str(node.tag)) == "VALUE" and (
            found := leaves.money(node, AmountKind.AWARDED, walk, TaxBasis.UNKNOWN)
        ):
            draft.values.append(found)


def _earlier(element: Element, draft: CodedDraft, _walk: TedWalk) -> None:
    if found := leaves.printed(element):
        draft.earlier.append(found)


def _title(element: Element, draft: CodedDraft, walk: TedWalk) -> None:
    language = leaves.language_code(leaves.value(element, "LG"))
    for child in element:
        name = local(str(child.tag))
        if name == "TI_TEXT":
            if language and (found := leaves.line(child)):
                draft.titles.setdefault(language, found)
        elif name not in ("TI_CY", "TI_TOWN", "TI_MARK"):
            walk.leave_unread(child)


_CODED: Final = Grammar[CodedDraft](
    "coded data",
    {
        "DATE_PUB": _published,
        "NO_DOC_OJS": _number,
        "ISO_COUNTRY": _country,
        "ORIGINAL_CPV": _cpv,
        "PERFORMANCE_NUTS": _nuts,
        "ORIGINAL_NUTS": _nuts,
        "VALUE": _value,
        "VALUES_LIST": Grammar[CodedDraft]("old values", {"VALUES": _old_values}).read,
        "REF_NOTICE": Grammar[CodedDraft]("earlier notice", {"NO_DOC_OJS": _earlier}).read,
        "DS_DATE_DISPATCH": _dispatched,
        "DT_DATE_FOR_SUBMISSION": _deadline,
        "NC_CONTRACT_NATURE": _nature,
        "PR_PROC": _procedure,
        "DIRECTIVE": leaves.keeps("legal_basis", legal_basis),
    },
    wrappers=r"REF_OJS|NOTICE_DATA|CODIF_DATA|VALUES",
)
_TRANSLATIONS: Final = Grammar[CodedDraft]("translations", {"ML_TI_DOC": _title}, wrappers=r"ML_TITLES")
_SENDER: Final = Grammar[CodedDraft](
    "sender",
    {"NO_DOC_EXT": leaves.keeps("sender_number", leaves.only_line)},
    wrappers=r"IDENTIFICATION",
)
