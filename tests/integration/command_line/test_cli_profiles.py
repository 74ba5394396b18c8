"""`vigie profile` and `vigie digest`: who is told of what."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.mailbox import Mailbox, MailSink
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
