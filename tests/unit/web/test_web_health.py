"""`/healthz` and `/readyz`: what a load balancer, a monitoring system and a stranger learn from them."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from core.settings import Settings
from monitoring.heartbeats import Heart
from tests.unit.web import invented
from tests.unit.web.conftest import NOW, Made, browser
from web.services import Services

PARTS = ["store", "index", "archive", "scheduler", "workers", "queues"]


def operator(password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"operator:{password}".encode()).decode()}


def states(answer: httpx.Response) -> dict[str, str]:
    return {check["name"]: check["state"] for check in answer.json()["checks"]}


@pytest.fixture
def whole(made: Callable[..., Made]) -> Made:
    """An installation whose scheduler and worker beat."""
    own = made(invented.everything(NOW))
    for role in ("scheduler", "worker"):
        Heart(own.settings, own.store, role).beat()
    return own


def put_in_the_way(folder: Path) -> None:
    """A file where the archive should be."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("in the way")


async def test_a_whole_installation_is_ready_and_says_so_part_by_part(whole: Made) -> None:
    async with whole.browser() as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["ready"] is True
    assert states(answer) == dict.fromkeys(PARTS, "ok")
    told = {check["name"]: check["sentence"] for check in answer.json()["checks"]}
    assert f"holds {len(invented.everything(NOW))} notices" in told["index"]


async def test_without_a_scheduler_it_is_not_ready_and_the_site_lives(made: Callable[..., Made]) -> None:
    async with made().browser() as client:
        ready, lives, serves = [await client.get(path) for path in ("/readyz", "/healthz", "/readyz?only=store,index")]
    assert (ready.status_code, lives.status_code, serves.status_code) == (503, 200, 200)
    assert states(ready)["scheduler"] == states(ready)["workers"] == "down"
    assert list(states(serves)) == ["store", "index"]


async def test_an_archive_that_is_away_is_told_without_taking_the_site_down(whole: Made) -> None:
    put_in_the_way(Path(whole.settings.archive))
    async with whole.browser() as client:
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert states(answer)["archive"] == "down"
        assert (await client.get("/readyz?only=store")).status_code == 200


async def test_strangers_see_states_and_operators_sentences(made: Callable[..., Made]) -> None:
    own = made(web={"operator_password": "correct horse", "public_url": "https://vigie.example"})
    async with own.browser(host="vigie.example") as client:
        stranger = await client.get("/readyz")
        told = await client.get("/readyz", headers=operator("correct horse"))
    assert all(set(check) == {"name", "state"} for check in stranger.json()["checks"])
    assert all(check["sentence"] for check in told.json()["checks"])
    assert states(stranger) == states(told)


async def test_a_container_engine_may_ask_by_any_address_and_learns_states_only(whole: Made) -> None:
    async with whole.browser(host="10.2.3.4:8080") as client:
        lives, ready, page = [await client.get(path) for path in ("/healthz", "/readyz", "/sources")]
    assert (lives.status_code, ready.status_code, page.status_code) == (200, 200, 400)
    assert all(set(check) == {"name", "state"} for check in ready.json()["checks"])


async def test_a_part_that_does_not_exist_cannot_be_asked_for(whole: Made) -> None:
    async with whole.browser() as client:
        assert (await client.get("/readyz?only=store,coffee")).status_code == 400


async def test_no_answer_holds_a_password(tmp_path: Path) -> None:
    secret = "hunter2hunter2"
    settings = Settings(
        data_dir=tmp_path, database_url=f"postgresql://vigie:{secret}@127.0.0.1:1/none", secret_key="x" * 40,
        archive_url=f"sftp://vigie:{secret}@archive.example/raw",
    )  # fmt: skip
    async with browser(settings, Services(settings)) as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert states(answer)["store"] == "down"
    assert secret not in answer.text
