"""A simulated Belgian portal with a fixed day, and a client that talks to it without a network."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.clock import frozen_at
from simulated_portals.be_bda.invented import Inventor
from simulated_portals.be_bda.portal import TOKEN_PATH, BeBdaPortal
from simulated_portals.be_bda.publications import Publication
from simulated_portals.be_bda.tokens import PUBLIC_CLIENT
from simulated_portals.messages import Answer, Request

TODAY = date(2026, 11, 20)
SEARCH = "/api/sea/search/publications"


@dataclass
class Client:
    """Asks a portal directly, as a careful client would."""

    portal: BeBdaPortal
    headers: dict[str, str] = field(default_factory=dict)

    def token(self, **form: str) -> Answer:
        body = "&".join(f"{key}={value}" for key, value in {"grant_type": "client_credentials", **form}.items())
        return self.portal.answer(Request("POST", TOKEN_PATH, body=body.encode()))

    def log_in(self) -> Client:
        answer = self.token(client_id=PUBLIC_CLIENT[0], client_secret=PUBLIC_CLIENT[1])
        self.headers["authorization"] = f"Bearer {json.loads(answer.body)['access_token']}"
        return self

    def ask(self, method: str, path: str, body: object = None, query: str = "", **headers: str) -> Answer:
        sent = {"belgov-trace-id": str(uuid.uuid4()), **self.headers, **headers}
        payload = b"" if body is None else json.dumps(body).encode()
        return self.portal.answer(Request(method, path, query, {k: v for k, v in sent.items() if v}, payload))

    def search(self, **body: Any) -> dict[str, Any]:
        answer = self.ask("POST", SEARCH, {"page": 1, "pageSize": 100, **body})
        assert answer.status == 200
        found: dict[str, Any] = json.loads(answer.body)
        return found

    def everything(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        page = 1
        while found := self.search(page=page)["publications"]:
            rows += found
            page += 1
        return rows

    def workspace(self, workspace_id: str) -> dict[str, Any]:
        answer = self.ask("GET", f"/api/dos/publication-workspaces/{workspace_id}", query="includeDrafts=false")
        assert answer.status == 200
        found: dict[str, Any] = json.loads(answer.body)
        return found

    def total(self, **body: Any) -> int:
        return int(self.search(**body)["totalCount"])


@pytest.fixture
def noon() -> Iterator[None]:
    with frozen_at(datetime(2026, 11, 20, 11, 0, tzinfo=UTC)):
        yield


@pytest.fixture(scope="session")
def inventor() -> Inventor:
    return Inventor(seed=7, today=TODAY)


@pytest.fixture(scope="session")
def notices_260(inventor: Inventor) -> tuple[Publication, ...]:
    return inventor.publications(260)


@pytest.fixture
def portal(noon: None, inventor: Inventor, notices_260: tuple[Publication, ...]) -> BeBdaPortal:
    return BeBdaPortal(notices_260, today=TODAY, invent=inventor.call_published_at)


@pytest.fixture
def client(portal: BeBdaPortal) -> Client:
    return Client(portal).log_in()
