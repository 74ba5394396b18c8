"""Every real TED_EXPORT notice at hand, compared with facts that plain XPath takes from the same file.

The Publications Office codes each notice beside the form that the buyer filled in. Where it does, the coded data are
the facts and the reader's answer comes from the form: two ways to the same value. Elsewhere XPath reads the form.
Nothing here uses the reader's own helpers.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from lxml import etree

from notices.formats.ted_export import Reading, ReadingContext, read_ted_export
from notices.model import AmountKind, Notice, TaxBasis

SAMPLES = Path(__file__).parents[4] / "shared" / "samples"
FOLDER = SAMPLES / "ted" / "ted_export"
ESENDERS = SAMPLES / "belgium" / "enot_ted_esenders_F03_2020.xml"

pytestmark = [
    pytest.mark.samples,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the real samples are not in ../shared/samples"),
]

BRUSSELS = ZoneInfo("Europe/Brussels")
CONTEXT = ReadingContext(portal="eu_ted", zone=BRUSSELS)
ALL = sorted(FOLDER.rglob("*.xml"))
NEW = [path for path in ALL if "R2.0.8" not in path.parts]
"""R2.0.9: the same paths hold in every form."""

KIND_BY_DOCUMENT_TYPE = {
    "0": "planning",
    "3": "competition",
    "7": "result",
    "A": "competition",
    "B": "planning",
    "C": "competition",
    "D": "competition",
    "H": "competition",
    "J": "result",
    "K": "modification",
    "M": "competition",
    "O": "competition",
    "P": "planning",
    "Q": "competition",
    "R": "result",
    "V": "direct-award",
}
NATURE_BY_CODE = {"1": "works", "2": "supplies", "4": "services"}
PROCEDURE_BY_CODE = {
    "1": {"open"},
    "2": {"restricted"},
    "4": {"neg-w-call"},
    "B": {"neg-w-call"},
    "C": {"comp-dial"},
    "E": {None},
    "G": {"innovation"},
    "T": {"neg-wo-call"},
    "V": {"neg-wo-call"},
}
VALUE_KINDS = {"ESTIMATED_TOTAL": AmountKind.ESTIMATED, "PROCUREMENT_TOTAL": AmountKind.AWARDED}
MOVED = {
    "F02_125515-2020": "20200504 09:00",
    "F05_107394-2020": "20200330 15:00",
    "F21_445423-2022": "20220907 10:00",
    "F21_304825-2020": "20200831 16:00",
}
"""Deadlines as printed in the form (IV.2.2), where TED has since moved the coded one."""

FORM = "/*/*[local-name()='FORM_SECTION']/*"
ORIGINAL = f"({FORM}[@CATEGORY='ORIGINAL'])[1]"
CODED = "/*/*[local-name()='CODED_DATA_SECTION']"


class Facts:
    """What XPath finds in one file. In a path, `NAME` stands for an element of that local name."""

    def __init__(self, path: Path) -> None:
        self.root = etree.fromstring(path.read_bytes())

    def nodes(self, start: str, *names: str, node: etree._Element | None = None) -> list[etree._Element]:
        steps = "".join(f"/*[local-name()='{name}']" if name != "*" else "//*" for name in names)
        found = (self.root if node is None else node).xpath(start + steps.replace("//*/*", "//*"))
        assert isinstance(found, list)
        return found

    def texts(self, start: str, *names: str, node: etree._Element | None = None) -> list[str]:
        return [flat(element) for element in self.nodes(start, *names, node=node)]

    def codes(self, attribute: str, start: str, *names: str) -> list[str]:
        return [element.get(attribute) or "" for element in self.nodes(start, *names)]

    def coded(self, name: str) -> list[etree._Element]:
        return self.nodes(f"{CODED}//*[local-name()='{name}']")

    def code(self, name: str) -> str | None:
        return next((element.get("CODE") for element in self.coded(name)), None)


def flat(element: etree._Element) -> str:
    return " ".join("".join(element.itertext()).split())


def squeezed(text: str) -> str:
    return "".join(text.split())


@cache
def facts(path: Path) -> Facts:
    return Facts(path)


@cache
def reading(path: Path) -> Reading:
    return read_ted_export(path.read_bytes(), context=CONTEXT)


def notice(path: Path) -> Notice:
    return reading(path).notice


every = pytest.mark.parametrize("path", ALL, ids=lambda path: f"{path.parent.name}-{path.stem}")
every_new = pytest.mark.parametrize("path", NEW, ids=lambda path: f"{path.parent.name}-{path.stem}")


def test_the_samples_are_there() -> None:
    assert len(ALL) >= 54
    assert ESENDERS.is_file()


@every
def test_a_notice_keeps_its_number_and_day(path: Path) -> None:
    read, found = notice(path), facts(path)
    oj = flat(found.coded("NO_DOC_OJS")[0])
    year, number = oj[:4], str(int(oj.rpartition("-")[2]))
    assert read.publication_number == f"{number}-{year}"
    assert read.id == f"eu_ted:notice-{number}-{year}"
    assert read.published_at == datetime.strptime(flat(found.coded("DATE_PUB")[0]), "%Y%m%d").replace(tzinfo=BRUSSELS)
    assert oj in read.references


@every
def test_a_notice_is_of_the_kind_that_ted_gave_it(path: Path) -> None:
    assert notice(path).kind == KIND_BY_DOCUMENT_TYPE[facts(path).code("TD_DOCUMENT_TYPE") or ""]


@every
def test_a_notice_keeps_the_nature_and_procedure_that_ted_gave_it(path: Path) -> None:
    read, found = notice(path), facts(path)
    assert read.nature == NATURE_BY_CODE[found.code("NC_CONTRACT_NATURE") or ""]
    expected = PROCEDURE_BY_CODE.get(found.code("PR_PROC") or "")
    if expected is not None:
        assert (read.procedure_type.code if read.procedure_type else None) in expected


@every
def test_a_notice_is_in_the_country_of_its_buyer(path: Path) -> None:
    printed = facts(path).coded("ISO_COUNTRY")[0].get("VALUE")
    assert notice(path).country == {"UK": "GB", "EL": "GR"}.get(printed or "", printed)


@every
def test_a_notice_has_all_its_languages_with_the_original_first(path: Path) -> None:
    found = facts(path)
    originals = [code.lower() for code in found.codes("LG", f"{FORM}[@CATEGORY='ORIGINAL']")]
    assert list(notice(path).languages[: len(originals)]) == originals
    assert set(notice(path).languages) == {code.lower() for code in found.codes("LG", FORM)}


@every
def test_a_notice_has_the_title_of_every_language(path: Path) -> None:
    read, found = notice(path), facts(path)
    name = "TITLE" if path in NEW else "TITLE_CONTRACT"
    assert found.nodes(FORM)
    for form in found.nodes(FORM):
        titles = form.xpath(f".//*[local-name()='{name}'][not(ancestor::*[local-name()='OBJECT_DESCR'])]")
        assert squeezed(read.title[(form.get("LG") or "").lower()]) == squeezed(flat(titles[0]))


@every
def test_a_notice_names_every_buyer(path: Path) -> None:
    found = facts(path)
    if path in NEW:
        blocks = (
            f"{ORIGINAL}/*[local-name()='CONTRACTING_BODY']/*[starts-with(local-name(),'ADDRESS_CONTRACTING_BODY')]"
        )
    else:
        blocks = f"{ORIGINAL}//*[local-name()='CA_CE_CONCESSIONAIRE_PROFILE']"
    names = [flat(block.xpath(".//*[local-name()='OFFICIALNAME']")[0]) for block in found.nodes(blocks)]
    assert [next(iter(buyer.name.values())) for buyer in notice(path).buyers] == names


@every
def test_a_notice_keeps_every_cpv_code(path: Path) -> None:
    read, found = notice(path), facts(path)
    codes = set(found.codes("CODE", f"{ORIGINAL}//*[local-name()='CPV_CODE']"))
    lots = {item.code for lot in read.lots for item in lot.classifications}
    assert {item.code for item in read.classifications} | lots == codes
    assert read.main_cpv == found.codes("CODE", f"({ORIGINAL}//*[local-name()='CPV_MAIN'])[1]/*")[0]


@every
def test_a_deadline_is_the_hour_that_ted_coded(path: Path) -> None:
    read, coded = notice(path), facts(path).coded("DT_DATE_FOR_SUBMISSION")
    if not coded:
        assert read.deadline is None
        return
    printed = flat(coded[0])
    assert read.deadline is not None
    if path.stem in MOVED:
        shown = f"{printed[:4]}-{printed[4:6]}-{printed[6:]}"
        assert [note.printed for note in read.notes if "another deadline" in note.message] == [shown]
        printed = MOVED[path.stem]
    local = read.deadline.at.astimezone(BRUSSELS)
    if " " in printed:
        assert local.strftime("%Y%m%d %H:%M") == printed
        assert not read.deadline.date_only
    else:
        assert (local.strftime("%Y%m%d"), read.deadline.date_only) == (printed, True)


@every
def test_a_notice_was_sent_on_the_day_that_ted_coded(path: Path) -> None:
    sent = notice(path).dispatched_at
    assert sent is not None
    assert sent.strftime("%Y%m%d") == flat(facts(path).coded("DS_DATE_DISPATCH")[0])[:8]


@every_new
def test_every_lot_is_there_with_its_number_and_titles(path: Path) -> None:
    read, found = notice(path), facts(path)
    assert found.nodes(FORM)
    for form in found.nodes(FORM):
        language = (form.get("LG") or "").lower()
        blocks = form.xpath(".//*[local-name()='OBJECT_DESCR']")
        assert len(read.lots) == len(blocks)
        for lot, block in zip(read.lots, blocks, strict=True):
            numbers = [flat(node) for node in block.xpath("./*[local-name()='LOT_NO']")]
            assert lot.id == (numbers[0] if numbers else "LOT-0000")
            titles = [flat(node) for node in block.xpath("./*[local-name()='TITLE']")]
            assert squeezed(lot.title.get(language, "")) == squeezed("".join(titles))
            text = "".join(flat(node) for node in block.xpath("./*[local-name()='SHORT_DESCR']"))
            assert squeezed(lot.description.get(language, text)).startswith(squeezed(text))


@every
def test_the_places_are_those_that_ted_coded(path: Path) -> None:
    read, found = notice(path), facts(path)
    coded = {node.get("CODE") for node in (*found.coded("PERFORMANCE_NUTS"), *found.coded("ORIGINAL_NUTS"))}
    places = (*read.places, *(place for lot in read.lots for place in lot.places))
    assert {place.nuts for place in places if place.nuts} == coded


@every_new
def test_the_values_of_a_notice_are_those_that_ted_coded_without_tax(path: Path) -> None:
    read, found = notice(path), facts(path)
    coded = {
        (VALUE_KINDS[node.get("TYPE") or ""], Decimal(flat(node)), node.get("CURRENCY"))
        for node in found.coded("VALUE")
    }
    told = {(money.kind, money.amount, money.currency) for money in read.values}
    if read.kind == "modification":
        after = found.nodes(f"{ORIGINAL}//*[local-name()='VAL_TOTAL_AFTER']")
        assert told == {(AmountKind.AWARDED, Decimal(flat(node)), node.get("CURRENCY")) for node in after}
    else:
        assert coded <= told
        written = found.nodes(f"{ORIGINAL}/*[local-name()='OBJECT_CONTRACT']/*[starts-with(local-name(),'VAL_')]")
        assert len(told) == len(written)
    assert {money.tax_basis for money in read.values} <= {TaxBasis.EXCLUDED}


@every_new
def test_the_value_of_a_lot_is_that_of_its_block(path: Path) -> None:
    blocks = facts(path).nodes(f"{ORIGINAL}//*[local-name()='OBJECT_DESCR']")
    for lot, block in zip(notice(path).lots, blocks, strict=True):
        written = [Decimal(flat(node)) for node in block.xpath("./*[local-name()='VAL_OBJECT']")]
        assert [money.amount for money in lot.values if money.kind == AmountKind.ESTIMATED] == written


@every_new
def test_every_winner_is_there_with_size_and_amount(path: Path) -> None:
    read, found = notice(path), facts(path)
    blocks = found.nodes(f"{ORIGINAL}/*[local-name()='AWARD_CONTRACT']")
    winners, sizes, amounts = [], [], []
    for block in blocks:
        for contractor in block.xpath(".//*[local-name()='CONTRACTOR']"):
            winners.append(flat(contractor.xpath(".//*[local-name()='OFFICIALNAME']")[0]))
            small = contractor.xpath("./*[local-name()='SME']")
            large = contractor.xpath("./*[local-name()='NO_SME']")
            sizes.append("sme" if small else "large" if large else None)
        amounts.extend(Decimal(flat(node)) for node in block.xpath(".//*[local-name()='VAL_TOTAL']"))
    if read.kind == "modification":
        new = found.nodes(f"{ORIGINAL}//*[local-name()='DESCRIPTION_PROCUREMENT']//*[local-name()='CONTRACTOR']")
        names = [flat(node.xpath(".//*[local-name()='OFFICIALNAME']")[0]) for node in new]
        winners += [name for name in names if name not in winners]
        sizes += ["sme"] * (len(winners) - len(sizes))
    if read.kind == "result" and not blocks:
        prizes = found.nodes(f"{ORIGINAL}/*[local-name()='RESULTS']//*[local-name()='WINNER']")
        winners = [flat(node.xpath(".//*[local-name()='OFFICIALNAME']")[0]) for node in prizes]
        sizes = ["sme" if node.xpath("./*[local-name()='SME']") else "large" for node in prizes]
    told = [winner for result in read.results for winner in result.winners]
    assert [next(iter(winner.name.values())) for winner in told] == winners
    assert [winner.size for winner in told] == sizes
    money = [tender.value.amount for result in read.results for tender in result.tenders if tender.value]
    assert money + [m.amount for r in read.results for m in r.values if m.kind == AmountKind.AWARDED] == amounts


@every_new
def test_the_number_of_tenders_is_that_of_the_award(path: Path) -> None:
    read, found = notice(path), facts(path)
    names = "local-name()='NB_TENDERS_RECEIVED' or local-name()='NB_PARTICIPANTS'"
    written = found.texts(f"{ORIGINAL}/*[local-name()='AWARD_CONTRACT' or local-name()='RESULTS']//*[{names}]")
    told = [result.tenders_received for result in read.results if result.tenders_received is not None]
    assert told == [int(count) for count in written]


@every_new
def test_a_contract_keeps_its_number_and_day(path: Path) -> None:
    read, found = notice(path), facts(path)
    block = f"{ORIGINAL}/*[local-name()='AWARD_CONTRACT' or local-name()='RESULTS']"
    contracts = [contract for result in read.results for contract in result.contracts]
    awarded = "*[local-name()='CONTRACT_NO'][../*[local-name()='AWARDED_CONTRACT']]"
    assert [c.reference for c in contracts if c.reference] == found.texts(f"{block}/{awarded}")
    days = found.texts(f"{block}//*[local-name()='DATE_CONCLUSION_CONTRACT' or local-name()='DATE_DECISION_JURY']")
    assert [day.isoformat() for c in contracts for day in (c.concluded_on, c.decided_on) if day] == days
    others = "*[local-name()='CONTRACT_NO'][../*[local-name()='NO_AWARDED_CONTRACT']]"
    noted = {note.printed for note in read.notes if "not awarded" in note.message}
    assert noted.issuperset(found.texts(f"{block}/{others}"))


@every_new
def test_a_registration_number_is_kept_as_printed(path: Path) -> None:
    read, found = notice(path), facts(path)
    blocks = f"{ORIGINAL}/*[local-name()='CONTRACTING_BODY']/*[starts-with(local-name(),'ADDRESS_CONTRACTING_BODY')]"
    printed = [identifier.printed for buyer in read.buyers for identifier in buyer.identifiers]
    assert printed == found.texts(f"{blocks}/*[local-name()='NATIONALID']")


@every_new
def test_documents_and_submission_are_linked(path: Path) -> None:
    read, found = notice(path), facts(path)
    body = f"{ORIGINAL}/*[local-name()='CONTRACTING_BODY']"
    assert [document.url for document in read.documents] == found.texts(f"{body}/*[local-name()='URL_DOCUMENT']")
    links = found.texts(f"{body}/*[local-name()='URL_PARTICIPATION']")
    assert ([read.submission_url] if read.submission_url else []) == links
    assert read.electronic_submission is (True if links else None)


@every_new
def test_award_criteria_are_those_of_the_lot(path: Path) -> None:
    blocks = facts(path).nodes(f"{ORIGINAL}//*[local-name()='OBJECT_DESCR']")
    names = "local-name()='AC_QUALITY' or local-name()='AC_COST' or local-name()='AC_PRICE'"
    for lot, block in zip(notice(path).lots, blocks, strict=True):
        kinds = [etree.QName(node).localname[3:].lower() for node in block.xpath(f".//*[{names}]")]
        assert [criterion.type for criterion in lot.award_criteria if criterion.type] == kinds


@every
def test_an_earlier_notice_is_linked(path: Path) -> None:
    coded = facts(path).nodes(f"{CODED}//*[local-name()='REF_NOTICE']/*[local-name()='NO_DOC_OJS']")
    numbers = {f"{int(flat(node).rpartition('-')[2])}-{flat(node)[:4]}" for node in coded}
    links = {link.value for link in notice(path).links}
    assert numbers <= links
    assert all(link.scheme == "ted-publication-number" for link in notice(path).links)


@every
def test_nothing_of_a_real_notice_is_left_unread(path: Path) -> None:
    assert reading(path).unread == ()


@every
def test_a_real_notice_survives_its_json(path: Path) -> None:
    assert Notice.model_validate_json(notice(path).model_dump_json()) == notice(path)


def test_a_notice_of_release_2_0_8_says_which_amounts_include_tax() -> None:
    read = notice(FOLDER / "R2.0.8" / "178654-2017.xml")
    assert [(str(m.amount), m.tax_basis) for m in read.values] == [("573509.20", TaxBasis.EXCLUDED)]
    assert [lot.id for lot in read.lots] == ["1", "2", "3", "4", "5"]
    assert [result.lot_id for result in read.results] == ["1", "2", "3", "4", "5"]
    first = read.results[0]
    assert (first.tenders_received, first.tenders_received_basis) == (2, "tenders")
    assert [(m.kind, m.amount, m.tax_basis) for m in first.values] == [
        (AmountKind.ESTIMATED, Decimal(690000), TaxBasis.INCLUDED)
    ]
    value = first.tenders[0].value
    assert value is not None
    assert (value.amount, value.tax_basis) == (Decimal(374900), TaxBasis.EXCLUDED)
    assert [next(iter(winner.name.values())) for winner in first.winners] == ["Coherent GmbH"]
    assert first.contracts[0].decided_on is not None
    assert first.contracts[0].decided_on.isoformat() == "2017-04-25"
    assert [criterion.weight for criterion in read.lots[0].award_criteria] == [50, 50]


def test_a_migrated_belgian_notice_reads_like_any_other() -> None:
    context = ReadingContext(portal="be_bda", zone=BRUSSELS, country="BE", id="be_bda:workspace-1")
    read = read_ted_export(ESENDERS.read_bytes(), context=context)
    found = read.notice
    assert read.unread == ()
    assert (found.id, found.kind, found.format) == ("be_bda:workspace-1", "result", "ted-esenders-R2.0.9.S03")
    assert found.title == {"fr": "MPNourEnt2020"}
    assert found.buyers[0].identifiers[0].value == "0408147789"
    assert found.buyers[0].identifiers[0].valid
    assert found.main_cpv == "33692300"
    assert [(m.kind, str(m.amount)) for m in found.values] == [(AmountKind.AWARDED, "398097.50")]
    result = found.results[0]
    assert (result.lot_id, result.tenders_received) == (found.lots[0].id, 2)
    assert [(w.name["fr"], w.size) for w in result.winners] == [("Fresenius-Kabi NV/SA", "large")]
    assert [(link.relation, link.value) for link in found.links] == [("previous", "447385-2019")]
    assert [(c.type, str(c.weight)) for c in found.lots[0].award_criteria] == [("quality", "70"), ("price", "30")]
    assert "2020-500828" in found.references
