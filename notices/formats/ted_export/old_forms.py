"""The forms of R2.0.8 and before, whose elements have other names.

Every form wraps the same leaves in containers of its own (`OBJECT_CONTRACT_INFORMATION_CONTRACT_AWARD_NOTICE`), so
containers are seen through and leaves are read wherever they stand. Award notices (form 3) are proven against real
ones; the other forms follow the same schema, and what they hold beyond it is reported as unread.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from lxml.etree import _Element as Element

from notices.formats.ted_export import leaves
from notices.formats.ted_export.contract import nature, read_additional_cpv, read_main_cpv, read_nuts
from notices.formats.ted_export.drafts import AwardDraft, CriterionDraft, FormDraft, LotDraft, PartyDraft
from notices.formats.ted_export.forms import add_activity, add_legal_type, own_words
from notices.formats.ted_export.old_awards import old_amounts, read_old_award
from notices.formats.ted_export.parties import PARTY
from notices.formats.ted_export.procedure import PROCEDURES, set_type
from notices.formats.ted_export.walk import Grammar, Handler, TedWalk, local
from notices.model import AmountKind

OLD_FORMS: Final = {
    "PRIOR_INFORMATION": "F01",
    "CONTRACT": "F02",
    "CONTRACT_AWARD": "F03",
    "PERIODIC_INDICATIVE_UTILITIES": "F04",
    "CONTRACT_UTILITIES": "F05",
    "CONTRACT_AWARD_UTILITIES": "F06",
    "QUALIFICATION_SYSTEM_UTILITIES": "F07",
    "BUYER_PROFILE": "F08",
    "SIMPLIFIED_CONTRACT": "F09",
    "CONCESSION": "F10",
    "CONTRACT_CONCESSIONAIRE": "F11",
    "DESIGN_CONTEST": "F12",
    "RESULT_DESIGN_CONTEST": "F13",
    "ADDITIONAL_INFORMATION_CORRIGENDUM": "F14",
    "VOLUNTARY_EX_ANTE_TRANSPARENCY_NOTICE": "F15",
    "PRIOR_INFORMATION_DEFENCE": "F16",
    "CONTRACT_DEFENCE": "F17",
    "CONTRACT_AWARD_DEFENCE": "F18",
    "CONTRACT_CONCESSIONAIRE_DEFENCE": "F19",
}
"""Element of a form to its number."""

_FORMS: Final = tuple(f"F{number:02}" for number in range(1, 20))
"""Prefixes of elements that have another content in every form."""

_CONTAINERS: Final = (
    r"FD_.*|(?:CONTRACTING_)?(?:AUTHORITY|ENTITY)_.*|AUTH_ENTITY_.*|NAME_ADDRESSES_.*|INTERNET_ADDRESSES_.*"
    r"|TYPE_AND_ACTIVIT.*|ACTIVITIES_.*|PURCHASING_ON_BEHALF|OBJECT_.*|DESCRIPTION_.*|TYPE_CONTRACT_LOCATION.*|CPV"
    r"|PROCEDURES?_.*|PROC_ICAR|TYPE_(?:OF_)?PROCEDURE.*|AWARD_CRITERIA.*|ADMINISTRATIVE_INFORMATION.*|PREVIOUS_.*"
    r"|CNT_NOTICE_INFORMATION.*|COMPLEMENTARY_.*|QUANTITY_SCOPE.*|NATURE_QUANTITY_SCOPE|MOST_ECONOMICALLY_.*"
    r"|CRITERIA_STATED_BELOW|(?:APPEAL|MEDIATION)_PROCEDURE_BODY_.*|LODGING_INFORMATION_.*|TOTAL_FINAL_VALUE"
    r"|F[0-9]{2}_(?:DIVISION_INTO_LOTS|DIV_INTO_LOT_YES)|DIV_INTO_LOT_YES|FURTHER_INFORMATION|SPECIFICATIONS_AND_.*"
    r"|TENDERS_REQUESTS_.*|AWARDED?_(?:AND_CONTRACT_VALUE|CONTRACT_VALUE)|PERIOD_WORK_DATE_STARTING|INTERVAL_DATE"
)


@dataclass(slots=True)
class _OldForm:
    """A form being read, with what it says of the whole before the lots are known."""

    form: FormDraft
    whole: LotDraft = field(default_factory=LotDraft)
    lots: list[LotDraft] = field(default_factory=list)


def read_old_form(element: Element, draft: FormDraft, walk: TedWalk) -> None:
    """Read a form of R2.0.8 or before."""
    old = _OldForm(draft)
    _OLD_FORM.read(element, old, walk)
    draft.lots = _lots(old)
    draft.divided = len(draft.lots) > 1 or None


def _lots(old: _OldForm) -> list[LotDraft]:
    """The lots of Annex B; else one for each lot number of the awards; else the whole. Lots inherit from the whole."""
    numbers: dict[str, AwardDraft] = {}
    for award in old.form.awards:
        for number in award.lot_numbers:
            numbers.setdefault(number, award)
    lots = old.lots
    if not lots and len(numbers) > 1:
        lots = [LotDraft(number=number, title=dict(award.title)) for number, award in numbers.items()]
    if not lots:
        return [old.whole]
    for lot in lots:
        lot.nuts = lot.nuts or list(old.whole.nuts)
        lot.site = lot.site or dict(old.whole.site)
        lot.criteria = lot.criteria or list(old.whole.criteria)
        lot.variants = old.whole.variants if lot.variants is None else lot.variants
        lot.eu_funds = old.whole.eu_funds
        if lot.duration.build() is None:
            lot.duration = old.whole.duration
    return lots


def _buyer(element: Element, old: _OldForm, walk: TedWalk) -> None:
    party = PartyDraft()
    PARTY.read(element, party, walk)
    if party.name:
        old.form.buyers.append(party)


def _other(element: Element, old: _OldForm, walk: TedWalk) -> None:
    party = PartyDraft()
    PARTY.read(element, party, walk)
    if party.name:
        old.form.other_parties.append(party)


def _website(element: Element, old: _OldForm, _walk: TedWalk) -> None:
    if old.form.buyers:
        old.form.buyers[0].website = leaves.line(element)


def _documents(element: Element, old: _OldForm, _walk: TedWalk) -> None:
    old.form.documents_url = leaves.line(element)


def _submission(element: Element, old: _OldForm, _walk: TedWalk) -> None:
    old.form.submission_url = leaves.line(element)


def _legal_type(element: Element, old: _OldForm, walk: TedWalk) -> None:
    add_legal_type(old.form, leaves.value(element), element, walk)


def _activity(element: Element, old: _OldForm, walk: TedWalk) -> None:
    add_activity(old.form, leaves.value(element), element, walk)


def _own_words(element: Element, old: _OldForm, walk: TedWalk) -> None:
    own_words(element, old.form, walk)


def _nature(element: Element, old: _OldForm, walk: TedWalk) -> None:
    old.form.nature = nature(element, walk)


def _main_cpv(element: Element, old: _OldForm, walk: TedWalk) -> None:
    read_main_cpv(element, old.form, walk)


def _additional_cpv(element: Element, old: _OldForm, walk: TedWalk) -> None:
    read_additional_cpv(element, old.form, walk)


def _location(element: Element, old: _OldForm, walk: TedWalk) -> None:
    _LOCATION.read(element, old.whole, walk)


def _final_value(element: Element, old: _OldForm, walk: TedWalk) -> None:
    old.form.values.extend(old_amounts(element, walk, AmountKind.AWARDED))


def _estimate(element: Element, old: _OldForm, walk: TedWalk) -> None:
    old.form.values.extend(old_amounts(element, walk, AmountKind.ESTIMATED))


def _type(element: Element, old: _OldForm, walk: TedWalk) -> None:
    set_type(element, old.form.procedure, walk)


def _involves(element: Element, old: _OldForm, walk: TedWalk) -> None:
    """What the notice involves besides a contract (II.1.3)."""
    said = leaves.value(element).upper()
    if "FRAMEWORK" in said:
        old.form.procedure.framework = True
    elif "DPS" in said:
        old.form.procedure.dynamic_purchasing = "dps-list"
    elif said != "PUBLIC_CONTRACT":
        walk.note(element, "What this notice involves is unknown.", said[:100])


def _framework(element: Element, old: _OldForm, walk: TedWalk) -> None:
    old.form.procedure.framework = True
    _FRAMEWORK.read(element, old, walk)


def _single_operator(_element: Element, old: _OldForm, _walk: TedWalk) -> None:
    old.form.procedure.single_operator = True


def _participants(element: Element, old: _OldForm, walk: TedWalk) -> None:
    old.form.procedure.maximum_participants = leaves.integer(element, walk)


def _criterion(element: Element, old: _OldForm, walk: TedWalk) -> None:
    criterion = CriterionDraft()
    _CRITERION.read(element, criterion, walk)
    old.whole.criteria.append(criterion)


def _lowest_price(_element: Element, old: _OldForm, _walk: TedWalk) -> None:
    old.whole.criteria.append(CriterionDraft(kind="price"))


def _most_advantageous(_element: Element, _old: _OldForm, _walk: TedWalk) -> None:
    """The best of price and quality; the criteria stand below, or in the documents."""


def _reference(element: Element, old: _OldForm, _walk: TedWalk) -> None:
    if found := leaves.line(element):
        old.form.references.append(found)


def _earlier(element: Element, old: _OldForm, walk: TedWalk) -> None:
    relation = "changed" if old.form.form == "F14" else "previous"
    if link := leaves.earlier_notice(relation, element, walk):
        old.form.links.append(link)


def _deadline(element: Element, old: _OldForm, _walk: TedWalk) -> None:
    procedure = old.form.procedure
    procedure.deadline_day, procedure.deadline_time = leaves.iso_day(element), leaves.iso_time(element)


def _language(element: Element, old: _OldForm, walk: TedWalk) -> None:
    for child in element:
        known = leaves.language_code(leaves.value(child))
        if known:
            old.form.procedure.submission_languages.append(known)
        elif leaves.value(child):
            walk.note(child, "This language is unknown.", leaves.value(child)[:100])


def _opening(element: Element, old: _OldForm, walk: TedWalk) -> None:
    for child in element:
        if local(str(child.tag)) == "DATE_TIME":
            old.form.procedure.opening_day = leaves.iso_day(child)
            old.form.procedure.opening_time = leaves.iso_time(child)
        elif local(str(child.tag)) not in ("PLACE_OPENING", "AUTHORISED_PERSONS", "PLACE_NOT_STRUCTURED"):
            walk.leave_unread(child)


def _variants(element: Element, old: _OldForm, _walk: TedWalk) -> None:
    old.whole.variants = {"YES": True, "NO": False}.get(leaves.value(element).upper())


def _eu_funds(to: bool) -> Handler[_OldForm]:
    def read(_element: Element, old: _OldForm, _walk: TedWalk) -> None:
        old.whole.eu_funds = to

    return read


def _divided(to: bool) -> Handler[_OldForm]:
    def read(_element: Element, old: _OldForm, _walk: TedWalk) -> None:
        old.form.divided = to

    return read


def _annex_lot(element: Element, old: _OldForm, walk: TedWalk) -> None:
    lot = LotDraft(item=element.get("ITEM"), number=element.get("ITEM"))
    _ANNEX_LOT.read(element, lot, walk)
    old.lots.append(lot)


def _lot_amounts(element: Element, lot: LotDraft, walk: TedWalk) -> None:
    lot.values.extend(old_amounts(element, walk, AmountKind.ESTIMATED))


def _length(unit: str) -> Handler[LotDraft]:
    def read(element: Element, lot: LotDraft, walk: TedWalk) -> None:
        length = leaves.number(element, walk)
        if length is not None:
            lot.duration.amount, lot.duration.unit = length, unit

    return read


def _start(element: Element, lot: LotDraft, walk: TedWalk) -> None:
    lot.duration.start = leaves.day(element, walk)


def _end(element: Element, lot: LotDraft, walk: TedWalk) -> None:
    lot.duration.end = leaves.day(element, walk)


def _of_whole(handler: Handler[LotDraft]) -> Handler[_OldForm]:
    def read(element: Element, old: _OldForm, walk: TedWalk) -> None:
        handler(element, old.whole, walk)

    return read


def _award(element: Element, old: _OldForm, walk: TedWalk) -> None:
    old.form.awards.append(read_old_award(element, walk))


def _additional_information(element: Element, old: _OldForm, walk: TedWalk) -> None:
    leaves.add_text(old.form.additional_information, element, walk)


def _dispatched(element: Element, old: _OldForm, _walk: TedWalk) -> None:
    old.form.dispatched_on = leaves.iso_day(element)


_DURATION: Final[dict[str, Handler[LotDraft]]] = {
    "DAYS": _length("DAY"),
    "MONTHS": _length("MONTH"),
    "START_DATE": _start,
    "END_DATE": _end,
}
_LOCATION: Final = Grammar[LotDraft](
    "old location", {"LOCATION": leaves.into_line(lambda lot: lot.site), "NUTS": read_nuts}
)
_FRAMEWORK: Final = Grammar[_OldForm](
    "framework",
    {
        "SINGLE_OPERATOR": _single_operator,
        "MAX_NUMBER_PARTICIPANTS": _participants,
        "NUMBER_PARTICIPANTS": _participants,
        "TOTAL_ESTIMATED": _estimate,
    },
    wrappers=r"SEVERAL_OPERATORS",
)
_CRITERION: Final = Grammar[CriterionDraft](
    "old criteria",
    {
        "CRITERIA": leaves.into_line(lambda criterion: criterion.name),
        "WEIGHTING": leaves.keeps("weight", leaves.only_line),
    },
)
_ANNEX_LOT: Final = Grammar[LotDraft](
    "old lot",
    {
        **_DURATION,
        "LOT_NUMBER": leaves.keeps("number", leaves.only_line),
        "LOT_TITLE": leaves.into_line(lambda lot: lot.title),
        "LOT_DESCRIPTION": leaves.into_text(lambda lot: lot.description),
        "TOTAL_QUANTITY_OR_SCOPE": leaves.into_text(lambda lot: lot.description),
        "ADDITIONAL_INFORMATION_ABOUT_LOTS": leaves.into_text(lambda lot: lot.description),
        "CPV_MAIN": read_main_cpv,
        "CPV_ADDITIONAL": read_additional_cpv,
        "COSTS_RANGE_AND_CURRENCY": _lot_amounts,
    },
    wrappers=r"CPV|NATURE_QUANTITY_SCOPE|PERIOD_WORK_DATE_STARTING|INTERVAL_DATE|DIFFERENCE_CONTRACT_DURATION",
)
_OLD_FORM: Final = Grammar[_OldForm](
    "old form",
    {
        **dict.fromkeys(PROCEDURES, _type),
        **{f"{form}_{name}": _type for form in _FORMS for name in PROCEDURES},
        **{name: _of_whole(handler) for name, handler in _DURATION.items()},
        "CA_CE_CONCESSIONAIRE_PROFILE": _buyer,
        "CONTACT_DATA": _other,
        "CONTACT_DATA_WITHOUT_RESPONSIBLE_NAME": _other,
        "URL_GENERAL": _website,
        "URL_INFORMATION": _documents,
        "URL_PARTICIPATE": _submission,
        "TYPE_OF_CONTRACTING_AUTHORITY": _legal_type,
        "TYPE_OF_CONTRACTING_AUTHORITY_OTHER": _own_words,
        "TYPE_OF_ACTIVITY": _activity,
        "ACTIVITY_OF_CONTRACTING_ENTITY": _activity,
        "TYPE_OF_ACTIVITY_OTHER": _own_words,
        "ACTIVITY_OF_CONTRACTING_ENTITY_OTHER": _own_words,
        "TITLE_CONTRACT": leaves.into_line(lambda old: old.form.title),
        "SHORT_CONTRACT_DESCRIPTION": leaves.into_text(lambda old: old.form.description),
        "TYPE_CONTRACT": _nature,
        "LOCATION_NUTS": _location,
        "CPV_MAIN": _main_cpv,
        "CPV_ADDITIONAL": _additional_cpv,
        "TOTAL_QUANTITY_OR_SCOPE": leaves.into_text(lambda old: old.whole.description),
        "COSTS_RANGE_AND_CURRENCY": _estimate,
        "COSTS_RANGE_AND_CURRENCY_WITH_VAT_RATE": _final_value,
        "NOTICE_INVOLVES_DESC": _involves,
        "DIV_INTO_LOT_NO": _divided(False),
        **{f"{form}_FRAMEWORK": _framework for form in _FORMS},
        **{f"{form}_DIV_INTO_LOT_NO": _divided(False) for form in _FORMS},
        **{f"{form}_ANNEX_B": _annex_lot for form in _FORMS},
        "ACCEPTED_VARIANTS": _variants,
        "LOWEST_PRICE": _lowest_price,
        "CRITERIA_DEFINITION": _criterion,
        "MOST_ECONOMICALLY_ADVANTAGEOUS_TENDER_NONE": _most_advantageous,
        "FILE_REFERENCE_NUMBER": _reference,
        "NOTICE_NUMBER_OJ": _earlier,
        "RECEIPT_LIMIT_DATE": _deadline,
        "LANGUAGE": _language,
        "CONDITIONS_FOR_OPENING_TENDERS": _opening,
        "AWARD_OF_CONTRACT": _award,
        "AWARD_OF_CONTRACT_DEFENCE": _award,
        "RELATES_TO_EU_PROJECT_YES": _eu_funds(True),
        "RELATES_TO_EU_PROJECT_NO": _eu_funds(False),
        "ADDITIONAL_INFORMATION": _additional_information,
        "NOTICE_DISPATCH_DATE": _dispatched,
    },
    wrappers=_CONTAINERS,
)
