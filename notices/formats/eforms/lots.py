"""`cac:ProcurementProjectLot`: lots, parts of a planned procedure, and groups of lots."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from lxml.etree import _Element as Element

from notices.formats.eforms import leaves
from notices.formats.eforms.process import ProcessDraft, read_process
from notices.formats.eforms.project import ProjectDraft, read_project
from notices.formats.eforms.terms import TermsDraft, read_terms
from notices.formats.eforms.walk import Grammar, Walk
from notices.model import Link, Lot, Money

LotKind = Literal["lot", "part", "group"]

_KIND_OF_SCHEME: Final[dict[str, LotKind]] = {"Lot": "lot", "Part": "part", "LotsGroup": "group"}
_KIND_OF_PREFIX: Final[dict[str, LotKind]] = {"LOT": "lot", "PAR": "part", "GLO": "group"}


@dataclass(slots=True)
class LotDraft:
    """One lot being read."""

    id: str | None = None
    kind: LotKind = "lot"
    project: ProjectDraft = field(default_factory=ProjectDraft)
    terms: TermsDraft = field(default_factory=TermsDraft)
    process: ProcessDraft = field(default_factory=ProcessDraft)

    def links(self) -> tuple[Link, ...]:
        """Earlier notices of this lot; BT-125 refers to planning notices only."""
        return tuple(
            item.model_copy(update={"lot_id": self.id, "relation": "planning"}) for item in self.process.earlier
        )

    def build(self, members: tuple[str, ...] = (), values: tuple[Money, ...] = ()) -> Lot:
        """The lot; `members` and further `values` come from elsewhere in the notice."""
        project, terms, process = self.project, self.terms, self.process
        return Lot(
            id=self.id or "",
            kind=self.kind,
            internal_id=project.internal_id,
            title=project.title,
            description=project.description,
            additional_information=project.additional_information,
            nature=project.nature,
            additional_natures=tuple(dict.fromkeys(project.additional_natures)),
            classifications=project.classifications,
            places=tuple(project.places),
            values=tuple(dict.fromkeys((*project.values, *process.values, *values))),
            deadlines=tuple(process.deadlines),
            question_deadline=process.question_deadline,
            opening_at=process.opening_at,
            duration=project.duration,
            renewals_maximum=project.renewals_maximum,
            framework=process.framework,
            electronic_submission=process.electronic_submission,
            submission_url=terms.submission_url,
            submission_languages=tuple(terms.submission_languages),
            documents=tuple(terms.documents),
            award_criteria=tuple(terms.criteria),
            variants_allowed=terms.variants_allowed,
            flags=project.flags(reserved=terms.reserved, eu_funds=terms.eu_funds),
            members=members,
        )


def read_lot(element: Element, walk: Walk) -> LotDraft:
    """Read a `cac:ProcurementProjectLot`."""
    draft = LotDraft()
    _LOT.read(element, draft, walk)
    return draft


def _id(element: Element, draft: LotDraft, _walk: Walk) -> None:
    """The scheme says what it is; where a sender left it out, the usual prefix of the id does."""
    draft.id = leaves.code(element)
    scheme = _KIND_OF_SCHEME.get(element.get("schemeName") or "")
    draft.kind = scheme or _KIND_OF_PREFIX.get((draft.id or "")[:3].upper(), "lot")


def _project(element: Element, draft: LotDraft, walk: Walk) -> None:
    read_project(element, draft.project, walk)


def _terms(element: Element, draft: LotDraft, walk: Walk) -> None:
    read_terms(element, draft.terms, walk)


def _process(element: Element, draft: LotDraft, walk: Walk) -> None:
    read_process(element, draft.process, walk)


_LOT: Final = Grammar[LotDraft](
    "lot",
    {
        "cbc:ID": _id,
        "cac:ProcurementProject": _project,
        "cac:TenderingTerms": _terms,
        "cac:TenderingProcess": _process,
    },
)
