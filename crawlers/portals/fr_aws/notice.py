"""From what a row and a page print to a `Notice`."""

from __future__ import annotations

from typing import Any

from crawlers.engines import french_values
from crawlers.portals.fr_aws.list_page import CORRECTED, KNOWN_ICONS, KNOWN_LINKS, Row
from crawlers.portals.fr_aws.page_facts import from_page
from crawlers.portals.fr_aws.source import Source
from notices.formats.reading import Reading, UnreadElement
from notices.model import Change, Deadline, Flags, Nature, Notice, NoticeKind, Organisation
from notices.values.text import fold

NATURES = {"T": Nature.WORKS, "F": Nature.SUPPLIES, "S": Nature.SERVICES}
"""The letters of the search's field `IDN`."""
KINDS = {
    "EC": NoticeKind.COMPETITION,
    "A": NoticeKind.COMPETITION,
    "AAA": NoticeKind.RESULT,
    "DE": NoticeKind.RESULT,
}
"""The letters of the search's field `IDE`: open, expired, awards, essential data of contracts."""

_TITLES = (
    ("attribution", NoticeKind.RESULT),
    ("rectificatif", NoticeKind.CHANGE),
    ("annulation", NoticeKind.CANCELLATION),
    ("sans suite", NoticeKind.CANCELLATION),
    ("preinformation", NoticeKind.PLANNING),
    ("modification", NoticeKind.MODIFICATION),
    ("concurrence", NoticeKind.COMPETITION),
    ("concession", NoticeKind.COMPETITION),
)


def read(source: Source) -> Reading:
    """The notice, and what of its page nobody read."""
    told = _from_row(source)
    if source.detail is not None:
        said = from_page(source, source.detail)
        _compare_deadlines(source, told.get("deadlines", ()), said["deadlines"])
        told = _merged(told, said)
    notice = Notice(
        id=f"{source.portal}:{source.native_id}",
        portal=source.portal,
        country="FR",
        url=f"{source.base_url}/Annonces/{source.native_id}.htm",
        kind=_kind(source),
        format="aws-page" if source.detail is not None else "aws-row",
        languages=("fr",),
        partial=_partial(source),
        notes=tuple(source.notes),
        **told,
    )
    return Reading(notice=notice, unread=_unread(source))


def _merged(row: dict[str, Any], detail: dict[str, Any]) -> dict[str, Any]:
    """The page says more than its row and wins; where it is silent the row stands."""
    both = {**row, **{key: value for key, value in detail.items() if value not in (None, (), {}, "")}}
    if row.get("additional_information") and detail.get("additional_information"):
        words = f"{row['additional_information']['fr']}\n\n{detail['additional_information']['fr']}"
        both["additional_information"] = {"fr": words}
    both["references"] = tuple(dict.fromkeys((*detail.get("references", ()), *row.get("references", ()))))
    return both


def _compare_deadlines(source: Source, on_row: tuple[Deadline, ...], on_page: tuple[Deadline, ...]) -> None:
    """Where the row and the page do not agree the page counts, and a note says so."""
    if source.row and on_row and on_page and on_row[0].at != on_page[0].at:
        source.note("row.dates", f"The page says otherwise: {on_page[0].at:%Y-%m-%d %H:%M}", source.row.dates)


def _partial(source: Source) -> str | None:
    if source.detail is None:
        return "Only what the portal's list says is known: no page was at hand."
    if _kind(source) is NoticeKind.RESULT:
        return "Who won, and for how much, is not read from this portal: the layout of its awards was never seen."
    return None


def _kind(source: Source) -> NoticeKind:
    words = fold(source.detail.title) if source.detail is not None else ""
    by_title = next((kind for sign, kind in _TITLES if sign in words), None)
    return by_title or KINDS.get(source.listed_as or "", NoticeKind.COMPETITION)


def _from_row(source: Source) -> dict[str, Any]:
    row = source.row
    if row is None:
        return {}
    published, _separator, limit = row.dates.partition("Date limite")
    said = [tag.strip("[] ") for tag in row.tags]
    return {
        "title": {"fr": row.title} if row.title else {},
        "buyers": _row_buyer(row),
        "references": (row.reference,) if row.reference else (),
        "published_at": source.day("row.dates", published),
        "deadlines": source.deadlines("row.dates", limit) if limit else (),
        "nature": NATURES.get(source.nature or ""),
        "flags": Flags(social=_icon(row, "social"), green=_icon(row, "green")),
        "changes": tuple(Change(description={"fr": label}) for label in row.labels if fold(label) == CORRECTED),
        "additional_information": {"fr": "\n".join(said)} if said else {},
    }


def _row_buyer(row: Row) -> tuple[Organisation, ...]:
    if not row.buyer:
        return ()
    return (Organisation(name={"fr": row.buyer}, place=french_values.place(row.postal_code)),)


def _icon(row: Row, meaning: str) -> bool | None:
    """An icon says that the notice has such criteria; without it the portal says nothing."""
    return True if any(KNOWN_ICONS.get(icon) == meaning for icon in row.icons) else None


def _unread(source: Source) -> tuple[UnreadElement, ...]:
    found = []
    if source.row is not None:
        row = source.row
        found += [(f"row.label[{item}]", item) for item in row.labels if fold(item) != CORRECTED]
        found += [(f"row.icon[{item}]", item) for item in row.icons if item not in KNOWN_ICONS]
        found += [(f"row.link[{words}]", href) for words, href in row.links if fold(words) not in KNOWN_LINKS]
    if source.detail is not None:
        found += [(f"detail.{label}", said) for label, said in source.detail.labelled.left.items()]
    return tuple(UnreadElement(path=path[:200], count=1, sample=said[:80]) for path, said in found)
