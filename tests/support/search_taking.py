"""Caretakers of indices on the search servers of the tests."""

from __future__ import annotations

from core.settings import SearchSettings
from search.elasticsearch.caretaker import ElasticsearchCaretaker
from tests.support.search_index import IMPATIENT, mappings_of, settings_for
from tests.support.search_servers import Product, SearchServer

NOTED_EVERY = 20


def caretaker(server: SearchServer, prefix: str) -> ElasticsearchCaretaker:
    """Looks after the indices of an installation; a new index remembers every 20 notices how far it is."""
    return caretaker_of(server.product, settings_for(server, prefix))


def caretaker_of(product: Product, settings: SearchSettings) -> ElasticsearchCaretaker:
    """The same, by settings; of which product the server is says what its mappings can be."""
    return ElasticsearchCaretaker(
        settings, mappings=mappings_of(product, settings.prefix), patience=IMPATIENT, noted_every=NOTED_EVERY
    )
