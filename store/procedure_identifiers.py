"""What identifies the tender of a notice: read from what its versions say, without a database.

A notice brings identifiers of three sorts:

- *names* of publications: its id, its UUID (BT-701), its number on TED, and those of the publication that it corrects,
  follows or copies. Those of every version count: a later one does not undo what an earlier one was published under.
- the *procedure* that it says it belongs to (the portal's own key, BT-04): of the newest version that says one.
- *links* that say `same-procedure`: of the newest version that has some.

So a notice that is given another procedure leaves the first one, while one whose newest version says nothing (it was
read from a list alone) stays where it was.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from notices.model import Link, Notice, NoticeKind
from store.columns import printable

log = logging.getLogger(__name__)

PROCEDURE_KEY = "procedure-key"
NOTICE = "notice"
SCHEMES = (PROCEDURE_KEY, NOTICE, "eforms-procedure-id", "eforms-notice-id", "ted-publication-number")
_LONGEST_PROCEDURE_ID = 500
_UUID = re.compile(r"([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})(?:-[0-9]{1,3})?")
"""A random UUID, which BT-04 and BT-701 must be, and the version of a notice after it."""
_TED_NUMBER = re.compile(r"0*([1-9][0-9]{0,8}-(?:19|20)[0-9]{2})")
_ELSEWHERE = re.compile(r"[a-z]{2}_[a-z0-9_]+:\S+")
"""`<portal>:<native id>`, as the readers write what they found on another portal."""
_SEPARATORS = re.compile(r"[0-9A-Za-z]+")
_SAME_PROCEDURE = "same-procedure"
_SAME_TENDER = frozenset({_SAME_PROCEDURE, "national-copy", "changed"})
_AFTER_THE_CALL = frozenset(
    {NoticeKind.RESULT, NoticeKind.CHANGE, NoticeKind.CANCELLATION, NoticeKind.MODIFICATION, NoticeKind.COMPLETION}
)
"""Kinds of which the publication before, named by the portal, is the call of the same tender."""


class Identifier(NamedTuple):
    """Something that only the notices of one tender have in common."""

    scheme: str
    value: str


class Sayings(BaseModel):
    """The part of a stored version that identifies its tender, whatever becomes of the rest of the model."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    portal: str
    kind: str
    notice_uuid: str | None = None
    publication_number: str | None = None
    procedure_id: str | None = None
    links: tuple[Link, ...] = ()


class Brought(NamedTuple):
    """The identifiers of one version, by sort."""

    names: tuple[Identifier, ...] = ()
    procedure: tuple[Identifier, ...] = ()
    links: tuple[Identifier, ...] = ()


def procedure_key(notice: Notice | Sayings) -> str:
    """`<portal>:<procedure id>`, or the id of a notice that names no procedure: the key a procedure is first given.

    A procedure id that is longer than any index takes (PostgreSQL: 2,704 bytes) stands there as its sha256.
    """
    if not notice.procedure_id:
        return printable(notice.id)
    if len(notice.procedure_id) > _LONGEST_PROCEDURE_ID:
        return f"{notice.portal}:sha256-{hashlib.sha256(printable(notice.procedure_id).encode()).hexdigest()}"
    return printable(f"{notice.portal}:{notice.procedure_id}")


def brought_by(notice: Notice | Sayings) -> Brought:
    """What one version brings."""
    procedure: list[Identifier] = []
    if notice.procedure_id:
        procedure = [Identifier(PROCEDURE_KEY, procedure_key(notice))]
        procedure += _uuid("eforms-procedure-id", notice.procedure_id)
    names = [*_uuid("eforms-notice-id", notice.notice_uuid), *_ted_number(notice.publication_number)]
    links: list[Identifier] = []
    for link in notice.links:
        (links if link.relation == _SAME_PROCEDURE else names).extend(_of_link(link, notice))
    return Brought(tuple(names), tuple(procedure), tuple(links))


def brought_by_text(notice_id: str, text: str) -> Brought:
    """What a stored version brings; one that fits the model no more brings nothing until it is read again."""
    try:
        return brought_by(Sayings.model_validate_json(text))
    except ValidationError as error:
        log.warning("A version of %s brings no identifiers, it cannot be read: %s", notice_id, error.errors()[0]["msg"])
        return Brought()


def together(notice_id: str, versions: Sequence[Brought]) -> tuple[Identifier, ...]:
    """What a notice brings, from its versions, newest first; the portal's own procedure key comes first."""
    procedure = next((version.procedure for version in versions if version.procedure), None)
    links = next((version.links for version in versions if version.links), ())
    names = (name for version in versions for name in version.names)
    first, *rest = procedure or (own_key(notice_id),)
    return tuple(dict.fromkeys([first, Identifier(NOTICE, printable(notice_id)), *rest, *names, *links]))


def own_key(notice_id: str) -> Identifier:
    """The procedure key of a notice that names no procedure."""
    return Identifier(PROCEDURE_KEY, printable(notice_id))


def name_among(notice_id: str, identifiers: Iterable[Identifier]) -> str:
    """The key that a notice with these identifiers would give its procedure."""
    return next((value for scheme, value in identifiers if scheme == PROCEDURE_KEY), notice_id)


def _of_link(link: Link, notice: Notice | Sayings) -> Iterator[Identifier]:
    if link.scheme == "portal-reference":
        if link.relation in _SAME_TENDER or (link.relation == "previous" and notice.kind in _AFTER_THE_CALL):
            yield from _portal_reference(link.value, notice)
    elif link.relation in _SAME_TENDER:
        if link.scheme in ("eforms-notice-id", "eforms-procedure-id"):
            yield from _uuid(link.scheme, link.value)
        elif link.scheme == "ted-publication-number":
            yield from _ted_number(link.value)


def _portal_reference(value: str, notice: Notice | Sayings) -> Iterator[Identifier]:
    """The notice that a reference names; words that somebody typed into the field (`NC`, `néant`) name none.

    A reference without its portal must look like the portal's own ids: the same signs between digits and letters.
    """
    if len(value) > _LONGEST_PROCEDURE_ID:
        return
    if _ELSEWHERE.fullmatch(value):
        yield Identifier(NOTICE, printable(value))
        return
    native_id = notice.id.removeprefix(f"{notice.portal}:")
    alike = _SEPARATORS.split(value) == _SEPARATORS.split(native_id)
    numbered = any(sign.isdigit() for sign in value) == any(sign.isdigit() for sign in native_id)
    if alike and numbered and len(set(filter(str.isalnum, value))) > 1:
        yield Identifier(NOTICE, f"{notice.portal}:{value}")


def _uuid(scheme: str, value: str | None) -> Iterator[Identifier]:
    """A UUID; one that somebody typed to fill a field (all its digits alike, or not random) identifies nothing."""
    found = _UUID.fullmatch((value or "").strip().lower())
    if found and len(set(found[1]) - {"-"}) > 2:
        yield Identifier(scheme, found[1])


def _ted_number(value: str | None) -> Iterator[Identifier]:
    found = _TED_NUMBER.fullmatch((value or "").strip())
    if found:
        yield Identifier("ted-publication-number", found[1])
