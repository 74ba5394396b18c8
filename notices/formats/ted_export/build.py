"""The notice of one merged form."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from lxml.etree import _Element as Element

from notices.formats.eforms import ReadingContext
from notices.formats.eforms import leaves as shared
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.ted_export import leaves
from notices.formats.ted_export.coded import CodedDraft
from notices.formats.ted_export.drafts import FormDraft, LotDraft, PartyDraft
from notices.formats.ted_export.forms import FormKind
from notices.formats.ted_export.outcomes import build_results
from notices.formats.ted_export.walk import TedWalk
from notices.model import (
    Change,
    Classification,
    Deadline,
    DeadlineKind,
    Document,
    Flags,
    Framework,
    Link,
    Lot,
    Money,
    MultilingualText,
    Notice,
    NoticeKind,
    Organisation,
    Place,
    ProcedureType,
)
from notices.values.dates import Instant, Precision

UNDIVIDED: Final = "LOT-0000"
"""Id of the only lot of a notice that is not divided into lots, as eForms has it."""

_EXPRESSIONS: Final = frozenset({"pin-cfc-standard", "pin-cfc-social"})
_REQUESTS: Final = frozenset({"qu-sy"})
_PARTS: Final = frozenset({"pin-only", "pin-rtl", "pin-buyer", "pin-tran"})


@dataclass(slots=True)
class NoticeBuilder:
    """Turns the merged form of one notice, with the coded data beside it, into the notice."""

    form: FormDraft
    languages: tuple[str, ...]
    coded: CodedDraft
    kind: FormKind
    context: ReadingContext
    root: Element
    walk: TedWalk
    number: str | None
    format: str
    published_at: datetime | None
    _ids: dict[str, None] = field(default_factory=dict)

    def build(self) -> Notice:
        """The notice. Its notes come last, as reading the other arguments may add to them."""
        form, coded, context = self.form, self.coded, self.context
        buyers = self._buyers()
        lots = self._lots()
        results = build_results(form, list(self._ids), self.root, self.walk)
        links = self._links()
        return Notice(
            id=self._id(),
            portal=context.portal,
            country=self._country(buyers),
            url=context.url,
            kind=self.kind.kind,
            subtype=form.form,
            notice_type=self.kind.notice_type,
            form_type=self.kind.form_type,
            legal_basis=form.legal_basis or coded.legal_basis,
            format=self.format,
            publication_number=self.number,
            references=self._references(),
            published_at=self.published_at,
            dispatched_at=self._dispatched_at(),
            languages=self.languages,
            title=self._title(),
            description=form.description or (form.lots[0].description if len(form.lots) == 1 else {}),
            additional_information=form.additional_information,
            buyers=buyers,
            other_parties=self._other_parties(),
            nature=form.nature or coded.nature,
            classifications=_unique(form.classifications or coded.classifications),
            places=() if any(lot.places for lot in lots) else tuple(_place(code) for code in dict.fromkeys(coded.nuts)),
            procedure_type=self._procedure_type(),
            values=self._values(),
            framework=self._framework(),
            duration=form.lots[0].duration.build() if len(form.lots) == 1 else None,
            deadlines=self._deadlines(),
            electronic_submission=True if form.submission_url else None,
            submission_url=form.submission_url,
            documents=self._documents(),
            flags=Flags(reserved=form.reserved, eu_funds=self._eu_funds()),
            lots=lots,
            results=results,
            links=links,
            changes=self._changes(links),
            **self._modification(),
            notes=tuple(self.walk.notes),
        )

    def _id(self) -> str:
        native = self.number or self.coded.sender_number
        if self.context.id:
            return self.context.id
        if native is None:
            raise _missing("its number", "@DOC_ID")
        return f"{self.context.portal}:notice-{native}"

    def _references(self) -> tuple[str, ...]:
        """Printed references: the buyer's own, the Official Journal's, the sender's."""
        printed = (*self.form.references, self.coded.oj_number, self.coded.sender_number)
        return tuple(dict.fromkeys(text for text in printed if text))

    def _title(self) -> MultilingualText:
        """The title of the form; else what the Publications Office made of the CPV code, in the form's languages."""
        if self.form.title:
            return self.form.title
        composed = {language: text for language, text in self.coded.titles.items() if language in self.languages}
        if not composed:
            raise _missing("its title", "FORM_SECTION")
        self.walk.note(self.root, "The notice has no title of its own; that of the Publications Office stands for it.")
        return composed

    def _buyers(self) -> tuple[Organisation, ...]:
        form = self.form
        if not form.buyers:
            raise _missing("its buyer", "FORM_SECTION")
        activity = form.activities[0] if form.activities else None
        if len(set(form.activities)) > 1:
            self.walk.note(
                self.root, "The buyer has several activities; the first is kept.", ", ".join(form.activities)
            )
        first, *others = form.buyers
        lead = first.build(legal_type=form.legal_type, activity=activity, central_purchasing=form.central_purchasing)
        return (lead, *(party.build() for party in others))

    def _other_parties(self) -> tuple[Organisation, ...]:
        """Whom to ask, where to send tenders, who reviews; each once, and no buyer again."""
        known = {_key(party) for party in self.form.buyers}
        others = {_key(party): party for party in self.form.other_parties if _key(party) not in known}
        return tuple(party.build() for party in others.values())

    def _country(self, buyers: tuple[Organisation, ...]) -> str:
        country = self.context.country or self.coded.country or (buyers[0].place.country if buyers[0].place else None)
        if country is None:
            raise _missing("the country of its buyer", "FORM_SECTION")
        return country

    def _lots(self) -> tuple[Lot, ...]:
        self._extend_by_modification()
        return tuple(self._lot(position, lot) for position, lot in enumerate(self.form.lots, start=1))

    def _extend_by_modification(self) -> None:
        """A modification notice (F20) describes the contract twice: what it says newly joins the lot."""
        modification = self.form.modification
        if modification is None:
            return
        scope = modification.scope
        if not self.form.lots:
            self.form.lots.append(LotDraft(title=scope.title, description=scope.description))
        lot = self.form.lots[0]
        lot.classifications = [*lot.classifications, *scope.classifications]
        lot.nuts = [*lot.nuts, *scope.nuts]
        if scope.duration.build() is not None:
            lot.duration = scope.duration

    def _lot(self, position: int, lot: LotDraft) -> Lot:
        form, procedure = self.form, self.form.procedure
        opening = shared.instant(self.root, procedure.opening_day, procedure.opening_time, self.walk)
        return Lot(
            id=self._lot_id(position, lot),
            kind="part" if self.kind.notice_type in _PARTS else "lot",
            title=lot.title,
            description=lot.description,
            nature=lot.nature,
            classifications=_unique(lot.classifications),
            places=_places(lot),
            values=tuple(lot.values),
            opening_at=opening.at if opening else None,
            duration=lot.duration.build(),
            submission_languages=tuple(dict.fromkeys(procedure.submission_languages)),
            award_criteria=tuple(criterion.build() for criterion in lot.criteria),
            variants_allowed=lot.variants,
            flags=Flags(reserved=form.reserved, eu_funds=lot.eu_funds),
        )

    def _lot_id(self, position: int, lot: LotDraft) -> str:
        """The printed number; `LOT-0000` for the only lot of an undivided notice. Ids that repeat get their place."""
        alone = len(self.form.lots) == 1 and not self.form.divided
        name = lot.number or (UNDIVIDED if alone else lot.item or str(position))
        if lot.contract > 1 or self.form.contracts > 1:
            name = f"{lot.contract}/{name}"
        if name in self._ids:
            self.walk.note(self.root, "A lot has no number of its own; its position stands for it.", name)
            name = f"{name}#{position}"
        self._ids[name] = None
        return name

    def _procedure_type(self) -> ProcedureType | None:
        procedure, coded = self.form.procedure, self.coded
        printed = tuple(dict.fromkeys(procedure.printed))
        if printed:
            code, accelerated = procedure.code, procedure.accelerated
        else:
            code, accelerated = coded.procedure, procedure.accelerated or coded.accelerated
            printed = (coded.procedure_printed,) if coded.procedure_printed else ()
        if not (code or printed or procedure.features):
            return None
        return ProcedureType(code=code, printed=printed, accelerated=accelerated, features=procedure.features)

    def _framework(self) -> Framework | None:
        """A framework with a single operator leaves nothing to reopen (Directive 2014/24/EU art. 33(3))."""
        procedure = self.form.procedure
        if not (procedure.framework or procedure.dynamic_purchasing):
            return None
        technique = "fa-wo-rc" if procedure.single_operator else None
        return Framework(
            agreement=True if procedure.framework and technique is None else None,
            technique=technique,
            dynamic_purchasing=procedure.dynamic_purchasing,
            maximum_participants=procedure.maximum_participants,
        )

    def _values(self) -> tuple[Money, ...]:
        """Of a modification, what the contract is worth after it (VII.2.3, else VII.1.6)."""
        modification = self.form.modification
        modified = (modification.value_after or modification.value) if modification else None
        if modification and modified and modification.value and modification.value != modified:
            told = f"{modification.value.amount} {modification.value.currency}"
            self.walk.note(self.root, "VII.1.6 gives another value of the contract than VII.2.3.", told)
        found = [*self.form.values, *((modified,) if modified else ())]
        if not found and not self.walk.withheld:  # the coded data must not tell what the form withholds
            found = self.coded.values
        return tuple(dict.fromkeys(found))

    def _deadlines(self) -> tuple[Deadline, ...]:
        """IV.2.2, as the corrigendum says it anew; else the deadline of the coded data."""
        form = self.form
        day, clock = form.procedure.deadline_day, form.procedure.deadline_time
        if form.changes.deadline_day:
            day, clock = form.changes.deadline_day, form.changes.deadline_time
        elif day is None and form.form != "F14":
            day, clock = self.coded.deadline_day, self.coded.deadline_time
        read = shared.deadline_instant(self.root, day, clock, self.walk)
        if read is None:
            return ()
        self._compare_coded_deadline(read)
        return (Deadline(kind=self._deadline_kind(), at=read.at, date_only=read.precision is Precision.DAY),)

    def _compare_coded_deadline(self, told: Instant) -> None:
        """TED moves the coded deadline when a corrigendum appears; the form keeps what was published."""
        day, clock = self.coded.deadline_day, self.coded.deadline_time
        coded = shared.deadline_instant(self.root, day, clock, self.walk)
        same = coded is None or coded.at == told.at or (clock is None and coded.at.date() == told.at.date())
        if not same and self.form.form != "F14":
            printed = f"{day} {clock or ''}".strip()
            self.walk.note(self.root, "The coded data give another deadline than the form.", printed)

    def _deadline_kind(self) -> DeadlineKind:
        if self.kind.notice_type in _EXPRESSIONS:
            return DeadlineKind.EXPRESSIONS
        if self.form.procedure.two_stages or self.kind.notice_type in _REQUESTS:
            return DeadlineKind.REQUESTS
        return DeadlineKind.TENDERS

    def _documents(self) -> tuple[Document, ...]:
        if not self.form.documents_url:
            return ()
        return (Document(url=self.form.documents_url, restricted=self.form.documents_restricted),)

    def _eu_funds(self) -> bool | None:
        said = [lot.eu_funds for lot in self.form.lots if lot.eu_funds is not None]
        return any(said) if said else None

    def _dispatched_at(self) -> datetime | None:
        """VI.5 says the day; the coded data of some releases also the hour."""
        coded = self.coded
        if coded.dispatched_on and (coded.dispatched_at or not self.form.dispatched_on):
            read = shared.instant(self.root, coded.dispatched_on, coded.dispatched_at, self.walk)
        else:
            read = shared.instant(self.root, self.form.dispatched_on, None, self.walk)
        return read.at if read else None

    def _links(self) -> tuple[Link, ...]:
        """The notices that the form names, else those of the coded data."""
        relation = {NoticeKind.CHANGE: "changed", NoticeKind.MODIFICATION: "modified"}.get(self.kind.kind, "previous")
        named = {link.value for link in self.form.links}
        coded = (leaves.oj_number(printed) for printed in self.coded.earlier)
        found = [
            *self.form.links,
            *(
                Link(relation=relation, scheme="ted-publication-number", value=number)
                for number in coded
                if number is not None and number not in named
            ),
        ]
        return tuple(dict.fromkeys(found))

    def _changes(self, links: tuple[Link, ...]) -> tuple[Change, ...]:
        changed = next((link.value for link in links if link.relation == "changed"), None)
        change = self.form.changes.build(changed)
        return (change,) if change else ()

    def _modification(self) -> dict[str, str | MultilingualText | None]:
        modification = self.form.modification
        if modification is None:
            return {}
        description = dict(modification.description)
        for language, text in modification.scope.description.items():
            if text != self.form.lots[0].description.get(language):
                description[language] = f"{description[language]}\n\n{text}" if language in description else text
        return {
            "modification_reason": modification.reason,
            "modification_reason_text": modification.reason_text,
            "modification_description": description,
        }


def _missing(what: str, path: str) -> NoticeFormatError:
    return NoticeFormatError(FormatReason.MISSING, f"The notice lacks {what}.", path=path)


def _key(party: PartyDraft) -> tuple[str, str | None]:
    return next(iter(party.name.values()), "").casefold(), party.town


def _unique(classifications: list[Classification]) -> tuple[Classification, ...]:
    """Each code once, the main one as main."""
    found: dict[str, Classification] = {}
    for item in classifications:
        if item.code not in found or (item.main and not found[item.code].main):
            found[item.code] = item
    return tuple(found.values())


def _place(code: str, printed: str | None = None) -> Place:
    return Place(country=leaves.nuts_country(code), nuts=code, printed=printed)


def _places(lot: LotDraft) -> tuple[Place, ...]:
    """One place per NUTS code; the site in words goes with the first, or stands alone."""
    site = next(iter(lot.site.values()), None)
    codes = list(dict.fromkeys(lot.nuts))
    if not codes:
        return (Place(printed=site),) if site else ()
    return (_place(codes[0], site), *(_place(code) for code in codes[1:]))
