"""What reading a payload gives, whatever its format: a notice, and what of the payload nobody read."""

from __future__ import annotations

from datetime import tzinfo

from pydantic import ConfigDict

from notices.model import CountryCode, Frozen, Notice


class ReadingContext(Frozen):
    """What a portal knows of a notice that the notice does not say of itself.

    `portal` is the portal's key. `zone` is the clock of a date without offset. `id` is the notice's stable id, else it
    is `<portal>:notice-<BT-701>`. `country` is that of the portal's jurisdiction; None on an international portal,
    where it is that of the first buyer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    portal: str
    zone: tzinfo
    id: str | None = None
    url: str | None = None
    country: CountryCode | None = None


class UnreadElement(Frozen):
    """An element, key or label that no part of the reader knows: where, how often, and the first text found in it.

    In `path`, `~` stands for the four wrappers of a UBL extension; a code list that is not known is named in brackets.
    """

    path: str
    count: int
    sample: str


class Reading(Frozen):
    """A notice, and the elements of its payload that no part of the reader knows."""

    notice: Notice
    unread: tuple[UnreadElement, ...] = ()
