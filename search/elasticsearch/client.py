"""The one factory of Elasticsearch clients."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from elastic_transport import BaseNode, RequestsHttpNode, Urllib3HttpNode
from elasticsearch import Elasticsearch

from core.errors import ConfigurationError
from core.settings import SearchSettings
from search.elasticsearch.errors import engine_errors

_NODES: Final[dict[str, type[BaseNode]]] = {"urllib3": Urllib3HttpNode, "requests": RequestsHttpNode}
_OVERLOADED: Final = (502, 503, 504)
"""Answers for which another node is asked. Not 429: a node that is told to wait is not asked again at once."""

GREETING_SECONDS: Final = 5.0


def connect(settings: SearchSettings) -> Elasticsearch:
    """A client of the cluster that the settings name; nothing is asked of it yet.

    Raises `ConfigurationError` when the settings cannot be used.
    """
    try:
        return Elasticsearch(
            **_address(settings),
            **_authority(settings),
            **_credentials(settings),
            node_class=_node_class(settings.node_class),
            request_timeout=settings.timeout,
            max_retries=settings.retries,
            retry_on_timeout=True,
            retry_on_status=_OVERLOADED,
            http_compress=True,
        )
    except (ValueError, OSError) as error:
        raise ConfigurationError(f"The settings of section search cannot be used: {error}.") from error


def refuse_unusable(settings: SearchSettings) -> None:
    """`IndexRefused` when the cluster will not serve these settings; `IndexUnavailable` when it is only away.

    Asks once and briefly, for a right that every account of Vigie has.
    """
    client = connect(settings)
    try:
        with engine_errors():
            asking = client.options(request_timeout=min(GREETING_SECONDS, settings.timeout), max_retries=0)
            asking.indices.get_alias(index=f"{settings.prefix}-*", allow_no_indices=True)
    finally:
        client.close()


def _address(settings: SearchSettings) -> dict[str, Any]:
    if settings.cloud_id:
        return {"cloud_id": settings.cloud_id}
    return {"hosts": list(settings.urls)}


def _authority(settings: SearchSettings) -> dict[str, Any]:
    if settings.ca is None:
        return {}
    if not settings.ca.is_file():
        raise ConfigurationError(f"Setting search.ca names {settings.ca}, and there is no such file.")
    return {"ca_certs": str(settings.ca)}


def _credentials(settings: SearchSettings) -> dict[str, Any]:
    if settings.api_key:
        return {"api_key": settings.api_key.get_secret_value()}
    if settings.user and settings.password:
        return {"basic_auth": (settings.user, settings.password.get_secret_value())}
    return {}


def _node_class(name: str) -> type[BaseNode]:
    """One of the transport's own by its name, or a class of somebody's own as `module:Class`."""
    module, colon, attribute = name.partition(":")
    if not colon:
        if name not in _NODES:
            raise ConfigurationError(
                f"Setting search.node_class is {name}: urllib3, requests or module:Class is meant."
            )
        return _NODES[name]
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(f"Setting search.node_class names {name}, which cannot be loaded: {error}.") from error
    if not (isinstance(found, type) and issubclass(found, BaseNode)):
        raise ConfigurationError(f"Setting search.node_class names {name}, which is no node of elastic_transport.")
    return found
