"""A row of TED's search answer: what it says, and a partial notice where there is nothing else.

Lists per lot are not aligned with each other in these answers (six values beside one currency), so no lot is made of
them. Absent is a key that is missing, or an empty object.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final

from crawlers.engines.record import Account, Record
from notices.formats.eforms.identifiers import read_identifier
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.model import (
    AmountKind,
    Classification,
    Deadline,
    DeadlineKind,
    Document,
    Money,
    MultilingualText,
    Nature,
    Notice,
    NoticeKind,
    Organisation,
    Place,
    ProcedureType,
    TaxBasis,
)
from notices.values.cpv_text import parse_cpv
from notices.values.dates import BRUSSELS, Precision, combine_deadline, parse_date
from notices.values.money import known_amount
from notices.values.text import clean_line, known_text, unescape
from notices.vocabularies import countries, cpv, languages, nuts, procedures, subtypes

FORMAT: Final = "ted-search-row"
KINDS: Final = {
    "planning": NoticeKind.PLANNING,
    "consultation": NoticeKind.CONSULTATION,
    "competition": NoticeKind.COMPETITION,
    "dir-awa-pre": NoticeKind.DIRECT_AWARD,
    "result": NoticeKind.RESULT,
    "cont-modif": NoticeKind.MODIFICATION,
    "completion": NoticeKind.COMPLETION,
    "change": NoticeKind.CHANGE,
    "bri": NoticeKind.REGISTRATION,
}
_DEADLINES: Final = (
    (DeadlineKind.TENDERS, "deadline-receipt-tender"),
    (DeadlineKind.REQUESTS, "deadline-receipt-request"),
    (DeadlineKind.EXPRESSIONS, "deadline-receipt-expressions"),
)
_TITLE_PARTS: Final = " – "
_ANYWHERE: Final = ("anyw", "anyw-cou", "anyw-eea")


@dataclass
class RowFacts:
    """What one row says."""

    number: str | None = None
    notice_uuid: str | None = None
    notice_version: str | None = None
    procedure_id: str | None = None
    published_on: date | None = None
    dispatched_on: date | None = None
    form_type: str | None = None
    notice_type: str | None = None
    subtype: str | None = None
    languages: tuple[str, ...] = ()
    composed_title: MultilingualText = field(default_factory=dict)
    title: MultilingualText = field(default_factory=dict)
    description: MultilingualText = field(default_factory=dict)
    buyer_names: dict[str, list[str]] = field(default_factory=dict)
    buyer_countries: tuple[str, ...] = ()
    buyer_identifiers: tuple[str, ...] = ()
    classifications: tuple[Classification, ...] = ()
    nature: Nature | None = None
    places: tuple[Place, ...] = ()
    procedure_type: str | None = None
    deadlines: tuple[Deadline, ...] = ()
    values: tuple[Money, ...] = ()
    documents: tuple[str, ...] = ()

    @property
    def published_at(self) -> datetime | None:
        """The start of the publication day: TED says no hour."""
        return datetime.combine(self.published_on, time(0, 0), tzinfo=BRUSSELS) if self.published_on else None


def read_row(row: Record, account: Account) -> RowFacts:
    """Read a row of the search answer (dossier 1.3)."""
    facts = RowFacts(
        number=publication_number(row.string("publication-number")),
        notice_uuid=row.string("notice-identifier"),
        notice_version=_version(row),
        procedure_id=row.string("procedure-identifier"),
        published_on=_day(row.string("publication-date")),
        dispatched_on=_day(row.string("dispatch-date")),
        form_type=row.string("form-type"),
        notice_type=row.string("notice-type"),
        subtype=row.string("notice-subtype"),
        composed_title=_text(row, "notice-title", account),
        title=_text(row, "title-proc", account),
        description=_text(row, "description-proc", account),
        buyer_names=_texts(row, "buyer-name", account),
        buyer_countries=_countries(row.strings("buyer-country")),
        buyer_identifiers=_printed(row, "buyer-identifier"),
        classifications=_classifications(row),
        nature=_nature(row.string("contract-nature-main-proc")),
        places=_places(row.strings("place-of-performance")),
        procedure_type=row.string("procedure-type"),
        values=_values(row),
        documents=row.strings("document-url-lot"),
    )
    spoken = tuple(code for text in row.strings("official-language") if (code := languages.iso1(text)))
    facts.languages = spoken or tuple(facts.buyer_names)
    facts.deadlines = _deadlines(row, account)
    row.ignore("ojs-number", "links", "main-classification-type-proc", "deadline-receipt-request", *_PER_LOT)
    return facts


_PER_LOT: Final = (
    "contract-nature", "title-lot", "description-lot", "place-of-performance-country-proc",
    "place-of-performance-country-lot", "estimated-value-lot", "estimated-value-cur-lot",
)  # fmt: skip


def from_row_alone(facts: RowFacts, reason: str, account: Account, *, portal: str, id: str, url: str) -> Notice:
    """A notice of which the list alone is known, marked partial with the reason."""
    title = facts.title or _own_title(facts)
    if not title:
        raise NoticeFormatError(FormatReason.MISSING, "The row has no title.", path="row.title-proc")
    country = _country(facts)
    if country is None:
        raise NoticeFormatError(
            FormatReason.MISSING, "The row does not tell the country of the buyer.", path="row.buyer-country"
        )
    subtype = subtypes.get(facts.subtype) if facts.subtype else None
    dispatched = facts.dispatched_on
    kind = _kind(facts, account)
    return Notice(
        id=id,
        portal=portal,
        country=country,
        url=url,
        kind=kind,
        subtype=facts.subtype,
        notice_type=facts.notice_type,
        form_type=facts.form_type,
        legal_basis=subtype.legal_basis if subtype and subtype.legal_basis != "other" else None,
        format=FORMAT,
        notice_uuid=facts.notice_uuid,
        notice_version=facts.notice_version,
        publication_number=facts.number,
        procedure_id=facts.procedure_id,
        published_at=facts.published_at,
        dispatched_at=datetime.combine(dispatched, time(0, 0), tzinfo=BRUSSELS) if dispatched else None,
        languages=facts.languages,
        title=title,
        description=facts.description,
        buyers=_buyers(facts),
        nature=facts.nature,
        classifications=facts.classifications,
        places=facts.places,
        procedure_type=_procedure_type(facts.procedure_type),
        values=facts.values,
        deadlines=facts.deadlines,
        documents=tuple(Document(url=found) for found in facts.documents),
        partial=reason,
        notes=tuple(account.notes),
    )


def publication_number(printed: str | None) -> str | None:
    """`00622963-2026` and `622963-2026` are `622963-2026`; None for anything else."""
    number, _, year = (printed or "").strip().partition("-")
    if not (number.isascii() and number.isdigit() and year.isascii() and year.isdigit() and len(year) == 4):
        return None
    short = number.lstrip("0")
    return f"{short}-{year}" if 0 < len(short) <= 9 else None


def _version(row: Record) -> str | None:
    """A number or a text in the answers; two digits in documents."""
    value = row.value("notice-version")
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text.zfill(2) if text.isascii() and text.isdigit() and len(text) <= 4 else None


def _day(text: str | None) -> date | None:
    found = parse_date(text) if text else None
    return found.day if found else None


def _texts(row: Record, key: str, account: Account) -> dict[str, list[str]]:
    """`{"fra": "…"}` or `{"fra": ["…", …]}` by language; entities of HTML remain in some."""
    value = row.value(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        account.note(f"{row.path}.{key}", f"This is {type(value).__name__}, which it never was.", str(value))
        return {}
    found: dict[str, list[str]] = {}
    for code, printed in value.items():
        items = printed if isinstance(printed, list) else [printed]
        texts = [text for item in items if isinstance(item, str) and (text := known_text(unescape(item)))]
        if texts:
            found.setdefault(languages.iso1(code) or "und", []).extend(texts)
    return found


def _text(row: Record, key: str, account: Account) -> MultilingualText:
    return {code: clean_line(" ".join(texts)) for code, texts in _texts(row, key, account).items()}


def _printed(row: Record, key: str) -> tuple[str, ...]:
    """A list whose places count: a number that several buyers share stands several times."""
    value = row.value(key)
    return tuple(clean_line(item) for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _countries(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(short for code in codes if (short := countries.alpha2(code)))


def _classifications(row: Record) -> tuple[Classification, ...]:
    """Main code first. Where it is not told apart, it is the first of all codes, procedure before lots."""
    every = row.strings("classification-cpv")
    main = row.strings("main-classification-proc") or every[:1]
    found: dict[str, Classification] = {}
    for position, text in enumerate((*main, *row.strings("additional-classification-proc"), *every)):
        if code := parse_cpv(text):
            found.setdefault(code.code, Classification(code=code.code, main=position == 0))
    return tuple(found.values())


def _nature(text: str | None) -> Nature | None:
    return next((nature for nature in Nature if nature.value == text), None)


def _places(codes: Sequence[str]) -> tuple[Place, ...]:
    """NUTS codes, and the countries of which no region is named: TED mixes both in one list."""
    regions = [(code, found.region.code) for code in codes if len(code) > 2 and (found := _region(code))]
    places = [Place(country=countries.alpha2(region[:2]), nuts=code) for code, region in regions]
    named = {place.country for place in places}
    for code in codes:
        country = countries.alpha2(code) if len(code) == 3 and not _region(code) else None
        if code in _ANYWHERE:
            places.append(Place(anywhere=code))
        elif country and country not in named:
            places.append(Place(country=country))
    return tuple(places)


def _region(code: str) -> nuts.Resolution | None:
    """The region of a NUTS code; `BEL` is a country though NUTS 1 codes have three characters as well."""
    return None if countries.get(code) else nuts.resolve(code)


def _values(row: Record) -> tuple[Money, ...]:
    printed, currency = row.value("estimated-value-proc"), row.string("estimated-value-cur-proc")
    amount = known_amount(printed) if isinstance(printed, str | int | float) else None
    if amount is None or currency is None or len(currency) != 3:
        return ()
    return (Money(amount=amount, currency=currency.upper(), kind=AmountKind.ESTIMATED, tax_basis=TaxBasis.EXCLUDED),)


def _deadlines(row: Record, account: Account) -> tuple[Deadline, ...]:
    """Each distinct day of a kind. The hour is believed where all lots have the same: the lists are not aligned."""
    found: list[Deadline] = []
    for kind, name in _DEADLINES:
        days = sorted(row.strings(f"{name}-date-lot"))
        times = row.strings(f"{name}-time-lot")
        clock = times[0] if len(times) == 1 else None
        if len(times) > 1:
            account.note(f"row.{name}-time-lot", "The lots have different hours; the day alone is kept.", times[0])
        read = (combine_deadline(day, clock, BRUSSELS) for day in days)
        found += [Deadline(kind=kind, at=item.at, date_only=item.precision is Precision.DAY) for item in read if item]
    return tuple(dict.fromkeys(found))


def _kind(facts: RowFacts, account: Account) -> NoticeKind:
    known = subtypes.get(facts.subtype) if facts.subtype else None
    for word in (facts.form_type, known.form_type if known else None):
        if word in KINDS:
            return KINDS[word]
    if facts.deadlines:  # deadlines exist only in calls (dossier 2.4)
        account.note("row.form-type", "The row does not say its form; a deadline makes it a call.", facts.form_type)
        return NoticeKind.COMPETITION
    account.note("row.form-type", "What this notice announces is not known.", facts.form_type)
    return NoticeKind.INFORMATION


def _own_title(facts: RowFacts) -> MultilingualText:
    """The buyer's title out of the one that TED composes: country – CPV label – title, the last not translated."""
    for code, composed in facts.composed_title.items():
        _, separator, rest = composed.partition(_TITLE_PARTS)
        if separator and (title := _after_label(rest, code, facts)):
            return {facts.languages[0] if facts.languages else "und": title}
    return {}


def _after_label(rest: str, language: str, facts: RowFacts) -> str:
    for item in facts.classifications[:1]:
        label = cpv.label(item.code, language)
        if label and rest.startswith(label + _TITLE_PARTS):
            return rest.removeprefix(label + _TITLE_PARTS)
    return rest.partition(_TITLE_PARTS)[2]


def _country(facts: RowFacts) -> str | None:
    """The first buyer's; where the row names none, the first country of the composed title."""
    if facts.buyer_countries:
        return facts.buyer_countries[0]
    for code, composed in facts.composed_title.items():
        name = composed.partition(_TITLE_PARTS)[0].partition(",")[0].strip().casefold()
        for country in countries.entries():
            if (countries.label(country.alpha3, code) or "").casefold() == name:
                return country.alpha2
    return None


def _buyers(facts: RowFacts) -> tuple[Organisation, ...]:
    """Languages whose lists are equally long name the same buyers in the same order; else the longest list stands."""
    lists = facts.buyer_names
    if not lists:
        return ()
    longest = max(lists.values(), key=len)
    aligned = all(len(names) == len(longest) for names in lists.values())
    chosen = lists if aligned else {code: names for code, names in lists.items() if names is longest}
    return tuple(_buyer(position, chosen, facts, len(longest)) for position in range(len(longest)))


def _buyer(position: int, names: dict[str, list[str]], facts: RowFacts, count: int) -> Organisation:
    country = facts.buyer_countries[0] if len(set(facts.buyer_countries)) == 1 else None
    printed = facts.buyer_identifiers[position] if len(facts.buyer_identifiers) == count else None
    identifier = read_identifier(printed, country) if printed else None
    return Organisation(
        name={code: clean_line(texts[position]) for code, texts in names.items()},
        identifiers=(identifier,) if identifier else (),
        place=Place(country=country) if country else None,
    )


def _procedure_type(printed: str | None) -> ProcedureType | None:
    return ProcedureType(code=procedures.normalise(printed), printed=(printed,)) if printed else None
