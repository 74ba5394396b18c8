"""Documents that are cut, mangled or meant to harm, made from good ones: what every reader must survive."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import strategies as st

from notices.formats.errors import NoticeFormatError
from notices.formats.reading import Reading

WORDS = (
    b"",
    b"-1",
    b"0",
    b"1970-01-01",
    b"9" * 40,
    b"-",
    b"\xc3\xa9",
    b"NaN",
    b"2026-02-30",
    b"1e999",
    b"<a/>",
)
"""Texts that no element expects."""

LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 12))
"""Entities of which each is ten of the one before."""

DOCUMENT_TYPES = {
    "billion-laughs": b'<!DOCTYPE a [<!ENTITY l0 "ha">' + LAUGHS + b"]>",
    "file": b'<!DOCTYPE a [<!ENTITY l11 SYSTEM "file:///etc/passwd">]>',
    "remote": b'<!DOCTYPE a SYSTEM "http://dtd.example/a.dtd">',
    "bare": b"<!DOCTYPE a>",
}


class Reader:
    """A reader of one format under attack."""

    def __init__(self, read: Callable[[bytes], Reading]) -> None:
        self._read = read

    def refusal(self, payload: bytes) -> NoticeFormatError:
        """The error with which a payload is refused; reading it fails the test."""
        with pytest.raises(NoticeFormatError) as refusal:
            self._read(payload)
        return refusal.value

    def told(self, payload: bytes) -> str:
        """The id of the notice, or the sentence of its refusal; any other exception fails the test."""
        try:
            return self._read(payload).notice.id
        except NoticeFormatError as error:
            return error.sentence


def with_document_type(payload: bytes, document_type: bytes) -> bytes:
    """The document with this declaration after the one of XML."""
    declaration, rest = payload.split(b"?>", 1)
    return declaration + b"?>" + document_type + rest


@st.composite
def cut(draw: st.DrawFn, payloads: Sequence[bytes]) -> bytes:
    """Cut anywhere before the end of the root's last tag."""
    payload = draw(st.sampled_from(payloads))
    return payload[: draw(st.integers(0, payload.rindex(b"</") + 2))]


@st.composite
def with_changed_bytes(draw: st.DrawFn, payloads: Sequence[bytes]) -> bytes:
    """Up to eight bytes are others."""
    changed = bytearray(draw(st.sampled_from(payloads)))
    for _ in range(draw(st.integers(1, 8))):
        changed[draw(st.integers(0, len(changed) - 1))] = draw(st.integers(0, 255))
    return bytes(changed)


@st.composite
def with_changed_texts(draw: st.DrawFn, payloads: Sequence[bytes], words: Sequence[bytes] = WORDS) -> bytes:
    """Up to ten texts of elements are replaced by one of the words."""
    pieces = draw(st.sampled_from(payloads)).split(b">")
    for _ in range(draw(st.integers(1, 10))):
        position = draw(st.integers(0, len(pieces) - 1))
        text, separator, tag = pieces[position].partition(b"</")
        if separator and text:
            pieces[position] = draw(st.sampled_from(words)) + separator + tag
    return b">".join(pieces)


@st.composite
def with_changed_attributes(draw: st.DrawFn, payloads: Sequence[bytes]) -> bytes:
    """Up to six values of attributes are others; namespaces stay."""
    pieces = draw(st.sampled_from(payloads)).split(b'"')
    for _ in range(draw(st.integers(1, 6))):
        position = 2 * draw(st.integers(0, len(pieces) // 2 - 1)) + 1
        if b"://" not in pieces[position]:
            pieces[position] = draw(st.sampled_from([b"", b"XX", b"OTHER", b"-1", b"\xc3\xa9" * 300, b"0" * 50]))
    return b'"'.join(pieces)


@st.composite
def with_lost_and_doubled_lines(draw: st.DrawFn, payloads: Sequence[bytes]) -> bytes:
    """Up to five lines are gone or there twice."""
    lines = draw(st.sampled_from(payloads)).split(b"\n")
    for _ in range(draw(st.integers(1, 5))):
        position = draw(st.integers(0, len(lines) - 1))
        lines[position : position + 1] = draw(st.sampled_from([[], [lines[position]] * 2]))
    return b"\n".join(lines)


def mutate_json(value: Any, rng: random.Random) -> None:
    """Take something out of a JSON value, or put something there that nobody expects."""
    junk: list[Any] = [None, 0, -1, "", "x" * 50, [], {}, [None], {"a": 1}, True, "2026-99-99", 1e300, "\ud800", 10**40]
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    if not keys:
        return
    key = rng.choice(keys)
    if isinstance(value[key], dict | list) and value[key] and rng.random() < 0.7:
        mutate_json(value[key], rng)
    elif rng.random() < 0.3:
        del value[key]
    else:
        value[key] = rng.choice(junk)
