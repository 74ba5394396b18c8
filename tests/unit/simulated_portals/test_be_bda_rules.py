"""The rules of the Belgian federal portal, each kept by its simulation (dossier sections 1 to 4)."""

from __future__ import annotations

import base64
import json
import re
from datetime import date, datetime

import pytest

from simulated_portals.be_bda.portal import TOKEN_PATH, BeBdaPortal
from simulated_portals.be_bda.tokens import PARTNER_CLIENT, PUBLIC_CLIENT
from simulated_portals.messages import Request

SEARCH = "/api/sea/search/publications"


def test_the_configuration_script_gives_the_anonymous_client_in_single_quotes(client) -> None:
    script = client.ask("GET", "/env.config.js").body.decode()
    assert re.search(r"VITE_AUTH_CLIENTSECRET: '([^']+)'", script)[1] == PUBLIC_CLIENT[1]
    assert re.search(r"VITE_AUTH_CLIENTID: 'frontend-public'", script)


def test_a_token_comes_for_credentials_in_the_body_or_by_basic(portal: BeBdaPortal, client) -> None:
    in_body = client.token(client_id=PUBLIC_CLIENT[0], client_secret=PUBLIC_CLIENT[1])
    coded = base64.b64encode(":".join(PUBLIC_CLIENT).encode()).decode()
    basic = portal.answer(
        Request(
            "POST",
            TOKEN_PATH,
            headers={"authorization": f"Basic {coded}"},
            body=b"grant_type=client_credentials&scope=openid",
        )
    )
    assert (in_body.status, basic.status) == (200, 200)
    assert json.loads(basic.body)["expires_in"] == 300


def test_an_empty_secret_is_a_401_that_names_the_error(client) -> None:
    answer = client.token(client_id=PUBLIC_CLIENT[0], client_secret="")
    assert answer.status == 401
    assert set(json.loads(answer.body)) == {"error", "error_description"}


def test_an_unknown_or_revoked_token_is_a_401(portal: BeBdaPortal, client) -> None:
    assert client.ask("POST", SEARCH, {}, authorization="Bearer invented").status == 401
    assert client.ask("POST", SEARCH, {}).status == 200
    portal.tokens.revoke_all()
    assert client.ask("POST", SEARCH, {}).status == 401


def test_a_token_expires(portal: BeBdaPortal, client) -> None:
    portal.do({"do": "token_expiry", "seconds": 0})
    assert client.log_in().ask("POST", SEARCH, {}).status == 401


def test_a_missing_trace_id_is_a_400_with_an_empty_body(portal: BeBdaPortal, client) -> None:
    answer = client.ask("POST", SEARCH, {}, **{"belgov-trace-id": ""})
    assert (answer.status, answer.body) == (400, b"")
    assert portal.statistics.events("missing_trace_id") == 1


def test_a_repeated_trace_id_is_accepted_and_counted(portal: BeBdaPortal, client) -> None:
    for _ in range(3):
        assert client.ask("POST", SEARCH, {}, **{"belgov-trace-id": "same"}).status == 200
    assert portal.statistics.events("repeated_trace_id") == 2


@pytest.mark.parametrize("path", ["/robots.txt", "/nothing/here", "/bda", "/api/nowhere"])
def test_an_unknown_path_is_the_page_shell_with_status_200(client, path: str) -> None:
    answer = client.ask("GET", path)
    assert answer.status == 200
    assert answer.content_type is not None
    assert answer.content_type.startswith("text/html")


def test_the_answer_has_exactly_two_keys(client) -> None:
    assert set(client.search()) == {"publications", "totalCount"}


def test_pages_are_counted_from_one_in_the_body_and_ignored_in_the_query(client) -> None:
    first, second = client.search(page=1, pageSize=10), client.search(page=2, pageSize=10)
    in_query = json.loads(client.ask("POST", SEARCH, {"pageSize": 10}, query="page=2").body)
    assert first["publications"] == in_query["publications"]
    assert first["publications"] != second["publications"]


def test_walking_the_pages_gives_every_publication_once(client) -> None:
    rows = client.everything()
    assert len(rows) == client.total() == 260
    assert len({row["publicationWorkspaceId"] for row in rows}) == 260


def test_a_page_is_never_larger_than_the_cap(portal: BeBdaPortal, client) -> None:
    portal.largest_page = 40
    assert len(client.search(pageSize=250)["publications"]) == 40


def test_newest_publication_comes_first(client) -> None:
    days = [row["publicationDate"] for row in client.everything()]
    assert days == sorted(days, reverse=True)


def test_the_first_day_is_inclusive_and_the_last_day_exclusive(client) -> None:
    found = client.search(publicationDateFrom="2026-11-09", publicationDateTo="2026-11-11")
    days = {row["publicationDate"] for row in found["publications"]}
    assert days == {"2026-11-09", "2026-11-10"}
    assert found["totalCount"] == len(found["publications"])


def test_one_day_windows_add_up_to_everything(client) -> None:
    total = sum(
        client.total(
            publicationDateFrom=date.fromordinal(day).isoformat(),
            publicationDateTo=date.fromordinal(day + 1).isoformat(),
        )
        for day in range(date(2026, 8, 1).toordinal(), date(2026, 11, 21).toordinal())
    )
    assert total == 260


@pytest.mark.parametrize("spelling", ["09/11/2026", "2026-11-9", "2026-11-09T00:00:00", "2026-13-40", 20261109])
def test_a_date_in_another_format_is_ignored_with_the_full_count(client, spelling: object) -> None:
    assert client.total(publicationDateFrom=spelling) == 260


@pytest.mark.parametrize("key", ["term", "query", "searchText", "dossierNumber", "procedureId"])
def test_an_unknown_key_is_ignored_with_the_full_count(client, key: str) -> None:
    assert client.total(**{key: "anything"}) == 260


def test_a_helper_field_of_the_saved_filter_is_refused(client) -> None:
    assert client.ask("POST", SEARCH, {"getCpvCodes": []}).status == 400


def test_the_dispatch_date_filters_too(client) -> None:
    found = client.search(dispatchDateFrom="2026-11-16")["publications"]
    assert found
    assert all(row["dispatchDate"] >= "2026-11-16" for row in found)


def test_open_calls_are_those_whose_deadline_has_not_passed_in_brussels(client) -> None:
    rows = client.everything()
    still_open = {
        row["publicationWorkspaceId"] for row in rows if row.get("vaultSubmissionDeadline", "") > "2026-11-20T12:00"
    }
    found = client.search(withActiveSubmissionDeadline=True)
    assert {row["publicationWorkspaceId"] for row in found["publications"]} <= still_open
    assert found["totalCount"] == len(still_open) > 20
    assert client.total(withActiveSubmissionDeadline=False) == 260


def test_a_cpv_code_finds_its_branch(client) -> None:
    found = client.search(cpvCodes=["45000000-7"])["publications"]
    assert found
    for row in found:
        codes = [row["cpvMainCode"]["code"], *(code["code"] for code in row["cpvAdditionalCodes"])]
        assert any(code.startswith("45") for code in codes)


def test_places_natures_languages_and_organisations_filter(client) -> None:
    buyer = client.everything()[0]["organisation"]["organisationId"]
    for body, holds in (
        ({"nutsCodes": ["BE3"]}, lambda row: row["nutsCodes"][0].startswith("BE3")),
        ({"natures": ["WORKS"]}, lambda row: row["natures"] == ["WORKS"]),
        ({"publicationLanguages": ["DE"]}, lambda row: "DE" in row["publicationLanguages"]),
        ({"organisationIds": [buyer]}, lambda row: row["organisation"]["organisationId"] == buyer),
    ):
        found = client.search(**body)
        assert 0 < found["totalCount"] < 260
        assert all(holds(row) for row in found["publications"])


def test_children_of_an_organisation_are_found_only_when_asked_for(client) -> None:
    assert client.total(organisationIds=[200004]) == 0
    assert client.total(organisationIds=[200004], includeOrganisationChildren=True) > 100


def test_terms_are_ranked_and_one_word_of_several_is_enough(client) -> None:
    both = client.search(terms="éclairage toiture")
    single = client.total(terms="eclairage")
    assert both["totalCount"] > single > 0


def test_terms_with_a_dossier_number_put_that_dossier_first(client) -> None:
    row = client.everything()[100]
    found = client.search(terms=row["dossier"]["number"])["publications"]
    assert found[0]["dossier"]["number"] == row["dossier"]["number"]


def test_a_row_has_the_keys_of_the_real_answer(client) -> None:
    row = client.everything()[0]
    always = {
        "cpvAdditionalCodes", "cpvMainCode", "dispatchDate", "dossier", "insertionDate", "lots", "natures", "noticeIds",
        "noticeSubType", "nutsCodes", "organisation", "procedureId", "publicationDate", "publicationLanguages",
        "publicationReferenceNumbersBDA", "publicationReferenceNumbersTED", "publicationType", "publicationWorkspaceId",
        "publishedAt", "referenceNumber", "sentAt", "tedPublished",
    }  # fmt: skip
    assert always <= set(row) <= always | {"vaultSubmissionDeadline", "cancelledAt"}
    assert {"accreditations", "enterpriseCategories", "legalBasis", "number", "referenceNumber", "titles"} <= set(
        row["dossier"]
    )
    assert re.fullmatch(r"\d{8}-\d", row["cpvMainCode"]["code"])
    assert {text["language"] for text in row["cpvMainCode"]["descriptions"]} == {"FR", "NL", "DE", "EN"}


def test_instants_are_naive_and_deadlines_stand_on_calls_only(client) -> None:
    for row in client.everything():
        for text in (*row["publishedAt"], row.get("vaultSubmissionDeadline", "2026-01-01T00:00:00")):
            assert datetime.fromisoformat(text).tzinfo is None
        if row["noticeSubType"] in {"29", "30", "33", "25", "38", "E4"}:
            assert "vaultSubmissionDeadline" not in row


def test_a_workspace_gives_versions_oldest_first_with_their_documents(client) -> None:
    row = next(row for row in client.everything() if len(row["noticeIds"]) > 1)
    workspace = client.workspace(row["publicationWorkspaceId"])
    assert [version["notice"]["id"] for version in workspace["versions"]] == row["noticeIds"]
    sent = [version["sentAt"] for version in workspace["versions"]]
    assert sent == sorted(sent)
    assert all(version["notice"]["id"] in version["notice"]["xmlContent"] for version in workspace["versions"])


def test_a_workspace_has_the_habits_of_the_real_one(client) -> None:
    row = next(row for row in client.everything() if row["noticeSubType"] == "16")
    workspace = client.workspace(row["publicationWorkspaceId"])
    assert workspace["status"] == "PUBLISHED"
    assert workspace["dossierStatus"] == "DRAFT"
    assert row["referenceNumber"] == f"{workspace['dossierReferenceNumber']}_{workspace['referenceNumber']}"
    assert workspace["vault"]["submissionDeadline"] == row["vaultSubmissionDeadline"]
    assert workspace["versions"][-1]["dossierSnapshot"]["procedureIdentifier"] == row["procedureId"]


def test_some_calls_have_a_question_period(client) -> None:
    calls = [row for row in client.everything() if row["noticeSubType"] == "16"]
    forums = [client.workspace(row["publicationWorkspaceId"])["forum"] for row in calls[:20]]
    assert any("closesOn" in forum for forum in forums)
    assert any("closesOn" not in forum for forum in forums)


def test_a_migrated_dossier_has_no_document(portal: BeBdaPortal, client) -> None:
    old = next(item for item in portal.catalogue.publications() if item.migrated)
    workspace = client.workspace(old.workspace_id)
    assert workspace["migrated"] is True
    assert "xmlContent" not in workspace["versions"][0]["notice"]


def test_an_unknown_workspace_is_a_404(client) -> None:
    assert client.ask("GET", "/api/dos/publication-workspaces/00000000-0000-4000-8000-000000000000").status == 404


def test_the_organisation_tree_gives_kbo_numbers_and_lacks_some(client) -> None:
    rows = json.loads(client.ask("GET", "/api/dos/organisations/tree-view/").body)
    buyers = [row for row in rows if row["id"] < 200_000]
    numbers = [row["cbeNumber"] for row in buyers if "cbeNumber" in row]
    assert 0 < len(numbers) < len(buyers)
    assert all(97 - int(number[:8]) % 97 == int(number[8:]) for number in numbers)


def test_reference_tables_number_codes_as_the_real_portal_does(client) -> None:
    cpvs = json.loads(client.ask("GET", "/api/loc/cpvs").body)
    assert next(entry for entry in cpvs if entry["code"].startswith("92533000"))["id"] == 9362
    nuts = client.ask("GET", "/api/loc/nuts").body
    assert b'{"id":16,"countryNuts":"BE100"' in nuts


def test_the_incident_banner_is_json_inside_a_string(client) -> None:
    banner = json.loads(client.ask("GET", "/api/cfg/configs/emergencyProcedure").body)
    assert json.loads(banner["value"])["showMessage"] is False
    assert json.loads(client.ask("GET", "/api/dos/system-alerts").body) == []


def test_the_official_gateway_serves_the_same_rows(portal: BeBdaPortal, client) -> None:
    form = f"grant_type=client_credentials&client_id={PARTNER_CLIENT[0]}&client_secret={PARTNER_CLIENT[1]}"
    token = json.loads(portal.answer(Request("POST", "/api/oauth2/token", body=form.encode())).body)["access_token"]
    path = "/api/eProcurementSea/v1/search/publications"
    body = {"page": 1, "pageSize": 100}
    found = json.loads(client.ask("POST", path, body, authorization=f"Bearer {token}").body)
    assert found == client.search()
    workspace_id = found["publications"][0]["publicationWorkspaceId"]
    answer = client.ask("GET", f"/api/eProcurementDos/v1/publication-workspaces/{workspace_id}")
    assert json.loads(answer.body)["id"] == workspace_id


def test_the_gateway_wraps_an_inner_404_in_its_error_envelope(client) -> None:
    answer = client.ask("GET", "/api/eProcurementDos/v1/publication-workspaces/nothing")
    error = json.loads(answer.body)["error"]
    assert answer.status == 500
    assert error["detail"]["detail"] == "HTTP 404 Not Found"
    assert {"fsbTransactionId", "code", "descriptionNL", "descriptionFR", "descriptionEN"} <= set(error)


def test_the_gateway_refuses_a_star_as_terms(client) -> None:
    path = "/api/eProcurementSea/v1/search/publications"
    assert client.ask("GET", path, query="terms=*").status == 400
    assert client.ask("GET", path, query="page=1&pageSize=5").status == 200
