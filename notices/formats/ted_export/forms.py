"""The forms of R2.0.9: which is which, and what stands in each.

One grammar reads them all: a section means the same in every form that has it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from lxml.etree import _Element as Element

from notices.formats.ted_export import leaves
from notices.formats.ted_export.awards import read_award, read_prizes
from notices.formats.ted_export.changes import read_changes, read_modifications
from notices.formats.ted_export.coded import legal_basis
from notices.formats.ted_export.contract import read_contract
from notices.formats.ted_export.drafts import FormDraft
from notices.formats.ted_export.parties import ACTIVITIES, LEGAL_TYPES, party_into
from notices.formats.ted_export.procedure import read_conditions, read_procedure
from notices.formats.ted_export.walk import Grammar, Handler, TedWalk
from notices.model import NoticeKind


class FormKind(NamedTuple):
    """What a form announces, with the eForms words for it (BT-02, BT-03)."""

    kind: NoticeKind
    form_type: str | None
    notice_type: str | None


_PLANNING: Final = FormKind(NoticeKind.PLANNING, "planning", "pin-only")
_SHORTENED: Final = FormKind(NoticeKind.PLANNING, "planning", "pin-rtl")
_PLANNED_CALL: Final = FormKind(NoticeKind.COMPETITION, "competition", "pin-cfc-standard")
_SOCIAL_PLANNED_CALL: Final = FormKind(NoticeKind.COMPETITION, "competition", "pin-cfc-social")
_CALL: Final = FormKind(NoticeKind.COMPETITION, "competition", "cn-standard")
_SOCIAL_CALL: Final = FormKind(NoticeKind.COMPETITION, "competition", "cn-social")
_QUALIFICATION: Final = FormKind(NoticeKind.COMPETITION, "competition", "qu-sy")
_RESULT: Final = FormKind(NoticeKind.RESULT, "result", "can-standard")
_SOCIAL_RESULT: Final = FormKind(NoticeKind.RESULT, "result", "can-social")
_SUBCONTRACTING: Final = FormKind(NoticeKind.COMPETITION, "competition", "subco")

_BY_NOTICE_TYPE: Final[dict[tuple[str, str], FormKind]] = {
    ("F01", "PRI_REDUCING_TIME_LIMITS"): _SHORTENED,
    ("F01", "PRI_CALL_COMPETITION"): _PLANNED_CALL,
    ("F04", "PER_REDUCING_TIME_LIMITS"): _SHORTENED,
    ("F04", "PER_CALL_COMPETITION"): _PLANNED_CALL,
    ("F21", "PRI_ONLY"): _PLANNING,
    ("F21", "PRI_CALL_COMPETITION"): _SOCIAL_PLANNED_CALL,
    ("F21", "AWARD_CONTRACT"): _SOCIAL_RESULT,
    ("F22", "PER_ONLY"): _PLANNING,
    ("F22", "PRI_ONLY"): _PLANNING,
    ("F22", "PER_CALL_COMPETITION"): _SOCIAL_PLANNED_CALL,
    ("F22", "PRI_CALL_COMPETITION"): _SOCIAL_PLANNED_CALL,
    ("F22", "QSU_ONLY"): _QUALIFICATION,
    ("F22", "QSU_CALL_COMPETITION"): _QUALIFICATION,
    ("F22", "AWARD_CONTRACT"): _SOCIAL_RESULT,
    # A prior information notice is the only call for a concession of social services (Directive 2014/23/EU art. 31(3)).
    ("F23", "PRI"): _SOCIAL_PLANNED_CALL,
    ("F23", "CONCESSION_AWARD_CONTRACT"): _SOCIAL_RESULT,
    ("F23", "AWARD_CONTRACT"): _SOCIAL_RESULT,
}
_BY_FORM: Final[dict[str, FormKind]] = {
    "F01": _PLANNING,
    "F02": _CALL,
    "F03": _RESULT,
    "F04": _PLANNING,
    "F05": _CALL,
    "F06": _RESULT,
    "F07": _QUALIFICATION,
    "F08": FormKind(NoticeKind.PLANNING, "planning", "pin-buyer"),
    "F09": _CALL,
    "F10": _CALL,
    "F11": _CALL,
    "F12": FormKind(NoticeKind.COMPETITION, "competition", "cn-desg"),
    "F13": FormKind(NoticeKind.RESULT, "result", "can-desg"),
    # A corrigendum does not say the form of the notice that it changes.
    "F14": FormKind(NoticeKind.CHANGE, "change", None),
    "F15": FormKind(NoticeKind.DIRECT_AWARD, "dir-awa-pre", "veat"),
    "F16": _PLANNING,
    "F17": _CALL,
    "F18": _RESULT,
    "F19": _SUBCONTRACTING,
    "F20": FormKind(NoticeKind.MODIFICATION, "cont-modif", "can-modif"),
    "F21": _SOCIAL_CALL,
    "F22": _SOCIAL_CALL,
    "F23": _SOCIAL_CALL,
    "F24": _CALL,
    "F25": _RESULT,
    "T01": FormKind(NoticeKind.PLANNING, "planning", "pin-tran"),
    "T02": FormKind(NoticeKind.RESULT, "result", "can-tran"),
}


def kind_of(form: str, notice_type: str | None) -> FormKind | None:
    """What a form announces, or None for an unknown form.

    `notice_type` is the `NOTICE/@TYPE` of the forms that serve several ends.
    """
    return _BY_NOTICE_TYPE.get((form, notice_type or "")) or _BY_FORM.get(form)


def read_form(element: Element, draft: FormDraft, walk: TedWalk) -> None:
    """Read a form of R2.0.9 (`F01_2014` to `F25_2014`, `MOVE`)."""
    _FORM.read(element, draft, walk)


def add_legal_type(draft: FormDraft, code: str, element: Element, walk: TedWalk) -> None:
    """The type of the buyer, as eForms has it."""
    draft.legal_type = LEGAL_TYPES.get(code)
    if draft.legal_type is None and code not in ("", "OTHER", "NOT_SPECIFIED"):
        walk.note(element, "This type of buyer is unknown.", code)


def add_activity(draft: FormDraft, code: str, element: Element, walk: TedWalk) -> None:
    """An activity of the buyer, as eForms has it."""
    known = ACTIVITIES.get(code)
    if known:
        draft.activities.append(known)
    elif code and code != "OTHER":
        walk.note(element, "This activity of a buyer is unknown.", code)


def own_words(element: Element, _draft: FormDraft, walk: TedWalk) -> None:
    """A type or activity that the lists do not have, in the buyer's own words."""
    if found := leaves.line(element):
        walk.note(element, "The buyer describes itself in its own words.", found[:200])


def _legal_type(element: Element, draft: FormDraft, walk: TedWalk) -> None:
    add_legal_type(draft, leaves.value(element), element, walk)


def _activity(element: Element, draft: FormDraft, walk: TedWalk) -> None:
    add_activity(draft, leaves.value(element), element, walk)


def _notice_type(element: Element, draft: FormDraft, _walk: TedWalk) -> None:
    draft.notice_type = leaves.value(element, "TYPE") or None


def _url(attribute: str) -> Handler[FormDraft]:
    return leaves.keeps(attribute, leaves.only_line)


def _dispatched(element: Element, draft: FormDraft, _walk: TedWalk) -> None:
    draft.dispatched_on = leaves.iso_day(element)


def _changed_notice(element: Element, draft: FormDraft, walk: TedWalk) -> None:
    """VI.6 of a corrigendum: the notice that it changes."""
    if link := leaves.earlier_notice("changed", element, walk):
        draft.links.append(link)


_BUYER: Final = Grammar[FormDraft](
    "buyer",
    {
        "ADDRESS_CONTRACTING_BODY": party_into(lambda form: form.buyers),
        "ADDRESS_CONTRACTING_BODY_ADDITIONAL": party_into(lambda form: form.buyers),
        "ADDRESS_FURTHER_INFO": party_into(lambda form: form.other_parties),
        "ADDRESS_PARTICIPATION": party_into(lambda form: form.other_parties),
        "CENTRAL_PURCHASING": leaves.sets("central_purchasing", True),
        "CA_TYPE": _legal_type,
        "CA_TYPE_OTHER": own_words,
        "CA_ACTIVITY": _activity,
        "CE_ACTIVITY": _activity,
        "CA_ACTIVITY_OTHER": own_words,
        "CE_ACTIVITY_OTHER": own_words,
        "DOCUMENT_FULL": leaves.sets("documents_restricted", False),
        "DOCUMENT_RESTRICTED": leaves.sets("documents_restricted", True),
        "URL_DOCUMENT": _url("documents_url"),
        "URL_PARTICIPATION": _url("submission_url"),
    },
)
_COMPLEMENT: Final = Grammar[FormDraft](
    "complement",
    {
        "INFO_ADD": leaves.into_text(lambda form: form.additional_information),
        "DATE_DISPATCH_NOTICE": _dispatched,
        "NOTICE_NUMBER_OJ": _changed_notice,
        "ADDRESS_REVIEW_BODY": party_into(lambda form: form.other_parties),
        "ADDRESS_MEDIATION_BODY": party_into(lambda form: form.other_parties),
        "ADDRESS_REVIEW_INFO": party_into(lambda form: form.other_parties),
    },
)
_FORM: Final = Grammar[FormDraft](
    "form",
    {
        "LEGAL_BASIS": leaves.keeps("legal_basis", legal_basis),
        "LEGAL_BASIS_OTHER": leaves.into_text(lambda form: form.additional_information),
        "DIRECTIVE": leaves.keeps("legal_basis", legal_basis),
        "NOTICE": _notice_type,
        "CONTRACTING_BODY": _BUYER.read,
        "OBJECT_CONTRACT": read_contract,
        "LEFTI": read_conditions,
        "PROCEDURE": read_procedure,
        "AWARD_CONTRACT": read_award,
        "RESULTS": read_prizes,
        "COMPLEMENTARY_INFO": _COMPLEMENT.read,
        "CHANGES": read_changes,
        "MODIFICATIONS_CONTRACT": read_modifications,
    },
)
