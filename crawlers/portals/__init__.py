"""The portals Vigie crawls: one folder each, with `portal.yml`, `spider.py` and `parse.py`."""

from __future__ import annotations

from crawlers.portals.definition import Portal
from crawlers.portals.loading import enabled, forms, keys, load, parser, parser_version, spider_class, splitter

__all__ = ["Portal", "enabled", "forms", "keys", "load", "parser", "parser_version", "spider_class", "splitter"]
