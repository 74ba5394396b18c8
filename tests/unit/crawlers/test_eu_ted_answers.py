"""What TED answers: search pages, refusals, packages, documents; whole, changed or broken."""

from __future__ import annotations

import gzip
import io
import json
import random
import tarfile
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConfigurationError
from crawlers.contract import LayoutError, Parsing, Window
from crawlers.portals import load
from crawlers.portals.eu_ted.documents import is_whole_document
from crawlers.portals.eu_ted.national import national_key
from crawlers.portals.eu_ted.options import loaded_options, options_of
from crawlers.portals.eu_ted.packages import Limits, unpack
from crawlers.portals.eu_ted.parse import parse, split
from crawlers.portals.eu_ted.row import publication_number
from crawlers.portals.eu_ted.search import (
    PastTheCap,
    Query,
    fingerprint,
    outside,
    package_of,
    query_of,
    read_page,
    refusal,
)
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.reading import Reading
from tests.support.hostile_documents import mutate_json

GOLDEN = Path(__file__).parents[2] / "golden/eu_ted"
CONTEXT = Parsing(portal="eu_ted", base_url="https://ted.example")
DAY = date(2026, 11, 18)
LIMITS = Limits(unpacked=10_000_000, document=100_000, members=50)
ROW = {"publication-number": "1-2026", "publication-date": "2026-11-18+01:00", "buyer-country": ["BEL"]}


def unit(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((GOLDEN / f"{name}.payload.json").read_text(encoding="utf-8"))
    return loaded


def read(value: Any) -> Reading:
    return parse(json.dumps(value).encode(), CONTEXT)


# --- what is asked


def test_a_day_is_asked_for_in_the_only_spelling_that_finds_something() -> None:
    query = query_of(Window.day(DAY), ("BEL", "FRA"), ("ALL", "ACTIVE"), DAY)
    assert query.scope == "ALL"
    assert query.text == ("buyer-country IN (BEL FRA) AND publication-date = 20261118 SORT BY publication-number ASC")
    assert query.other_words == (
        "(buyer-country = BEL OR buyer-country = FRA) AND publication-date >= 20261118 AND publication-date <= 20261118"
    )


def test_open_calls_are_asked_for_by_their_deadlines() -> None:
    query = query_of(Window.open_now(), ("BEL",), ("ALL", "ACTIVE"), DAY)
    assert query.scope == "ACTIVE"
    assert "deadline-receipt-tender-date-lot >= 20261118" in query.text
    assert "deadline-receipt-request-date-lot >= 20261118" in query.text


def test_halves_of_a_question_ask_together_for_the_same() -> None:
    query = Query(("BEL", "FRA"), "ALL", first=date(2026, 11, 1), last=date(2026, 11, 4))
    early, late = query.halves()
    assert (early.first, early.last, late.first, late.last) == tuple(date(2026, 11, day) for day in (1, 2, 3, 4))
    one_day = Query(("BEL", "FRA"), "ALL", first=DAY, last=DAY)
    assert [part.countries for part in one_day.halves()] == [("BEL",), ("FRA",)]
    assert one_day.halves()[0].halves() == ()


def test_the_fields_of_a_request_fit_in_the_largest_page() -> None:
    assert len(loaded_options("eu_ted").fields) * load("eu_ted").listing.page_size <= 10_000


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"fields": ["publication-number"]}, "publication-date"),
        ({"countries": ["Belgium"]}, "options.countries"),
        ({"colour": "blue"}, "colour"),
        ({"scope_of_days": "EVERYTHING"}, "scope_of_days"),
    ],
)
def test_an_option_that_is_wrong_is_named(change: dict[str, Any], told: str) -> None:
    portal = load("eu_ted")
    wrong = portal.model_copy(update={"options": {**portal.options, **change}})
    with pytest.raises(ConfigurationError, match=told):
        options_of(wrong)


# --- what is answered


@pytest.mark.parametrize("key", ["notices", "totalNoticeCount"])
def test_an_answer_without_a_key_the_crawl_needs_is_a_named_error(key: str) -> None:
    answer = {"notices": [ROW], "totalNoticeCount": 1, "iterationNextToken": None, "timedOut": False}
    del answer[key]
    with pytest.raises(LayoutError, match=key):
        read_page(answer)


@pytest.mark.parametrize("key", ["publication-number", "publication-date", "buyer-country"])
def test_a_row_without_a_key_the_crawl_needs_is_a_named_error(key: str) -> None:
    row = {name: value for name, value in ROW.items() if name != key}
    with pytest.raises(LayoutError, match=key):
        read_page({"notices": [row], "totalNoticeCount": 1})


def test_a_row_of_another_day_or_country_shows_which_filter_was_ignored() -> None:
    query = Query(("BEL", "FRA"), "ALL", first=DAY, last=DAY)
    assert outside(ROW, query) is None
    assert "country" in (outside({**ROW, "buyer-country": ["SWE"]}, query) or "")
    assert "date" in (outside({**ROW, "publication-date": "2026-11-17+01:00"}, query) or "")
    assert outside({**ROW, "buyer-country": ["SWE", "FRA"]}, query) is None


def test_a_refused_field_is_named_though_the_answer_lists_two_thousand_others() -> None:
    error = {"type": "UNSUPPORTED_VALUE", "parameterName": "fields", "unsupportedValue": "title-prok"}
    told = str(refusal(json.dumps({"message": "x" * 50_000, "error": error}).encode()))
    assert "title-prok" in told
    assert len(told) < 300


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"message": "Syntax error at col 3", "error": {"type": "QUERY_SYNTAX_ERROR"}}', "QUERY_SYNTAX_ERROR"),
        (b'{"message": "Validation error", "error": [{"field": "fields", "message": "must not be empty"}]}', "fields"),
        (b'{"message": "Value (300) of parameter \'limit\' exceeds"}', "300"),
        (b"<html>", "does not say why"),
        (b"[1]", "does not say why"),
    ],
)
def test_every_refusal_is_told_in_a_sentence(body: bytes, told: str) -> None:
    assert told in str(refusal(body))


def test_the_cap_of_page_numbers_is_told_from_other_refusals() -> None:
    body = b'{"message": "too many", "error": {"type": "SEARCH_EXCEEDS_MAX_LIMIT"}}'
    assert isinstance(refusal(body), PastTheCap)


@pytest.mark.parametrize(
    ("printed", "package"),
    [("157/2026", "202600157"), ("9/2024", "202400009"), ("0157/2026", "202600157"), ("S 157", None), (None, None)],
)
def test_an_issue_number_gives_the_package_of_its_day(printed: str | None, package: str | None) -> None:
    assert package_of({"ojs-number": printed}) == package


@pytest.mark.parametrize(
    ("printed", "number"),
    [
        ("622963-2026", "622963-2026"),
        ("00622963-2026", "622963-2026"),
        ("0-2026", None),
        ("622963", None),
        ("../x-2026", None),
        ("１-2026", None),
        ("1-２０２６", None),
        (None, None),
    ],
)
def test_a_publication_number_has_one_spelling(printed: str | None, number: str | None) -> None:
    assert publication_number(printed) == number


def test_a_fingerprint_does_not_depend_on_lists_that_ted_shuffles() -> None:
    row = unit("french_result")["row"]
    assert fingerprint(row) == fingerprint({**row, "classification-cpv": row["classification-cpv"][::-1]})
    assert fingerprint(row) != fingerprint({**row, "notice-version": 2})


# --- packages


def package(members: dict[str, bytes], *, link: str | None = None) -> bytes:
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w:gz") as made:
        if link:
            info = tarfile.TarInfo(link)
            info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            made.addfile(info)
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            made.addfile(info, io.BytesIO(content))
    return body.getvalue()


NOTICES = {f"20260817_157/{number:08d}_2026.xml": b"<a>%d</a>" % number for number in range(566_631, 566_641)}


def test_only_the_wanted_notices_of_a_package_are_kept() -> None:
    found = unpack(package(NOTICES), {"566633-2026", "999-2026"}, LIMITS)
    assert found.documents == {"566633-2026": b"<a>566633</a>"}
    assert (found.cut, found.problem) == (False, None)


def test_a_package_that_was_unzipped_on_the_way_is_read() -> None:
    assert unpack(gzip.decompress(package(NOTICES)), {"566633-2026"}, LIMITS).documents


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.6, 0.9, 0.99])
def test_a_cut_package_is_noticed_wherever_it_is_cut(keep: float) -> None:
    body = package({name: random.Random(name).randbytes(5000) for name in NOTICES})
    found = unpack(body[: int(len(body) * keep)], {"566631-2026", "566640-2026"}, LIMITS)
    assert found.cut
    assert "cut or damaged" in (found.problem or "")


def test_what_a_package_promises_and_unpacks_is_limited() -> None:
    padded = package({"padding.bin": bytes(11_000_000), **NOTICES})
    assert "unpacks to more" in (unpack(padded, {"566633-2026"}, LIMITS).problem or "")
    large = package({"a/566633_2026.xml": bytes(200_000)})
    assert "200,000 bytes" in (unpack(large, {"566633-2026"}, LIMITS).problem or "")
    many = package({f"{n}.txt": b"" for n in range(60)})
    assert "members" in (unpack(many, {"566633-2026"}, LIMITS).problem or "")


def test_a_link_in_a_package_is_not_followed() -> None:
    assert unpack(package({}, link="a/566633_2026.xml"), {"566633-2026"}, LIMITS).documents == {}


@settings(max_examples=150)
@given(st.binary(max_size=2000), st.integers(0, 3000))
def test_any_bytes_are_a_package_or_a_told_problem(junk: bytes, position: int) -> None:
    body = bytearray(package(NOTICES))
    body[position % len(body) : position % len(body) + len(junk)] = junk
    for candidate in (bytes(body), junk):
        found = unpack(candidate, {"566633-2026"}, LIMITS)
        assert found.problem if found.cut else True
        assert set(found.documents) <= {"566633-2026"}


@pytest.mark.parametrize(
    ("body", "whole"),
    [
        (b"<?xml version='1.0'?><a><b/></a>\n", True),
        (b"\xef\xbb\xbf<a></a>", True),
        (b"<a><b></b>", True),  # cut between elements: only the parser can tell
        (b"<a><b>text", False),
        (b"", False),
        (b"<!DOCTYPE html><html></html>", False),
        (b'{"a": 1}', False),
    ],
)
def test_a_page_or_half_a_document_is_no_document(body: bytes, whole: bool) -> None:
    assert is_whole_document(body) is whole


# --- the national copy


@pytest.mark.parametrize(
    ("address", "key"),
    [
        (
            "https://www.publicprocurement.be/publication-workspaces/3FFC8455-2c7d-4e80-92ea-5b533ba9188f/documents",
            "be_bda:3ffc8455-2c7d-4e80-92ea-5b533ba9188f",
        ),
        (
            "https://www.publicprocurement.be/supplier/enterprises/0/tendering-workspaces/publication-workspace-detail/"
            "3ffc8455-2c7d-4e80-92ea-5b533ba9188f/general",
            "be_bda:3ffc8455-2c7d-4e80-92ea-5b533ba9188f",
        ),
        (
            "https://www.marches-publics.gouv.fr/?page=Entreprise.EntrepriseAdvancedSearch&AllCons&id=3063429"
            "&orgAcronyme=s2d",
            "fr_place:s2d-3063429",
        ),
        ("https://www.marches-publics.gouv.fr/?page=Entreprise.EntrepriseHome", None),
        ("https://www.publicprocurement.be/bda", None),
        ("https://www.publicprocurement.be.evil.example/publication-workspaces/" + "0" * 36, None),
        ("https://www.marches-publics.gouv.fr/?id=..%2F..&orgAcronyme=x", None),
        ("https://[broken", None),
        ("x" * 5000, None),
    ],
)
def test_the_address_of_the_documents_tells_the_national_copy(address: str, key: str | None) -> None:
    assert national_key(address, loaded_options("eu_ted").national_copies) == key


# --- reading


def test_a_row_alone_is_partial_and_says_why() -> None:
    notice = read(unit("row_whose_document_is_kept_for_browsers")).notice
    assert "asks for a browser" in (notice.partial or "")
    assert notice.title
    assert notice.deadline is not None


def test_a_document_of_another_notice_is_refused() -> None:
    payload = unit("french_result")
    payload["row"]["publication-number"] = "599999-2026"
    with pytest.raises(NoticeFormatError) as caught:
        read(payload)
    assert caught.value.reason is FormatReason.CONTRADICTION
    assert "599999-2026" in str(caught.value)


def test_leading_zeros_make_no_other_notice() -> None:
    payload = unit("french_result")
    number = payload["row"]["publication-number"]
    payload["row"]["publication-number"] = f"00{number}"
    assert read(payload).notice.id == f"eu_ted:{number}"


def test_a_search_answer_is_taken_apart_into_its_rows() -> None:
    rows = [unit(name)["row"] for name in ("french_result", "sparse_row_of_two_buyers")]
    parts = split(json.dumps({"notices": rows, "totalNoticeCount": 2}).encode())
    assert [parse(part, CONTEXT).notice.publication_number for part in parts] == ["500003-2026", "501234-2026"]


def test_a_document_in_another_encoding_survives_the_archive() -> None:
    from crawlers.portals.eu_ted.spider import _unit

    payload = unit("result_from_before_eforms")
    latin = payload["xml"].replace("UTF-8", "ISO-8859-1", 1)
    assert "ISO-8859-1" in latin
    packed = _unit(payload["row"], latin.encode("iso-8859-1", "xmlcharrefreplace"), None)
    assert b"xml_base64" in packed
    assert parse(packed, CONTEXT).notice.title == read(payload).notice.title


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", FormatReason.CUT),
        (b"{", FormatReason.CUT),
        (b"[1, 2]", FormatReason.UNEXPECTED),
        (b'{"something": "else"}', FormatReason.UNEXPECTED),
        (b'{"notices": [], "totalNoticeCount": 0}', FormatReason.UNEXPECTED),
        (b'{"message": "no", "error": {"type": "UNSUPPORTED_VALUE"}}', FormatReason.UNEXPECTED),
        (b'{"row": {"publication-number": "x"}}', FormatReason.MISSING),
        (b'{"row": {"publication-number": "1-2026"}}', FormatReason.MISSING),
        (b'{"row": {"publication-number": "1-2026"}, "xml_base64": "%"}', FormatReason.ENCODING),
        (b"\xc3\x28{}", FormatReason.ENCODING),
        (b"<html><body>maintenance</body></html>", FormatReason.UNKNOWN_ROOT),
        (b"[" * 200_000, FormatReason.UNEXPECTED),
    ],
)
def test_what_is_no_answer_of_ted_is_refused_with_the_reason(payload: bytes, reason: FormatReason) -> None:
    with pytest.raises(NoticeFormatError) as caught:
        parse(payload, CONTEXT)
    assert caught.value.reason is reason


def test_a_payload_over_the_limit_is_refused_unread() -> None:
    with pytest.raises(NoticeFormatError) as caught:
        parse(b"x" * 1001, Parsing(portal="eu_ted", base_url="", max_payload_bytes=1000))
    assert caught.value.reason is FormatReason.TOO_LARGE


@settings(max_examples=150)
@given(st.randoms(use_true_random=False))
def test_a_mutated_payload_becomes_a_notice_or_a_refusal_and_nothing_else(rng: random.Random) -> None:
    payload = unit(rng.choice(["french_result", "row_whose_document_is_kept_for_browsers", "sparse_row_of_two_buyers"]))
    if rng.random() < 0.7:
        payload.pop("xml", None)
    for _ in range(rng.randint(1, 5)):
        mutate_json(payload, rng)
    with suppress(NoticeFormatError):
        assert read(payload).notice.portal == "eu_ted"
