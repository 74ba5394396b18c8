"""Values that a program read off the portal's lists, one object per row: read by the same rules as the row itself.

Every value is accounted for: it becomes a part of the notice, agrees with the row's own HTML, or is noted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from crawlers.contract import Parsing
from crawlers.engines.pages import selector
from crawlers.engines.record import Account, Record
from crawlers.portals.fr_aws.list_page import Row, native_id_of, read_row
from crawlers.portals.fr_aws.notice import read
from crawlers.portals.fr_aws.source import Source
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.reading import Reading
from notices.values.text import fold

_NATURES = {"travaux": "T", "services": "S", "fournitures": "F"}


def is_scraped(value: object) -> bool:
    """Whether an object is such a row."""
    return isinstance(value, dict) and "detail_url" in value and "object" in value


def base_url(context: Parsing) -> str:
    """The portal's address, without a slash at its end."""
    return context.base_url.rstrip("/")


def checked(reader: Callable[[Source], Reading], source: Source) -> Reading:
    """Read, and refuse what has no title or names no buyer: the layout has changed, or nobody can use it."""
    title = source.row.title if source.row else ""
    if not title and source.detail is not None:
        title = " ".join(source.detail.labelled.take("objet"))
    if not title:
        raise NoticeFormatError(FormatReason.MISSING, "The notice has no title.", path="titre_box")
    if not (source.row and source.row.buyer) and not (source.detail and source.detail.buyer.name):
        raise NoticeFormatError(FormatReason.MISSING, "The notice names no buyer.", path="h2-avis")
    return reader(source)


def read_scraped(value: dict[str, Any], context: Parsing) -> Reading:
    """Read one row of values, beside the HTML it came from where that is kept."""
    account = Account()
    record = account.open(value, "scraped")
    row = _row(record)
    source = Source(
        portal=context.portal,
        base_url=base_url(context),
        native_id=_identity(row, context),
        row=row,
        nature=_NATURES.get(fold(record.string("category") or "")),
    )
    html = record.value("raw_html")
    if isinstance(html, str):
        _compare(account, row, read_row(selector(html)))
        source.row = read_row(selector(html))
    _not_kept(record, account)
    reading = checked(read, source)
    notes = (*reading.notice.notes, *account.notes)
    return Reading(
        notice=reading.notice.model_copy(update={"notes": notes}), unread=(*account.unread(), *reading.unread)
    )


def _row(record: Record) -> Row:
    """The values in the shape of a row."""
    dates = f"Publié le {record.string('publication_date') or ''}"
    limit, hour = record.string("deadline_date"), record.string("deadline_time")
    if limit:
        dates += f" | Date limite : le {limit}" + (f" à {hour}" if hour else "")
    printed = record.string("buyer_name") or ""
    buyer, _separator, code = printed.rpartition(" (")
    code = record.string("buyer_code") or code.rstrip(")")
    address = record.string("detail_url") or ""
    return Row(
        native_id=native_id_of(address),
        href=address,
        dates=dates,
        buyer=buyer or printed,
        postal_code=code if buyer and code else None,
        reference=record.string("reference"),
        title=record.string("object") or "",
        tags=tuple(filter(None, (record.string("lots_info"),))),
        labels=(),
        icons=(),
        links=(),
    )


def _identity(row: Row, context: Parsing) -> str:
    known = row.native_id or context.native_id
    if not known:
        raise NoticeFormatError(
            FormatReason.MISSING,
            "The address of the notice holds no key of the portal.",
            path="scraped.detail_url",
            printed=row.href,
        )
    return known


def _compare(account: Account, told: Row, printed: Row) -> None:
    """Where the values and the HTML they came from do not agree, the HTML counts and a note says so."""
    for name in ("native_id", "dates", "buyer", "postal_code", "reference", "title", "tags"):
        one, other = getattr(told, name), getattr(printed, name)
        if one != other:
            account.note(f"scraped.{name}", f"The row's HTML says otherwise: {other}", str(one))


def _not_kept(record: Record, account: Account) -> None:
    """Values that say nothing of the notice, or that the portal itself does not print."""
    record.ignore("source")
    for key in ("estimated_budget", "estimated_budget_raw"):
        value = record.value(key)
        if value is not None:
            account.note(f"scraped.{key}", "The list prints no estimate: this value is not the portal's.", str(value))
