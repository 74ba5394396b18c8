"""Payloads that are cut, mangled or meant to harm: a sentence, or a notice; never another exception."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from notices.formats.eforms import FormatReason, NoticeFormatError, ReadingContext, read_eforms
from tests.support import hostile_documents
from tests.support.golden_files import golden_documents
from tests.support.hostile_documents import DOCUMENT_TYPES, Reader, with_document_type

GOLDEN = {path.stem: path.read_bytes() for path in golden_documents("eforms")}
PAYLOADS = tuple(GOLDEN.values())
COMPETITION = GOLDEN["competition_restricted_two_lots"]
RESULT = GOLDEN["result_consortium_and_losing_tender"]
CONTEXT = ReadingContext(portal="be_bda", zone=ZoneInfo("Europe/Brussels"), country="BE")

READER = Reader(lambda payload: read_eforms(payload, context=CONTEXT))
WORDS = (*hostile_documents.WORDS, b"25:61:00")


@given(hostile_documents.cut(PAYLOADS))
@settings(max_examples=200)
def test_a_notice_cut_anywhere_is_refused_as_cut(payload: bytes) -> None:
    assert READER.refusal(payload).reason in {FormatReason.CUT, FormatReason.NOT_XML}


@given(hostile_documents.with_changed_bytes(PAYLOADS))
@settings(max_examples=300)
def test_changed_bytes_give_a_notice_or_a_sentence(payload: bytes) -> None:
    assert READER.told(payload)


@given(hostile_documents.with_changed_texts(PAYLOADS, WORDS))
@settings(max_examples=400)
def test_changed_texts_give_a_notice_or_a_sentence(payload: bytes) -> None:
    assert READER.told(payload)


@given(hostile_documents.with_lost_and_doubled_lines(PAYLOADS))
@settings(max_examples=200)
def test_lost_and_doubled_lines_give_a_notice_or_a_sentence(payload: bytes) -> None:
    assert READER.told(payload)


def test_a_notice_of_fifty_megabytes_is_refused_before_it_is_parsed() -> None:
    error = READER.refusal(b"<" + b"a" * 50_000_000)
    assert error.reason is FormatReason.TOO_LARGE
    assert "50,000,001 bytes" in error.sentence


def test_the_size_limit_can_be_set() -> None:
    with pytest.raises(NoticeFormatError, match="more than the 1,000"):
        read_eforms(COMPETITION, context=CONTEXT, limit=1_000)


@pytest.mark.parametrize("document_type", DOCUMENT_TYPES.values(), ids=DOCUMENT_TYPES)
def test_document_types_and_entities_are_refused_and_never_expanded(document_type: bytes) -> None:
    plain = with_document_type(RESULT, document_type)
    assert READER.refusal(plain).reason is FormatReason.ENTITIES
    used = plain.replace(b"<cbc:Title ", b"<cbc:Title x='&l11;' ").replace(b"Contrat", b"&l11;")
    assert READER.refusal(used).reason is FormatReason.ENTITIES


def test_text_in_another_encoding_than_declared_is_told() -> None:
    error = READER.refusal(COMPETITION.decode().encode("latin-1", errors="replace"))
    assert error.reason is FormatReason.ENCODING
    assert "encoding" in error.sentence


def test_an_unknown_encoding_is_told() -> None:
    assert READER.refusal(COMPETITION.replace(b'"UTF-8"', b'"UTF-99"', 1)).reason is FormatReason.ENCODING


def test_utf_16_is_read_like_utf_8() -> None:
    payload = COMPETITION.decode().replace('"UTF-8"', '"UTF-16"').encode("utf-16")
    assert read_eforms(payload, context=CONTEXT).notice == read_eforms(COMPETITION, context=CONTEXT).notice


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", FormatReason.NOT_XML),
        (b"   \n", FormatReason.NOT_XML),
        (b'{"id": 1}', FormatReason.NOT_XML),
        (b"<!doctype html><html><body>Maintenance</body></html>", FormatReason.NOT_XML),
        (b"<!DOCTYPE html>\n<html><body>Maintenance</body></html>", FormatReason.NOT_XML),
        (b"<!DOCTYPE html>\n<html><body><p>Maintenance<br></body></html>", FormatReason.NOT_XML),
        (b"<html><body>Maintenance</body></html>", FormatReason.UNKNOWN_ROOT),
        (b"<ContractNotice/>", FormatReason.UNKNOWN_ROOT),
        (b'<TED_EXPORT xmlns="http://publications.europa.eu/resource/schema/ted/R2.0.9/publication"/>', "unknown-root"),
        (b"\x1f\x8b\x08\x00gzip", FormatReason.NOT_XML),
    ],
)
def test_what_is_not_an_eforms_notice_is_refused_with_its_kind(payload: bytes, reason: str) -> None:
    assert READER.refusal(payload).reason == reason


LACKING = {
    "BT-02": [(b"b:NoticeTypeCode", b"b:Other")],
    "BT-03": [(b'listName="competition"', b'listName="concert"')],
    "BT-701": [(b"0b6e1f5e-0000-4000-8000-000000000001", b" ")],
    "OPT-300": [(b"<b:ID>ORG-0001</b:ID>", b"<b:ID/>")],
    "BT-500": [(b"<b:ID>ORG-0001</b:ID>", b"<b:ID>ORG-0009</b:ID>")],
    "BT-21": [
        (b"Renovatie van de Lindeschool", b""),
        ("Rénovation de l’école".encode(), b""),
        (b"des Tilleuls</b:Name>", b"</b:Name>"),
    ],
}


@pytest.mark.parametrize("term", LACKING)
def test_a_notice_without_what_no_notice_can_lack_says_what_is_missing(term: str) -> None:
    payload = COMPETITION
    for old, new in LACKING[term]:
        assert old in payload
        payload = payload.replace(old, new)
    error = READER.refusal(payload)
    assert error.reason is FormatReason.MISSING
    assert term in error.sentence
    assert error.path


def test_deep_nesting_is_refused_or_read_without_exhausting_the_stack() -> None:
    deep = b"<a:AddressLine>" * 240 + b"</a:AddressLine>" * 240
    for nested in (deep, deep + b"<a>" * 5_000):
        assert READER.told(COMPETITION.replace(b"<b:Region>anyw-cou</b:Region>", nested))


def test_many_repeated_elements_are_read_in_one_pass() -> None:
    """Doubling a list that compares each item with all others would show here as minutes."""
    place = b"<a:RealizedLocation><a:Address><b:CityName>Ville %d</b:CityName></a:Address></a:RealizedLocation>"
    places = b"".join(place % number for number in range(20_000))
    text = b"".join(b'<b:Note languageID="FRA">Remarque %d</b:Note>' % number for number in range(20_000))
    payload = COMPETITION.replace(b"<b:Note languageID", text + b"<b:Note languageID", 1)
    payload = payload.replace(b"<a:RealizedLocation>", places + b"<a:RealizedLocation>", 1)
    notice = read_eforms(payload, context=CONTEXT).notice
    assert len(notice.places) == 20_001
    assert len(notice.notes) <= 201
    assert notice.notes[-1].message.endswith("further notes are not listed.")
