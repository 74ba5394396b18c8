"""Caretakers of indices on the search servers of the tests."""

from __future__ import annotations

from search.elasticsearch.caretaker import ElasticsearchCaretaker
from tests.support.search_index import IMPATIENT, mappings_for, settings_for
from tests.support.search_servers import SearchServer

NOTED_EVERY = 20


def caretaker(server: SearchServer, prefix: str) -> ElasticsearchCaretaker:
    """Looks after the indices of an installation; a new index remembers every 20 notices how far it is."""
    return ElasticsearchCaretaker(
        settings_for(server, prefix), mappings=mappings_for(server, prefix), patience=IMPATIENT, noted_every=NOTED_EVERY
    )
