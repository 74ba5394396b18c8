"""Delivery over real SMTP: what the server says decides what happens to a message."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from pydantic import SecretStr

from alerts.channels import Delivery, Outcome
from alerts.mailbox import Listener, Mailbox, MailSink
from alerts.outbox import deliver_due
from alerts.retry import RetryPolicy
from core import clock
from core.errors import ConfigurationError
from core.settings import Settings, SmtpSecurity, SmtpSettings
from store import Store
from store.records import IncidentKind, OutboxMessage, OutboxState
from tests.unit.alerts.alerts_kit import NOON, settings_in

Answer = Callable[[bytes], str]


class Server:
    """A mail server that answers as told and remembers what it was given."""

    def __init__(self) -> None:
        self.accepted: list[bytes] = []
        self.to_recipient = "250 OK"
        self.to_data = "250 OK kept"
        self.slow_for = ""
        self.released = asyncio.Event()

    async def handle_RCPT(  # aiosmtpd names its hooks so
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.to_data.startswith("250"):
            self.accepted.append(envelope.original_content)
        return self.to_data


@contextmanager
def serving(server: Server) -> Iterator[int]:
    controller = Listener(server, hostname="127.0.0.1", port=0)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def at_port(settings: Settings, port: int) -> Settings:
    smtp = SmtpSettings(port=port, timeout=5)
    return settings.model_copy(update={"smtp": smtp})


def message(number: int = 1, recipient: str = "anne@pme.example") -> OutboxMessage:
    identity = f"digest-{number}"
    lines = ["From: vigie@vigie.example", f"To: {recipient}", f"Message-ID: <{identity}@vigie.example>", "", "Bonjour"]
    return OutboxMessage(
        id=identity,
        recipient=recipient,
        message_id=f"<{identity}@vigie.example>",
        payload="\r\n".join(lines).encode(),
        next_attempt_at=NOON,
        created_at=NOON,
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with clock.frozen_at(NOON), Store.open(settings_in(tmp_path)) as opened:
        yield opened


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


def test_sent_is_written_after_the_servers_acceptance(store: Store, settings: Settings) -> None:
    server = Server()
    for number in range(1, 31):
        store.outbox.add(message(number))
    with serving(server) as port:
        done = deliver_due(store, at_port(settings, port), NOON)
    assert done.sent == 30
    assert len(server.accepted) == 30
    (newest, *_) = store.outbox.recent()
    assert newest.state is OutboxState.SENT
    assert newest.receipt == "OK kept"
    assert newest.sent_at == NOON


@pytest.mark.parametrize("answer", ["451 try later", "554 looks like spam"])
def test_a_refusal_after_data_leaves_the_message_due(store: Store, settings: Settings, answer: str) -> None:
    server = Server()
    server.to_data = answer
    store.outbox.add(message())
    with serving(server) as port:
        assert deliver_due(store, at_port(settings, port), NOON).retried == 1
        waiting = store.outbox.get("digest-1")
        assert waiting is not None
        assert waiting.state is OutboxState.PENDING
        assert waiting.last_error == answer
        assert waiting.next_attempt_at == NOON + RetryPolicy().delays[0]
        server.to_data = "250 OK kept"
        later = NOON + timedelta(minutes=2)
        assert deliver_due(store, at_port(settings, port), NOON).total == 0
        with clock.frozen_at(later):
            assert deliver_due(store, at_port(settings, port), later).sent == 1
    assert len(server.accepted) == 1


def test_content_that_is_refused_for_good_is_given_up_and_an_operator_is_told(store: Store, settings: Settings) -> None:
    server = Server()
    server.to_data = "554 5.7.1 policy"
    store.outbox.add(message())
    now = NOON
    with serving(server) as port:
        for _ in range(RetryPolicy().refusals):
            with clock.frozen_at(now):
                deliver_due(store, at_port(settings, port), now)
            now += timedelta(hours=1)
    dead = store.outbox.get("digest-1")
    assert dead is not None
    assert dead.state is OutboxState.DEAD
    assert dead.last_error == "554 5.7.1 policy"
    assert IncidentKind.MESSAGE_REFUSED in {incident.kind for incident in store.incidents.current()}


def test_an_unknown_recipient_is_final_at_once(store: Store, settings: Settings) -> None:
    server = Server()
    server.to_recipient = "550 5.1.1 no such user"
    store.outbox.add(message())
    with serving(server) as port:
        assert deliver_due(store, at_port(settings, port), NOON).dead == 1
    dead = store.outbox.get("digest-1")
    assert dead is not None
    assert dead.last_error == "550 5.1.1 no such user"


def test_a_greylisted_recipient_is_tried_again(store: Store, settings: Settings) -> None:
    server = Server()
    server.to_recipient = "450 4.2.0 greylisted"
    store.outbox.add(message())
    with serving(server) as port:
        assert deliver_due(store, at_port(settings, port), NOON).retried == 1


def test_a_server_that_is_down_loses_nothing_and_opens_an_incident_until_it_is_back(
    store: Store, settings: Settings
) -> None:
    server = Server()
    store.outbox.add(message())
    with serving(server) as port:
        pass
    assert deliver_due(store, at_port(settings, port), NOON).retried == 1
    assert IncidentKind.MAIL_UNDELIVERED in {incident.kind for incident in store.incidents.current()}
    later = NOON + timedelta(minutes=5)
    with serving(server) as port, clock.frozen_at(later):
        assert deliver_due(store, at_port(settings, port), later).sent == 1
    assert store.incidents.current() == []


def test_a_wrong_password_does_not_kill_a_message(store: Store, settings: Settings) -> None:
    """The login is about our account and says nothing about the message."""
    store.outbox.add(message())
    server = Server()
    with serving(server) as port:
        smtp = SmtpSettings(port=port, timeout=5, user="vigie", password="wrong")
        assert deliver_due(store, settings.model_copy(update={"smtp": smtp}), NOON).retried == 1
    assert server.accepted == []


def test_a_message_whose_lease_is_nearly_over_is_not_handed_over(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another deliverer may claim it at any moment, and then both would send it."""
    claim = store.outbox.claim
    monkeypatch.setattr(store.outbox, "claim", lambda limit, lease, now: claim(limit, timedelta(seconds=9), now))
    store.outbox.add(message())
    server = Server()
    with serving(server) as port:
        assert deliver_due(store, at_port(settings, port), NOON).total == 0
        monkeypatch.undo()
        later = NOON + timedelta(seconds=10)
        with clock.frozen_at(later):
            assert deliver_due(store, at_port(settings, port), later).sent == 1
    assert len(server.accepted) == 1


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 with its key, in one file."""
    path = tmp_path / "server.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        str(path),
        "-out",
        str(path) + ".crt",
    ]
    subprocess.run([*made, *subject], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + Path(str(path) + ".crt").read_bytes())
    return path


def server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


def accepts_anne(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (b"anne", b"secret"))


@pytest.mark.parametrize("security", [SmtpSecurity.STARTTLS, SmtpSecurity.TLS])
def test_delivery_is_encrypted_and_only_to_a_server_that_proves_itself(
    store: Store, settings: Settings, certificate: Path, security: SmtpSecurity, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, context = Server(), server_context(certificate)
    if security is SmtpSecurity.STARTTLS:
        login = {"user": "anne", "password": SecretStr("secret")}
        listener = Listener(
            server, hostname="127.0.0.1", port=0, tls_context=context, require_starttls=True,
            authenticator=accepts_anne, auth_required=True,
        )  # fmt: skip
    else:  # this server offers no login inside TLS
        login, listener = {}, Listener(server, hostname="127.0.0.1", port=0, ssl_context=context)
    store.outbox.add(message())
    listener.start()
    try:
        smtp = SmtpSettings(port=listener.port, timeout=5, security=security, **login)
        wanted = settings.model_copy(update={"smtp": smtp})
        assert deliver_due(store, wanted, NOON).retried == 1  # nobody vouches for the certificate
        assert server.accepted == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate) + ".crt")
        later = NOON + timedelta(minutes=2)
        with clock.frozen_at(later):
            assert deliver_due(store, wanted, later).sent == 1
    finally:
        listener.stop()
    assert len(server.accepted) == 1


class _Stuck:
    """A channel of another kind that never answers until it is told to."""

    def __init__(self, told: asyncio.Event) -> None:
        self._told = told

    async def prepare(self, message: OutboxMessage) -> Delivery | None:
        await self._told.wait()
        return Delivery(outcome=Outcome.LATER, words="too slow")

    async def hand_over(self, message: OutboxMessage) -> Delivery:
        raise AssertionError("was never prepared")

    async def close(self) -> None:
        return None


class _Telling:
    """A channel that accepts everything, and then lets the stuck one go."""

    def __init__(self, told: asyncio.Event, store: Store) -> None:
        self._told, self._store = told, store

    async def prepare(self, message: OutboxMessage) -> Delivery | None:
        return None

    async def hand_over(self, message: OutboxMessage) -> Delivery:
        return Delivery(outcome=Outcome.ACCEPTED, words="OK")

    async def close(self) -> None:
        assert self._store.outbox.counts()[OutboxState.SENT] == 1  # written while the other one still hangs
        self._told.set()


def test_one_failing_channel_does_not_delay_another(store: Store, settings: Settings) -> None:
    told = asyncio.Event()
    store.outbox.add(message(1).model_copy(update={"channel": "webhook"}))
    store.outbox.add(message(2))
    channels = {"webhook": lambda _: _Stuck(told), "email": lambda _: _Telling(told, store)}
    done = deliver_due(store, settings, NOON, channels=channels)
    assert (done.sent, done.retried) == (1, 1)


def test_a_message_for_a_channel_nobody_knows_waits(store: Store, settings: Settings) -> None:
    store.outbox.add(message().model_copy(update={"channel": "pigeon"}))
    assert deliver_due(store, settings, NOON).retried == 1
    waiting = store.outbox.get("digest-1")
    assert waiting is not None
    assert waiting.last_error == "there is no channel pigeon"


def test_a_message_that_is_refused_for_days_is_given_up() -> None:
    policy = RetryPolicy()
    assert policy.next_attempt(1, NOON, NOON) == NOON + timedelta(minutes=1)
    assert policy.next_attempt(99, NOON, NOON) == NOON + policy.delays[-1]
    assert policy.next_attempt(3, NOON, NOON + timedelta(days=5)) is None


def test_the_mailbox_keeps_what_it_accepted_and_shows_it(store: Store, settings: Settings, tmp_path: Path) -> None:
    store.outbox.add(message())
    with MailSink(tmp_path / "mailbox") as sink:
        assert deliver_due(store, at_port(settings, sink.port), NOON).sent == 1
    (mail,) = Mailbox(tmp_path / "mailbox").list()
    opened = Mailbox(tmp_path / "mailbox").get(mail.id)
    assert mail.message_id == "<digest-1@vigie.example>"
    assert opened is not None
    assert (opened.text or "").strip() == "Bonjour"
    assert opened.html is None


def test_a_mailbox_that_cannot_write_does_not_say_that_it_has(
    store: Store, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Mailbox, content: bytes) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Mailbox, "add", full)
    store.outbox.add(message())
    with MailSink(tmp_path / "mailbox") as sink:
        assert deliver_due(store, at_port(settings, sink.port), NOON).retried == 1
    assert store.outbox.counts()[OutboxState.SENT] == 0


@pytest.mark.parametrize("mail_id", ["../../secret", "x", "20261123T110000000000-0000000g", ""])
def test_a_mailbox_gives_out_nothing_but_its_mails(tmp_path: Path, mail_id: str) -> None:
    (tmp_path / "secret.eml").write_bytes(b"Subject: secret")
    assert Mailbox(tmp_path / "mailbox").get(mail_id) is None


def test_the_demonstrations_mailbox_listens_on_loopback_only(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="loopback"):
        MailSink(tmp_path, host="0.0.0.0")  # noqa: S104


def test_a_broken_mail_is_shown_as_far_as_it_can_be_read(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    mailbox.add(
        b"Subject: =?x-unknown?q?=FF?=\r\nDate: never\r\nContent-Type: text/plain; charset=nope\r\n\r\n\xff\xfe"
    )
    mailbox.add(b"")
    assert len(mailbox.list()) == 2
    assert all(mailbox.get(mail.id) is not None for mail in mailbox.list())
