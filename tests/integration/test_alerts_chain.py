"""From a saved notice to a mail in a mailbox, with the real store, index and matcher, and an SMTP server."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from alerts import digests, profiles
from alerts.mailbox import Mailbox, MailSink
from alerts.outbox import deliver_due
from core import clock
from core.settings import SmtpSettings
from search import indexer, open_index
from store import Store
from tests.unit.alerts.alerts_kit import LIGHTING, NOON, World, notice, settings_in


def test_a_subscriber_confirms_and_reads_what_is_open_and_what_comes(tmp_path: Path, store_url: str) -> None:
    with MailSink(tmp_path / "mailbox") as sink:
        settings = settings_in(tmp_path, database_url=store_url, smtp=SmtpSettings(port=sink.port))
        with clock.frozen_at(NOON), Store.open(settings) as store, open_index(settings, writable=True) as index:
            world = World(settings, store, index)
            world.save(notice(1), notice(2, title={"fr": "Repas scolaires"}, description={}))
            while indexer.drain(store, index, 100):
                pass
            world.match()
            saved = world.subscribe(LIGHTING)
            deliver_due(store, settings, NOON)
            profiles.confirm(store, settings, index, saved.owner.id, NOON)
            deliver_due(store, settings, NOON)
            world.save(notice(3))
            world.match()
            tomorrow = NOON + timedelta(days=1)
            digests.build_due(store, settings, tomorrow)
            deliver_due(store, settings, tomorrow)
    mails = sorted(Mailbox(tmp_path / "mailbox").list(), key=lambda mail: mail.id)
    told = sorted(mail.subject for mail in mails)
    assert told == [
        "Vigie : 1 avis ouvert – Rénovation de l'éclairage public, phase 1",
        "Vigie : 1 nouvel avis – Rénovation de l'éclairage public, phase 3",
        "Vigie : confirmez votre adresse",
    ]
    assert {mail.recipient for mail in mails} == {"anne@pme.example"}
