"""`efac:Changes` (what a change notice changed) and `efac:ContractModification` (how a contract was modified)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from lxml.etree import _Element as Element

from notices.formats.eforms import leaves
from notices.formats.eforms.references import link
from notices.formats.eforms.walk import Grammar, Walk
from notices.model import Change, Link, MultilingualText

CANCELLED: Final = "cancel"
"""BT-140: the notice is cancelled. `cancel-intent` only announces that it will be."""

_WHOLE_PROCEDURE: Final = frozenset({"PROCEDURE", "NOTICE"})


@dataclass(slots=True)
class OneChangeDraft:
    """One `efac:Change` being read."""

    sections: list[str] = field(default_factory=list)
    description: MultilingualText = field(default_factory=dict)
    documents_changed: bool | None = None
    documents_changed_on: date | None = None


@dataclass(slots=True)
class ChangesDraft:
    """One `efac:Changes` or `efac:ContractModification` being read."""

    changed_notice: str | None = None
    scheme_name: str | None = None
    reasons: list[str] = field(default_factory=list)
    reason_text: MultilingualText = field(default_factory=dict)
    changes: list[OneChangeDraft] = field(default_factory=list)

    def build(self) -> tuple[Change, ...]:
        """One change per `efac:Change`, or one alone where the notice gives only a reason."""
        return tuple(
            Change(
                changed_notice=self.changed_notice,
                reason=self.reasons[0] if self.reasons else None,
                reason_text=self.reason_text,
                sections=tuple(dict.fromkeys(change.sections)),
                description=change.description,
                documents_changed=change.documents_changed,
                documents_changed_on=change.documents_changed_on,
            )
            for change in self.changes or [OneChangeDraft()]
        )

    def link(self, relation: str) -> Link | None:
        """The link to the notice that is changed."""
        return link(relation, self.changed_notice, self.scheme_name) if self.changed_notice else None

    def description(self) -> MultilingualText:
        """The texts of all changes, joined per language."""
        texts: dict[str, list[str]] = {}
        for change in self.changes:
            for language, text in change.description.items():
                texts.setdefault(language, []).append(text)
        return {language: "\n".join(dict.fromkeys(parts)) for language, parts in texts.items()}


def cancel_all(changes: Iterable[Change], lot_ids: frozenset[str]) -> bool:
    """Whether changes cancel the whole procedure: one names no section or the procedure, or together every lot."""
    cancelling = [frozenset(change.sections) for change in changes if change.reason == CANCELLED]
    if any(not sections or sections & _WHOLE_PROCEDURE for sections in cancelling):
        return True
    return bool(lot_ids) and lot_ids <= frozenset().union(*cancelling)


def read_changes(element: Element, walk: Walk) -> ChangesDraft:
    """Read an `efac:Changes` or an `efac:ContractModification`: both have the same children."""
    draft = ChangesDraft()
    _CHANGES.read(element, draft, walk)
    return draft


def _changed_notice(element: Element, draft: ChangesDraft, _walk: Walk) -> None:
    draft.changed_notice = leaves.line(element)
    draft.scheme_name = element.get("schemeName")


def _reason(element: Element, draft: ChangesDraft, walk: Walk) -> None:
    _REASON.read(element, draft, walk)


def _reason_code(element: Element, draft: ChangesDraft, walk: Walk) -> None:
    text = leaves.code(element)
    if text and draft.reasons and text not in draft.reasons:
        walk.note(element, "A second reason is given; the first one stands.", text)
    if text:
        draft.reasons.append(text)


def _reason_text(element: Element, draft: ChangesDraft, walk: Walk) -> None:
    leaves.add_text(draft.reason_text, element, walk)


def _change(element: Element, draft: ChangesDraft, walk: Walk) -> None:
    change = OneChangeDraft()
    _CHANGE.read(element, change, walk)
    draft.changes.append(change)


def _section(element: Element, draft: OneChangeDraft, _walk: Walk) -> None:
    if text := leaves.code(element):
        draft.sections.append(text)


def _changed_section(element: Element, draft: OneChangeDraft, walk: Walk) -> None:
    _SECTION.read(element, draft, walk)


def _description(element: Element, draft: OneChangeDraft, walk: Walk) -> None:
    leaves.add_text(draft.description, element, walk)


def _documents_changed(element: Element, draft: OneChangeDraft, walk: Walk) -> None:
    draft.documents_changed = leaves.flag(element, walk)


def _documents_changed_on(element: Element, draft: OneChangeDraft, walk: Walk) -> None:
    draft.documents_changed_on = leaves.day(element, walk)


_REASON: Final = Grammar[ChangesDraft](
    "change reason", {"cbc:ReasonCode": _reason_code, "efbc:ReasonDescription": _reason_text}
)
_SECTION: Final = Grammar[OneChangeDraft]("changed section", {"efbc:ChangedSectionIdentifier": _section})
_CHANGE: Final = Grammar[OneChangeDraft](
    "change",
    {
        # Newer SDKs wrap the section; older ones write its identifier directly. The examples hold both.
        "efac:ChangedSection": _changed_section,
        "efbc:ChangedSectionIdentifier": _section,
        "efbc:ChangeDescription": _description,
        "efbc:ProcurementDocumentsChangeIndicator": _documents_changed,
        "efbc:ProcurementDocumentsChangeDate": _documents_changed_on,
    },
)
_CHANGES: Final = Grammar[ChangesDraft](
    "changes",
    {
        "efbc:ChangedNoticeIdentifier": _changed_notice,
        "efac:ChangeReason": _reason,
        "efac:Change": _change,
    },
)
