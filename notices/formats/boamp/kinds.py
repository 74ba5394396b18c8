"""What a notice announces, from the codes that the bulletin gives it (nature, state, type of notice)."""

from __future__ import annotations

from typing import Final

from notices.model import NoticeKind

CANCELLED: Final = "ANNULATION"
CORRECTED: Final = frozenset({"RECTIFICATIF", "RECTIFANNUL"})

_NATURES: Final = {
    "APPEL_OFFRE": NoticeKind.COMPETITION,
    "ATTRIBUTION": NoticeKind.RESULT,
    "RECTIFICATIF": NoticeKind.CHANGE,
    "ANNULATION": NoticeKind.CANCELLATION,
    "MODIFICATION": NoticeKind.MODIFICATION,
    "PRE_INFORMATION": NoticeKind.PLANNING,
    "EX_ANTE_VOLONTAIRE": NoticeKind.DIRECT_AWARD,
    "IC": NoticeKind.INFORMATION,  # intention to conclude a contract (article R. 2131-1 of the code)
    "INTENTION_CONCLURE": NoticeKind.INFORMATION,
}
_TYPES: Final = {
    "1": NoticeKind.COMPETITION,
    "2": NoticeKind.COMPETITION,
    "3": NoticeKind.PLANNING,
    "4": NoticeKind.INFORMATION,
    "6": NoticeKind.RESULT,
    "7": NoticeKind.DIRECT_AWARD,
    "8": NoticeKind.RESULT,
    "9": NoticeKind.INFORMATION,
    # The two groups, met alone or before one of their members.
    "5": NoticeKind.COMPETITION,
    "10": NoticeKind.RESULT,
}
"""Kind by `type_avis`: 1 call, 2 concession, 3 notice for information, 6 result, 7 ex ante, 8 concession awarded."""


def plain_code(printed: str) -> str:
    """`PRE-INFORMATION` and `PRE_INFORMATION` are one."""
    return printed.strip().upper().replace("-", "_").replace(" ", "_")


def nature_kind(nature: str | None) -> NoticeKind | None:
    """The kind of a nature alone."""
    return _NATURES.get(plain_code(nature)) if nature else None


def kind_of(nature: str | None, state: str | None, types: tuple[str, ...]) -> NoticeKind | None:
    """The kind of a notice, or None when none of its codes is known.

    A call that is printed again because it is corrected or given up keeps the nature of a call; its state says which.
    A corrected result, planning or modification notice stays what it is.
    """
    known = nature_kind(nature)
    if known is None:
        single = [code for code in types if code in _TYPES and code not in ("5", "10")]
        known = next((_TYPES[code] for code in (*single, *types) if code in _TYPES), None)
    status = plain_code(state or "")
    if status == CANCELLED:
        return NoticeKind.CANCELLATION
    if status in CORRECTED and known in (NoticeKind.COMPETITION, None):
        return NoticeKind.CHANGE
    return known
