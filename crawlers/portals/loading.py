"""Finds the portals' folders and loads what lies in them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Protocol

import yaml
from pydantic import ValidationError

from core.errors import ConfigurationError
from crawlers.contract import Parsing
from crawlers.portals.definition import Portal

if TYPE_CHECKING:
    from core.settings import Settings
    from crawlers.engines.window_spider import WindowSpider
    from notices.formats.reading import Reading

Parser = Callable[[bytes, Parsing], "Reading"]


class Splitter(Protocol):
    """Takes a file apart into payloads that the parser of the portal reads, one per notice."""

    def __call__(self, payload: bytes, form: str | None = None) -> list[bytes]:
        """The payloads. `form` is one of the parser's `FORMS`; None: told by the content."""
        ...


_FOLDER = Path(__file__).parent


def keys() -> tuple[str, ...]:
    """The keys of all portals, sorted."""
    return _keys(_FOLDER)


@cache  # asked for with every notice of a mail
def _keys(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.parent.name for path in folder.glob("*/portal.yml")))


def enabled(settings: Settings) -> tuple[str, ...]:
    """The keys of the portals that this installation crawls, sorted.

    A portal to which `portal.yml` gives no hours is crawled where the settings enable it; a demonstration crawls
    simulated portals alone.
    """
    return tuple(key for key in keys() if _is_enabled(load(key), settings))


def _is_enabled(portal: Portal, settings: Settings) -> bool:
    own = settings.portal(portal.key)
    wanted = bool(portal.calendar.at) if own.enabled is None else own.enabled
    return wanted and (not settings.demo or portal.at(own.base_url).simulated)


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
    found: Parser = _module(key, "parse").parse
    return found


def forms(key: str) -> Mapping[str, str]:
    """The forms in which files of a portal come, with what each is: `list-page`, `detail-page`, ..."""
    found: Mapping[str, str] = _module(key, "parse").FORMS
    return found


def splitter(key: str) -> Splitter:
    """Takes a file apart that holds several notices, such as a page of a list."""
    found: Splitter = _module(key, "parse").split
    return found


def parser_version(key: str) -> str:
    """The version of a portal's parser; raised when the same payload is read otherwise than before."""
    return str(_module(key, "parse").PARSER_VERSION)


def spider_class(key: str) -> type[WindowSpider]:
    """The spider of a portal."""
    found: type[WindowSpider] = _module(key, "spider").PortalSpider
    return found


def _module(key: str, name: str) -> ModuleType:
    """`spider` or `parse` of a portal: its own, else its engine's."""
    engine = load(key).engine
    if (_FOLDER / key / f"{name}.py").is_file():
        return importlib.import_module(f"crawlers.portals.{key}.{name}")
    if engine is None:
        raise ConfigurationError(f"{key} has no {name}.py, and portal.yml names no engine that has one.")
    return importlib.import_module(f"crawlers.engines.{engine}.{name}")
