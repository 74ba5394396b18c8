"""What others work with ends after them; what an operator set for the site holds in the demonstration too."""

from __future__ import annotations

import sys
import threading
import tomllib
from pathlib import Path

import pytest

from core.settings import Settings
from scheduler.demonstration import Demonstration
from scheduler.supervisor import Child, Supervisor

NOTES_ITS_END = """
import pathlib, signal, sys, time
def end(*_):
    with open(sys.argv[1], "a") as file:
        file.write(sys.argv[2] + " ")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
pathlib.Path(sys.argv[1] + sys.argv[2]).touch()
time.sleep(60)
"""


def _child(notes: Path, name: str, *, needed: bool = False) -> Child:
    return Child(name, (sys.executable, "-c", NOTES_ITS_END, str(notes), name), needed=needed)


def test_a_portal_and_a_mail_server_end_after_those_who_use_them(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    children = (_child(notes, "portal", needed=True), _child(notes, "crawler"))
    supervisor = Supervisor(children)
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    ready = threading.Event()
    while not all(Path(f"{notes}{child.name}").exists() for child in children):
        ready.wait(0.02)
    supervisor.stop()
    thread.join(20)
    assert notes.read_text().split() == ["crawler", "portal"]


def test_the_demonstration_keeps_how_the_operator_serves_the_site(tmp_path: Path) -> None:
    web = {"host": "0.0.0.0", "port": 9000, "operator_password": "long", "public_url": "http://vigie.lan:9000"}  # noqa: S104
    real = Settings.model_validate({"data_dir": tmp_path / "vigie", "log_level": "ERROR", "web": web})
    demonstration = Demonstration(real)
    demonstration.prepare()
    written = tomllib.loads(demonstration.settings_file.read_text(encoding="utf-8"))
    assert written["web"] == {"host": "0.0.0.0", "port": 9000, "public_url": "http://vigie.lan:9000"}  # noqa: S104
    assert written["log_level"] == "ERROR"
    environment = {"VIGIE_DATABASE_URL": "postgresql://db/real", "VIGIE_SMTP__HOST": "smtp.example.org", "HOME": "/"}
    demonstration.enter(environment)
    assert environment == {
        "HOME": "/",
        "VIGIE_CONFIG": str(demonstration.settings_file),
        "VIGIE_WEB__OPERATOR_PASSWORD": "long",
    }


@pytest.mark.parametrize("url", ['http://vigie.lan/"\n[smtp]\nhost="elsewhere', "http://vigie.lan/é\\"])
def test_an_odd_public_address_does_not_break_the_demonstrations_settings(tmp_path: Path, url: str) -> None:
    demonstration = Demonstration(Settings.model_validate({"data_dir": tmp_path / "vigie", "web": {"public_url": url}}))
    demonstration.prepare()
    written = tomllib.loads(demonstration.settings_file.read_text(encoding="utf-8"))
    assert written["web"]["public_url"] == url
    assert written["smtp"]["host"] == "127.0.0.1"
