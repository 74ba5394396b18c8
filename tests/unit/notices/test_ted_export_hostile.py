"""TED payloads that are cut, mangled or meant to harm: a sentence, or a notice; never another exception."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from notices.formats.ted_export import FormatReason, NoticeFormatError, ReadingContext, read_ted_export
from tests.support import hostile_documents
from tests.support.golden_files import golden_documents
from tests.support.hostile_documents import DOCUMENT_TYPES, Reader, with_document_type

GOLDEN = {path.stem: path.read_bytes() for path in golden_documents("ted_export")}
PAYLOADS = tuple(GOLDEN.values())
COMPETITION = GOLDEN["competition_bilingual_two_lots"]
RESULT = GOLDEN["result_group_withheld_and_not_awarded"]
OLD = GOLDEN["old_competition_two_lots"]
CONTEXT = ReadingContext(portal="eu_ted", zone=ZoneInfo("Europe/Brussels"))

READER = Reader(lambda payload: read_ted_export(payload, context=CONTEXT))
WORDS = (*hostile_documents.WORDS, b"25:61", b"20269999 99:99", b"9999/S 999-999999999")


@given(hostile_documents.cut(PAYLOADS))
@settings(max_examples=150)
def test_a_ted_notice_cut_anywhere_is_refused_as_cut(payload: bytes) -> None:
    assert READER.refusal(payload).reason in {FormatReason.CUT, FormatReason.NOT_XML}


@given(hostile_documents.with_changed_bytes(PAYLOADS))
@settings(max_examples=300)
def test_changed_bytes_of_a_ted_notice_give_a_notice_or_a_sentence(payload: bytes) -> None:
    assert READER.told(payload)


@given(hostile_documents.with_changed_texts(PAYLOADS, WORDS))
@settings(max_examples=400)
def test_changed_texts_of_a_ted_notice_give_a_notice_or_a_sentence(payload: bytes) -> None:
    assert READER.told(payload)


@given(hostile_documents.with_changed_attributes(PAYLOADS))
@settings(max_examples=300)
def test_changed_attributes_of_a_ted_notice_give_a_notice_or_a_sentence(payload: bytes) -> None:
    assert READER.told(payload)


@given(hostile_documents.with_lost_and_doubled_lines(PAYLOADS))
@settings(max_examples=200)
def test_lost_and_doubled_lines_of_a_ted_notice_give_a_notice_or_a_sentence(payload: bytes) -> None:
    assert READER.told(payload)


def test_a_ted_notice_cut_within_a_character_is_cut_not_wrongly_encoded() -> None:
    end = RESULT.index("é".encode()) + 1
    assert READER.refusal(RESULT[:end]).reason is FormatReason.CUT
    wrong = RESULT.decode().encode("latin-1", errors="replace")
    assert READER.refusal(wrong).reason is FormatReason.ENCODING


def test_the_size_limit_of_a_ted_notice_can_be_set() -> None:
    with pytest.raises(NoticeFormatError, match="more than the 1,000"):
        read_ted_export(COMPETITION, context=CONTEXT, limit=1_000)


@pytest.mark.parametrize("document_type", DOCUMENT_TYPES.values(), ids=DOCUMENT_TYPES)
def test_entities_of_a_ted_notice_are_refused_and_never_expanded(document_type: bytes) -> None:
    plain = with_document_type(RESULT, document_type)
    assert READER.refusal(plain).reason is FormatReason.ENTITIES
    assert READER.refusal(plain.replace(b"<P>Compteurs", b"<P>&l11;")).reason is FormatReason.ENTITIES


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", FormatReason.NOT_XML),
        (b"<!DOCTYPE html>\n<html><body>Maintenance</body></html>", FormatReason.NOT_XML),
        (b"<html><body>Maintenance</body></html>", FormatReason.UNKNOWN_ROOT),
        (b"<ContractNotice/>", FormatReason.UNKNOWN_ROOT),
        (b"<TED_EXPORT/>", FormatReason.MISSING),
        (b"<TED_EXPORT><FORM_SECTION/></TED_EXPORT>", FormatReason.MISSING),
        (b"<TED_EXPORT><FORM_SECTION><F99_2014/></FORM_SECTION></TED_EXPORT>", FormatReason.UNEXPECTED),
        (b"<TED_EXPORT><FORM_SECTION><NOVEL/></FORM_SECTION></TED_EXPORT>", FormatReason.UNEXPECTED),
    ],
)
def test_what_is_not_a_ted_notice_is_refused_with_its_kind(payload: bytes, reason: FormatReason) -> None:
    assert READER.refusal(payload).reason is reason


LACKING = {
    "number": [(b"142000-2014", b""), (b"2014/S 071-142000", b"")],
    "title": [(b"<P>Library extension</P>", b""), ("Libellé du code".encode(), b"")],
    "buyer": [(b"Borough of Lindenfield", b"")],
}


@pytest.mark.parametrize("what", LACKING)
def test_a_ted_notice_without_what_no_notice_can_lack_says_what_is_missing(what: str) -> None:
    payload = OLD
    for old, new in LACKING[what]:
        assert old in payload
        payload = payload.replace(old, new)
    error = READER.refusal(payload)
    assert error.reason is FormatReason.MISSING
    assert what in error.sentence


def test_containers_nested_to_the_depth_of_the_parser_do_not_exhaust_the_stack() -> None:
    deep = b"<OBJECT_X>" * 240 + b"</OBJECT_X>" * 240
    for nested in (deep, b"<OBJECT_X>" * 5_000):
        assert READER.told(OLD.replace(b"<NO_OPTIONS/>", nested))


def test_many_lots_and_awards_are_read_in_one_pass() -> None:
    """Comparing each with all others would show here as minutes."""
    lot = b"<OBJECT_DESCR><LOT_NO>%d</LOT_NO></OBJECT_DESCR>"
    award = b"<AWARD_CONTRACT><LOT_NO>%d</LOT_NO><AWARDED_CONTRACT/></AWARD_CONTRACT>"
    many = range(10, 5_010)
    payload = RESULT.replace(b"</OBJECT_CONTRACT>", b"".join(lot % n for n in many) + b"</OBJECT_CONTRACT>")
    payload = payload.replace(b"<COMPLEMENTARY_INFO>", b"".join(award % n for n in many) + b"<COMPLEMENTARY_INFO>")
    notice = read_ted_export(payload, context=CONTEXT).notice
    assert (len(notice.lots), len(notice.results)) == (5_004, 5_004)


def test_one_text_repeated_without_end_is_cut_with_a_note() -> None:
    text = b"".join(b"<INFO_ADD><P>Remarque %d " % n + b"mot " * 500 + b"</P></INFO_ADD>" for n in range(500))
    payload = RESULT.replace(b"<COMPLEMENTARY_INFO>", b"<COMPLEMENTARY_INFO>" + text)
    notice = read_ted_export(payload, context=CONTEXT).notice
    assert len(notice.additional_information["fr"]) < 110_000
    assert any("too many texts" in note.message for note in notice.notes)
