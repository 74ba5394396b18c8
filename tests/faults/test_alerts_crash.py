"""Deliverers killed with SIGKILL: everything is delivered, at most one message twice, under the same Message-ID."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.mailbox import Mailbox, MailSink
from alerts.outbox import deliver_due, lease
from core import clock
from core.ports import free_port
from core.settings import Settings, SmtpSettings
from store import Store
from store.records import OutboxMessage, OutboxState
from tests.unit.alerts.alerts_kit import NOON, settings_in

COUNT = 9
ROOT = Path(__file__).parents[2]

CHILD = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from alerts.outbox import deliver_due
from core import clock
from core.settings import SmtpSettings
from store import Store, StoreError
from tests.unit.alerts.alerts_kit import NOON, settings_in

folder, (port, survives, away) = Path(sys.argv[1]), map(int, sys.argv[2:])
settings = settings_in(folder, smtp=SmtpSettings(port=port))
marked = 0

def killed(method):
    def sent(*arguments):
        global marked, away
        if marked == survives and away:
            away -= 1
            raise StoreError("The database is away.")
        if marked == survives:
            os.kill(os.getpid(), signal.SIGKILL)  # the server has accepted, and nothing says so yet
        marked += 1
        return method(*arguments)
    return sent

with clock.frozen_at(NOON), Store.open(settings) as store:
    store.outbox.sent = killed(store.outbox.sent)
    deliver_due(store, settings, NOON)
"""


def message(number: int) -> OutboxMessage:
    identity = f"digest-{number}"
    text = f"From: vigie@vigie.example\r\nMessage-ID: <{identity}@vigie.example>\r\n\r\nBonjour\r\n"
    return OutboxMessage(
        id=identity,
        recipient="anne@pme.example",
        message_id=f"<{identity}@vigie.example>",
        payload=text.encode(),
        next_attempt_at=NOON,
        created_at=NOON,
    )


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[MailSink]:
    with MailSink(tmp_path / "mailbox") as running:
        yield running


def deliver_and_die(settings: Settings, port: int, survives: int, away: int) -> int:
    """Deliver in a process that kills itself after the acceptance of a message, before it is marked.

    `away`: how often it tries in vain to mark it before.
    """
    arguments = [sys.executable, "-c", CHILD, str(settings.data_dir), *map(str, (port, survives, away))]
    return subprocess.run(arguments, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False).returncode


@pytest.mark.parametrize(
    ("survives", "away"), [(0, 0), (4, 0), (COUNT - 1, 0), pytest.param(4, 3, id="while the store is away")]
)
def test_a_crash_between_acceptance_and_mark_sends_one_message_twice_at_most(
    tmp_path: Path, sink: MailSink, survives: int, away: int
) -> None:
    settings = settings_in(tmp_path, smtp=SmtpSettings(port=sink.port))
    with clock.frozen_at(NOON), Store.open(settings) as store:
        for number in range(COUNT):
            store.outbox.add(message(number))
    assert deliver_and_die(settings, sink.port, survives, away) == -signal.SIGKILL
    after = NOON + lease(settings) + timedelta(seconds=1)
    with Store.open(settings) as store:
        with clock.frozen_at(NOON + timedelta(seconds=30)):
            deliver_due(store, settings, clock.now())  # the dead one's lease still holds: nothing of it goes twice yet
        with clock.frozen_at(after):
            deliver_due(store, settings, after)
            assert deliver_due(store, settings, after).total == 0
        assert store.outbox.counts()[OutboxState.SENT] == COUNT
    arrived = Counter(mail.message_id for mail in Mailbox(tmp_path / "mailbox").list())
    assert set(arrived) == {f"<digest-{number}@vigie.example>" for number in range(COUNT)}
    assert sum(arrived.values()) == COUNT + 1
    assert max(arrived.values()) == 2


def wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    """Until the process listens; its end is an error."""
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except ConnectionRefusedError:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
                raise AssertionError("the mailbox ended by itself") from None
        else:
            return
    raise AssertionError("the mailbox does not listen")


def test_the_mailbox_process_ends_on_a_signal_and_keeps_what_it_accepted(tmp_path: Path) -> None:
    port = free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "VIGIE_DATA_DIR": str(tmp_path),
        "VIGIE_SMTP__PORT": str(port),
    }
    process = subprocess.Popen([sys.executable, "-m", "alerts.mailbox"], cwd=ROOT, env=environment)
    settings = settings_in(tmp_path, smtp=SmtpSettings(port=port))
    try:
        wait_for(process, port)
        with clock.frozen_at(NOON), Store.open(settings) as store:
            store.outbox.add(message(1))
            assert deliver_due(store, settings, NOON).sent == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
    assert [mail.message_id for mail in Mailbox(tmp_path / "mailbox").list()] == ["<digest-1@vigie.example>"]
