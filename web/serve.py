"""Serves the site with uvicorn."""

from __future__ import annotations

import uvicorn

from core import logs
from core.settings import Settings
from web.app import create_app


def run(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM. Raises ConfigurationError before anything is bound when it must not be."""
    logs.configure(settings.log_level)
    server(settings).run()


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
