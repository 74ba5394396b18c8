"""`cac:ProcurementProject`: what is bought, where, for how long and for how much (procedure, lot, part, group)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from lxml.etree import _Element as Element

from notices.formats.eforms import leaves
from notices.formats.eforms.names import clark
from notices.formats.eforms.walk import Grammar, Walk, path_of
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.model import AmountKind, Classification, Flags, Money, MultilingualText, Nature, Period, Place

_NATURES: Final = {nature.value: nature for nature in Nature}


@dataclass(slots=True)
class PlaceDraft:
    """One `cac:RealizedLocation` or postal address being read."""

    country: str | None = None
    nuts: str | None = None
    locality: str | None = None
    postal_code: str | None = None
    anywhere: str | None = None
    lines: list[str] = field(default_factory=list)

    def build(self) -> Place | None:
        """The place, or None when nothing was said."""
        said = (self.country, self.nuts, self.locality, self.postal_code, self.anywhere)
        if not self.lines and not any(said):
            return None
        return Place(
            country=self.country,
            nuts=self.nuts,
            locality=self.locality,
            postal_code=self.postal_code,
            anywhere=self.anywhere,
            printed="\n".join(dict.fromkeys(self.lines)) or None,
        )


@dataclass(slots=True)
class PeriodDraft:
    """One `cac:PlannedPeriod` being read."""

    start: date | None = None
    end: date | None = None
    amount: Decimal | None = None
    unit: str | None = None
    unlimited: bool | None = None

    def build(self) -> Period | None:
        """The period, or None when nothing was said."""
        if all(said is None for said in (self.start, self.end, self.amount, self.unlimited)):
            return None
        return Period(start=self.start, end=self.end, amount=self.amount, unit=self.unit, unlimited=self.unlimited)


@dataclass(slots=True)
class ProjectDraft:
    """A procurement project being read."""

    internal_id: str | None = None
    title: MultilingualText = field(default_factory=dict)
    description: MultilingualText = field(default_factory=dict)
    additional_information: MultilingualText = field(default_factory=dict)
    nature: Nature | None = None
    additional_natures: list[Nature] = field(default_factory=list)
    main_classifications: list[Classification] = field(default_factory=list)
    additional_classifications: list[Classification] = field(default_factory=list)
    places: dict[Place, None] = field(default_factory=dict)
    values: list[Money] = field(default_factory=list)
    duration: Period | None = None
    renewals_maximum: int | None = None
    sme_suitable: bool | None = None
    strategic: dict[str, set[str]] = field(default_factory=dict)
    titled: set[str | None] = field(default_factory=set)
    classified: bool = False

    @property
    def classifications(self) -> tuple[Classification, ...]:
        """Main code first, each code once."""
        found: dict[str, Classification] = {}
        for item in (*self.main_classifications, *self.additional_classifications):
            found.setdefault(item.code, item)
        return tuple(found.values())

    def flags(self, *, reserved: bool | None, eu_funds: bool | None) -> Flags:
        """Green, social and innovation flags (BT-06, BT-774, BT-805, BT-775, BT-776) and SME suitability (BT-726).

        True for what is listed. False only where the notice says `none`: not being listed says nothing.
        """
        goals = self.strategic.get("strategic-procurement", set())
        none = goals == {"none"}
        gpp = self.strategic.get("gpp-criteria", set())
        green = "env-imp" in goals or "environmental-impact" in self.strategic or bool(gpp - {"none"})
        social = "soc-obj" in goals or "social-objective" in self.strategic
        innovation = "inn-pur" in goals or "innovative-acquisition" in self.strategic
        return Flags(
            sme_suitable=self.sme_suitable,
            reserved=reserved,
            eu_funds=eu_funds,
            green=True if green else (False if none or gpp else None),
            social=True if social else (False if none else None),
            innovation=True if innovation else (False if none else None),
        )


def read_project(element: Element, draft: ProjectDraft, walk: Walk) -> None:
    """Read a `cac:ProcurementProject` into `draft`."""
    _PROJECT.read(element, draft, walk)


def _internal_id(element: Element, draft: ProjectDraft, _walk: Walk) -> None:
    draft.internal_id = draft.internal_id or leaves.line(element)


def _title(element: Element, draft: ProjectDraft, walk: Walk) -> None:
    language = element.get("languageID")
    if language in draft.titled:
        raise NoticeFormatError(
            FormatReason.REPEATED,
            f"The title (BT-21) is given twice in the same language ({language}).",
            path=path_of(element),
            printed=leaves.printed(element),
        )
    draft.titled.add(language)
    leaves.add_line(draft.title, element, walk)
    if not draft.title and leaves.printed(element):
        # A title is mandatory: what was printed in place of one is better than no notice.
        draft.title[leaves.language_of(element, walk)] = leaves.printed(element)
        walk.note(element, "The title says nothing.", leaves.printed(element))


def _description(element: Element, draft: ProjectDraft, walk: Walk) -> None:
    leaves.add_text(draft.description, element, walk)


def _additional_information(element: Element, draft: ProjectDraft, walk: Walk) -> None:
    leaves.add_text(draft.additional_information, element, walk)


def _nature(element: Element, draft: ProjectDraft, walk: Walk) -> None:
    if nature := _nature_of(element, walk):
        draft.nature = nature


def _nature_of(element: Element, walk: Walk) -> Nature | None:
    text = leaves.code(element)
    nature = _NATURES.get(text) if text else None
    if text and nature is None:
        walk.note(element, "This contract nature is unknown.", text)
    return nature


def _sme_suitable(element: Element, draft: ProjectDraft, walk: Walk) -> None:
    draft.sme_suitable = leaves.flag(element, walk)


def _additional_type(element: Element, draft: ProjectDraft, walk: Walk) -> None:
    """`cac:ProcurementAdditionalType`: one code of one of several lists, with an explanation that has no home."""
    for child in element:
        if child.tag != _TYPE_CODE:
            if child.tag != _TYPE_TEXT:
                walk.leave_unread(child)
            continue
        list_name = child.get("listName") or ""
        if list_name == "contract-nature":
            if nature := _nature_of(child, walk):
                draft.additional_natures.append(nature)
        elif list_name in _STRATEGIC_LISTS:
            if text := leaves.code(child):
                draft.strategic.setdefault(list_name, set()).add(text)
        elif list_name not in _OTHER_LISTS:
            walk.leave_unread(child, list_name)


_TYPE_CODE: Final = clark("cbc:ProcurementTypeCode")
_TYPE_TEXT: Final = clark("cbc:ProcurementType")
_STRATEGIC_LISTS: Final = frozenset(
    {"strategic-procurement", "environmental-impact", "gpp-criteria", "social-objective", "innovative-acquisition"}
)
_OTHER_LISTS: Final = frozenset({"accessibility", "transport-service"})
"""BT-754 and the transport service type of T01: nobody searches by them."""


def _main_classification(element: Element, draft: ProjectDraft, walk: Walk) -> None:
    if draft.classified:
        raise NoticeFormatError(
            FormatReason.REPEATED,
            "There are several main classifications (BT-262) where one is allowed.",
            path=path_of(element),
        )
    draft.classified = True
    if found := leaves.classification(element, walk, main=True):
        draft.main_classifications.append(found)


def _additional_classification(element: Element, draft: ProjectDraft, walk: Walk) -> None:
    if found := leaves.classification(element, walk, main=False):
        draft.additional_classifications.append(found)


def _location(element: Element, draft: ProjectDraft, walk: Walk) -> None:
    place = PlaceDraft()
    _LOCATION.read(element, place, walk)
    if built := place.build():
        draft.places[built] = None


def _location_description(element: Element, draft: PlaceDraft, _walk: Walk) -> None:
    if text := leaves.line(element):
        draft.lines.append(text)


def _tender_total(element: Element, draft: ProjectDraft, walk: Walk) -> None:
    _TENDER_TOTAL.read(element, draft, walk)


def _estimated_value(element: Element, draft: ProjectDraft, walk: Walk) -> None:
    if value := leaves.money(element, AmountKind.ESTIMATED, walk):
        draft.values.append(value)


def _framework_maximum(element: Element, draft: ProjectDraft, walk: Walk) -> None:
    if value := leaves.money(element, AmountKind.FRAMEWORK_MAXIMUM, walk):
        draft.values.append(value)


def _planned_period(element: Element, draft: ProjectDraft, walk: Walk) -> None:
    period = PeriodDraft()
    _PERIOD.read(element, period, walk)
    draft.duration = period.build()


def _period_start(element: Element, draft: PeriodDraft, walk: Walk) -> None:
    draft.start = leaves.day(element, walk)


def _period_end(element: Element, draft: PeriodDraft, walk: Walk) -> None:
    draft.end = leaves.day(element, walk)


def _period_length(element: Element, draft: PeriodDraft, walk: Walk) -> None:
    draft.amount = leaves.number(element, walk)
    draft.unit = element.get("unitCode") if draft.amount is not None else None


def _period_code(element: Element, draft: PeriodDraft, walk: Walk) -> None:
    text = leaves.code(element)
    if text == "UNLIMITED":
        draft.unlimited = True
    elif text not in (None, "UNKNOWN"):
        walk.note(element, "This duration code is unknown.", text)


def _extension(element: Element, draft: ProjectDraft, walk: Walk) -> None:
    _EXTENSION.read(element, draft, walk)


def _renewals_maximum(element: Element, draft: ProjectDraft, walk: Walk) -> None:
    draft.renewals_maximum = leaves.integer(element, walk)


def _country(element: Element, draft: PlaceDraft, walk: Walk) -> None:
    draft.country = leaves.country(element, walk)


def _nuts(element: Element, draft: PlaceDraft, _walk: Walk) -> None:
    draft.nuts = leaves.code(element)


def _locality(element: Element, draft: PlaceDraft, _walk: Walk) -> None:
    draft.locality = leaves.line(element)


def _postal_code(element: Element, draft: PlaceDraft, _walk: Walk) -> None:
    draft.postal_code = leaves.line(element)


def _anywhere(element: Element, draft: PlaceDraft, _walk: Walk) -> None:
    draft.anywhere = leaves.code(element)


def _address_line(element: Element, draft: PlaceDraft, _walk: Walk) -> None:
    if text := leaves.line(element):
        draft.lines.append(text)


def _address_part(element: Element, draft: PlaceDraft, walk: Walk) -> None:
    ADDRESS.read(element, draft, walk)


ADDRESS: Final = Grammar[PlaceDraft](
    "address",
    {
        "cbc:CityName": _locality,
        "cbc:PostalZone": _postal_code,
        "cbc:CountrySubentityCode": _nuts,
        "cbc:Region": _anywhere,
        "cbc:StreetName": _address_line,
        "cbc:AdditionalStreetName": _address_line,
        "cbc:Line": _address_line,
        "cac:AddressLine": _address_part,
        "cac:Country": _address_part,
        "cbc:IdentificationCode": _country,
    },
)
"""A postal address or the address of a place; used for organisations too."""

_LOCATION: Final = Grammar[PlaceDraft](
    "location", {"cac:Address": _address_part, "cbc:Description": _location_description}
)
_PERIOD: Final = Grammar[PeriodDraft](
    "planned period",
    {
        "cbc:StartDate": _period_start,
        "cbc:EndDate": _period_end,
        "cbc:DurationMeasure": _period_length,
        "cbc:DescriptionCode": _period_code,
    },
)
_TENDER_TOTAL: Final = Grammar[ProjectDraft](
    "tender total",
    {
        "cbc:EstimatedOverallContractAmount": _estimated_value,
        "efbc:FrameworkMaximumAmount": _framework_maximum,
    },
)
_EXTENSION: Final = Grammar[ProjectDraft]("contract extension", {"cbc:MaximumNumberNumeric": _renewals_maximum})
_PROJECT: Final = Grammar[ProjectDraft](
    "project",
    {
        "cbc:ID": _internal_id,
        "cbc:Name": _title,
        "cbc:Description": _description,
        "cbc:Note": _additional_information,
        "cbc:ProcurementTypeCode": _nature,
        "cbc:SMESuitableIndicator": _sme_suitable,
        "cac:ProcurementAdditionalType": _additional_type,
        "cac:MainCommodityClassification": _main_classification,
        "cac:AdditionalCommodityClassification": _additional_classification,
        "cac:RealizedLocation": _location,
        "cac:RequestedTenderTotal": _tender_total,
        "cac:PlannedPeriod": _planned_period,
        "cac:ContractExtension": _extension,
    },
)
