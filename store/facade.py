"""The store as one object."""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Self

from core.errors import ConfigurationError
from core.settings import PostgresqlSettings, Settings
from store import migrate
from store.budgets import Budgets
from store.database import Database
from store.digests import Digests
from store.errors import StoreError
from store.firings import Firings
from store.hits import Hits
from store.incidents import Incidents
from store.jobs import Jobs
from store.meta import Meta
from store.notebook import Notebook
from store.notices import Notices
from store.outbox import Outbox
from store.payloads import Payloads
from store.procedure_register import ProcedureRegister
from store.profiles import Profiles
from store.quarantine import Quarantine
from store.queues import Queue
from store.runs import Runs
from store.tables import index_queue, match_queue
from store.windows import Windows

log = logging.getLogger(__name__)

NATURE = "nature"
"""Key of `store.meta` that says whether a store holds the demonstration or real notices."""


UNFINISHED_RESTORE = "restore.unfinished"
"""File in the data folder while a backup is restored."""
UNFINISHED_COPY = "copy:unfinished"
"""Key of `store.meta` in a store that is being filled from another one."""


class Store:
    """Everything Vigie knows, on SQLite or PostgreSQL.

    Thread safe; every method of its parts is one short transaction. Open one per process: connections do not survive a
    fork.
    """

    def __init__(self, url: str, options: PostgresqlSettings | None = None) -> None:
        self.database = Database(url, options)
        self.notices = Notices(self.database)
        self.procedures = ProcedureRegister(self.database)
        self.runs = Runs(self.database)
        self.windows = Windows(self.database)
        self.quarantine = Quarantine(self.database)
        self.index_queue = Queue(self.database, index_queue)
        self.match_queue = Queue(self.database, match_queue, by_procedure=True)
        self.budgets = Budgets(self.database)
        self.notebook = Notebook(self.database)
        self.jobs = Jobs(self.database)
        self.profiles = Profiles(self.database)
        self.hits = Hits(self.database)
        self.digests = Digests(self.database)
        self.outbox = Outbox(self.database)
        self.incidents = Incidents(self.database)
        self.firings = Firings(self.database)
        self.payloads = Payloads(self.database)
        self.meta = Meta(self.database)

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """The store of an installation, migrated.

        `ConfigurationError` when it holds real notices and the settings ask for the demonstration, or the reverse, and
        when a restore or a move into it was interrupted.
        """
        if (settings.data_dir / UNFINISHED_RESTORE).exists():
            raise ConfigurationError(
                "The restore of a backup was interrupted: repeat `vigie restore` with the same backup, or delete "
                f"{settings.data_dir / UNFINISHED_RESTORE} and begin with an empty store."
            )
        store = cls(settings.database, settings.postgresql)
        try:
            store.migrate()
            store._guard_whole()
            store._guard_nature("demo" if settings.demo else "real")
        except BaseException:
            store.close()
            raise
        return store

    def migrate(self) -> None:
        """Bring the tables up to date; safe from several processes at once."""
        if not migrate.is_current(self.database):
            migrate.upgrade(self.database)

    def close(self) -> None:
        """Give back what was taken from the queues and not acknowledged, and close every connection."""
        try:
            for queue in (self.index_queue, self.match_queue):
                queue.give_back()
        except StoreError as error:
            log.warning("What was taken from the queues is free when its lease ends: %s", error)
        finally:
            self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _guard_whole(self) -> None:
        if (source := self.meta.get(UNFINISHED_COPY)) is not None:
            raise ConfigurationError(
                f"The store {self.database.printed} is filled only in part from {source}: `vigie migrate-store` was "
                "interrupted. Repeat it, or use another database."
            )

    def _guard_nature(self, wanted: str) -> None:
        found = self.meta.set_once(NATURE, wanted)
        if found == wanted:
            return
        held, asked = (_NATURES[found], _NATURES[wanted]) if found in _NATURES else (found, _NATURES[wanted])
        raise ConfigurationError(
            f"The store {self.database.printed} holds {held}, and {asked} were asked for; they never mix. "
            "Choose another data folder or database, or change the setting demo."
        )


_NATURES = {"demo": "invented notices of the demonstration", "real": "real notices"}
