"""Morocco's common identifier of enterprises (ICE): 15 digits: 9 for the enterprise, 4 for the establishment, 2 check.

The rule of the check digits is not published, so only the shape is read. Sentinel: only zeros.
"""

import re
from dataclasses import dataclass
from typing import Final

_LONGEST: Final = 100
_LABEL: Final = re.compile(r"^(?:I\.?C\.?E\.?)?(?:N[°o])?[:=]?", re.IGNORECASE)
_NUMBER: Final = re.compile(r"[0-9]{15}")


@dataclass(frozen=True, slots=True)
class MoroccanNumber:
    """The fifteen digits of an ICE."""

    digits: str

    @property
    def enterprise(self) -> str:
        """The nine digits that all establishments of one enterprise share."""
        return self.digits[:9]


def parse_ice(printed: str | None) -> MoroccanNumber | None:
    """`001524628000078`, also with blanks, dots or the label `ICE :` before it; None for anything else."""
    text = re.sub(r"[\s.-]+", "", (printed or "")[:_LONGEST])
    digits = _LABEL.sub("", text)
    if not _NUMBER.fullmatch(digits) or not digits.strip("0"):
        return None
    return MoroccanNumber(digits)
