"""`vigie health`: how an installation is, and whether one of its processes on this machine lives."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.common import fail, json_option, prepared, say, sentences, show
from core import clock
from core.errors import VigieError
from core.settings import Settings

if TYPE_CHECKING:
    from monitoring.health import Health

ROLES = ("scheduler", "web", "worker")
ANSWER_SECONDS = 5.0


@click.command()
@click.argument("process", required=False, type=click.Choice(ROLES))
@click.option("--end-hanging", is_flag=True, help="Kill a scheduler or worker that hangs: its container starts anew.")
@json_option
@sentences
def health(process: str | None, end_hanging: bool, as_json: bool) -> None:
    """Say of every part of the installation whether it works; exit 1 when one does not.

    With a PROCESS: only whether that process lives on this machine, asked without the store. Made for the health check
    of a container: a database that is away for a moment gets no healthy worker restarted.
    """
    settings = prepared()
    if end_hanging and process in (None, "web"):
        raise VigieError("--end-hanging is for `vigie health scheduler` and `vigie health worker`.")
    if process == "web":
        _site(settings)
    elif process:
        _process(settings, process, end_hanging=end_hanging)
    else:
        found = _installation(settings)
        show(found.checks, as_json=as_json, line=lambda check: f"{check.state:>5}  {check.name}: {check.sentence}")
        if not found.ready:
            fail()


def _installation(settings: Settings) -> Health:
    from monitoring.health import Asking, questions
    from search import open_index
    from store import Store, StoreError

    # Not `Store.open`, which makes and migrates a store: a look must not change what it looks at.
    store = Store(settings.database, settings.postgresql) if _is_there(settings) else None

    def opened() -> Store:
        if store is None:
            raise StoreError(f"There is no store at {settings.database} yet.")
        return store

    try:
        return Asking(questions(settings, opened, lambda: open_index(settings, writable=False))).health()
    finally:
        if store is not None:
            store.close()


def _is_there(settings: Settings) -> bool:
    _, file, path = settings.database.partition("sqlite:///")
    return not file or Path(path).exists()


def _process(settings: Settings, role: str, *, end_hanging: bool) -> None:
    from monitoring import heartbeats

    found = heartbeats.of_this_machine(settings.data_dir, role)
    alive = [beat for beat in found if beat.fresh(clock.now())]
    if end_hanging:
        for beat in found:
            if beat not in alive:
                heartbeats.end_hanging(settings.data_dir, beat)
    if len(alive) < len(found) or not found:
        last = max((beat.at for beat in found), default=None)
        raise VigieError(
            f"The {role} of this machine was last heard of at {last:%Y-%m-%d %H:%M:%S} UTC: it hangs."
            if last
            else f"No {role} runs on this machine."
        )
    say(f"{len(alive)} {role} alive.")


def _site(settings: Settings) -> None:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.web.host, settings.web.host)  # noqa: S104
    url = f"http://{host}:{settings.web.port}/healthz"
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer:
            state = json.load(answer)["status"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise VigieError(f"The site does not answer at {url}: {error}.") from error
    say(f"The site is {state}.")
