"""The rules of TED, each kept by its simulation (dossier sections 1.1 to 1.4), and what is invented for it."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from datetime import date
from typing import Any

import pytest

from notices.values.siret import parse_siret
from simulated_portals.be_bda.server import make_portal as make_belgian_portal
from simulated_portals.messages import Answer, Request
from simulated_portals.ted.french_world import siret
from simulated_portals.ted.portal import SEARCH, TedPortal
from simulated_portals.ted.publishing import issue_day, issue_number
from simulated_portals.ted.server import make_portal

TODAY = date(2026, 11, 18)
DAYS = "publication-date >= 20260101"


@pytest.fixture(scope="module")
def kept() -> TedPortal:
    return make_portal(invented=80, seed=4, today=TODAY)


@pytest.fixture
def ted() -> TedPortal:
    return make_portal(invented=40, seed=4, today=TODAY)


def ask(portal: TedPortal, query: str = DAYS, **body: Any) -> Answer:
    asked = {"query": query, "fields": ["publication-number", "publication-date", "buyer-country"], **body}
    return portal.answer(Request("POST", SEARCH, body=json.dumps(asked).encode()))


def found(portal: TedPortal, query: str = DAYS, **body: Any) -> dict[str, Any]:
    answer = ask(portal, query, **body)
    assert answer.status == 200, answer.body
    read: dict[str, Any] = json.loads(answer.body)
    return read


def total(portal: TedPortal, query: str) -> int:
    return int(found(portal, query)["totalNoticeCount"])


def refused(portal: TedPortal, query: str = DAYS, **body: Any) -> dict[str, Any]:
    answer = ask(portal, query, **body)
    assert answer.status == 400
    read: dict[str, Any] = json.loads(answer.body)
    return read


def test_an_unknown_field_refuses_the_whole_request_and_lists_all_names(kept: TedPortal) -> None:
    told = refused(kept, fields=["publication-number", "title-prok"])
    assert told["error"]["unsupportedValue"] == "title-prok"
    assert "buyer-country" in told["message"]


def test_an_unknown_key_is_a_parse_error(kept: TedPortal) -> None:
    assert "Unrecognized" in refused(kept, colour="blue")["message"]


def test_a_page_has_at_most_250_rows_and_10000_cells(kept: TedPortal) -> None:
    assert "251" in refused(kept, limit=251)["message"]
    fields = sorted(name for name in _known())[:41]
    assert ask(kept, fields=fields[:40], limit=250).status == 200
    assert ask(kept, fields=fields, limit=250).status == 400


def _known() -> frozenset[str]:
    from simulated_portals.ted.fields import KNOWN_FIELDS

    return KNOWN_FIELDS


def test_page_numbers_end_at_fifteen_thousand_and_tokens_do_not(kept: TedPortal) -> None:
    assert ask(kept, limit=250, page=60).status == 200
    assert refused(kept, limit=250, page=61)["error"]["type"] == "SEARCH_EXCEEDS_MAX_LIMIT"


def test_tokens_lead_through_every_notice_once(kept: TedPortal) -> None:
    seen: list[str] = []
    page = found(kept, limit=30, paginationMode="ITERATION")
    while page["notices"]:
        seen += [row["publication-number"] for row in page["notices"]]
        if page["iterationNextToken"] is None:
            break
        page = found(kept, limit=30, paginationMode="ITERATION", iterationNextToken=page["iterationNextToken"])
    assert len(seen) == len(set(seen)) == page["totalNoticeCount"] > 60


def test_a_token_that_is_none_is_a_500(kept: TedPortal) -> None:
    assert ask(kept, paginationMode="ITERATION", iterationNextToken="mine").status == 500


def test_checking_the_syntax_finds_nothing(kept: TedPortal) -> None:
    assert found(kept, checkQuerySyntax=True)["totalNoticeCount"] is None


def test_countries_and_days_filter(kept: TedPortal) -> None:
    parts = [total(kept, f"buyer-country = {code} AND {DAYS}") for code in ("BEL", "FRA", "LUX")]
    assert min(parts) > 0
    assert sum(parts) == total(kept, DAYS)
    assert total(kept, f"buyer-country IN (BEL FRA) AND {DAYS}") == parts[0] + parts[1]
    assert total(kept, f"NOT (buyer-country = LUX) AND {DAYS}") == parts[0] + parts[1]


def test_a_day_in_another_spelling_finds_nothing_and_is_no_error(kept: TedPortal) -> None:
    assert total(kept, "publication-date >= 01012026") == total(kept, DAYS)  # eight digits pass for a day
    assert total(kept, "publication-date >= 2026-01-01") == 0


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("buyer-country IN (BEL, FRA)", "QUERY_SYNTAX_ERROR"),
        ("buyer-country = ", "QUERY_SYNTAX_ERROR"),
        ("(buyer-country = BEL", "QUERY_SYNTAX_ERROR"),
        ("buyer-land = BEL", "QUERY_UNKNOWN_FIELD"),
        ("", "QUERY_SYNTAX_ERROR"),
    ],
)
def test_a_query_that_is_not_understood_says_where(kept: TedPortal, query: str, kind: str) -> None:
    error = refused(kept, query)["error"]
    assert error["type"] == kind
    assert error["location"]["beginLine"] == 1


def test_only_the_latest_versions_are_fewer(kept: TedPortal) -> None:
    fewer = found(kept, onlyLatestVersions=True)["totalNoticeCount"]
    assert fewer <= found(kept, onlyLatestVersions=False)["totalNoticeCount"]


def test_what_is_active_has_a_deadline_ahead(kept: TedPortal) -> None:
    rows = found(kept, scope="ACTIVE", limit=250)["notices"]
    now = kept.clock.local_now()
    assert rows
    assert all((kept.journal.notices[row["publication-number"]].sent.deadline or now) > now for row in rows)


def test_absent_fields_have_no_key(kept: TedPortal) -> None:
    rows = found(kept, fields=["publication-number", "total-value"], limit=5)["notices"]
    assert rows
    assert all(set(row) == {"publication-number", "links"} for row in rows)


def test_a_package_holds_every_notice_of_its_issue_under_padded_names(kept: TedPortal) -> None:
    notice = next(iter(kept.journal.notices.values()))
    answer = kept.answer(Request("GET", f"/packages/daily/{notice.package}"))
    assert answer.content_type == "application/gzip"
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(answer.body))) as archive:
        names = archive.getnames()
    assert notice.member in names
    assert len(names) == len([item for item in kept.journal.notices.values() if item.package == notice.package])


def test_a_document_carries_what_the_publications_office_adds(kept: TedPortal) -> None:
    notice = next(iter(kept.journal.notices.values()))
    body = kept.answer(Request("GET", f"/en/notice/{notice.key}/xml")).body
    assert f"{notice.number:08d}-2026".encode() in body
    assert f"{notice.issue}/2026".encode() in body


def test_documents_exist_in_english_only_and_unknown_paths_are_202(kept: TedPortal) -> None:
    key = next(iter(kept.journal.notices))
    assert kept.answer(Request("GET", f"/fr/notice/{key}/xml")).status == 202
    assert kept.answer(Request("GET", "/en/notice/1-2026/xml")).status == 202
    assert kept.answer(Request("GET", "/packages/daily/202600999")).status == 404


def test_nothing_is_published_on_weekends() -> None:
    assert issue_day(date(2026, 11, 21)) == issue_day(date(2026, 11, 22)) == date(2026, 11, 23)
    assert issue_number(date(2026, 1, 5)) == issue_number(date(2026, 1, 2)) + 1


def test_the_same_seed_and_day_invent_the_same_notices() -> None:
    first, second = (make_portal(invented=30, seed=9, today=TODAY) for _ in range(2))
    assert {key: item.document for key, item in first.journal.notices.items()} == {
        key: item.document for key, item in second.journal.notices.items()
    }


def test_belgian_notices_are_those_that_the_belgian_portal_sends_to_ted() -> None:
    sent = make_portal(invented=80, seed=4, today=TODAY).journal.notices.values()
    here = {item.sent.row["notice-identifier"] for item in sent if item.sent.country == "BEL"}
    there = make_belgian_portal(invented=80, seed=4, today=TODAY).catalogue.publications()
    assert here <= {version.notice_id for item in there for version in item.versions}


@pytest.mark.parametrize("serial", range(0, 5000, 617))
def test_invented_french_numbers_pass_their_check(serial: int) -> None:
    found = parse_siret(siret(serial))
    assert found is not None
    assert found.valid


def test_news_are_new_calls_and_deadlines_that_move(ted: TedPortal) -> None:
    before = len(ted.journal.notices)
    numbers = [ted.make_news() for _ in range(6)]
    assert len(set(numbers)) == 6
    assert len(ted.journal.notices) == before + 6
    assert any(b"ChangedNoticeIdentifier" in ted.journal.notices[number].document for number in numbers)


def test_habits_are_set_by_name(ted: TedPortal) -> None:
    ted.do({"do": "habit", "name": "unknown_fields", "value": ["ojs-number"]})
    assert ask(ted, fields=["ojs-number"]).status == 400
    with pytest.raises(ValueError, match="no habit"):
        ted.do({"do": "habit", "name": "manners", "value": True})
