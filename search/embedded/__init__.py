"""The embedded engine: Tantivy on a folder."""

from search.embedded.index import EmbeddedIndex

__all__ = ["EmbeddedIndex"]
