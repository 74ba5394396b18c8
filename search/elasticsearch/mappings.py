"""The templates of `index_mappings/`, under the names of one installation.

The files are named after an installation called `vigie`; the prefix of the settings takes that place. Each file has a
version, which is part of the template's name, so that indices of two versions can live side by side while one is
filled. A file never changes without a new version (`tests/unit/search` holds the digests), and the version of
`notices.json` changes with `IndexDocument` and the analysis, too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from elasticsearch import Elasticsearch

from core.settings import SearchSettings

Template = dict[str, Any]

COMPONENTS: Final = ("matching",)
TEMPLATES: Final = ("notices", "profiles")
_NAMED_AFTER: Final = "vigie-"


@dataclass(frozen=True)
class Mappings:
    """Component and index templates by their file's name, and the prefix of the names they get."""

    prefix: str
    components: dict[str, Template]
    templates: dict[str, Template]

    @classmethod
    def load(cls, prefix: str) -> Mappings:
        """Those that ship with Vigie."""
        return cls(
            prefix,
            {name: _file(f"components/{name}.json") for name in COMPONENTS},
            {name: _file(f"{name}.json") for name in TEMPLATES},
        )

    def version(self, name: str) -> int:
        """The version of an index template, such as `notices`."""
        return int(self.templates[name]["version"])

    def alias(self, name: str) -> str:
        """The name under which the index in use is found."""
        return f"{self.prefix}-{name}"

    def index(self, name: str, generation: int) -> str:
        """The name of one index of the current version."""
        return f"{self.prefix}-{name}-{self.version(name)}-{generation:06d}"

    def install(self, client: Elasticsearch, settings: SearchSettings) -> None:
        """Put the templates of the current version; indices that exist already are not touched."""
        for name, body in self.components.items():
            client.cluster.put_component_template(
                name=f"{self.prefix}-{name}-{body['version']}",
                template=body["template"],
                version=body["version"],
                meta=body["_meta"],
            )
        for name, body in self.templates.items():
            client.indices.put_index_template(
                name=f"{self.prefix}-{name}-{body['version']}",
                index_patterns=[self._ours(pattern) for pattern in body["index_patterns"]],
                composed_of=[self._ours(component) for component in body["composed_of"]],
                priority=body["priority"],
                template=_sized(body["template"], settings),
                version=body["version"],
                meta=body["_meta"],
            )

    def _ours(self, name: str) -> str:
        return f"{self.prefix}-{name.removeprefix(_NAMED_AFTER)}"


def _sized(template: Template, settings: SearchSettings) -> Template:
    index = {
        **template.get("settings", {}).get("index", {}),
        "number_of_shards": settings.shards,
        "number_of_replicas": settings.replicas,
        "refresh_interval": settings.refresh,
    }
    return {**template, "settings": {**template.get("settings", {}), "index": index}}


@cache
def _file(name: str) -> Template:
    found: Template = json.loads((files("index_mappings") / name).read_text(encoding="utf-8"))
    return found
