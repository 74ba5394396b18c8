"""References to other notices: their scheme and a spelling that can be compared."""

from __future__ import annotations

import re
from typing import Final

from notices.model import Link

_PUBLICATION_NUMBER: Final = re.compile(r"0*([0-9]{1,8}-[0-9]{4})")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NOTICE: Final = re.compile(rf"({_UUID.pattern})(?:-([0-9]{{1,3}}))?")


def link(relation: str, printed: str, scheme_name: str | None, lot_id: str | None = None) -> Link:
    """A link to the notice, procedure or publication that was printed.

    `scheme_name` is the eForms attribute (`notice-id-ref`, `ojs-notice-id`); senders leave it out or get it wrong, so
    the shape of the value decides and the attribute only where the shape is unknown.
    """
    number = publication_number(printed)
    if number is not None:
        return Link(relation=relation, scheme="ted-publication-number", value=number, lot_id=lot_id)
    if _NOTICE.fullmatch(printed) or scheme_name == "notice-id-ref":
        return Link(relation=relation, scheme="eforms-notice-id", value=printed.lower(), lot_id=lot_id)
    if printed.startswith(("http://", "https://")):
        return Link(relation=relation, scheme="url", value=printed, lot_id=lot_id)
    return Link(relation=relation, scheme="portal-reference", value=printed, lot_id=lot_id)


def publication_number(printed: str) -> str | None:
    """`00539018-2023` gives `539018-2023`; None for anything else."""
    match = _PUBLICATION_NUMBER.fullmatch(printed.strip())
    return match[1] if match else None
