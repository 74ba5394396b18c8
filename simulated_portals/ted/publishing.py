"""What TED holds: one notice per publication number, with its document and the row that the search shows of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from lxml import etree

from simulated_portals.be_bda.eforms_parties import eforms_language
from simulated_portals.be_bda.eforms_writer import NOTICE_TYPES
from simulated_portals.be_bda.publications import Publication, PublishedVersion
from simulated_portals.be_bda.xml_names import EFAC, EFBC, brussels_date, brussels_time, document

COUNTRY_NAMES = {
    "BEL": {"fra": "Belgique", "nld": "België", "eng": "Belgium", "deu": "Belgien"},
    "FRA": {"fra": "France", "nld": "Frankrijk", "eng": "France", "deu": "Frankreich"},
    "LUX": {"fra": "Luxembourg", "nld": "Luxemburg", "eng": "Luxembourg", "deu": "Luxemburg"},
}
FIRST_NUMBER = 500_000
"""Publication numbers of a year begin after this one."""


@dataclass(frozen=True)
class Sent:
    """A notice as it was sent to TED, before it has a number."""

    day: date
    country: str
    row: dict[str, Any]
    read_xml: Callable[[], str]
    deadline: datetime | None = None
    superseded: bool = False


@dataclass(frozen=True)
class TedNotice:
    """A published notice. `day` is that of the issue; `deadline` is a naive Brussels time."""

    number: int
    sent: Sent
    issue: int

    @property
    def key(self) -> str:
        """The publication number as the search prints it."""
        return f"{self.number}-{self.sent.day.year}"

    @property
    def package(self) -> str:
        """The id of the daily package of its issue."""
        return f"{self.sent.day.year}{self.issue:05d}"

    @property
    def member(self) -> str:
        """Its name in the package."""
        return f"{self.sent.day:%Y%m%d}_{self.issue}/{self.number:08d}_{self.sent.day.year}.xml"

    @cached_property
    def row(self) -> dict[str, Any]:
        """All fields that the search knows of it."""
        return {
            **self.sent.row,
            "publication-number": self.key,
            "publication-date": brussels_date(self.sent.day),
            "ojs-number": f"{self.issue}/{self.sent.day.year}",
            "buyer-country": [self.sent.country],
            "links": {"xml": {"MUL": f"https://ted.europa.eu/en/notice/{self.key}/xml"}},
        }

    @cached_property
    def document(self) -> bytes:
        """The document with what the Publications Office adds on publication (OPP-010 to OPP-012)."""
        xml = self.sent.read_xml().encode()
        if b"EformsExtension" not in xml:
            return xml
        root = etree.fromstring(xml)
        organisations = next(root.iter(f"{{{EFAC}}}Organizations"))
        publication = etree.Element(f"{{{EFAC}}}Publication")
        for name, text, scheme in (
            ("NoticePublicationID", f"{self.number:08d}-{self.sent.day.year}", "ojs-notice-id"),
            ("GazetteID", f"{self.issue}/{self.sent.day.year}", "ojs-id"),
            ("PublicationDate", brussels_date(self.sent.day), None),
        ):
            etree.SubElement(publication, f"{{{EFBC}}}{name}", {"schemeName": scheme} if scheme else {}).text = text
        organisations.addnext(publication)
        return document(root).encode()


def issue_day(day: date) -> date:
    """The next working day from `day` on: TED does not publish on weekends."""
    return day + timedelta(days=(7 - day.weekday()) % 7 if day.weekday() > 4 else 0)


def issue_number(day: date) -> int:
    """The number of the issue of a working day: the working days of the year so far."""
    first = date(day.year, 1, 1)
    return sum(1 for n in range((day - first).days + 1) if (first + timedelta(days=n)).weekday() < 5)


def sent_of(publication: Publication, country: str) -> Iterator[Sent]:
    """Each version of a publication as TED gets it: a correction is a publication of its own."""
    last = publication.versions[-1]
    for version in publication.versions:
        if version.read_xml is not None:
            yield Sent(
                issue_day(version.published_at.date()),
                country,
                _row(publication, version, country),
                version.read_xml if country != "LUX" else _Moved(version.read_xml),
                version.deadline,
                superseded=version is not last,
            )


@dataclass(frozen=True)
class _Moved:
    """A document whose buyer moved to Luxembourg."""

    read_xml: Callable[[], str]

    def __call__(self) -> str:
        """The document."""
        return self.read_xml().replace(">BEL<", ">LUX<")


def _row(publication: Publication, version: PublishedVersion, country: str) -> dict[str, Any]:
    codes = [eforms_language(language) for language in publication.languages]
    titles = {code.lower(): publication.titles[language] for code, language in _pairs(publication)}
    own = next(iter(titles.values()))
    award = publication.form_type == "AWARD"
    form, kind = NOTICE_TYPES.get(
        publication.sub_type, ("result", "can-standard") if award else ("competition", "cn-standard")
    )
    row: dict[str, Any] = {
        "notice-identifier": version.notice_id,
        "notice-version": version.number,
        "procedure-identifier": publication.procedure_id,
        "dispatch-date": brussels_date(version.dispatch_date),
        "form-type": form,
        "notice-type": kind,
        "notice-subtype": publication.sub_type,
        "official-language": codes,
        "notice-title": {
            code: f"{name} – {publication.cpv_main} – {titles.get(code, own)}"
            for code, name in COUNTRY_NAMES[country].items()
        },
        "title-proc": titles,
        "description-proc": {code.lower(): publication.descriptions[lang] for code, lang in _pairs(publication)},
        "buyer-name": {code.lower(): [publication.buyer.names[lang]] for code, lang in _pairs(publication)},
        "main-classification-proc": [publication.cpv_main],
        "additional-classification-proc": list(publication.cpv_additional),
        "classification-cpv": [publication.cpv_main, *publication.cpv_additional] * (1 + len(publication.lots)),
        "contract-nature-main-proc": publication.natures[0].lower(),
        "place-of-performance": [*publication.nuts_codes, country] * (1 + len(publication.lots)),
    }
    return row | _deadlines(publication, version)


def _pairs(publication: Publication) -> list[tuple[str, str]]:
    return [(eforms_language(language), language) for language in publication.languages]


def _deadlines(publication: Publication, version: PublishedVersion) -> dict[str, Any]:
    """Per lot, in lists; the kind by the procedure."""
    if version.deadline is None or publication.form_type != "COMPETITION":
        return {}
    two_stages = (publication.procedure_type or "").startswith("RESTRICTED")
    name = "deadline-receipt-request" if two_stages else "deadline-receipt-tender"
    lots = len(publication.lots)
    return {
        f"{name}-date-lot": [brussels_date(version.deadline)] * lots,
        f"{name}-time-lot": [brussels_time(version.deadline)] * lots,
    }


@dataclass
class Journal:
    """All published notices by number, and what is still waiting for its day."""

    notices: dict[str, TedNotice] = field(default_factory=dict)
    _last: dict[int, int] = field(default_factory=dict)

    def publish(self, sent: Sent) -> TedNotice:
        """Give a notice the next number of its year."""
        year = sent.day.year
        number = self._last.get(year, FIRST_NUMBER) + 1
        return self.put(TedNotice(number, sent, issue_number(sent.day)))

    def put(self, notice: TedNotice) -> TedNotice:
        """Add a notice that has its number."""
        year = notice.sent.day.year
        self._last[year] = max(self._last.get(year, FIRST_NUMBER), notice.number)
        self.notices = {**self.notices, notice.key: notice}
        return notice

    def in_package(self, package: str) -> list[TedNotice]:
        """The notices of an issue."""
        return [notice for notice in self.notices.values() if notice.package == package]
