"""From a spider's raw notices to the store: archive, validate, enrich, store. And back: replay, quarantine.

- `crawl.run(request, settings, store, archive)`: one crawl in this process;
- `requests.py`: which windows a crawl looks at;
- `archive.py`, `validate.py`, `enrich.py`, `store.py`: the Scrapy item pipelines, in this order;
- `replay.py`: today's parser over archived payloads;
- `quarantine.py`: what could not be read: list, replay, discard;
- `files.py`: raw payloads in files to notices, without a store.
"""

from pipelines.files import ParsedFile, parse_files

__all__ = ["ParsedFile", "parse_files"]
