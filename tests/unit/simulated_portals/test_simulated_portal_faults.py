"""The faults a portal can be told to show, as a client meets them over the network."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from simulated_portals.be_bda.portal import TOKEN_PATH, BeBdaPortal
from simulated_portals.be_bda.tokens import PUBLIC_CLIENT
from simulated_portals.misbehaviour import (
    AnswerStatus,
    BrokenXml,
    CutBody,
    EmptyList,
    Hang,
    IgnoreFilters,
    Latency,
    LosePage,
    LoseRows,
    Maintenance,
    RenameKey,
    WrongTotal,
)
from simulated_portals.running import RunningPortal, running_portal

SEARCH = "/api/sea/search/publications"


class Web:
    """A client over a real connection."""

    def __init__(self, running: RunningPortal[BeBdaPortal]) -> None:
        self.running = running
        self.http = httpx.Client(base_url=running.base_url, timeout=10)
        form = {"grant_type": "client_credentials"}
        self.token = self.http.post(TOKEN_PATH, data=form, auth=PUBLIC_CLIENT).json()["access_token"]

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "BelGov-Trace-Id": str(uuid.uuid4())}

    def post(self, **body: object) -> httpx.Response:
        return self.http.post(SEARCH, json={"page": 1, "pageSize": 20, **body}, headers=self.headers())

    def ids(self, **body: object) -> list[str]:
        return [row["publicationWorkspaceId"] for row in self.post(**body).json()["publications"]]

    def xml(self, workspace_id: str) -> str:
        answer = self.http.get(f"/api/dos/publication-workspaces/{workspace_id}", headers=self.headers())
        return str(answer.json()["versions"][-1]["notice"]["xmlContent"])

    def control(self, **command: object) -> httpx.Response:
        return self.http.post("/_control", json=command)


@pytest.fixture
def web(portal: BeBdaPortal) -> Iterator[Web]:
    with running_portal(portal) as running:
        client = Web(running)
        with closing(client.http):
            yield client


def test_a_lost_page_repeats_the_one_before_and_the_total_stays(portal: BeBdaPortal, web: Web) -> None:
    portal.faults.start(LosePage(page=2))
    assert web.ids(page=2) == web.ids(page=1)
    assert web.post(page=2).json()["totalCount"] == 260


def test_a_page_lost_once_is_back_the_next_time(portal: BeBdaPortal, web: Web) -> None:
    portal.faults.start(LosePage(page=2, how="empty", times=1))
    assert web.ids(page=1) != []
    assert web.ids(page=2) == []
    assert len(web.ids(page=2)) == 20


def test_lost_rows_leave_the_total_as_it_was(portal: BeBdaPortal, web: Web) -> None:
    portal.faults.start(LoseRows(rows=3, page=1))
    answer = web.post().json()
    assert (len(answer["publications"]), answer["totalCount"]) == (17, 260)


def test_a_cut_connection_is_an_error_of_transport(portal: BeBdaPortal, web: Web) -> None:
    portal.faults.start(CutBody(times=1))
    with pytest.raises(httpx.RemoteProtocolError):
        web.post()
    assert web.post().status_code == 200


def test_a_cut_payload_is_not_json(portal: BeBdaPortal, web: Web) -> None:
    portal.faults.start(CutBody(how="payload", times=1))
    with pytest.raises(json.JSONDecodeError):
        web.post().json()


def test_a_429_says_how_long_to_wait_and_ends(portal: BeBdaPortal, web: Web) -> None:
    portal.faults.start(AnswerStatus(status=429, retry_after=7, times=2))
    answers = [web.post() for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["retry-after"] == "7"


def test_a_503_may_hit_one_path_only(portal: BeBdaPortal, web: Web) -> None:
    portal.faults.start(AnswerStatus(status=503, path="/api/dos/"))
    assert web.post().status_code == 200
    assert web.http.get("/api/dos/system-alerts", headers=web.headers()).status_code == 503


def test_a_hanging_portal_answers_when_the_fault_is_cleared(
    portal: BeBdaPortal, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = threading.Event()
    take = portal.faults.take

    def taken(kind: type[Any], path: str, page: int | None = None) -> Any:
        found = take(kind, path, page)
        if kind is Hang and found:
            hanging.set()
        return found

    monkeypatch.setattr(portal.faults, "take", taken)
    portal.faults.start(Hang(seconds=600, times=1))
    answers: list[int] = []
    waiting = threading.Thread(target=lambda: answers.append(web.post().status_code))
    waiting.start()
    assert hanging.wait(10)
    portal.faults.clear()
    waiting.join(10)
    assert answers == [200]


def test_a_renamed_key_is_missing_under_its_old_name(portal: BeBdaPortal, web: Web) -> None:
    portal.faults.start(RenameKey(old="publicationWorkspaceId", new="publicationWorkspaceUuid"))
    portal.faults.start(RenameKey(old="publications", new="items"))
    answer = web.post().json()
    assert set(answer) == {"items", "totalCount"}
    assert "publicationWorkspaceUuid" in answer["items"][0]
    assert "publicationWorkspaceId" not in answer["items"][0]


def test_an_empty_list_is_a_200_with_total_zero(portal: BeBdaPortal, web: Web) -> None:
    portal.faults.start(EmptyList(times=1))
    assert web.post().json() == {"publications": [], "totalCount": 0}
    assert web.post().json()["totalCount"] == 260


def test_maintenance_is_html_with_status_200_on_api_paths(portal: BeBdaPortal, web: Web) -> None:
    portal.faults.start(Maintenance())
    answer = web.post()
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


def test_ignored_filters_give_everything(portal: BeBdaPortal, web: Web) -> None:
    portal.faults.start(IgnoreFilters())
    assert web.post(natures=["WORKS"]).json()["totalCount"] == 260


def test_a_wrong_total_leaves_the_rows_alone(portal: BeBdaPortal, web: Web) -> None:
    portal.faults.start(WrongTotal(off_by=5))
    answer = web.post().json()
    assert (len(answer["publications"]), answer["totalCount"]) == (20, 265)


def test_broken_documents_come_in_four_kinds(portal: BeBdaPortal, web: Web) -> None:
    cut, bomb, huge, encoding = web.ids(page=3)[:4]
    whole = web.xml(cut)
    for workspace_id, how in ((cut, "cut"), (bomb, "billion_laughs"), (huge, "huge"), (encoding, "wrong_encoding")):
        portal.faults.start(BrokenXml(ids=(workspace_id,), how=how))
    assert web.xml(cut) == whole[: len(whole) // 2]
    assert "<!ENTITY lol9" in web.xml(bomb)
    assert "&lol9;" in web.xml(bomb)
    assert len(web.xml(huge)) > 50_000_000
    assert 'encoding="UTF-16"' in web.xml(encoding)
    portal.faults.clear("broken_xml")
    assert web.xml(cut) == whole


def test_latency_is_shown_and_cleared_over_the_control_path(web: Web) -> None:
    assert web.control(fault="latency", milliseconds=1).json()["done"] == [Latency(milliseconds=1).model_dump()]
    assert web.post().status_code == 200
    assert web.control(clear="latency").json() == {"done": []}


def test_the_control_path_makes_news(web: Web) -> None:
    published = web.control(do="publish").json()["done"]
    assert web.ids()[0] == published
    moved = web.control(do="rectify", id=published, new_deadline="2027-02-01T10:00:00")
    assert moved.json() == {"done": "2027-02-01T10:00:00"}
    assert web.post().json()["publications"][0]["vaultSubmissionDeadline"] == "2027-02-01T10:00:00"


def test_the_control_path_revokes_tokens(web: Web) -> None:
    web.control(do="revoke_tokens")
    assert web.post().status_code == 401


@pytest.mark.parametrize(
    "command",
    [{"do": "dance"}, {"fault": "earthquake"}, {"fault": "lose_page", "page": 0}, {"do": "cancel", "id": "nobody"}, []],
)
def test_a_command_that_cannot_be_carried_out_is_refused_with_a_sentence(web: Web, command: object) -> None:
    answer = web.http.post("/_control", json=command)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_statistics_tell_what_a_client_did(portal: BeBdaPortal, web: Web) -> None:
    web.http.headers["User-Agent"] = "a polite client"
    web.http.get("/robots.txt")
    web.post()
    web.http.post(SEARCH, json={}, headers={"Authorization": f"Bearer {web.token}"})
    told = web.http.get("/_stats").json()
    assert told["by_kind"] == {"token": 1, "page": 1, "search": 2}
    assert told["by_path"]["GET /robots.txt"] == 1
    assert told["by_status"] == {"200": 3, "400": 1}
    assert told["events"] == {"missing_trace_id": 1}
    assert told["user_agents"]["a polite client"] == 3
    assert told["peak_concurrent_connections"] == 1
    assert told["peak_requests_per_second"] >= 1
    assert portal.statistics.requests_to("/robots.txt") == 1
