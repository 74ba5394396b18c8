"""The engine for many machines: an Elasticsearch 9 cluster.

- `client`: the one factory of clients, from the settings.
- `errors`: what the server or the way to it answers, as sentences.
- `mappings`: the templates of `index_mappings/`, by version, under the names of this installation.
- `generations`: which index is in use, and what state it is in.
- `compiler`: queries in the server's language; also for stored ones.
- `documents`: documents as the server keeps them.
- `bulk`: writing, with back-off and refusals.
- `asking`, `figures`: pages, counts, facets and figures.
- `index`: the `SearchIndex`.
- `profiles`, `narrowing`: the index of stored queries, and what narrows them.
- `percolation`, `reminder`, `matcher`: documents put to the stored queries, why they match, and the `Matcher`.
"""

from search.elasticsearch.index import ElasticsearchIndex

__all__ = ["ElasticsearchIndex"]
