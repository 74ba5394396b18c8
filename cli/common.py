"""What all commands share: how they print, fail, read settings and queries.

Results go to stdout (`--json`: one JSON object per line), sentences for people to stderr, and the exit code is 0 only
when all that was asked was done.
"""

from __future__ import annotations

import errno
import json
import logging
import sys
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec

import click
from pydantic import BaseModel

from core import logs
from core.errors import ConfigurationError, VigieError
from core.settings import Settings, load_settings
from crawlers import portals
from search.query import NoticeQuery
from store import Store

log = logging.getLogger(__name__)

P = ParamSpec("P")


def say(sentence: str) -> None:
    """A sentence for the person at the terminal."""
    click.echo(sentence, err=True)


def show(items: Iterable[BaseModel | dict[str, Any]], *, as_json: bool, line: Callable[[Any], str]) -> None:
    """Print results: one JSON object per line, or one line for people each."""
    for item in items:
        if as_json:
            value = item.model_dump(mode="json") if isinstance(item, BaseModel) else item
            click.echo(json.dumps(value, ensure_ascii=False, default=str))
        else:
            click.echo(line(item))


def fail(code: int = 1) -> None:
    """End with an exit code that says that not all was done."""
    sys.exit(code)


def sentences(command: Callable[P, None]) -> Callable[P, None]:
    """Turn errors written for people into a sentence on stderr and exit code 1."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except VigieError as error:
            say(str(error))
            fail()
        except BrokenPipeError:
            raise  # whoever read what is printed has seen enough; click knows how to end then
        except OSError as error:
            log.debug("the system refused", exc_info=True)
            say(refused_by_system(error))
            fail()

    return wrapped


_WRITABLE = "Let this user write there, or choose another place (VIGIE_DATA_DIR holds all that has none of its own)."
_PLACE = "Correct VIGIE_DATA_DIR, or the path that was given."
_ROOM = "Make room on that disk, and do it again: what was stored stays, and what was not waits."
_ADVICE = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EFBIG: "This process may not write files of that size (ulimit -f): raise the limit, and do it again.",
    errno.EACCES: _WRITABLE,
    errno.EPERM: _WRITABLE,
    errno.EROFS: _WRITABLE,
    errno.ENOENT: _PLACE,
    errno.EEXIST: _PLACE,
    errno.ENOTDIR: _PLACE,
    errno.EISDIR: _PLACE,
    errno.EMFILE: "Raise the number of files that a process may have open (ulimit -n).",
}


def refused_by_system(error: OSError) -> str:
    """What the system refused, in its own words and with the file, and what to do about it."""
    place = f": {error.filename}" if error.filename else ""
    return f"{error.strerror or error}{place}. {_ADVICE.get(error.errno or 0, '')}".rstrip()


def prepared() -> Settings:
    """The settings, with logging configured from them.

    Raises `ConfigurationError` when one names a portal that does not exist, which would otherwise be ignored.
    """
    settings = load_settings()
    if unknown := sorted(set(settings.portals) - set(portals.keys())):
        raise ConfigurationError(
            f"Setting portals.{unknown[0]}: there is no such portal; there are: {', '.join(portals.keys())}."
        )
    logs.configure(settings.log_level)
    return settings


def known_portal(key: str | None) -> str | None:
    """The key of a portal that exists, or none; a misspelt one raises a `VigieError` that names those there are."""
    return portals.load(key).key if key else None


def tell_what_waits(store: Store) -> None:
    """Say how many notices the index lacks, so that a short answer is not taken for a complete one."""
    if waiting := store.index_queue.depth():
        say(f"{waiting} notices wait for the index: `vigie up` takes them, or `vigie worker --queues index,match`.")


json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
query_argument = click.argument("text", required=False)
query_option = click.option("--query", "query_json", help="The canonical JSON of a NoticeQuery instead of words.")
all_option = click.option("--all", "all_notices", is_flag=True, help="Not only open calls.")


def query_of(text: str | None, as_json: str | None, *, all_notices: bool) -> NoticeQuery:
    """The query a person typed, or the canonical JSON; open calls unless told otherwise."""
    if as_json is not None:
        return NoticeQuery.from_json(as_json)
    query = NoticeQuery(text=text or None)
    return query if all_notices else query.only_open()
