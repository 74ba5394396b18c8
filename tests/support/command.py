"""The `vigie` command inside a test: an installation in a folder, asked as a person asks it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli import main
from core import logs
from core.settings import Settings
from crawlers import portals
from simulated_portals.be_bda.portal import BeBdaPortal
from simulated_portals.running import RunningPortal
from store import Store


class Vigie:
    """One installation, asked in this process. Its portal is a simulated one."""

    def __init__(self, folder: Path, portal: RunningPortal[BeBdaPortal], patch: pytest.MonkeyPatch) -> None:
        self.data_dir = folder / "data" / "vigie"
        self.portal = portal
        self._patch = patch
        for name in [name for name in os.environ if name.startswith("VIGIE_")]:
            patch.delenv(name)
        patch.chdir(folder)
        # the command sets up the logging of a process of its own; here it would take pytest's away
        patch.setattr(logs, "configure", lambda level="INFO": None)
        self.set("DATA_DIR", str(self.data_dir))
        self.set("DEMO", "true")  # few notices are no reason for suspicion
        self.set("PORTALS__BE_BDA__BASE_URL", portal.base_url)
        for key in portals.keys():
            if key != "be_bda":
                self.set(f"PORTALS__{key.upper()}__ENABLED", "false")

    @property
    def control(self) -> BeBdaPortal:
        """The simulated portal, to make it misbehave."""
        return self.portal.control

    def set(self, name: str, value: str) -> None:
        """Set a `VIGIE_...` variable."""
        self._patch.setenv(f"VIGIE_{name}", value)

    def unset(self, name: str) -> None:
        """Take a `VIGIE_...` variable away."""
        self._patch.delenv(f"VIGIE_{name}")

    def __call__(self, *arguments: str, code: int = 0) -> Result:
        """Run a command that must end with this exit code and without a traceback."""
        with _signals_kept():
            result = CliRunner().invoke(main, arguments)
        told = f"vigie {' '.join(arguments)}\n{result.stdout}\n{result.stderr}"
        assert result.exit_code == code, told
        assert result.exception is None or isinstance(result.exception, SystemExit), told
        assert "Traceback" not in result.output, told
        return result

    def lines(self, *arguments: str, code: int = 0) -> list[Any]:
        """The JSON objects that a command prints, one per line of stdout."""
        return [json.loads(line) for line in self(*arguments, code=code).stdout.splitlines()]

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The installation's store."""
        with Store.open(Settings()) as store:
            yield store


def word_of(vigie: Vigie) -> str:
    """A word that some notices carry and others do not."""
    with vigie.store() as store:
        titles = [stored.notice.text().lower() for stored in store.notices.iterate()]
    words = {word for title in titles for word in title.split() if len(word) > 5 and word.isalpha()}
    return max(sorted(words), key=lambda word: sum(word in title.split() for title in titles))


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Commands install signal handlers for good; pytest keeps its own."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
