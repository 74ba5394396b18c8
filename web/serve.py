"""Serves the site with uvicorn."""

from __future__ import annotations

import logging
from collections.abc import Callable

import uvicorn

from core import logs
from core.errors import ConfigurationError, VigieError
from core.settings import Settings
from scheduler.dispatch import is_distributed
from search import open_index, refuse_unusable
from search.port import SearchIndex
from store import Store
from web.app import create_app
from web.security import refuse_open_binding

_LOG = logging.getLogger(__name__)


def run(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises ConfigurationError before anything is bound when it must not be, or when the settings name a store or an
    index that can never be opened so. One that is only away is told, and opened when it is back.
    """
    logs.configure(settings.log_level)
    refuse_open_binding(settings)
    _look(settings)
    refuse_unusable(settings)
    is_distributed(settings)  # refuses a store that cannot serve workers
    server(settings).run()


def _look(settings: Settings) -> None:
    openers: dict[str, Callable[[], Store | SearchIndex]] = {
        "store": lambda: Store.open(settings),
        "index": lambda: open_index(settings, writable=False),
    }
    for part, opened in openers.items():
        try:
            opened().close()
        except ConfigurationError:
            raise
        except VigieError as error:
            _LOG.warning("The site serves without its %s until that is back: %s", part, error)


def server(settings: Settings) -> uvicorn.Server:
    """The server, not yet started."""
    config = uvicorn.Config(
        create_app(settings),
        host=settings.web.host,
        port=settings.web.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=5,
    )
    return uvicorn.Server(config)
