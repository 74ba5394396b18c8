"""`PROCEDURE` and `LEFTI`: how the contract is awarded, until when, and who may take part."""

from __future__ import annotations

import re
from typing import Final

from lxml.etree import _Element as Element

from notices.formats.ted_export import leaves
from notices.formats.ted_export.drafts import FormDraft, ProcedureDraft
from notices.formats.ted_export.walk import Grammar, TedWalk, local

PROCEDURES: Final[dict[str, str | None]] = {
    "PT_OPEN": "open",
    "PT_ACCELERATED_OPEN": "open",
    "PT_RESTRICTED": "restricted",
    "PT_ACCELERATED_RESTRICTED": "restricted",
    "PT_ACCELERATED_RESTRICTED_CHOICE": "restricted",
    "PT_COMPETITIVE_NEGOTIATION": "neg-w-call",
    "PT_ACCELERATED_COMPETITIVE_NEGOTIATION": "neg-w-call",
    "PT_NEGOTIATED_WITH_PRIOR_CALL": "neg-w-call",
    "PT_NEGOTIATED_WITH_COMPETITION": "neg-w-call",
    "PT_NEGOTIATED_CHOICE": "neg-w-call",
    # R2.0.8: the negotiated procedure of a contract notice, which is the call itself.
    "PT_NEGOTIATED": "neg-w-call",
    "PT_ACCELERATED_NEGOTIATED": "neg-w-call",
    # Social services (F21, F22): "procedure involving negotiation".
    "PT_INVOLVING_NEGOTIATION": "neg-w-call",
    "PT_COMPETITIVE_DIALOGUE": "comp-dial",
    "PT_INNOVATION_PARTNERSHIP": "innovation",
    "PT_AWARD_CONTRACT_WITHOUT_CALL": "neg-wo-call",
    "PT_AWARD_CONTRACT_WITHOUT_PUBLICATION": "neg-wo-call",
    "PT_NEGOTIATED_WITHOUT_PUBLICATION": "neg-wo-call",
    "PT_NEGOTIATED_WITHOUT_COMPETITION": "neg-wo-call",
    "AWARD_WITHOUT_PRIOR_PUBLICATION": "neg-wo-call",
    # Concessions (F24, F25): the form does not say of how many stages the procedure was.
    "PT_AWARD_CONTRACT_WITH_PRIOR_PUBLICATION": None,
    # Passenger transport (T01, T02; Regulation (EC) No 1370/2007, article 5).
    "PT_COMPETITIVE_TENDERING": "comp-tend",
    "PT_REQUEST_EXPRESSION_INTEREST": "exp-int-rail",
    "PT_INTERNAL_OPERATOR": None,
    "PT_DIRECT_AWARD_SMALL_CONTRACT": None,
    "PT_DIRECT_AWARD_MEDIUM_ENTERPRISE": None,
    "PT_DIRECT_AWARD_RAILWAY_TRANSPORT": None,
}
"""The element that names the procedure, and its eForms code (BT-105); None where no code says the same."""

_FORM_PREFIX: Final = re.compile(r"^F[0-9]{2}_")
_TWO_STAGES: Final = frozenset({"restricted", "neg-w-call", "comp-dial", "innovation"})
_WITHOUT_CALL: Final = "neg-wo-call"


def read_procedure(element: Element, draft: FormDraft, walk: TedWalk) -> None:
    """Read a `PROCEDURE`."""
    _PROCEDURE.read(element, draft, walk)


def read_conditions(element: Element, draft: FormDraft, walk: TedWalk) -> None:
    """Read a `LEFTI` (legal, economic, financial and technical information)."""
    _CONDITIONS.read(element, draft, walk)


def set_type(element: Element, procedure: ProcedureDraft, walk: TedWalk) -> None:
    """The procedure is named by the element itself."""
    name = _FORM_PREFIX.sub("", local(str(element.tag)))
    code = PROCEDURES[name]
    procedure.printed.append(name)
    procedure.code = procedure.code or code
    procedure.two_stages = procedure.two_stages or code in _TWO_STAGES
    if "ACCELERATED" in name:
        procedure.accelerated = True
    if code == _WITHOUT_CALL or code is None:
        _REASONS.read(element, procedure, walk)
    else:
        _NAMED.read(element, procedure, walk)


def _type(element: Element, draft: FormDraft, walk: TedWalk) -> None:
    set_type(element, draft.procedure, walk)


def _accelerated(_element: Element, draft: FormDraft, _walk: TedWalk) -> None:
    draft.procedure.accelerated = True


def _accelerated_here(_element: Element, procedure: ProcedureDraft, _walk: TedWalk) -> None:
    procedure.accelerated = True


def _framework(element: Element, draft: FormDraft, walk: TedWalk) -> None:
    draft.procedure.framework = True
    _FRAMEWORK.read(element, draft.procedure, walk)


def _participants(element: Element, procedure: ProcedureDraft, walk: TedWalk) -> None:
    procedure.maximum_participants = leaves.integer(element, walk)


def _dynamic(_element: Element, draft: FormDraft, _walk: TedWalk) -> None:
    draft.procedure.dynamic_purchasing = draft.procedure.dynamic_purchasing or "dps-list"


def _dynamic_for_others(_element: Element, draft: FormDraft, _walk: TedWalk) -> None:
    draft.procedure.dynamic_purchasing = "dps-nlist"


def _deadline_day(element: Element, draft: FormDraft, _walk: TedWalk) -> None:
    draft.procedure.deadline_day = leaves.iso_day(element)


def _deadline_time(element: Element, draft: FormDraft, _walk: TedWalk) -> None:
    draft.procedure.deadline_time = leaves.clock(element.text)


def _opening(element: Element, draft: FormDraft, walk: TedWalk) -> None:
    _OPENING.read(element, draft.procedure, walk)


def _opening_day(element: Element, procedure: ProcedureDraft, _walk: TedWalk) -> None:
    procedure.opening_day = leaves.iso_day(element)


def _opening_time(element: Element, procedure: ProcedureDraft, _walk: TedWalk) -> None:
    procedure.opening_time = leaves.clock(element.text)


def read_language(element: Element, procedure: ProcedureDraft, walk: TedWalk) -> None:
    """A language in which tenders may be submitted."""
    printed = leaves.value(element)
    known = leaves.language_code(printed) if printed else None
    if known:
        procedure.submission_languages.append(known)
    elif printed:
        walk.note(element, "This language is unknown.", printed)


def _languages(element: Element, draft: FormDraft, walk: TedWalk) -> None:
    _LANGUAGES.read(element, draft.procedure, walk)


def _earlier(element: Element, draft: FormDraft, walk: TedWalk) -> None:
    relation = "modified" if draft.form == "F20" else "previous"
    if link := leaves.earlier_notice(relation, element, walk):
        draft.links.append(link)


_NAMED: Final = Grammar[ProcedureDraft]("procedure type", {"ACCELERATED_PROC": _accelerated_here})
_REASONS: Final = Grammar[ProcedureDraft]("direct award", {}, wrappers=r"D_ACCORDANCE_ARTICLE")
_LANGUAGES: Final = Grammar[ProcedureDraft]("languages", {"LANGUAGE": read_language})
_OPENING: Final = Grammar[ProcedureDraft](
    "opening", {"DATE_OPENING_TENDERS": _opening_day, "TIME_OPENING_TENDERS": _opening_time}
)
_FRAMEWORK: Final = Grammar[ProcedureDraft](
    "framework",
    {"SINGLE_OPERATOR": leaves.sets("single_operator", True), "NB_PARTICIPANTS": _participants},
    wrappers=r"SEVERAL_OPERATORS",
)
_PROCEDURE: Final = Grammar[FormDraft](
    "procedure",
    {
        **dict.fromkeys(PROCEDURES, _type),
        "ACCELERATED_PROC": _accelerated,
        "MAIN_FEATURES_AWARD": leaves.into_text(lambda form: form.procedure.features),
        "FRAMEWORK": _framework,
        "DPS": _dynamic,
        "DPS_ADDITIONAL_PURCHASERS": _dynamic_for_others,
        "DATE_RECEIPT_TENDERS": _deadline_day,
        "TIME_RECEIPT_TENDERS": _deadline_time,
        "OPENING_CONDITION": _opening,
        "LANGUAGES": _languages,
        "NOTICE_NUMBER_OJ": _earlier,
    },
    # F15 sorts the procedures by directive.
    wrappers=r"DIRECTIVE_20.*",
)
_CONDITIONS: Final = Grammar[FormDraft](
    "conditions",
    {
        "RESTRICTED_SHELTERED_WORKSHOP": leaves.sets("reserved", True),
        "RESTRICTED_SHELTERED_PROGRAM": leaves.sets("reserved", True),
        "RESERVED_ORGANISATIONS_SERVICE_MISSION": leaves.sets("reserved", True),
    },
)
