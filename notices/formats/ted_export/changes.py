"""`CHANGES` of a corrigendum (F14) and `MODIFICATIONS_CONTRACT` of a modification notice (F20)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from lxml.etree import _Element as Element

from notices.formats.ted_export import leaves
from notices.formats.ted_export.awards import read_contractor
from notices.formats.ted_export.contract import LOT
from notices.formats.ted_export.drafts import ChangeDraft, FormDraft, ModificationDraft
from notices.formats.ted_export.walk import Grammar, TedWalk, local
from notices.model import AmountKind, Money

_DEADLINE_SECTION: Final = "IV.2.2"
"""Time limit for receipt of tenders or requests to participate, in every form of R2.0.9."""


@dataclass(slots=True)
class _ChangeItem:
    """One `CHANGE`: where, and what stood and stands there."""

    section: str | None = None
    lots: list[str] = field(default_factory=list)
    label: str | None = None
    old: str = ""
    new: str = ""
    new_day: str | None = None
    new_time: str | None = None


def read_changes(element: Element, draft: FormDraft, walk: TedWalk) -> None:
    """Read a `CHANGES`."""
    _CHANGES.read(element, draft.changes, walk)


def read_modifications(element: Element, draft: FormDraft, walk: TedWalk) -> None:
    """Read a `MODIFICATIONS_CONTRACT`."""
    draft.modification = draft.modification or ModificationDraft()
    _MODIFICATIONS.read(element, draft.modification, walk)


def add_change(draft: ChangeDraft, section: str, label: str | None, old: str, new: str, walk: TedWalk) -> None:
    """Add one sentence of what changed, and the section where it stands."""
    if section:
        draft.sections.append(section)
    place = " ".join(part for part in (section, label) if part)
    sentence = f"{place}: {old or '-'} → {new or '-'}" if place else f"{old or '-'} → {new or '-'}"
    draft.sentences.setdefault(walk.language, []).append(sentence)


def _change(element: Element, draft: ChangeDraft, walk: TedWalk) -> None:
    item = _ChangeItem()
    _CHANGE.read(element, item, walk)
    lots = f" ({', '.join(item.lots)})" if item.lots else ""
    add_change(draft, f"{item.section or ''}{lots}".strip(), item.label, item.old, item.new, walk)
    if item.section == _DEADLINE_SECTION and item.new_day:
        draft.deadline_day, draft.deadline_time = item.new_day, item.new_time


def _section(element: Element, item: _ChangeItem, _walk: TedWalk) -> None:
    item.section = leaves.line(element)


def _lot(element: Element, item: _ChangeItem, _walk: TedWalk) -> None:
    if found := leaves.line(element):
        item.lots.append(found)


def _old(element: Element, item: _ChangeItem, walk: TedWalk) -> None:
    item.old = _value_text(element, walk)


def _new(element: Element, item: _ChangeItem, walk: TedWalk) -> None:
    item.new = _value_text(element, walk)
    for child in element:
        name = local(str(child.tag))
        if name == "DATE":
            item.new_day = leaves.iso_day(child)
        elif name == "TIME":
            item.new_time = leaves.clock(child.text)


def _value_text(element: Element, walk: TedWalk) -> str:
    """The old or new value as one text: words, a day with its time, or CPV codes."""
    parts: list[str] = []
    for child in element:
        name = local(str(child.tag))
        if name in ("CPV_MAIN", "CPV_ADDITIONAL"):
            parts.extend(leaves.value(code, "CODE") for code in child)
        elif name in ("TEXT", "DATE", "TIME"):
            parts.append(leaves.words(child))
        elif name != "NOTHING":
            walk.leave_unread(child)
    return " ".join(part for part in parts if part)


def _addition(element: Element, draft: ModificationDraft, walk: TedWalk) -> None:
    draft.reason = draft.reason or "add-wss"
    leaves.add_text(draft.reason_text, element, walk)


def _unforeseen(element: Element, draft: ModificationDraft, walk: TedWalk) -> None:
    draft.reason = draft.reason or "mod-cir"
    leaves.add_text(draft.reason_text, element, walk)


def _awarded(element: Element, walk: TedWalk) -> Money | None:
    return leaves.money(element, AmountKind.AWARDED, walk)


def _value_before(element: Element, _draft: ModificationDraft, walk: TedWalk) -> None:
    before = leaves.money(element, AmountKind.AWARDED, walk)
    if before:
        walk.note(element, "The value of the contract before the modification.", f"{before.amount} {before.currency}")


def _contractor(element: Element, draft: ModificationDraft, walk: TedWalk) -> None:
    read_contractor(element, draft.contractors, walk)


def _scope(element: Element, draft: ModificationDraft, walk: TedWalk) -> None:
    """The contract as it is after the modification: the same fields as a lot, with contractors and a value."""
    _SCOPE.read(element, draft, walk)


def _scope_part(element: Element, draft: ModificationDraft, walk: TedWalk) -> None:
    LOT.read_child(element, draft.scope, walk)


_WHERE: Final = Grammar[_ChangeItem](
    "where", {"SECTION": _section, "LOT_NO": _lot, "LABEL": leaves.keeps("label", leaves.only_line)}
)
_CHANGE: Final = Grammar[_ChangeItem]("change", {"WHERE": _WHERE.read, "OLD_VALUE": _old, "NEW_VALUE": _new})
_CHANGES: Final = Grammar[ChangeDraft](
    "changes",
    {
        "CHANGE": _change,
        "INFO_ADD": leaves.into_text(lambda changes: changes.description),
    },
)
_SCOPE: Final = Grammar[ModificationDraft](
    "modified contract",
    {
        **dict.fromkeys(
            (
                "LOT_NO",
                "TITLE",
                "SHORT_DESCR",
                "CPV_MAIN",
                "CPV_ADDITIONAL",
                "NUTS",
                "MAIN_SITE",
                "DURATION",
                "DATE_START",
                "DATE_END",
            ),
            _scope_part,
        ),
        "CONTRACTOR": _contractor,
        "VAL_TOTAL": leaves.keeps("value", _awarded),
    },
    wrappers=r"CONTRACTORS|VALUES",
)
_INFORMATION: Final = Grammar[ModificationDraft](
    "modification",
    {
        "SHORT_DESCR": leaves.into_text(lambda draft: draft.description),
        "ADDITIONAL_NEED": _addition,
        "UNFORESEEN_CIRCUMSTANCE": _unforeseen,
        "VAL_TOTAL_BEFORE": _value_before,
        "VAL_TOTAL_AFTER": leaves.keeps("value_after", _awarded),
    },
    wrappers=r"VALUES",
)
_MODIFICATIONS: Final = Grammar[ModificationDraft](
    "modifications", {"DESCRIPTION_PROCUREMENT": _scope, "INFO_MODIFICATIONS": _INFORMATION.read}
)
