"""`OBJECT_CONTRACT`: what is bought, and `OBJECT_DESCR`: one lot of it, or the whole."""

from __future__ import annotations

from typing import Final

from lxml.etree import _Element as Element

from notices.formats.ted_export import leaves
from notices.formats.ted_export.drafts import CriterionDraft, FormDraft, LotDraft
from notices.formats.ted_export.walk import Grammar, Handler, TedWalk
from notices.model import AmountKind, Nature

NATURES: Final = {"WORKS": Nature.WORKS, "SUPPLIES": Nature.SUPPLIES, "SERVICES": Nature.SERVICES}
_UNITS: Final = {"DAY": "DAY", "MONTH": "MONTH", "YEAR": "YEAR", "WEEK": "WEEK"}


def read_contract(element: Element, draft: FormDraft, walk: TedWalk) -> None:
    """Read one `OBJECT_CONTRACT`. A form of planned contracts (F01, F04) may hold several.

    The first one gives title and description of the notice; each further one becomes lots that bear its title.
    """
    draft.contracts += 1
    if draft.contracts == 1:
        _CONTRACT.read(element, draft, walk)
        return
    further = FormDraft(form=draft.form, language=draft.language, original=draft.original, contracts=draft.contracts)
    _CONTRACT.read(element, further, walk)
    for lot in further.lots or [LotDraft(contract=draft.contracts)]:
        lot.title = lot.title or further.title
        lot.description = lot.description or further.description
        lot.nature = further.nature
        lot.values = lot.values or further.values
        lot.classifications = [*further.classifications, *lot.classifications]
        draft.lots.append(lot)
    draft.references.extend(further.references)


def nature(element: Element, walk: TedWalk) -> Nature | None:
    """The nature of a contract (`TYPE_CONTRACT`)."""
    code = (element.get("CTYPE") or element.get("VALUE") or "").strip().upper()
    known = NATURES.get(code.removesuffix("S") + "S") if code else None
    if code and known is None:
        walk.note(element, "This type of contract is unknown.", code)
    return known


def read_duration(element: Element, draft: LotDraft, walk: TedWalk) -> None:
    """A length in days, weeks, months or years (`DURATION`)."""
    unit = leaves.value(element, "TYPE").upper()
    length = leaves.number(element, walk)
    if length is None:
        return
    if unit not in _UNITS:
        walk.note(element, "The unit of this duration is unknown.", f"{length} {unit}")
        return
    draft.duration.amount, draft.duration.unit = length, _UNITS[unit]


def read_start(element: Element, draft: LotDraft, walk: TedWalk) -> None:
    """The first day of a contract."""
    draft.duration.start = leaves.day(element, walk)


def read_end(element: Element, draft: LotDraft, walk: TedWalk) -> None:
    """The last day of a contract."""
    draft.duration.end = leaves.day(element, walk)


def read_nuts(element: Element, draft: LotDraft, walk: TedWalk) -> None:
    """A place of performance."""
    if found := leaves.nuts(element, walk):
        draft.nuts.append(found)


def read_main_cpv(element: Element, draft: FormDraft | LotDraft, walk: TedWalk) -> None:
    """The main CPV code."""
    if found := leaves.cpv(element, walk, main=True):
        draft.classifications.append(found)


def read_additional_cpv(element: Element, draft: FormDraft | LotDraft, walk: TedWalk) -> None:
    """An additional CPV code."""
    if found := leaves.cpv(element, walk, main=False):
        draft.classifications.append(found)


def _reference(element: Element, draft: FormDraft, _walk: TedWalk) -> None:
    if found := leaves.line(element):
        draft.references.append(found)


def _lot(element: Element, draft: FormDraft, walk: TedWalk) -> None:
    lot = LotDraft(item=element.get("ITEM"), contract=draft.contracts)
    LOT.read(element, lot, walk)
    draft.lots.append(lot)


def _unlimited(_element: Element, draft: LotDraft, _walk: TedWalk) -> None:
    draft.duration.unlimited = True


def _additional_information(element: Element, draft: LotDraft, walk: TedWalk) -> None:
    """II.2.14 of a lot: joined to its description, as a lot has no other place for it."""
    leaves.add_text(draft.description, element, walk, joint="\n\n")


def _criterion(kind: str | None) -> Handler[LotDraft]:
    def read(element: Element, draft: LotDraft, walk: TedWalk) -> None:
        criterion = CriterionDraft(kind=kind)
        _CRITERION.read(element, criterion, walk)
        draft.criteria.append(criterion)

    return read


def _criterion_text(element: Element, draft: LotDraft, walk: TedWalk) -> None:
    """A criterion of a concession: a text without kind or weight."""
    if found := leaves.line(element):
        draft.criteria.append(CriterionDraft(name={walk.language: found}))


_CRITERION: Final = Grammar[CriterionDraft](
    "criterion",
    {
        "AC_CRITERION": leaves.into_line(lambda criterion: criterion.name),
        "AC_WEIGHTING": leaves.keeps("weight", leaves.only_line),
    },
)

LOT: Final = Grammar[LotDraft](
    "lot",
    {
        "LOT_NO": leaves.keeps("number", leaves.only_line),
        "TITLE": leaves.into_line(lambda lot: lot.title),
        "SHORT_DESCR": leaves.into_text(lambda lot: lot.description),
        "INFO_ADD": _additional_information,
        "CPV_MAIN": read_main_cpv,
        "CPV_ADDITIONAL": read_additional_cpv,
        "NUTS": read_nuts,
        "MAIN_SITE": leaves.into_line(lambda lot: lot.site),
        "VAL_OBJECT": leaves.adds_money(AmountKind.ESTIMATED, lambda lot: lot.values),
        "DURATION": read_duration,
        "DATE_START": read_start,
        "DATE_END": read_end,
        "INDEFINITE_DURATION": _unlimited,
        "AC_QUALITY": _criterion("quality"),
        "AC_COST": _criterion("cost"),
        "AC_PRICE": _criterion("price"),
        "AC_CRITERION": _criterion_text,
        "ACCEPTED_VARIANTS": leaves.sets("variants", True),
        "NO_ACCEPTED_VARIANTS": leaves.sets("variants", False),
        "EU_PROGR_RELATED": leaves.sets("eu_funds", True),
        "NO_EU_PROGR_RELATED": leaves.sets("eu_funds", False),
    },
    # F15 sorts the criteria by directive.
    wrappers=r"AC|DIRECTIVE_20.*|ESSENTIAL_ASSETS",
)

_CONTRACT: Final = Grammar[FormDraft](
    "contract",
    {
        "TITLE": leaves.into_line(lambda form: form.title),
        "REFERENCE_NUMBER": _reference,
        "CPV_MAIN": read_main_cpv,
        "TYPE_CONTRACT": leaves.keeps("nature", nature),
        "SHORT_DESCR": leaves.into_text(lambda form: form.description),
        "VAL_ESTIMATED_TOTAL": leaves.adds_money(AmountKind.ESTIMATED, lambda form: form.values),
        "VAL_TOTAL": leaves.adds_money(AmountKind.AWARDED, lambda form: form.values),
        "VAL_RANGE_TOTAL": leaves.adds_range(lambda form: form.values),
        "LOT_DIVISION": leaves.sets("divided", True),
        "NO_LOT_DIVISION": leaves.sets("divided", False),
        "OBJECT_DESCR": _lot,
    },
)
