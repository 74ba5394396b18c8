"""The demonstration: the simulated portals that ship with Vigie, crawled through the same code.

It lives in a folder of its own with its own settings file, so that invented and real notices never mix. Its invented
notices are dated relative to the day it was first started; after some weeks they would all be closed, so it then
begins anew and says so.
"""

from __future__ import annotations

import json
import logging
import shutil
import sys
from collections.abc import MutableMapping
from datetime import date, timedelta
from pathlib import Path

from core import clock
from core.ports import free_ports
from core.settings import Settings
from crawlers.portals import keys, load
from scheduler.supervisor import Child, vigie

log = logging.getLogger(__name__)

FOLDER = "demonstration"
FRESH_FOR = timedelta(days=14)
NEWS_EVERY_SECONDS = 90
SIMULATED_PORTALS = {
    "be_bda": 480,
    "fr_boamp": 150,
    "ma_pmmp": 150,
    "fr_place": 60,
    "fr_maximilien": 60,
    "fr_aws": 60,
    "fr_achatpublic": 60,
    "fr_decp": 300,
    "ma_pmmp_results": 60,
    "ma_bdc": 80,
    "ma_bdc_results": 80,
    "eu_ted": 480,
}
"""The portals that the demonstration crawls, with how many invented notices each begins.

TED has as many as the Belgian portal, whose notices of European size it carries too.
"""


class Demonstration:
    """Where the demonstration keeps its things and what it runs beside the usual processes."""

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.data_dir.absolute().parent / FOLDER
        self._web_host = settings.web.host
        self._web_port = settings.web.port
        self._language = settings.language
        self._log_level = settings.log_level
        self._public_url = settings.web.public_url
        self._operator_password = settings.web.operator_password
        self._mail_port, *portals = free_ports(1 + len(SIMULATED_PORTALS))
        self._ports = dict(zip(SIMULATED_PORTALS, portals, strict=True))

    def prepare(self) -> date:
        """Make the folder and its settings file; return the day that the invented notices are dated from."""
        anchor = self._anchor()
        if anchor is not None and clock.now().date() - anchor > FRESH_FOR:
            log.warning("The demonstration of %s has grown old; it begins anew, its profiles included.", anchor)
            shutil.rmtree(self.folder)
            anchor = None
        self.folder.mkdir(parents=True, exist_ok=True)
        if anchor is None:
            anchor = clock.now().date()
            (self.folder / "begun").write_text(anchor.isoformat(), encoding="ascii")
        self.settings_file.write_text(self._toml(), encoding="utf-8")
        return anchor

    @property
    def settings_file(self) -> Path:
        """The TOML file that every process of the demonstration reads."""
        return self.folder / "vigie.toml"

    def enter(self, environment: MutableMapping[str, str]) -> None:
        """Take every `VIGIE_...` of the real installation out of this environment and point it at the demonstration.

        The operator's password alone stays in the environment, so that no file holds it.
        """
        for name in [name for name in environment if name.startswith("VIGIE_")]:
            del environment[name]
        environment["VIGIE_CONFIG"] = str(self.settings_file)
        if self._operator_password is not None:
            environment["VIGIE_WEB__OPERATOR_PASSWORD"] = self._operator_password.get_secret_value()

    def children(self, anchor: date) -> tuple[Child, ...]:
        """The simulated portals and the local mail server."""
        served = (f"{key}:{port}:{SIMULATED_PORTALS[key]}" for key, port in self._ports.items())
        news = ("--invented-on", anchor.isoformat(), "--publish-every", str(NEWS_EVERY_SECONDS))
        simulated = Child(
            "simulated portals",
            (sys.executable, "-m", "simulated_portals", "together", *served, *news),
            quiet=True,
            needed=True,
        )
        return (simulated, Child("mail sink", vigie("mailbox"), needed=True))

    def addresses(self) -> tuple[tuple[str, int], ...]:
        """Loopback addresses that must answer before the first crawl."""
        return tuple(("127.0.0.1", port) for port in (*self._ports.values(), self._mail_port))

    def _anchor(self) -> date | None:
        path = self.folder / "begun"
        if not path.is_file():
            return None
        try:
            return date.fromisoformat(path.read_text(encoding="ascii").strip())
        except ValueError:
            log.warning("%s does not hold a date; the demonstration begins anew.", path)
            return date.min

    def _toml(self) -> str:
        public_url = f"public_url = {json.dumps(self._public_url)}\n" if self._public_url else ""
        # No browser is needed to look at the demonstration: its portals write their lists for plain clients, too.
        portals = "".join(
            f'\n[portals.{key}]\nbase_url = "http://127.0.0.1:{port}"\n'
            + ('transport = "http"\n' if load(key).transport == "browser" else "")
            for key, port in self._ports.items()
        )
        portals += "".join(f"\n[portals.{key}]\nenabled = false\n" for key in keys() if key not in self._ports)
        return f"""# Written by `vigie up --demo`; the demonstration alone reads it.
data_dir = "{self.folder.as_posix()}"
demo = true
language = "{self._language}"
log_level = "{self._log_level}"

[crawl]
delay = 0.0
backfill_days = 21

[web]
host = "{self._web_host}"
port = {self._web_port}
{public_url}
[smtp]
host = "127.0.0.1"
port = {self._mail_port}
sender = "Vigie (démonstration) <alertes@vigie.invalid>"
{portals}"""
