"""Invented KBO/BCE numbers: valid check digits, from a range that was never given out, in every spelling that occurs.

The check is `97 - (first eight digits mod 97)` (dossier of the portal, section 7.6); the spellings are those of section
3.4, where the field is called dirty.
"""

from __future__ import annotations

_SWAPPED = frozenset({60112, 60205})
_NOTHING = {61202: "nihil", 60804: "-"}
WITHOUT_CBE_NUMBER = frozenset({60805, 61404, 60804})
"""Organisations whose row in the tree lacks a number."""


def kbo_number(serial: int) -> str:
    """A ten-digit number for a serial below a million; no real number lies between 0100.000.000 and 0199.999.999."""
    first_eight = f"01{serial:06d}"
    return f"{first_eight}{97 - int(first_eight) % 97:02d}"


def spelled_by_buyer(organisation_id: int) -> str:
    """The number of an organisation as its notices spell it (BT-501); some are wrong or say nothing."""
    number = kbo_number(organisation_id)
    if organisation_id in _NOTHING:
        return _NOTHING[organisation_id]
    if organisation_id in _SWAPPED:
        return f"BE{number[:3]}{number[4]}.{number[3]}{number[5:7]}.{number[7:]}"
    dotted = f"{number[:4]}.{number[4:7]}.{number[7:]}"
    spellings = (
        f"{number}_{organisation_id}",
        f"BE {dotted}",
        f"{number}_{organisation_id}",
        dotted,
        f"BE{number[:4]} {number[4:7]} {number[7:]}",
        number[1:],
        f"{number}_{organisation_id}",
        f"BE {number[:4]}-{number[4:7]}-{number[7:]}",
        number,
    )
    return spellings[organisation_id % len(spellings)]


def written_in_portal_editor(organisation_id: int) -> bool:
    """Whether the buyer writes its notices in the portal's own editor, which appends the organisation id."""
    return spelled_by_buyer(organisation_id).endswith(f"_{organisation_id}")
