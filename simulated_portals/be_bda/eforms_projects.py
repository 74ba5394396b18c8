"""The project of an invented notice or of one of its lots: what, where, how long, for how much."""

from __future__ import annotations

from lxml import etree

from simulated_portals.be_bda.drafts import Draft, DraftLot
from simulated_portals.be_bda.eforms_parties import eforms_language
from simulated_portals.be_bda.publications import Texts
from simulated_portals.be_bda.xml_names import Child, node

PORTAL = "https://www.publicprocurement.be"


def multilingual(name: str, values: Texts) -> list[Child]:
    """One element per language."""
    return [node(name, text, languageID=eforms_language(language)) for language, text in values.items()]


def project(draft: Draft, lot: DraftLot | None) -> etree._Element:
    """The project of the whole notice, or of one lot."""
    main, *additional = draft.cpv
    return node(
        "cac:ProcurementProject",
        node("cbc:ID", str(lot.number) if lot else draft.reference, schemeName="InternalID"),
        *multilingual("cbc:Name", lot.titles if lot else draft.titles),
        *multilingual("cbc:Description", lot.descriptions if lot else draft.descriptions),
        node("cbc:ProcurementTypeCode", draft.nature.lower(), listName="contract-nature"),
        _estimate(draft) if lot is None or len(draft.lots) == 1 else None,
        _classification("cac:MainCommodityClassification", main),
        *(_classification("cac:AdditionalCommodityClassification", code) for code in additional),
        _place(draft),
        _duration(draft) if lot else None,
    )


def _estimate(draft: Draft) -> etree._Element | None:
    if draft.estimated is None:
        return None
    amount = node("cbc:EstimatedOverallContractAmount", f"{draft.estimated:.2f}", currencyID="EUR")
    return node("cac:RequestedTenderTotal", amount)


def _classification(name: str, code: str) -> etree._Element:
    return node(name, node("cbc:ItemClassificationCode", code, listName="cpv"))


def _place(draft: Draft) -> etree._Element:
    return node(
        "cac:RealizedLocation",
        node(
            "cac:Address",
            node("cbc:CityName", draft.place.name(draft.languages[0])),
            node("cbc:PostalZone", draft.place.postcode),
            node("cbc:CountrySubentityCode", draft.place.nuts, listName="nuts"),
            node("cac:Country", node("cbc:IdentificationCode", "BEL", listName="country")),
        ),
    )


def _duration(draft: Draft) -> etree._Element:
    if draft.months % 12 == 0:
        return node("cac:PlannedPeriod", node("cbc:DurationMeasure", str(draft.months // 12), unitCode="YEAR"))
    if draft.months % 7 == 0:
        return node("cac:PlannedPeriod", node("cbc:DescriptionCode", "UNKNOWN", listName="timeperiod"))
    return node("cac:PlannedPeriod", node("cbc:DurationMeasure", str(draft.months), unitCode="MONTH"))
