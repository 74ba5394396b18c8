"""`vigie profile` and `vigie digest`: who is told of what."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.mailbox import Mailbox, MailSink
from core import clock
from core.ports import free_port
from core.settings import Settings
from store.records import OutboxMessage
from tests.support.command import Vigie, word_of


def test_a_profile_is_saved_paused_resumed_and_deleted(vigie: Vigie) -> None:
    result = vigie("profile", "add", "Routes", word_of(vigie), "--email", "anna@example.org")
    profile_id = result.stdout.strip()
    assert "anna@example.org" in result.stderr  # who is asked to confirm
    (listed,) = vigie.lines("profile", "list", "--json")
    assert (listed["id"], listed["state"], listed["query"]["deadline"]) == (profile_id, "active", {"open": True})
    vigie("profile", "pause", profile_id)
    assert [item["state"] for item in vigie.lines("profile", "list", "--json")] == ["paused"]
    vigie("profile", "resume", profile_id)
    assert [item["state"] for item in vigie.lines("profile", "list", "anna@example.org", "--json")] == ["active"]
    vigie("profile", "delete", profile_id)
    assert vigie.lines("profile", "list", "--json") == []
    for action in ("pause", "resume", "delete"):
        assert vigie("profile", action, profile_id, code=1).stderr


def test_an_alert_is_resumed_without_a_search_engine_and_told_later_what_is_open(vigie: Vigie) -> None:
    profile_id = vigie("profile", "add", "Routes", word_of(vigie), "--email", "anna@example.org").stdout.strip()
    vigie("profile", "pause", profile_id)
    with vigie.store() as store:
        owner = store.profiles.owner_by_email("anna@example.org")
        assert owner is not None
        store.profiles.confirm_owner(owner.id, clock.now())
    vigie.set("SEARCH__RETRIES", "0")
    vigie.set("SEARCH__URLS", f"http://127.0.0.1:{free_port()}")
    assert "told when it does" in vigie("profile", "resume", profile_id).stderr
    vigie("profile", "pause", profile_id)
    vigie.unset("SEARCH__URLS")
    shutil.rmtree(Settings().index_dir)
    assert "told when it does" in vigie("profile", "resume", profile_id).stderr
    vigie("reindex")
    vigie("digest")
    with vigie.store() as store:
        assert store.hits.of_profile(profile_id)


@pytest.mark.parametrize(
    "arguments",
    [
        ("Tout", "*", "--email", "anna@example.org"),
        ("Routes", "travaux", "--email", "anna"),
        ("Routes", "travaux", "--email", "anna@example.org", "--zone", "Europe/Nowhere"),
        ("", "travaux", "--email", "anna@example.org"),
        ("Routes", "(travaux", "--email", "anna@example.org"),
    ],
)
def test_a_profile_that_makes_no_sense_is_refused_in_a_sentence(vigie: Vigie, arguments: tuple[str, ...]) -> None:
    result = vigie("profile", "add", *arguments, code=1)
    assert result.stderr.strip()
    assert vigie.lines("profile", "list", "--json") == []


def test_digest_hands_over_what_waits_and_says_when_it_could_not(vigie: Vigie, tmp_path: Path) -> None:
    vigie("profile", "add", "Routes", "travaux", "--email", "anna@example.org")
    with MailSink(tmp_path / "mails") as sink:
        port = sink.port
        vigie.set("SMTP__PORT", str(port))
        result = vigie("digest", "--deliver")
        assert "1 mails accepted" in result.stderr
        assert [mail.recipient for mail in Mailbox(tmp_path / "mails").list()] == ["anna@example.org"]
    vigie("profile", "add", "Ponts", "ponts", "--email", "bert@example.org")
    assert "1 to be tried again" in vigie("digest", "--deliver", code=1).stderr
    assert "mail-undelivered" in vigie("status", code=1).stdout


def test_digest_gives_the_words_of_this_delivery_and_not_of_an_earlier_one(vigie: Vigie) -> None:
    now = clock.now()
    with vigie.store() as store:
        store.outbox.add(
            OutboxMessage(
                id="earlier",
                purpose="confirmation",
                recipient="carl@example.org",
                message_id="<earlier@vigie.example>",
                payload=b"Bonjour",
                next_attempt_at=now + timedelta(hours=4),
                created_at=now - timedelta(days=1),
                attempts=6,
                last_error="452 mailbox full",
            )
        )
    vigie.set("SMTP__PORT", str(free_port()))
    vigie("profile", "add", "Ponts", "ponts", "--email", "bert@example.org")
    told = vigie("digest", "--deliver", code=1).stderr
    assert "The mail server did not take them: SMTPConnectError" in told, told
    assert "452" not in told
