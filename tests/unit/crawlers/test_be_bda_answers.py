"""What the Belgian portal answers: configuration, list, documents; whole, changed or broken."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConfigurationError
from core.settings import PortalSettings
from crawlers.contract import LayoutError, Parsing, Window
from crawlers.portals.be_bda.listing import filters, fingerprint, outside, read_page
from crawlers.portals.be_bda.organisations import by_id
from crawlers.portals.be_bda.parse import parse, split
from crawlers.portals.be_bda.tokens import partner_client, read_client
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.reading import Reading
from pipelines.files import parse_files
from tests.support.hostile_documents import mutate_json

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests/golden/be_bda"
SAMPLES = ROOT.parent / "shared/samples/belgium"
CONTEXT = Parsing(portal="be_bda", base_url="https://portail.example")
TOKEN_PATH = "/realms/{realm}/protocol/openid-connect/token"
CONFIGURATION = (
    "window.env = {{ VITE_AUTH_CLIENTID: 'front', VITE_AUTH_CLIENTSECRET: 's3', VITE_AUTH_REALM: 'supplier'{more} }};"
)

samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real samples in ../shared/samples are not here")


def unit(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((GOLDEN / f"{name}.payload.json").read_text(encoding="utf-8"))
    return loaded


def read(value: Any) -> Reading:
    return parse(json.dumps(value).encode(), CONTEXT)


def refusal(value: Any) -> NoticeFormatError:
    with pytest.raises(NoticeFormatError) as caught:
        read(value)
    return caught.value


# --- configuration and tokens


@pytest.mark.parametrize(
    "more", ["", ", VITE_AUTH_URL: ''", ", VITE_AUTH_URL: '/auth'", ", VITE_AUTH_URL: 'https://p.example/auth/'"]
)
def test_the_portals_own_client_is_read_from_its_configuration(more: str) -> None:
    client = read_client(CONFIGURATION.format(more=more), "https://p.example", TOKEN_PATH)
    assert (client.client_id, client.client_secret) == ("front", "s3")
    assert client.token_url == "https://p.example/auth/realms/supplier/protocol/openid-connect/token"


def test_a_configuration_without_the_client_names_the_missing_key() -> None:
    with pytest.raises(LayoutError, match="VITE_AUTH_CLIENTID"):
        read_client("window.env = {};", "https://p.example", TOKEN_PATH)


def test_a_token_address_without_tls_is_refused() -> None:
    script = CONFIGURATION.format(more=", VITE_AUTH_URL: 'http://p.example/auth'")
    with pytest.raises(LayoutError, match="not trusted"):
        read_client(script, "https://p.example", TOKEN_PATH)


def test_the_gateway_without_credentials_says_which_settings_are_missing() -> None:
    with pytest.raises(ConfigurationError, match="VIGIE_PORTALS__BE_BDA__CLIENT_ID"):
        partner_client(PortalSettings(route="gateway"), "https://g.example", "/token")


# --- the list


def test_a_fingerprint_does_not_change_when_the_portal_shuffles() -> None:
    row = unit("call_rectified")["row"]
    shuffled = {**row, "noticeIds": row["noticeIds"][::-1], "publishedAt": row["publishedAt"][::-1]}
    assert fingerprint(row) == fingerprint(shuffled)


@pytest.mark.parametrize(
    "change",
    [
        lambda row: row["noticeIds"].append("new"),
        lambda row: row["publishedAt"].append("2026-12-01T10:00:00"),
        lambda row: row.update(vaultSubmissionDeadline="2027-01-01T10:00:00"),
        lambda row: row.update(cancelledAt="2027-01-01T10:00:00"),
    ],
    ids=["notice", "publication", "deadline", "cancelled"],
)
def test_a_fingerprint_changes_with_what_is_worth_another_look(change: Callable[[dict[str, Any]], None]) -> None:
    row = unit("call_rectified")["row"]
    before = fingerprint(row)
    change(row)
    assert fingerprint(row) != before


def test_the_portals_end_date_is_exclusive_like_ours() -> None:
    window = Window.day(date(2026, 11, 18))
    assert filters(window) == {"publicationDateFrom": "2026-11-18", "publicationDateTo": "2026-11-19"}
    assert [outside({"publicationDate": day}, window) for day in ("2026-11-17", "2026-11-18", "2026-11-20")] == [
        True,
        False,
        True,
    ]


@pytest.mark.parametrize("key", ["publicationWorkspaceId", "publicationDate", "noticeIds", "publishedAt"])
def test_a_row_without_a_key_the_crawl_needs_is_a_named_error(key: str) -> None:
    row = unit("call_rectified")["row"]
    del row[key]
    with pytest.raises(LayoutError, match=key):
        read_page({"publications": [row], "totalCount": 1})


def test_organisations_are_found_in_a_flat_and_in_a_nested_table() -> None:
    table = [{"id": 1, "cbeNumber": "0203963680", "children": [{"id": 2, "names": []}]}, {"id": 3}, "junk"]
    assert by_id(table) == {"1": {"id": 1, "cbeNumber": "0203963680"}, "2": {"id": 2}, "3": {"id": 3}}


# --- reading


def test_the_last_published_version_is_read() -> None:
    notice = read(unit("call_rectified")).notice
    assert notice.notice_version == "02"


def test_a_draft_after_the_published_version_is_not_read() -> None:
    payload = unit("call_rectified")
    payload["workspace"]["versions"][-1]["status"] = "DRAFT"
    assert read(payload).notice.notice_version == "01"


def test_the_number_of_the_organisation_table_goes_before_the_printed_one() -> None:
    payload = unit("award_below_threshold")
    payload["organisation"] = {"id": payload["row"]["organisation"]["organisationId"], "cbeNumber": "0869763267"}
    printed = read(unit("award_below_threshold")).notice.buyers[0].identifiers[0]
    first, second = read(payload).notice.buyers[0].identifiers
    assert (first.value, first.valid) == ("0869763267", True)
    assert second == printed


def test_times_without_zone_are_brussels_time_in_winter_and_summer() -> None:
    payload = unit("old_dossier_without_document")
    payload["row"]["publishedAt"] = ["2026-07-01T10:00:00", "2026-11-12T10:00:00"]
    notice = read(payload).notice
    assert notice.published_at is not None
    assert notice.published_at.isoformat() == "2026-11-12T10:00:00+01:00"
    payload["row"]["publishedAt"] = ["2026-07-01T10:00:00"]
    again = read(payload).notice.published_at
    assert again is not None
    assert again.isoformat() == "2026-07-01T10:00:00+02:00"


def test_an_old_dossier_is_partial_and_says_why() -> None:
    notice = read(unit("old_dossier_without_document")).notice
    assert "older than the portal" in (notice.partial or "")
    assert notice.title
    assert notice.buyers


def test_a_document_of_the_format_before_eforms_gives_a_partial_notice() -> None:
    payload = unit("award_below_threshold")
    xml = '<TED_ESENDERS xmlns="http://publications.europa.eu/resource/schema/ted/R2.0.9/reception"/>'
    payload["workspace"]["versions"][-1]["notice"]["xmlContent"] = xml
    assert "before eForms" in (read(payload).notice.partial or "")


def test_a_document_that_vanished_from_a_new_dossier_is_not_taken_for_an_old_one() -> None:
    payload = unit("award_below_threshold")
    del payload["workspace"]["versions"][-1]["notice"]["xmlContent"]
    error = refusal(payload)
    assert (error.reason, error.path) == (FormatReason.MISSING, "workspace.versions[].notice.xmlContent")


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", FormatReason.CUT),
        (b"{", FormatReason.CUT),
        (b'{"row": {"publicationWorkspaceId": "x", "doss', FormatReason.CUT),
        (b"[1, 2]", FormatReason.UNEXPECTED),
        (b'{"something": "else"}', FormatReason.UNEXPECTED),
        (b'{"publications": [], "totalCount": 0}', FormatReason.UNEXPECTED),
        (b"\xc3\x28{}", FormatReason.ENCODING),
        (b"<html><body>maintenance</body></html>", FormatReason.UNKNOWN_ROOT),
        (b"[" * 200_000, FormatReason.UNEXPECTED),
    ],
)
def test_what_is_no_answer_of_the_portal_is_refused_with_the_reason(payload: bytes, reason: FormatReason) -> None:
    with pytest.raises(NoticeFormatError) as caught:
        parse(payload, CONTEXT)
    assert caught.value.reason is reason


def test_a_payload_over_the_limit_is_refused_unread() -> None:
    with pytest.raises(NoticeFormatError) as caught:
        parse(b"x" * 1001, Parsing(portal="be_bda", base_url="", max_payload_bytes=1000))
    assert caught.value.reason is FormatReason.TOO_LARGE


@settings(max_examples=150)
@given(st.randoms(use_true_random=False))
def test_a_mutated_payload_becomes_a_notice_or_a_refusal_and_nothing_else(rng: random.Random) -> None:
    payload = unit(rng.choice(["call_two_stages", "old_dossier_without_document", "row_alone", "workspace_alone"]))
    for _ in range(rng.randint(1, 4)):
        mutate_json(payload, rng)
    with suppress(NoticeFormatError):
        assert read(payload).notice.portal == "be_bda"


# --- files


def test_one_bad_file_does_not_keep_the_others_back(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.xml"
    good.write_bytes((GOLDEN / "award_below_threshold.payload.json").read_bytes())
    bad.write_bytes(b"<ContractNotice>")
    first, second, third = parse_files("be_bda", [bad, good, tmp_path / "absent.xml"])
    assert first.reading is None
    assert "bad.xml" in (first.problem or "")
    assert second.reading is not None
    assert "absent.xml" in (third.problem or "")


def test_a_search_answer_becomes_one_notice_per_row(tmp_path: Path) -> None:
    rows = [unit("row_alone"), unit("call_rectified")["row"]]
    path = tmp_path / "page.json"
    path.write_text(json.dumps({"publications": rows, "totalCount": 2}), encoding="utf-8")
    found = list(parse_files("be_bda", [path]))
    assert [item.reading.notice.id for item in found if item.reading] == [
        f"be_bda:{row['publicationWorkspaceId']}" for row in rows
    ]
    assert len(split(path.read_bytes())) == 2


@samples
@pytest.mark.samples
def test_every_real_document_becomes_the_notice_of_its_workspace() -> None:
    paths = sorted(SAMPLES.glob("eforms_2025-06/*/*.xml"))
    found = list(parse_files("be_bda", paths))
    assert [item.problem for item in found if item.problem] == []
    assert [item.reading.notice.id for item in found if item.reading] == [f"be_bda:{path.stem}" for path in paths]


@samples
@pytest.mark.samples
def test_the_real_search_answer_and_workspace_are_read_whole() -> None:
    names = ("bosa_search_publications_2026-01-28.json", "bosa_workspace_detail_award_2025-05-16.json")
    found = list(parse_files("be_bda", [SAMPLES / name for name in names]))
    assert len(found) == 26
    assert [item.problem for item in found if item.problem] == []
    assert [item.reading.unread for item in found if item.reading and item.reading.unread] == []
    whole = found[-1].reading
    assert whole is not None
    assert whole.notice.partial is None
    assert whole.notice.buyers[0].identifiers[0].value == "0409423736"


def test_the_name_of_a_strange_document_is_quoted(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text("<a/>")
    (parsed,) = parse_files("be_bda", [path])
    assert "a 'a'" in (parsed.problem or "")
