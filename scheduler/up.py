"""`vigie up`: everything on one machine, from one command."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from core.errors import ConfigurationError
from core.http import answers
from core.settings import Settings, load_settings
from crawlers import portals
from scheduler.demonstration import Demonstration
from scheduler.dispatch import is_distributed
from scheduler.orders import Queue
from scheduler.supervisor import Child, Supervisor, vigie
from search import refuse_unusable
from store import Store

log = logging.getLogger(__name__)

PROBE_SECONDS = 5.0
READY_SECONDS = 60.0
GRACE_OF_WORKERS = "4"
"""Seconds, less than the supervisor gives its children."""

Say = Callable[[str], None]


def up(settings: Settings, say: Say, *, demo: bool = False) -> None:
    """Serve until SIGINT or SIGTERM: real portals when one answers, else the demonstration, said in a sentence.

    `say` prints a line for the person who typed the command. Raises `ConfigurationError` when the port is taken or a
    setting makes no sense.
    """
    _refuse_taken_port(settings)
    if demo or settings.demo:
        _demonstrate(settings, say)
        return
    is_distributed(settings)  # refuses a store that cannot serve workers, before a portal is asked
    answering = answering_portals(settings)
    if not answering and not _has_notices(settings):
        say("No portal answers from here. Serving the demonstration instead: every notice in it is invented.")
        _demonstrate(settings, say)
        return
    if not answering:
        say("No portal answers from here now. Serving the notices crawled before; crawls go on when a portal answers.")
    else:
        say(f"Portals that answer: {', '.join(answering)}.")
    _serve(settings, (), say, mails=f"Mails are handed to {settings.smtp.host}:{settings.smtp.port}.")


def answering_portals(settings: Settings) -> tuple[str, ...]:
    """Keys of the enabled portals whose server answers HTTP at all, asked once each and all at the same time."""
    keys = portals.enabled(settings)

    def asked(key: str) -> bool:
        base_url = settings.portal(key).base_url or portals.load(key).base_url
        return answers(base_url, seconds=PROBE_SECONDS, user_agent=f"Vigie (+{settings.crawl.contact})")

    with ThreadPoolExecutor(max_workers=16) as pool:
        return tuple(key for key, answered in zip(keys, pool.map(asked, keys), strict=True) if answered)


def _demonstrate(settings: Settings, say: Say) -> None:
    demonstration = Demonstration(settings)
    anchor = demonstration.prepare()
    demonstration.enter(os.environ)
    demo_settings = load_settings()
    _serve(
        demo_settings,
        demonstration.children(anchor),
        say,
        first_ready=demonstration.addresses(),
        mails=f"Mails arrive in the demonstration's own mailbox: {_address(demo_settings)}/mailbox",
    )


def _serve(
    settings: Settings,
    first: Sequence[Child],
    say: Say,
    *,
    mails: str,
    first_ready: Sequence[tuple[str, int]] = (),
) -> None:
    with Store.open(settings) as store:
        store.migrate()
    refuse_unusable(settings)
    # the site goes before the first crawl, so that its address is the first one that a person sees
    before_crawls = (*first_ready, (_reachable(settings.web.host), settings.web.port))
    wait_for_first = (f"--wait-for={host}:{port}" for host, port in before_crawls)
    children = (
        *first,
        Child("web", vigie("web")),
        Child("index and match", vigie("worker", "--queues", "index,match")),
        Child("deliver", vigie("worker", "--queues", "deliver")),
        Child("scheduler", vigie("scheduler", *wait_for_first)),
    )
    if is_distributed(settings):
        os.environ.setdefault("VIGIE_DISPATCH__GRACE", GRACE_OF_WORKERS)
        others = (Queue.CRAWL, Queue.DIGEST, Queue.EXPORT, Queue.MAINTAIN)
        children = (*children, Child("crawl and more", vigie("worker", "--queues", ",".join(others))))
    supervisor = Supervisor(children)
    announcer = threading.Thread(target=_announce, args=(settings, say, mails), daemon=True)
    announcer.start()
    supervisor.run()


def _announce(settings: Settings, say: Say, mails: str) -> None:
    """Print the site's address once it answers."""
    if wait_for(settings.web.host, settings.web.port, READY_SECONDS):
        say(_address(settings))
        say(mails)
    else:
        say(f"The site did not answer within {READY_SECONDS:.0f} s; the lines above say why.")


def wait_for(host: str, port: int, seconds: float) -> bool:
    """Whether something listens at the address before the time is over."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            with socket.create_connection((_reachable(host), port), timeout=1.0):
                return True
        except OSError:
            time.sleep(0.1)
    return False


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (where a wildcard binding is reached)


def _address(settings: Settings) -> str:
    return f"http://{_reachable(settings.web.host)}:{settings.web.port}"


def _refuse_taken_port(settings: Settings) -> None:
    if settings.web.port == 0:
        raise ConfigurationError("Setting web.port: `vigie up` needs a fixed port, so that the address can be printed.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.web.host, settings.web.port))
        except OSError as error:
            raise ConfigurationError(
                f"Port {settings.web.port} on {settings.web.host} cannot be used ({error.strerror}). "
                "Is Vigie running already? VIGIE_WEB__PORT chooses another one."
            ) from error


def _has_notices(settings: Settings) -> bool:
    with Store.open(settings) as store:
        store.migrate()
        return store.notices.count() > 0
