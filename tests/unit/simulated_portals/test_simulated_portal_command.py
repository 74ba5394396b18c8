"""`python -m simulated_portals be_bda`, as a person or a script starts it."""

from __future__ import annotations

import signal
import subprocess
import sys

import httpx
import pytest

from simulated_portals.be_bda.portal import TOKEN_PATH
from simulated_portals.be_bda.tokens import PUBLIC_CLIENT

SEARCH = "/api/sea/search/publications"


def started(*options: str) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "simulated_portals", "be_bda", "--invented", "30", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    name, base_url = process.stdout.readline().split()
    assert name == "be_bda"
    return process, base_url


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_its_address_answers_and_ends_on_a_signal(number: signal.Signals) -> None:
    process, base_url = started("--today", "2026-11-20")
    try:
        assert base_url.startswith("http://127.0.0.1:")
        assert httpx.get(f"{base_url}/env.config.js").status_code == 200
        process.send_signal(number)
        output, _ = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert output == ""


def test_it_makes_news_while_it_runs() -> None:
    process, base_url = started("--publish-every", "0.05")
    try:
        with httpx.Client(base_url=base_url) as client:
            token = client.post(TOKEN_PATH, data={"grant_type": "client_credentials"}, auth=PUBLIC_CLIENT).json()
            headers = {"Authorization": f"Bearer {token['access_token']}", "BelGov-Trace-Id": "news"}
            body = {"page": 1, "pageSize": 1}
            answers = (client.post(SEARCH, json=body, headers=headers).json() for _ in range(20_000))
            assert any(answer["totalCount"] > 32 for answer in answers)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_a_folder_without_samples_is_refused_with_a_sentence(tmp_path) -> None:
    command = [sys.executable, "-m", "simulated_portals", "be_bda", "--samples", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "no sample notices" in ended.stderr
