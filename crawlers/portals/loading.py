"""Finds the portals' folders and loads what lies in them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from pydantic import ValidationError

from core.errors import ConfigurationError
from crawlers.contract import Parsing
from crawlers.portals.definition import Portal

if TYPE_CHECKING:
    from crawlers.engines.window_spider import WindowSpider
    from notices.formats.eforms import Reading

Parser = Callable[[bytes, Parsing], "Reading"]
Splitter = Callable[[bytes], list[bytes]]

_FOLDER = Path(__file__).parent


def keys() -> tuple[str, ...]:
    """The keys of all portals, sorted."""
    return tuple(sorted(path.parent.name for path in _FOLDER.glob("*/portal.yml")))


@cache
def load(key: str) -> Portal:
    """The definition of a portal; `ConfigurationError` names the key of `portal.yml` that is wrong."""
    if key not in keys():
        raise ConfigurationError(f"There is no portal {key}; there are: {', '.join(keys())}.")
    portal = read_definition(_FOLDER / key / "portal.yml")
    if portal.key != key:
        raise ConfigurationError(f"{key}/portal.yml: key is {portal.key}, and the folder is {key}.")
    return portal


def read_definition(path: Path) -> Portal:
    """Read and check one `portal.yml`."""
    name = f"{path.parent.name}/{path.name}"
    try:
        return Portal.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{name} is not YAML: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{name}, {where}: {first['msg']}.") from error


def parser(key: str) -> Parser:
    """The pure parser of a portal: payload in, `Reading` out."""
    load(key)
    found: Parser = importlib.import_module(f"crawlers.portals.{key}.parse").parse
    return found


def splitter(key: str) -> Splitter:
    """Takes a payload apart that holds several notices, such as a page of a list."""
    load(key)
    found: Splitter = importlib.import_module(f"crawlers.portals.{key}.parse").split
    return found


def parser_version(key: str) -> str:
    """The version of a portal's parser; raised when the same payload is read otherwise than before."""
    load(key)
    return str(importlib.import_module(f"crawlers.portals.{key}.parse").PARSER_VERSION)


def spider_class(key: str) -> type[WindowSpider]:
    """The spider of a portal."""
    load(key)
    found: type[WindowSpider] = importlib.import_module(f"crawlers.portals.{key}.spider").PortalSpider
    return found
