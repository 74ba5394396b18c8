"""Indices on the search servers of the tests.

Making an index takes a second, so tests share one per server and empty it before use. Each test session has names of
its own, so that two can use one server at the same time; what it made is removed when the session ends.
"""

from __future__ import annotations

import copy
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from elasticsearch import Elasticsearch
from pydantic import SecretStr

from core.settings import SearchSettings
from search.elasticsearch import ElasticsearchIndex
from search.elasticsearch.bulk import Patience
from search.elasticsearch.client import connect
from search.elasticsearch.mappings import Mappings
from tests.support.search_servers import Product, SearchServer

PREFIX = f"vigietest{secrets.token_hex(4)}"
IMPATIENT = Patience(tries=2, first=0.01, longest=0.02)


def settings_for(server: SearchServer, prefix: str = PREFIX, **given: Any) -> SearchSettings:
    """Settings by which the client reaches a server of the tests; what was indexed is found almost at once."""
    return SearchSettings(
        urls=(server.url,),
        node_class=server.node_class,
        prefix=prefix,
        user=server.user,
        password=server.password,
        ca=server.ca,
        **{"replicas": 0, "refresh": "10ms", **given},
    )


def variables_of(settings: SearchSettings) -> dict[str, str]:
    """The variables by which another process gets these settings, secrets among them."""
    given = {name: getattr(settings, name) for name in settings.model_fields_set}
    return {f"VIGIE_SEARCH__{name.upper()}": _written(value) for name, value in given.items() if value is not None}


def _written(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return ",".join(value) if isinstance(value, tuple) else str(value)


def mappings_for(server: SearchServer, prefix: str = PREFIX) -> Mappings:
    """The templates of the product, reduced where the server has not all they need."""
    return mappings_of(server.product, prefix)


def mappings_of(product: Product, prefix: str) -> Mappings:
    """The same, by what the server is."""
    whole = Mappings.load(prefix)
    return whole if product.analyses else reduced(whole)


def reduced(whole: Mappings) -> Mappings:
    """What is left of the templates on a server without analysers, percolator and scaled numbers."""
    components = {name: _reduced(body) for name, body in whole.components.items()}
    for body in components.values():
        body["template"].pop("settings", None)
    templates = {name: _reduced(body) for name, body in whole.templates.items() if name != "profiles"}
    return Mappings(whole.prefix, components, templates)


def _reduced(value: Any) -> Any:
    if isinstance(value, list):
        return [_reduced(item) for item in value]
    if not isinstance(value, dict):
        return copy.copy(value)
    left = {name: _reduced(item) for name, item in value.items() if name not in ("analyzer", "normalizer")}
    if left.get("type") == "scaled_float":
        return {"type": "double"}
    return left


def opened(server: SearchServer, prefix: str = PREFIX, **given: Any) -> ElasticsearchIndex:
    """The index of an installation on this server, as a writer."""
    return ElasticsearchIndex(
        settings_for(server, prefix, **given),
        writable=True,
        mappings=mappings_for(server, prefix),
        patience=IMPATIENT,
    )


@cache
def _made(url: str) -> set[str]:
    """Names of the installations that this session made on a server."""
    return set()


@contextmanager
def emptied(server: SearchServer, prefix: str = PREFIX) -> Iterator[ElasticsearchIndex]:
    """An index without documents for which nothing has to be rebuilt."""
    with opened(server, prefix) as index:
        if prefix not in _made(server.url):
            _made(server.url).add(prefix)
            index.status()
            index.rebuild_queued()
        _forget_documents(index)
        yield index


def _forget_documents(index: ElasticsearchIndex) -> None:
    if index.status().needs_rebuild:
        index.rebuild_queued()
    client = index._client
    alias = index._alias
    client.indices.refresh(index=alias)
    while ids := [hit["_id"] for hit in client.search(index=alias, size=10_000, source=False).body["hits"]["hits"]]:
        index.delete(ids)


@contextmanager
def installation(server: SearchServer, prefix: str, **given: Any) -> Iterator[SearchSettings]:
    """The settings of an installation that is removed at the end, whoever made what there is of it."""
    with forgotten(settings_for(server, prefix, **given)) as settings:
        yield settings


@contextmanager
def forgotten(settings: SearchSettings) -> Iterator[SearchSettings]:
    """These settings; whatever was made with them is removed at the end, also when the block fails."""
    try:
        yield settings
    finally:
        with connect(settings) as client:
            forget(client, settings.prefix)


def removed(server: SearchServer) -> None:
    """Remove everything that this session made on a server."""
    with connect(settings_for(server)) as client:
        for prefix in _made(server.url):
            forget(client, prefix)


def forget(client: Elasticsearch, prefix: str) -> None:
    """Remove the indices and templates of one installation."""
    for name in client.indices.get(index=f"{prefix}-*", allow_no_indices=True).body:
        client.indices.delete(index=name)
    of_indices, components = templates(client, prefix)
    for name in of_indices:
        client.indices.delete_index_template(name=name)
    for name in components:
        client.cluster.delete_component_template(name=name)


def templates(client: Elasticsearch, prefix: str) -> tuple[list[str], list[str]]:
    """Names of the index templates and of the component templates of one installation."""
    asking = client.options(ignore_status=404)  # which OpenSearch says when there is none
    of_indices = asking.indices.get_index_template(name=f"{prefix}-*").body.get("index_templates", [])
    components = asking.cluster.get_component_template(name=f"{prefix}-*").body.get("component_templates", [])
    return [found["name"] for found in of_indices], [found["name"] for found in components]
