"""`vigie up` as a stranger sees it: an address, a search, an alert, a mail; it ends at once and loses nothing."""

from __future__ import annotations

import html
import re
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from core.ports import free_port
from core.settings import Settings
from store import Store
from tests.support.up import Up, taken_port, until

pytestmark = pytest.mark.slow
END_SECONDS = 10.0
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are looked up in /proc")
INPUT = re.compile(r'<input type="hidden" name="([a-z]+)" value="([^"]*)"')
MAIL = re.compile(r'href="(/mailbox/[0-9A-Za-z-]+)"')


@dataclass
class Story:
    """What one first start and a second one showed."""

    folder: Path
    port: int
    first_address: str = ""
    first_told: str = ""
    searched: int = 0
    banner: bool = False
    subjects: list[str] = field(default_factory=list)
    confirmation_changed_by_get: bool = True
    first_end: float = 99.0
    first_left: list[int] = field(default_factory=list)
    notices: int = 0
    second_address: str = ""
    second_told: str = ""
    second_subjects: list[str] = field(default_factory=list)
    second_end: float = 99.0
    second_left: list[int] = field(default_factory=list)
    second_notices: int = 0
    profiles: list[str] = field(default_factory=list)

    def demonstration(self) -> Store:
        """The demonstration's store."""
        return Store.open(Settings(data_dir=self.folder / "demonstration", demo=True))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    told = Story(tmp_path_factory.mktemp("stranger"), free_port())
    with Up(told.folder, "--demo", port=told.port) as up, httpx.Client(base_url=up.address, timeout=20) as visitor:
        told.first_address = up.first_address()
        _visit(visitor, told)
        told.first_end = up.end(signal.SIGTERM)
        told.first_left, told.first_told = up.left(), up.told
    with told.demonstration() as store:
        told.notices = store.notices.count()
    _second_start(told)
    return told


def _second_start(told: Story) -> None:
    with (
        Up(told.folder, "--demo", port=told.port, sigint_ignored=True) as up,
        httpx.Client(base_url=up.address, timeout=20) as visitor,
    ):
        told.second_address = up.first_address()
        told.second_subjects = _subjects(visitor)
        told.second_end = up.end(signal.SIGINT)
        told.second_left, told.second_told = up.left(), up.told
    with told.demonstration() as store:
        told.second_notices = store.notices.count()
        told.profiles = [profile.name for profile in store.profiles.changed_since(0).put]


def _visit(visitor: httpx.Client, told: Story) -> None:
    told.searched = until(lambda: _total(visitor), 45, "notices in the search")
    told.banner = "Démonstration" in visitor.get("/").text
    _save_profile(visitor)
    (link,) = until(lambda: MAIL.findall(visitor.get("/mailbox").text), 15, "the confirmation mail")
    told.confirmation_changed_by_get = not _confirm(visitor, link, told)
    until(lambda: len(MAIL.findall(visitor.get("/mailbox").text)) >= 2, 15, "the first digest")
    told.subjects = _subjects(visitor)


def _total(visitor: httpx.Client) -> int:
    answer = visitor.get("/api/notices", params={"limit": "1"})
    return int(answer.json()["total"]) if answer.status_code == 200 else 0


def _save_profile(visitor: httpx.Client) -> None:
    page = visitor.get("/profiles/new", params={"natures": "works"})
    fields = {name: html.unescape(value) for name, value in INPUT.findall(page.text)}
    chosen = {"name": "Chantiers", "email": "anna@example.org", "zone": "Europe/Brussels", "language": "fr"}
    form = {**fields, **chosen, "hour": "7", "weekday": ["0", "1", "2", "3", "4"]}
    saved = visitor.post("/profiles", data=form)
    assert saved.status_code == 200, saved.text


def _confirm(visitor: httpx.Client, mail: str, told: Story) -> bool:
    """Follow the link of the confirmation mail and press its button; whether the GET left things as they were."""
    text = html.unescape(visitor.get(mail).text)
    found = re.search(r"https?://[^\s\"<>]+(/alerts/confirm/[^\s\"<>]+)", text)
    assert found, text
    page = visitor.get(found[1])
    with told.demonstration() as store:
        owner = store.profiles.owner_by_email("anna@example.org")
    assert owner is not None
    fields = {name: html.unescape(value) for name, value in INPUT.findall(page.text)}
    answer = visitor.post(found[1], data=fields)
    assert answer.status_code == 200, answer.text
    return owner.confirmed_at is None


def _subjects(visitor: httpx.Client) -> list[str]:
    cards = re.findall(r'href="/mailbox/[^"]+"><strong>([^<]+)</strong>', visitor.get("/mailbox").text)
    return [html.unescape(subject) for subject in cards]


def test_the_first_address_printed_is_the_site_and_it_answers(story: Story) -> None:
    assert story.first_address == f"http://127.0.0.1:{story.port}"
    assert story.searched > 0


def test_the_demonstration_says_so_on_the_page(story: Story) -> None:
    assert story.banner


def test_a_saved_profile_leads_to_a_confirmation_and_then_to_a_digest(story: Story) -> None:
    assert len(story.subjects) == 2
    digest, confirmation = story.subjects
    assert "confirmez" in confirmation
    assert "confirmez" not in digest
    assert not story.confirmation_changed_by_get


def test_the_demonstration_keeps_to_a_folder_of_its_own(story: Story) -> None:
    assert (story.folder / "demonstration" / "vigie.sqlite").is_file()
    assert not (story.folder / "vigie").exists()


@LINUX
def test_sigterm_ends_everything_in_time_and_quietly(story: Story) -> None:
    assert story.first_end < END_SECONDS
    assert story.first_left == []
    assert "Traceback" not in story.first_told, story.first_told


@LINUX
def test_sigint_ends_everything_even_when_a_shell_had_it_ignored(story: Story) -> None:
    assert story.second_end < END_SECONDS
    assert story.second_left == []
    assert "Traceback" not in story.second_told, story.second_told


def test_a_second_start_has_lost_nothing(story: Story) -> None:
    assert story.second_address == story.first_address
    assert story.second_notices >= story.notices > 0
    assert story.profiles == ["Chantiers"]
    assert set(story.subjects) <= set(story.second_subjects)


def test_without_a_portal_it_says_so_and_serves_the_demonstration(tmp_path: Path) -> None:
    port = free_port()
    with Up(tmp_path, port=port, PORTALS__BE_BDA__BASE_URL=f"http://127.0.0.1:{free_port()}") as up:
        assert up.first_address() == f"http://127.0.0.1:{port}"
        assert "No portal answers from here. Serving the demonstration instead" in up.told
        until(lambda: "demonstration's own mailbox" in up.told, 5, "where mails go")
        assert "Démonstration" in httpx.get(up.address, timeout=20).text
        assert up.end(signal.SIGTERM) < END_SECONDS


def test_a_taken_port_is_told_in_a_sentence(tmp_path: Path) -> None:
    with taken_port() as port, Up(tmp_path, "--demo", port=port) as up:
        assert up.wait(30) == 1
        assert f"Port {port} on 127.0.0.1 cannot be used" in up.told
        assert "VIGIE_WEB__PORT" in up.told
        assert "Traceback" not in up.told
