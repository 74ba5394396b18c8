"""From the bytes of a notice in the TED formats before eForms to a `Notice`: parse, read each form, merge, build."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from lxml.etree import _Element as Element
from pydantic import ValidationError

from notices.formats.errors import FormatReason, NoticeFormatError, misfit
from notices.formats.reading import Reading, ReadingContext
from notices.formats.ted_export import leaves
from notices.formats.ted_export.build import NoticeBuilder
from notices.formats.ted_export.coded import CodedDraft, read_coded, read_sender, read_titles
from notices.formats.ted_export.drafts import FormDraft
from notices.formats.ted_export.forms import FormKind, kind_of, read_form
from notices.formats.ted_export.merge import merge_languages
from notices.formats.ted_export.old_forms import OLD_FORMS, read_old_form
from notices.formats.ted_export.walk import Grammar, TedWalk, local
from notices.formats.xml import DEFAULT_LIMIT, parse_xml

_ROOTS: Final = {"TED_EXPORT": "ted-export", "TED_ESENDERS": "ted-esenders"}
_FORM_NUMBER: Final = re.compile(r"([FTS]?)0*([0-9]{1,2})(?:_.*)?")
_NEW_FORM: Final = re.compile(r"([FT][0-9]{2})_20[0-9]{2}|MOVE")
_ORIGINAL: Final = "ORIGINAL"

_ZONES: Final = {
    **dict.fromkeys(("GB", "IE"), "Europe/London"),
    "PT": "Europe/Lisbon",
    "IS": "Atlantic/Reykjavik",
    **dict.fromkeys(("FI", "EE", "LV", "LT", "GR", "RO", "BG", "CY"), "Europe/Helsinki"),
}
"""Clocks of buyers that are not those of Brussels and Paris: the format prints local time and no zone."""


@dataclass(slots=True)
class _Document:
    """What the file holds beside its forms, and where they are."""

    coded: CodedDraft
    forms: list[Element]


def read_ted_export(payload: bytes, *, context: ReadingContext, limit: int = DEFAULT_LIMIT) -> Reading:
    """Read the bytes of a TED_EXPORT (R2.0.8, R2.0.9) or TED_ESENDERS notice.

    All language versions of the notice become one. Times are the buyer's local ones: the clock is `context.zone`, or
    where the portal is international (`context.country` is None) that of the buyer's country.

    Pure: no network, no clock, no database. Raises `NoticeFormatError` when the payload is over `limit` bytes, is not
    such a document, or lacks what no notice can lack: its number, a known form, a title or a buyer.
    """
    root = parse_xml(payload, limit)
    format_name = _ROOTS.get(local(str(root.tag)))
    if format_name is None:
        name = local(str(root.tag))[:100]
        raise NoticeFormatError(
            FormatReason.UNKNOWN_ROOT, f"The document is a '{name}', not a TED notice.", path="/", printed=name
        )
    walk = TedWalk("und", context.zone)
    try:
        return _read(root, format_name, context, walk)
    except ValidationError as error:
        raise misfit(error) from error


def _read(root: Element, format_name: str, context: ReadingContext, walk: TedWalk) -> Reading:
    document = _Document(CodedDraft(), [])
    _DOCUMENT.read(root, document, walk)
    walk.zone = _zone(document, context)
    forms = [_form(element, root, walk) for element in document.forms]
    if not forms:
        raise NoticeFormatError(FormatReason.MISSING, "The document holds no form.", path="FORM_SECTION")
    form = merge_languages(forms, root, walk)
    kind = _kind(form, document.forms[0])
    version = root.get("VERSION") or form.version or ""
    notice = NoticeBuilder(
        form=form,
        languages=_languages(forms),
        coded=document.coded,
        kind=kind,
        context=context,
        root=root,
        walk=walk,
        number=_publication_number(root, document.coded),
        format=f"{format_name}-{version}".strip("-"),
        published_at=_published_at(root, document.coded, context.zone, walk),
    ).build()
    return Reading(notice=notice, unread=walk.unread())


def _form(element: Element, root: Element, walk: TedWalk) -> FormDraft:
    """One form in one language."""
    name = local(str(element.tag))
    language = leaves.language_code(element.get("LG") or "")
    walk.language = language or "und"
    draft = FormDraft(
        form=_form_number(element, name),
        language=walk.language,
        original=(element.get("CATEGORY") or _ORIGINAL).upper() == _ORIGINAL,
        version=element.get("VERSION"),
    )
    if language is None:
        walk.note(element, "The language of this form is unknown.", element.get("LG"))
    if name in OLD_FORMS:
        read_old_form(element, draft, walk)
    elif _NEW_FORM.fullmatch(name):
        read_form(element, draft, walk)
    else:
        raise NoticeFormatError(
            FormatReason.UNEXPECTED, f"The form {name} is not known.", path=walk.path(element), printed=name
        )
    return draft


def _form_number(element: Element, name: str) -> str:
    """`F03` from `FORM="F03"`, `FORM="3"`, or the name of the element."""
    match = _FORM_NUMBER.fullmatch((element.get("FORM") or name).strip().upper())
    if match is None:
        return OLD_FORMS.get(name) or name
    return f"{match[1] or 'F'}{match[2].zfill(2)}"


def _kind(form: FormDraft, element: Element) -> FormKind:
    kind = kind_of(form.form, form.notice_type)
    if kind is None:
        raise NoticeFormatError(
            FormatReason.UNEXPECTED,
            f"What the form {form.form} announces is not known.",
            path=f"FORM_SECTION/{local(str(element.tag))}",
            printed=form.form,
        )
    return kind


def _languages(forms: list[FormDraft]) -> tuple[str, ...]:
    """Originals first, each language once."""
    ordered = sorted(forms, key=lambda form: not form.original)
    return tuple(dict.fromkeys(form.language for form in ordered))


def _publication_number(root: Element, coded: CodedDraft) -> str | None:
    """The number of the publication without leading zeros, such as `622963-2021`."""
    match = re.fullmatch(r"0*([0-9]{1,9}-[0-9]{4})", (root.get("DOC_ID") or "").strip())
    if match:
        return match[1]
    return leaves.oj_number(coded.oj_number) if coded.oj_number else None


def _zone(document: _Document, context: ReadingContext) -> tzinfo:
    if context.country is not None:
        return context.zone
    name = _ZONES.get(document.coded.country or "")
    return ZoneInfo(name) if name else context.zone


def _published_at(root: Element, coded: CodedDraft, zone: tzinfo, walk: TedWalk) -> datetime | None:
    """The start of the publication day on the portal's clock: the format says no hour."""
    day = leaves.day_of(coded.published_on, root, walk)
    return datetime.combine(day, time(0, 0), tzinfo=zone) if day else None


def _coded(element: Element, document: _Document, walk: TedWalk) -> None:
    read_coded(element, document.coded, walk)


def _titles(element: Element, document: _Document, walk: TedWalk) -> None:
    read_titles(element, document.coded, walk)


def _sender(element: Element, document: _Document, walk: TedWalk) -> None:
    read_sender(element, document.coded, walk)


def _forms(element: Element, document: _Document, _walk: TedWalk) -> None:
    document.forms.extend(element)


_DOCUMENT: Final = Grammar[_Document](
    "document",
    {
        "CODED_DATA_SECTION": _coded,
        "TRANSLATION_SECTION": _titles,
        "SENDER": _sender,
        "FORM_SECTION": _forms,
    },
)
