"""Messages that must not leave any more, and those that an operator revives or gives up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from alerts import links, outbox, profiles
from alerts.outbox import deliver_due
from cli import main
from core import clock, logs
from store import Store
from store.records import IncidentKind, OutboxState, Owner, ProfileState
from tests.integration.test_alerts_delivery import Server, at_port, message, serving
from tests.unit.alerts.alerts_kit import NOON, MemoryIndex, World, notice, settings_in


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    settings = settings_in(tmp_path)
    with clock.frozen_at(NOON), Store.open(settings) as store:
        yield World(settings, store, MemoryIndex())  # type: ignore[arg-type]


def with_a_digest_waiting(world: World) -> Owner:
    """An owner whose confirmation is behind and whose first digest is in the outbox."""
    world.crawl(notice(1))
    owner = world.confirmed()
    for item in world.store.outbox.recent():
        if item.purpose == "confirmation":
            world.store.outbox.sent(item.id, "250", NOON)
    return owner


def kinds(store: Store) -> set[str]:
    return {incident.kind for incident in store.incidents.current()}


def test_a_digest_that_waits_is_not_delivered_to_somebody_who_unsubscribed(world: World) -> None:
    owner = with_a_digest_waiting(world)
    server = Server()
    profiles.unsubscribe(world.store, links.Unsubscription(owner_id=owner.id))
    with serving(server) as port:
        done = deliver_due(world.store, at_port(world.settings, port), NOON)
    assert (done.sent, done.dropped, server.accepted) == (0, 1, [])
    assert world.store.outbox.counts()[OutboxState.DROPPED] == 1


def test_a_digest_still_goes_to_somebody_who_keeps_one_of_its_alerts(world: World) -> None:
    owner = with_a_digest_waiting(world)
    (profile,) = world.store.profiles.of_owner(owner.id)
    profiles.pause(world.store, profile.id)
    other = world.store.profiles.create(owner.id, "Autre", profile.query)
    world.store.profiles.update(other.id, state=ProfileState.UNSUBSCRIBED)
    server = Server()
    with serving(server) as port:
        assert deliver_due(world.store, at_port(world.settings, port), NOON).sent == 1
    assert len(server.accepted) == 1


def refused(world: World, *numbers: int) -> None:
    """Messages that the server refused for good."""
    server = Server()
    server.to_recipient = "550 5.1.1 no such user"
    for number in numbers:
        world.store.outbox.add(message(number))
    with serving(server) as port:
        deliver_due(world.store, at_port(world.settings, port), NOON)


def test_an_operator_revives_a_message_and_the_incident_ends_with_the_last_dead_one(world: World) -> None:
    refused(world, 1, 2)
    (incident,) = world.store.incidents.current()
    assert (incident.details["count"], incident.details["messages"]) == (2, ["digest-1", "digest-2"])
    assert outbox.revive(world.store, "digest-1", NOON)
    assert kinds(world.store) == {IncidentKind.MESSAGE_REFUSED}
    assert outbox.drop(world.store, "digest-2")
    assert kinds(world.store) == set()
    server = Server()
    with serving(server) as port, clock.frozen_at(NOON + timedelta(minutes=1)):
        assert deliver_due(world.store, at_port(world.settings, port), clock.now()).sent == 1
    assert len(server.accepted) == 1


def test_dropping_the_last_message_that_waits_ends_the_incident_of_a_dead_server(world: World) -> None:
    world.store.outbox.add(message())
    with serving(Server()) as port:
        pass
    deliver_due(world.store, at_port(world.settings, port), NOON)
    assert kinds(world.store) == {IncidentKind.MAIL_UNDELIVERED}
    outbox.drop(world.store, "digest-1")
    assert kinds(world.store) == set()


def test_the_command_lists_retries_and_drops(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused(world, 1)
    monkeypatch.setenv("VIGIE_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(logs, "configure", lambda level="INFO": None)
    run = CliRunner()
    listed = run.invoke(main, ["outbox", "list", "--json"])
    (line,) = listed.stdout.splitlines()
    assert json.loads(line)["last_error"] == "550 5.1.1 no such user"
    assert "payload" not in json.loads(line)
    assert run.invoke(main, ["outbox", "retry", "digest-1"]).exit_code == 0
    again = run.invoke(main, ["outbox", "retry", "digest-1"])
    assert (again.exit_code, "is not dead" in again.stderr) == (1, True)
    assert run.invoke(main, ["outbox", "drop", "digest-1"]).exit_code == 0
    dropped = world.store.outbox.get("digest-1")
    assert dropped is not None
    assert dropped.state is OutboxState.DROPPED
