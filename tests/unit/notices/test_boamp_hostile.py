"""Records and dumps that are cut, mangled or meant to harm: a notice, or a sentence; never another exception."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notices.formats.boamp import read_boamp, read_boamp_xml
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.reading import ReadingContext
from tests.support import hostile_documents
from tests.support.golden_files import GOLDEN, golden_documents
from tests.support.hostile_documents import DOCUMENT_TYPES, Reader, with_document_type

CONTEXT = ReadingContext(portal="fr_boamp", zone=ZoneInfo("Europe/Paris"), country="FR")
PAYLOADS = tuple(path.read_bytes() for path in golden_documents("boamp_dumps"))
READER = Reader(lambda payload: read_boamp_xml(payload, context=CONTEXT))


def _whole(record: dict[str, Any]) -> dict[str, Any]:
    for key in ("donnees", "gestion"):
        if isinstance(record.get(key), str):
            record[key] = json.loads(record[key])
    return record


RECORDS = tuple(
    _whole(json.loads(path.read_text(encoding="utf-8")))
    for path in sorted((GOLDEN / "boamp_records").glob("*.payload.json"))
)
JUNK = st.sampled_from(
    [None, "", "1", "-1", "9" * 40, "1970-01-01", "2026-02-30T25:61:00", "NaN", "\ud800", "\x00\x1b", "é" * 300, True,
     0, 1.5, float("nan"), [], {}, [None], [[["x"]]], {"#text": {"a": 1}}, {"@x": []}, [{"a": "b"}, "c"],
     {"cbc:ID": {"@schemeName": 3}}, "<script>x</script>", "&amp;amp;lt;p&amp;amp;gt;"]
)  # fmt: skip


def told(record: dict[str, Any]) -> str:
    try:
        return read_boamp(record, context=CONTEXT).notice.id
    except NoticeFormatError as error:
        return error.sentence


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, item in inner for found in places(item, (*path, key)))] if path else [
        found for key, item in inner for found in places(item, (key,))
    ]  # fmt: skip


def changed(value: Any, path: tuple[Any, ...], junk: Any) -> Any:
    if not path:
        return junk
    key, *rest = path
    if not isinstance(value, dict | list):
        return value  # an earlier change put something else there
    try:
        inner = value[key]
    except (KeyError, IndexError, TypeError):
        return value  # an earlier change took it away
    copy = value.copy()
    copy[key] = changed(inner, tuple(rest), junk)
    return copy


PLACES = [places(record) for record in RECORDS]


@given(st.data())
@settings(max_examples=300)
def test_changed_values_give_a_notice_or_a_sentence(data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(RECORDS) - 1))
    record: Any = RECORDS[position]
    for _ in range(data.draw(st.integers(1, 6))):
        record = changed(record, data.draw(st.sampled_from(PLACES[position])), data.draw(JUNK))
    assert told(record)


@given(st.recursive(JUNK, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner)))
@settings(max_examples=60)
def test_any_document_gives_a_notice_or_a_sentence(value: Any) -> None:
    for shape in ("FNSimple", "MAPA", "DSP", "DIVERS", "EFORMS", "IDENTITE", "OBJET"):
        assert told({**RECORDS[0], "donnees": {shape: value}})


@given(hostile_documents.with_changed_texts(PAYLOADS))
@settings(max_examples=100)
def test_changed_texts_of_a_dump_give_a_notice_or_a_sentence(payload: bytes) -> None:
    assert READER.told(payload)


@given(hostile_documents.with_changed_bytes(PAYLOADS))
@settings(max_examples=150)
def test_changed_bytes_of_a_dump_give_a_notice_or_a_sentence(payload: bytes) -> None:
    assert READER.told(payload)


@given(hostile_documents.with_lost_and_doubled_lines(PAYLOADS))
@settings(max_examples=150)
def test_lost_and_doubled_lines_of_a_dump_give_a_notice_or_a_sentence(payload: bytes) -> None:
    assert READER.told(payload)


@given(hostile_documents.cut(PAYLOADS))
@settings(max_examples=100)
def test_a_dump_cut_anywhere_is_refused_as_cut(payload: bytes) -> None:
    assert READER.refusal(payload).reason in {FormatReason.CUT, FormatReason.NOT_XML}


@pytest.mark.parametrize("document_type", DOCUMENT_TYPES.values(), ids=DOCUMENT_TYPES)
def test_document_types_and_entities_are_refused_and_never_expanded(document_type: bytes) -> None:
    assert READER.refusal(with_document_type(PAYLOADS[0], document_type)).reason is FormatReason.ENTITIES


def test_the_size_limit_can_be_set() -> None:
    with pytest.raises(NoticeFormatError, match="more than the 1,000"):
        read_boamp_xml(PAYLOADS[0], context=CONTEXT, limit=1_000)
