"""`cac:TenderingProcess`: procedure type, deadlines, techniques and earlier notices of a procedure or a lot."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from lxml.etree import _Element as Element

from notices.formats.eforms import leaves
from notices.formats.eforms.references import link
from notices.formats.eforms.walk import Grammar, Walk
from notices.model import AmountKind, Deadline, DeadlineKind, Framework, Link, Money, MultilingualText, ProcedureType
from notices.values.dates import Precision
from notices.vocabularies import procedures


@dataclass(slots=True)
class MomentDraft:
    """A date element and its time element being read."""

    day: str | None = None
    time: str | None = None


@dataclass(slots=True)
class JustificationDraft:
    """One `cac:ProcessJustification` being read."""

    list_name: str | None = None
    code: str | None = None
    earlier_procedure: str | None = None


@dataclass(slots=True)
class EarlierDraft:
    """One reference to an earlier notice being read."""

    scheme_name: str | None = None
    value: str | None = None


@dataclass(slots=True)
class ProcessDraft:
    """A tendering process being read."""

    procedure_code: str | None = None
    procedure_printed: str | None = None
    accelerated: bool | None = None
    features: MultilingualText = field(default_factory=dict)
    deadlines: list[Deadline] = field(default_factory=list)
    question_deadline: datetime | None = None
    opening_at: datetime | None = None
    technique: str | None = None
    dynamic_purchasing: str | None = None
    maximum_participants: int | None = None
    electronic_submission: bool | None = None
    values: list[Money] = field(default_factory=list)
    earlier: list[Link] = field(default_factory=list)

    @property
    def framework(self) -> Framework | None:
        """Technique and dynamic purchasing system, or None when neither is said."""
        if all(said is None for said in (self.technique, self.dynamic_purchasing, self.maximum_participants)):
            return None
        return Framework(
            technique=self.technique,
            dynamic_purchasing=self.dynamic_purchasing,
            maximum_participants=self.maximum_participants,
        )

    @property
    def procedure_type(self) -> ProcedureType | None:
        """Type and features of the procedure, or None when nothing is said."""
        if self.procedure_printed is None and self.accelerated is None and not self.features:
            return None
        return ProcedureType(
            code=self.procedure_code,
            printed=(self.procedure_printed,) if self.procedure_printed else (),
            accelerated=self.accelerated,
            features=self.features,
        )


def read_process(element: Element, draft: ProcessDraft, walk: Walk) -> None:
    """Read a `cac:TenderingProcess` into `draft`."""
    _PROCESS.read(element, draft, walk)


def _procedure_code(element: Element, draft: ProcessDraft, walk: Walk) -> None:
    draft.procedure_printed = text = leaves.code(element)
    draft.procedure_code = procedures.normalise(text) if text else None
    if text and draft.procedure_code is None:
        walk.note(element, "This procedure type is unknown.", text)


def _features(element: Element, draft: ProcessDraft, walk: Walk) -> None:
    leaves.add_text(draft.features, element, walk)


def _submission_method(element: Element, draft: ProcessDraft, walk: Walk) -> None:
    list_name = element.get("listName")
    if list_name in (None, "esubmission"):
        draft.electronic_submission = leaves.permission(element, walk)
    else:
        walk.leave_unread(element, list_name)


def _moment(element: Element, walk: Walk) -> MomentDraft:
    moment = MomentDraft()
    _MOMENT.read(element, moment, walk)
    return moment


def _add_deadline(element: Element, draft: ProcessDraft, walk: Walk, kind: DeadlineKind) -> None:
    moment = _moment(element, walk)
    if found := leaves.deadline_instant(element, moment.day, moment.time, walk):
        draft.deadlines.append(Deadline(kind=kind, at=found.at, date_only=found.precision is Precision.DAY))


def _tender_deadline(element: Element, draft: ProcessDraft, walk: Walk) -> None:
    _add_deadline(element, draft, walk, DeadlineKind.TENDERS)


def _request_deadline(element: Element, draft: ProcessDraft, walk: Walk) -> None:
    _add_deadline(element, draft, walk, DeadlineKind.REQUESTS)


def _expression_deadline(element: Element, draft: ProcessDraft, walk: Walk) -> None:
    """BT-630 of a call by prior information, and the answers to a market consultation (subtype E1)."""
    _add_deadline(element, draft, walk, DeadlineKind.EXPRESSIONS)


def _question_deadline(element: Element, draft: ProcessDraft, walk: Walk) -> None:
    moment = _moment(element, walk)
    if found := leaves.deadline_instant(element, moment.day, moment.time, walk):
        draft.question_deadline = found.at


def _opening(element: Element, draft: ProcessDraft, walk: Walk) -> None:
    moment = _moment(element, walk)
    if found := leaves.instant(element, moment.day, moment.time, walk):
        draft.opening_at = found.at


def _day(element: Element, draft: MomentDraft, _walk: Walk) -> None:
    draft.day = leaves.code(element)


def _time(element: Element, draft: MomentDraft, _walk: Walk) -> None:
    draft.time = leaves.code(element)


def _justification(element: Element, draft: ProcessDraft, walk: Walk) -> None:
    """Why the procedure is accelerated (BT-106), why it is awarded directly, why tenders are not electronic."""
    read = JustificationDraft()
    _JUSTIFICATION.read(element, read, walk)
    if read.list_name == "accelerated-procedure":
        # Newer SDKs write true and false; older ones the reason for the haste.
        draft.accelerated = None if read.code is None else read.code != "false"
    if read.earlier_procedure:
        draft.earlier.append(Link(relation="previous", scheme="eforms-procedure-id", value=read.earlier_procedure))


def _reason_code(element: Element, draft: JustificationDraft, walk: Walk) -> None:
    draft.list_name = element.get("listName")
    draft.code = leaves.code(element)
    if draft.code and draft.list_name not in _JUSTIFICATION_LISTS:
        walk.leave_unread(element, draft.list_name)


_JUSTIFICATION_LISTS: Final = frozenset(
    {"accelerated-procedure", "direct-award-justification", "no-esubmission-justification"}
)


def _reason_description(element: Element, draft: JustificationDraft, _walk: Walk) -> None:
    """BT-1252 of a direct award names an earlier procedure; BT-745 of a lot is free text and not kept."""
    if draft.list_name == "direct-award-justification":
        draft.earlier_procedure = leaves.line(element)


def _earlier_notice(element: Element, draft: ProcessDraft, walk: Walk) -> None:
    read = EarlierDraft()
    _EARLIER.read(element, read, walk)
    if read.value:
        draft.earlier.append(link("previous", read.value, read.scheme_name))


def _earlier_id(element: Element, draft: EarlierDraft, _walk: Walk) -> None:
    draft.scheme_name = element.get("schemeName")
    draft.value = leaves.line(element)


def _system(element: Element, draft: ProcessDraft, walk: Walk) -> None:
    _SYSTEM.read(element, draft, walk)


def _system_code(element: Element, draft: ProcessDraft, walk: Walk) -> None:
    list_name = element.get("listName")
    if list_name == "framework-agreement":
        draft.technique = leaves.code(element)
    elif list_name == "dps-usage":
        draft.dynamic_purchasing = leaves.code(element)
    else:
        walk.leave_unread(element, list_name)


def _framework(element: Element, draft: ProcessDraft, walk: Walk) -> None:
    _FRAMEWORK.read(element, draft, walk)


def _maximum_participants(element: Element, draft: ProcessDraft, walk: Walk) -> None:
    draft.maximum_participants = leaves.integer(element, walk)


def _group_maximum(element: Element, draft: ProcessDraft, walk: Walk) -> None:
    """BT-157, the framework maximum of a group of lots."""
    if value := leaves.money(element, AmountKind.FRAMEWORK_MAXIMUM, walk):
        draft.values.append(value)


_MOMENT: Final = Grammar[MomentDraft](
    "moment",
    {
        "cbc:EndDate": _day,
        "cbc:EndTime": _time,
        "cbc:OccurrenceDate": _day,
        "cbc:OccurrenceTime": _time,
    },
)
_JUSTIFICATION: Final = Grammar[JustificationDraft](
    "justification", {"cbc:ProcessReasonCode": _reason_code, "cbc:Description": _reason_description}
)
_EARLIER: Final = Grammar[EarlierDraft]("earlier notice", {"cbc:ID": _earlier_id})
_SYSTEM: Final = Grammar[ProcessDraft]("contracting system", {"cbc:ContractingSystemTypeCode": _system_code})
_FRAMEWORK: Final = Grammar[ProcessDraft](
    "framework",
    {"cbc:MaximumOperatorQuantity": _maximum_participants, "cbc:EstimatedMaximumValueAmount": _group_maximum},
)
_PROCESS: Final = Grammar[ProcessDraft](
    "process",
    {
        "cbc:ProcedureCode": _procedure_code,
        "cbc:Description": _features,
        "cbc:SubmissionMethodCode": _submission_method,
        "cac:TenderSubmissionDeadlinePeriod": _tender_deadline,
        "cac:ParticipationRequestReceptionPeriod": _request_deadline,
        "efac:InterestExpressionReceptionPeriod": _expression_deadline,
        "efac:AnswerReceptionPeriod": _expression_deadline,
        "cac:AdditionalInformationRequestPeriod": _question_deadline,
        "cac:OpenTenderEvent": _opening,
        "cac:ProcessJustification": _justification,
        "cac:NoticeDocumentReference": _earlier_notice,
        "cac:ContractingSystem": _system,
        "cac:FrameworkAgreement": _framework,
    },
)
