"""Every form in which files of BOAMP come, the procedure that a notice belongs to, and the real samples."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import re
import tarfile
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from crawlers.contract import Parsing
from crawlers.portals.fr_boamp import files
from crawlers.portals.fr_boamp.parse import FORMS, parse, split
from crawlers.portals.fr_boamp.roots import Roots, earlier_notice
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.model import NoticeKind
from notices.vocabularies import france
from simulated_portals.boamp.portal import DATASET, BoampPortal
from simulated_portals.boamp.server import make_portal
from simulated_portals.messages import Request

SAMPLES = Path(__file__).parents[4] / "shared/samples/france/boamp"
GOLDEN = Path(__file__).parents[2] / "golden" / "fr_boamp"
CONTEXT = Parsing(portal="fr_boamp", base_url="https://portail.example")
RECORDS = SAMPLES / "boamp_v1_records_eforms_2025-11.json"
OLD = SAMPLES / "boamp_legacy_v230_as_json_15-125217.json"
DUMPS = sorted((SAMPLES / "xml_v230").glob("*.xml"))
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real samples in ../shared/samples are not here")


@pytest.fixture(scope="module")
def portal() -> BoampPortal:
    return make_portal(invented=12, seed=6, today=date(2026, 11, 18))


def answered(portal: BoampPortal, rest: str, query: str = "") -> bytes:
    return portal.answer(Request("GET", DATASET + rest, query)).body


def ids(payloads: list[bytes]) -> list[str]:
    return [parse(payload, CONTEXT).notice.id for payload in payloads]


def refused(payload: bytes) -> NoticeFormatError:
    with pytest.raises(NoticeFormatError) as told:
        parse(payload, CONTEXT)
    return told.value


# --- forms


@pytest.mark.parametrize("form", ["exports/json", "exports/jsonl", "exports/csv"])
def test_an_export_of_any_kind_gives_the_same_notices_as_the_records(portal: BoampPortal, form: str) -> None:
    expected = ids(split(answered(portal, "records", "limit=100")))
    assert len(expected) == 12
    assert ids(split(answered(portal, form))) == expected


def test_a_notice_says_the_same_from_a_csv_row_as_from_its_record(portal: BoampPortal) -> None:
    records = split(answered(portal, "records", "limit=100"))
    rows = split(answered(portal, "exports/csv"))
    for record, row in zip(records, rows, strict=True):
        from_record, from_row = parse(record, CONTEXT).notice, parse(row, CONTEXT).notice
        assert from_row.title == from_record.title
        assert from_row.deadline == from_record.deadline
        assert from_row.places == from_record.places


def test_answers_of_the_older_versions_give_the_same_notices(portal: BoampPortal) -> None:
    results = json.loads(answered(portal, "records", "limit=100"))["results"]
    version_2 = {"records": [{"record": {"id": "x", "fields": row}} for row in results]}
    version_1 = {"nhits": 12, "records": [{"recordid": "x", "fields": row} for row in results]}
    expected = [f"fr_boamp:{row['idweb']}" for row in results]
    for answer in (version_1, version_2, results):
        assert ids(split(json.dumps(answer).encode())) == expected


def test_one_line_of_an_export_is_a_record(portal: BoampPortal) -> None:
    line = answered(portal, "exports/jsonl").splitlines()[0]
    assert split(line) == split(line, "export-lines") == [line]
    assert parse(line, CONTEXT).notice.id.startswith("fr_boamp:")


def test_what_the_spider_archives_is_not_taken_apart(portal: BoampPortal) -> None:
    record = json.loads(answered(portal, "exports/jsonl").splitlines()[0])
    unit = json.dumps({"record": record, "root": None}).encode()
    assert split(unit) == split(unit, "raw-unit") == [unit]


@pytest.mark.parametrize("packed", ["zip", "tar", "tar.gz"])
def test_an_archive_of_the_dumps_gives_its_documents(packed: str) -> None:
    document = (GOLDEN / "dump_of_the_old_schema.payload.xml").read_bytes()
    payload = _zip(document) if packed == "zip" else _tar(document)
    payload = gzip.compress(payload) if packed == "tar.gz" else payload
    assert ids(split(payload)) == ids(split(payload, "xml-archive")) == ["fr_boamp:16-90211"] * 2


def _zip(document: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("a/1.xml", document), ("a/2.XML", document), ("a/readme.txt", b"x")):
            archive.writestr(name, content)
    return buffer.getvalue()


def _tar(document: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in (("a/1.xml", document), ("../../2.xml", document), ("readme.txt", b"x")):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def test_an_archive_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    document = (GOLDEN / "dump_of_the_old_schema.payload.xml").read_bytes()
    for payload in (_zip(document), gzip.compress(_tar(document))):
        with monkeypatch.context() as patch:
            patch.setattr(files, "LARGEST_ARCHIVE", len(document) + 10)
            with pytest.raises(NoticeFormatError, match="unpacks to more"):
                split(payload)
            patch.undo()
            patch.setattr(files, "LARGEST_MEMBER", 100)
            with pytest.raises(NoticeFormatError, match="more than 100 bytes"):
                split(payload)


@pytest.mark.parametrize("payload", [b"PK\x03\x04 cut", b"\x1f\x8b cut", b"\x1f\x9d\x90 compress"])
def test_an_archive_that_cannot_be_unpacked_is_named(payload: bytes) -> None:
    with pytest.raises(NoticeFormatError, match="archive"):
        split(payload)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", FormatReason.CUT),
        (b'{"record": {"idweb": "26-1", ', FormatReason.CUT),
        (b"[1, 2]", FormatReason.UNEXPECTED),
        (b'{"results": []}', FormatReason.UNEXPECTED),
        (b'{"total_count": 3}', FormatReason.UNEXPECTED),
        (b'"text"', FormatReason.UNEXPECTED),
        (b"\xff\xfe\xfa", FormatReason.ENCODING),
        (b"[" * 100_000, FormatReason.UNEXPECTED),
        (b'{"GESTION": 7, "DONNEES": null}', FormatReason.UNEXPECTED),
    ],
)
def test_a_payload_that_is_no_notice_is_refused_with_a_sentence(payload: bytes, reason: FormatReason) -> None:
    error = refused(payload)
    assert error.reason is reason
    assert error.sentence.endswith(".")


def test_a_payload_beyond_the_limit_is_refused() -> None:
    with pytest.raises(NoticeFormatError, match="more than the 10 that are read"):
        parse(b'{"record": {}}', Parsing(portal="fr_boamp", base_url="https://x", max_payload_bytes=10))


def test_every_form_has_a_meaning() -> None:
    assert set(FORMS) == {
        "raw-unit", "record", "api-answer", "export-lines", "export-csv", "old-json", "xml", "xml-archive",
    }  # fmt: skip


# --- the procedure of a notice


def test_a_root_that_the_spider_found_is_the_procedure(portal: BoampPortal) -> None:
    payload = json.loads((GOLDEN / "mapa_correction.payload.json").read_bytes())
    named = parse(json.dumps(payload).encode(), CONTEXT).notice
    assert named.procedure_id == named.links[0].value
    for root, expected in (
        ({"idweb": "26-17", "contractfolderid": None}, "26-17"),
        ({"idweb": "26-17", "contractfolderid": "0b5d8f6e-3f0a-4c62-9f3b-1f6f4a2f7c11"},
         "0b5d8f6e-3f0a-4c62-9f3b-1f6f4a2f7c11"),
    ):  # fmt: skip
        told = parse(json.dumps({**payload, "root": root}).encode(), CONTEXT).notice
        assert told.procedure_id == expected


@pytest.mark.parametrize(
    ("record", "named"),
    [
        ({"idweb": "26-9", "nature": "RECTIFICATIF", "annonce_lie": ["26-4"]}, "26-4"),
        ({"idweb": "26-9", "nature": "RECTIFICATIF", "annonce_lie": "26-12,26-3"}, "26-3"),  # 26-12 comes after it
        ({"idweb": "26-9", "nature": "APPEL_OFFRE", "etat": "INITIAL", "annonce_lie": ["26-4"]}, None),
        ({"idweb": "26-9", "nature": "APPEL_OFFRE", "etat": "ANNULATION", "annonce_lie": ["26-4"]}, "26-4"),
        ({"idweb": "26-9", "nature": "ATTRIBUTION", "annonce_lie": ["du 2026-01-12 no 26-4"]}, None),
        ({"idweb": "26-9", "nature": "ATTRIBUTION", "annonces_anterieures": '{"DATE": "20-2026"}'}, None),
        ({"idweb": "26-9", "nature": "ATTRIBUTION", "gestion": "no JSON"}, None),
        ({"idweb": "26-9", "nature": "ATTRIBUTION", "annonce_lie": ["26-7"],
          "gestion": '{"REFERENCE": {"ANNONCE_ANTERIEUR": {"IDWEB": "26-4"}}}'}, "26-4"),
        ({"idweb": "16-9", "nature": "ATTRIBUTION",
          "gestion": {"MARCHE": {"ANNONCE_ANTERIEUR": [{"REFERENCE": {"IDWEB": "15-99"}}]}}}, "15-99"),
    ],
)  # fmt: skip
def test_the_notice_before_comes_from_named_keys_and_is_earlier(record: dict[str, Any], named: str | None) -> None:
    assert earlier_notice(record) == named


class Shelf:
    """A data set of a few records, which counts how often it is asked."""

    cap = 10_000

    def __init__(self, *records: dict[str, Any]) -> None:
        self.records = {record["idweb"]: record for record in records}
        self.asked = 0

    async def page(self, question: Any) -> Any:
        self.asked += 1
        keys = re.findall(r'"([^"]+)"', question.where)
        rows = tuple(self.records[key] for key in keys if key in self.records)
        return type("Page", (), {"rows": rows})


def award(key: str, before: str, **more: Any) -> dict[str, Any]:
    return {"idweb": key, "nature": "ATTRIBUTION", "etat": "INITIAL", "annonce_lie": [before], **more}


def call(key: str, **more: Any) -> dict[str, Any]:
    return {"idweb": key, "nature": "APPEL_OFFRE", "etat": "INITIAL", **more}


def roots(shelf: Shelf, *records: dict[str, Any]) -> dict[str, Any]:
    return asyncio.run(Roots(shelf).of(records))  # type: ignore[arg-type]


def test_a_chain_of_links_is_followed_to_the_first_notice() -> None:
    shelf = Shelf(call("26-1"), {**award("26-2", "26-1"), "nature": "RECTIFICATIF"})
    assert roots(shelf, award("26-3", "26-2")) == {"26-3": {"idweb": "26-1", "contractfolderid": None}}
    assert shelf.asked == 2


def test_the_uuid_of_the_first_notice_is_found_and_notices_of_one_answer_are_not_asked_for() -> None:
    shelf = Shelf()
    found = roots(shelf, call("26-1", contractfolderid="uuid"), award("26-3", "26-1"))
    assert found == {"26-3": {"idweb": "26-1", "contractfolderid": "uuid"}}
    assert shelf.asked == 0


def test_a_first_notice_that_the_data_set_does_not_hold_is_one_all_the_same() -> None:
    assert roots(Shelf(), award("15-3", "14-88")) == {"15-3": {"idweb": "14-88", "contractfolderid": None}}


def test_a_notice_with_a_uuid_of_its_own_needs_no_root() -> None:
    shelf = Shelf()
    assert roots(shelf, award("26-3", "26-1", contractfolderid="uuid")) == {}
    assert shelf.asked == 0


def test_a_chain_without_end_ends() -> None:
    shelf = Shelf(*(award(f"26-{n}", f"26-{n - 1}") for n in range(2, 60)))
    assert roots(shelf, award("26-60", "26-59"))["26-60"]["idweb"] == "26-51"


# --- the real samples


@needs_samples
@pytest.mark.samples
def test_the_real_records_say_what_the_client_that_captured_them_read() -> None:
    captured = json.loads(RECORDS.read_bytes())
    payloads = split(RECORDS.read_bytes())
    assert len(payloads) == len(captured) == 4
    for payload, row in zip(payloads, captured, strict=True):
        notice, fields = parse(payload, CONTEXT).notice, row["raw_fields"]
        assert notice.id == f"fr_boamp:{row['reference']}"
        assert notice.url == row["url"]
        assert " ".join(notice.title["fr"].split()) == " ".join(row["title"].split())
        assert notice.published_at is not None
        assert str(notice.published_at.date()) == row["publication_date"]
        assert notice.buyers[0].name["fr"] == row["buyer_name"]
        assert f'"{notice.buyers[0].identifiers[0].printed}"' in fields["donnees"]
        assert notice.deadline is not None
        assert notice.deadline.at.isoformat() == row["application_deadline"]
        assert notice.procedure_id == fields["contractfolderid"]
        assert notice.procedure_type is not None
        assert notice.procedure_type.code == "open"
        assert notice.notice_uuid == json.loads(fields["donnees"])["EFORMS"]["ContractNotice"]["cbc:ID"]["#text"]
        departement = france.departement(row["department"])
        assert departement is not None
        assert departement.nuts in {place.nuts for place in (*notice.places, notice.buyers[0].place) if place}


@needs_samples
@pytest.mark.samples
def test_the_real_cancellation_is_one_procedure_with_the_call_it_names() -> None:
    cancellation, called, *_others = (parse(payload, CONTEXT).notice for payload in split(RECORDS.read_bytes()))
    assert (cancellation.kind, cancellation.cancelled) == (NoticeKind.CANCELLATION, True)
    assert called.kind is NoticeKind.COMPETITION
    assert cancellation.procedure_id == called.procedure_id
    assert "25-123573" in {link.value for link in cancellation.links}


@needs_samples
@pytest.mark.samples
def test_the_real_notice_of_the_old_schema_reads_from_json() -> None:
    (payload,) = split(OLD.read_bytes())
    notice, printed = parse(payload, CONTEXT).notice, json.loads(payload)
    donnees = printed["DONNEES"]
    assert notice.id == f"fr_boamp:{printed['GESTION']['REFERENCE']['IDWEB']}"
    assert notice.buyers[0].name["fr"] == donnees["IDENTITE"]["DENOMINATION"]
    assert notice.title["fr"] == donnees["OBJET"]["TITRE_MARCHE"]
    assert notice.main_cpv == donnees["OBJET"]["CPV"]["PRINCIPAL"]
    assert len(notice.lots) == len(donnees["OBJET"]["LOTS"]["LOT"])
    assert "FRK24" in {place.nuts for place in notice.places}
    assert notice.deadline is not None
    assert notice.deadline.at.isoformat() == donnees["CONDITION_DELAI"]["RECEPT_OFFRES"]
    assert notice.published_at is not None
    assert str(notice.published_at.date()) == printed["GESTION"]["INDEXATION"]["DATE_PUBLICATION"]


_KINDS = {"APPEL_OFFRE": NoticeKind.COMPETITION, "ATTRIBUTION": NoticeKind.RESULT}


@needs_samples
@pytest.mark.samples
@pytest.mark.parametrize("path", DUMPS, ids=lambda path: path.stem)
def test_a_real_document_of_the_dumps_says_what_stands_in_its_xml(path: Path) -> None:
    """The XML is asked by XPath, without the reader."""
    tree = etree.parse(path)

    def first(expression: str) -> str | None:
        found = tree.xpath(expression)
        return " ".join((found[0].text or "").split()) if found else None

    (payload,) = split(path.read_bytes())
    notice = parse(payload, CONTEXT).notice
    key = first("/ANNONCE/GESTION/REFERENCE/IDWEB")
    assert notice.id == f"fr_boamp:{key}"
    assert notice.url == f"https://www.boamp.fr/pages/avis/?q=idweb:{key}"
    assert notice.kind is _KINDS[tree.xpath("name(/ANNONCE/GESTION/REFERENCE/TYPE_AVIS/NATURE/*)")]
    assert notice.published_at is not None
    assert str(notice.published_at.date()) == first("//GESTION/INDEXATION/DATE_PUBLICATION")
    assert " ".join(notice.buyers[0].name["fr"].split()) == first("//DONNEES/IDENTITE/DENOMINATION")
    named = {node.text for node in tree.xpath("//ANNONCE_ANTERIEUR//IDWEB")}
    assert {link.value for link in notice.links if link.scheme == "portal-reference"} >= named
    assert notice.procedure_id == (min(named, key=lambda k: tuple(map(int, k.split("-")))) if named else None)
    limit = first("//CONDITION_DELAI/RECEPT_OFFRES")
    assert (notice.deadline is None) == (limit is None)
    if limit and notice.deadline:
        assert notice.deadline.at.isoformat()[:16] == limit[:16]
    cpv = first("//DONNEES/OBJET/CPV/PRINCIPAL")
    if cpv:
        assert notice.main_cpv == cpv
    printed = [node.text for node in tree.xpath("//ATTRIBUTION//TITULAIRE/DENOMINATION") if node.text]
    read = {winner.name["fr"] for result in notice.results for winner in result.winners}
    assert {_bare(name) for name in read} == {_bare(name) for name in printed}


def _bare(name: str) -> str:
    """Without the role that some senders write behind a name, such as `(Co-traitant)`."""
    return " ".join(re.sub(r"\((?:co-?traitant|mandataire|rang \d+)\)", "", name, flags=re.IGNORECASE).split())
