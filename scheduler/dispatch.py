"""The port between whoever fires and whoever works: children of this process, or workers on any machine.

Both dispatchers pass the tests of `tests/contracts/dispatch`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from core.errors import ConfigurationError
from core.settings import Settings
from scheduler.orders import Order


class Dispatch(Protocol):
    """Takes orders and sees to it that they are done."""

    keeps_orders: bool
    """Whether what was asked for survives the end of this process."""

    def start(self) -> None:
        """Begin to see to orders."""

    def fire(self, job: str, due: datetime, order: Order) -> bool:
        """Ask for the order of a due moment, unless somebody has done so for this moment; says whether it was asked."""

    def ask(self, order: Order) -> bool:
        """Ask for an order; False when an equal one waits already, or when it is done without being asked for."""

    def cancel(self, portal: str) -> int:
        """End the running crawl of a portal and drop what waits; how many those were. A later order is taken again."""

    def stop(self) -> None:
        """Begin nothing more, and end what runs in this process."""


def is_distributed(settings: Settings) -> bool:
    """Whether workers on any machine do the work. `ConfigurationError` where the store cannot serve them."""
    if settings.dispatch.engine == "local":
        return False
    if not settings.database.startswith("postgres"):
        raise ConfigurationError(
            "Setting dispatch.engine: distributed needs PostgreSQL as the store, as a file of SQLite serves one "
            "machine. Set VIGIE_DATABASE_URL, or leave dispatch.engine at local."
        )
    return True
