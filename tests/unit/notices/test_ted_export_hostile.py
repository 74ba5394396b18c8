"""TED payloads that are cut, mangled or meant to harm: a sentence, or a notice; never another exception."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notices.formats.ted_export import FormatReason, NoticeFormatError, ReadingContext, read_ted_export

GOLDEN = Path(__file__).parents[2] / "golden" / "ted_export"
PAYLOADS = [path.read_bytes() for path in sorted(GOLDEN.glob("*.xml"))]
COMPETITION = (GOLDEN / "competition_bilingual_two_lots.xml").read_bytes()
RESULT = (GOLDEN / "result_group_withheld_and_not_awarded.xml").read_bytes()
OLD = (GOLDEN / "old_competition_two_lots.xml").read_bytes()
CONTEXT = ReadingContext(portal="eu_ted", zone=ZoneInfo("Europe/Brussels"))

WORDS = [
    b"",
    b"-1",
    b"0",
    b"1970-01-01",
    b"9" * 40,
    b"-",
    b"\xc3\xa9",
    b"NaN",
    b"2026-02-30",
    b"25:61",
    b"20269999 99:99",
    b"1e999",
    b"9999/S 999-999999999",
    b"<a/>",
]


def refused(payload: bytes) -> NoticeFormatError:
    with pytest.raises(NoticeFormatError) as refusal:
        read_ted_export(payload, context=CONTEXT)
    return refusal.value


def notice_or_refusal(payload: bytes) -> None:
    """Any other exception fails the test."""
    try:
        reading = read_ted_export(payload, context=CONTEXT)
    except NoticeFormatError as error:
        told = error.sentence
    else:
        told = reading.notice.id
    assert told


@given(st.sampled_from(PAYLOADS), st.data())
@settings(max_examples=150, deadline=None)
def test_a_ted_notice_cut_anywhere_is_refused_as_cut(payload: bytes, data: st.DataObject) -> None:
    end = payload.rindex(b"</") + 2
    error = refused(payload[: data.draw(st.integers(0, end))])
    assert error.reason in {FormatReason.CUT, FormatReason.NOT_XML}


@given(st.sampled_from(PAYLOADS), st.data())
@settings(max_examples=300, deadline=None)
def test_changed_bytes_of_a_ted_notice_give_a_notice_or_a_sentence(payload: bytes, data: st.DataObject) -> None:
    changed = bytearray(payload)
    for _ in range(data.draw(st.integers(1, 8))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    notice_or_refusal(bytes(changed))


@given(st.sampled_from(PAYLOADS), st.data())
@settings(max_examples=400, deadline=None)
def test_changed_texts_of_a_ted_notice_give_a_notice_or_a_sentence(payload: bytes, data: st.DataObject) -> None:
    pieces = payload.split(b">")
    for _ in range(data.draw(st.integers(1, 10))):
        position = data.draw(st.integers(0, len(pieces) - 1))
        text, separator, tag = pieces[position].partition(b"</")
        if separator and text:
            pieces[position] = data.draw(st.sampled_from(WORDS)) + separator + tag
    notice_or_refusal(b">".join(pieces))


@given(st.sampled_from(PAYLOADS), st.data())
@settings(max_examples=300, deadline=None)
def test_changed_attributes_of_a_ted_notice_give_a_notice_or_a_sentence(payload: bytes, data: st.DataObject) -> None:
    pieces = payload.split(b'"')
    for _ in range(data.draw(st.integers(1, 6))):
        position = 2 * data.draw(st.integers(0, len(pieces) // 2 - 1)) + 1
        if b"://" not in pieces[position]:
            pieces[position] = data.draw(st.sampled_from([b"", b"XX", b"OTHER", b"-1", b"\xc3\xa9" * 300, b"0" * 50]))
    notice_or_refusal(b'"'.join(pieces))


@given(st.sampled_from(PAYLOADS), st.data())
@settings(max_examples=200, deadline=None)
def test_lost_and_doubled_lines_of_a_ted_notice_give_a_notice_or_a_sentence(
    payload: bytes, data: st.DataObject
) -> None:
    lines = payload.split(b"\n")
    for _ in range(data.draw(st.integers(1, 5))):
        position = data.draw(st.integers(0, len(lines) - 1))
        lines[position : position + 1] = data.draw(st.sampled_from([[], [lines[position]] * 2]))
    notice_or_refusal(b"\n".join(lines))


def test_a_ted_notice_cut_within_a_character_is_cut_not_wrongly_encoded() -> None:
    end = RESULT.index("é".encode()) + 1
    assert refused(RESULT[:end]).reason is FormatReason.CUT
    wrong = RESULT.decode().encode("latin-1", errors="replace")
    assert refused(wrong).reason is FormatReason.ENCODING


def test_the_size_limit_of_a_ted_notice_can_be_set() -> None:
    with pytest.raises(NoticeFormatError, match="more than the 1,000"):
        read_ted_export(COMPETITION, context=CONTEXT, limit=1_000)


LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 12))


@pytest.mark.parametrize(
    "document_type",
    [
        b'<!DOCTYPE a [<!ENTITY l0 "ha">' + LAUGHS + b"]>",
        b'<!DOCTYPE a [<!ENTITY l11 SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE a SYSTEM "http://dtd.example/a.dtd">',
    ],
    ids=["billion-laughs", "file", "remote"],
)
def test_entities_of_a_ted_notice_are_refused_and_never_expanded(document_type: bytes) -> None:
    declaration, rest = RESULT.split(b"?>", 1)
    plain = declaration + b"?>" + document_type + rest
    assert refused(plain).reason is FormatReason.ENTITIES
    assert refused(plain.replace(b"<P>Compteurs", b"<P>&l11;")).reason is FormatReason.ENTITIES


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
    assert refused(payload).reason is reason


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
    error = refused(payload)
    assert error.reason is FormatReason.MISSING
    assert what in error.sentence


def test_containers_nested_to_the_depth_of_the_parser_do_not_exhaust_the_stack() -> None:
    deep = b"<OBJECT_X>" * 240 + b"</OBJECT_X>" * 240
    notice_or_refusal(OLD.replace(b"<NO_OPTIONS/>", deep))
    notice_or_refusal(OLD.replace(b"<NO_OPTIONS/>", b"<OBJECT_X>" * 5_000))


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
