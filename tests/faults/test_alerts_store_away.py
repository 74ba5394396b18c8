"""PostgreSQL is killed while mails flow and comes back: every mail is accepted, and none twice."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.mailbox import Mailbox, MailSink
from alerts.outbox import deliver_due, lease
from core import clock
from core.settings import Settings, SmtpSettings
from store import Store, StoreError
from store.records import OutboxMessage, OutboxState
from tests.support.postgres import restartable_server
from tests.unit.alerts.alerts_kit import settings_in

COUNT = 60
DELIVERERS = 2
AWAY_SECONDS = 2.0


def confirmation(number: int) -> OutboxMessage:
    """A mail without a digest."""
    message_id = f"<confirmation-{number}@vigie.example>"
    return OutboxMessage(
        id=f"confirmation-{number}",
        purpose="confirmation",
        recipient="anne@pme.example",
        message_id=message_id,
        payload=f"From: vigie@vigie.example\r\nMessage-ID: {message_id}\r\n\r\nBonjour\r\n".encode(),
        next_attempt_at=clock.now(),
        created_at=clock.now(),
    )


def deliver_all(url: str, settings: Settings) -> None:
    """What a worker does: again and again until nothing is due, also after the store was away."""
    with Store(url) as store:
        while True:
            try:
                if not deliver_due(store, settings, clock.now()).total:
                    return
            except StoreError:
                time.sleep(0.1)


def filled(mailbox: Mailbox, count: int, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set as soon as the mailbox of a sink holds so many mails."""
    add, reached, added = mailbox.add, threading.Event(), iter(range(1, 10 * COUNT))

    def telling(content: bytes) -> str:
        name = add(content)
        if next(added) >= count:
            reached.set()
        return name

    monkeypatch.setattr(mailbox, "add", telling)
    return reached


@pytest.mark.postgres
def test_mails_that_flow_while_postgresql_is_killed_and_comes_back_arrive_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with restartable_server() as server, MailSink(tmp_path / "mailbox") as sink:
        mailbox = sink.mailbox
        flowing = filled(mailbox, COUNT // 6, monkeypatch)
        settings = settings_in(tmp_path, smtp=SmtpSettings(port=sink.port, timeout=10))
        with Store(server.url) as store:
            store.migrate()
            for number in range(COUNT):
                store.outbox.add(confirmation(number))
        deliverers = [
            threading.Thread(target=deliver_all, args=(server.url, settings), daemon=True) for _ in range(DELIVERERS)
        ]
        for deliverer in deliverers:
            deliverer.start()
        assert flowing.wait(30)
        server.kill()
        assert len(mailbox.list()) < COUNT, "all was delivered before the server was killed"
        time.sleep(AWAY_SECONDS)
        server.start()
        for deliverer in deliverers:
            deliverer.join(60)
            assert not deliverer.is_alive()
        with clock.frozen_at(clock.now() + lease(settings) + timedelta(seconds=1)):
            deliver_all(server.url, settings)  # the rest of batches that ended early
        with Store(server.url) as store:
            assert store.outbox.counts()[OutboxState.SENT] == COUNT
    arrived = Counter(mail.message_id for mail in mailbox.list())
    assert len(arrived) == COUNT
    assert [message_id for message_id, times in arrived.items() if times > 1] == []
