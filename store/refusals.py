"""What keeps a database from being used, told as one sentence that ends with what to do about it.

PostgreSQL says while connecting what is wrong in words alone, later by a code (appendix A of its manual); SQLite has
names for its errors. Words are those of a server that speaks English: those of another language are shown with the
advice that fits every case.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from typing import Final

from core.errors import ConfigurationError
from store.errors import StoreError


class StoreRefused(StoreError, ConfigurationError):
    """The database cannot be used as the settings say, and waiting does not help."""


@dataclass(frozen=True)
class _Advice:
    what: str
    setting: bool = False


_ADDRESS: Final = _Advice("Check that the server runs, and host and port in VIGIE_DATABASE_URL.")
_ACCOUNT: Final = _Advice(
    "Check user and password in VIGIE_DATABASE_URL, and what pg_hba.conf of the server allows.", setting=True
)
_NO_DATABASE: Final = _Advice("Make this database (createdb), or correct its name in VIGIE_DATABASE_URL.", setting=True)
_CERTIFICATE: Final = _Advice(
    "Name the authority of the server's certificate in VIGIE_DATABASE_URL (sslrootcert=), and the host that the "
    "certificate is made for.",
    setting=True,
)
_ENCRYPTION: Final = _Advice("Server and sslmode in VIGIE_DATABASE_URL differ over encryption.", setting=True)
_OPTION: Final = _Advice("Correct the options behind the ? in VIGIE_DATABASE_URL.", setting=True)
_PORT: Final = _Advice("Correct the port in VIGIE_DATABASE_URL.", setting=True)
_PRODUCT: Final = _Advice("What answers there is no PostgreSQL: correct host and port in VIGIE_DATABASE_URL.")
_CONNECTIONS: Final = _Advice("Raise max_connections of the server, or lower VIGIE_POSTGRESQL__POOL_SIZE.")
_RIGHTS: Final = _Advice(
    "This account lacks a right: make it the owner of the database and of its tables, as docs/operating.md says.",
    setting=True,
)
_READ_ONLY: Final = _Advice(
    "The server takes no changes: name the one that does in VIGIE_DATABASE_URL, or end default_transaction_read_only.",
    setting=True,
)
_TABLES: Final = _Advice(
    "The tables are not those that this Vigie makes: it was changed by hand, restored in part, or holds something "
    "else. Restore a backup, or name an empty database in VIGIE_DATABASE_URL.",
    setting=True,
)
_DISK: Final = _Advice("Make room on its disk, and do it again: what was stored stays.")
_SLOW: Final = _Advice("Look what keeps the server busy, or raise VIGIE_POSTGRESQL__STATEMENT_TIMEOUT.")
_LOCKED: Final = _Advice("Another process holds what is needed: try again in a moment.")
_DAMAGED: Final = _Advice("The server's files are damaged: look at its log, and restore a backup.")
_FILE_NO_DATABASE: Final = _Advice(
    "The file is damaged or was never one of Vigie: restore a backup, or name another file in VIGIE_DATABASE_URL.",
    setting=True,
)
_FILE_READ_ONLY: Final = _Advice(
    "Let this user write to the file and to its folder, or name another file in VIGIE_DATABASE_URL.", setting=True
)
_FILE_BROKEN: Final = _Advice("Make room on its disk when that is full; else look at the log of the system.")

_CONNECTING: Final[tuple[tuple[str, _Advice], ...]] = (
    (r"password|no pg_hba\.conf entry|role \".*\" (does not exist|is not permitted)|authentication failed", _ACCOUNT),
    (r"database \".*\" does not exist|permission denied for database", _NO_DATABASE),
    (r"does not support ssl|no encryption|ssl is required", _ENCRYPTION),
    (r"received invalid response|expected authentication request|protocol version|unsupported frontend", _PRODUCT),
    (r"certificate|tlsv\d|ssl error|ssl_error|ca file", _CERTIFICATE),
    (r"invalid port|invalid integer value .*port", _PORT),
    (r"invalid (\w+ value|connection option|uri)|missing \"=\"|unrecognized configuration parameter", _OPTION),
    (r"too many (clients|connections)|connection slots|connection limit", _CONNECTIONS),
    (r"no space left", _DISK),
)
_STATES: Final[dict[str, _Advice]] = {
    "25006": _READ_ONLY,
    "28": _ACCOUNT,
    "3D000": _NO_DATABASE,
    "42501": _RIGHTS,
    **dict.fromkeys(("3F000", "42P01", "42P07", "42701", "42703", "42704", "42710", "42804", "42883"), _TABLES),
    "53100": _DISK,
    "53300": _CONNECTIONS,
    "40": _LOCKED,
    "55P03": _LOCKED,
    "57014": _SLOW,
    "58": _DAMAGED,
    "XX001": _DAMAGED,
    "XX002": _DAMAGED,
}
_FILE: Final[tuple[tuple[str, _Advice], ...]] = (
    ("SQLITE_FULL", _DISK),
    ("SQLITE_READONLY", _FILE_READ_ONLY),
    ("SQLITE_PERM", _FILE_READ_ONLY),
    ("SQLITE_CANTOPEN", _FILE_READ_ONLY),
    ("SQLITE_NOTADB", _FILE_NO_DATABASE),
    ("SQLITE_CORRUPT", _FILE_NO_DATABASE),
    ("SQLITE_BUSY", _LOCKED),
    ("SQLITE_LOCKED", _LOCKED),
    ("SQLITE_IOERR", _FILE_BROKEN),
)
_NO_SUCH: Final = re.compile(r"no such (table|column)|table .* already exists|has no column")


def meaning(printed: str, error: BaseException) -> StoreError | None:
    """What an error in the middle of the work means for whoever runs Vigie; None where it concerns one statement."""
    advice = _of_file(error) if isinstance(error, sqlite3.Error) else _of_state(error)
    return None if advice is None else _told(printed, error, advice)


def no_connection(printed: str, error: BaseException) -> StoreError:
    """Why there is no connection: whatever is said then concerns all of the database."""
    if isinstance(error, sqlite3.Error):
        return _told(printed, error, _of_file(error) or _FILE_BROKEN)
    return _told(printed, error, _of_state(error) or _of_words(str(error).lower()) or _ADDRESS)


def _told(printed: str, error: BaseException, advice: _Advice) -> StoreError:
    kind = StoreRefused if advice.setting else StoreError
    return kind(f"The database {printed} cannot be used: {first_line(error)}. {advice.what}")


def first_line(error: BaseException | None) -> str:
    """What the database says, without the lines for its programmers."""
    return (str(error).strip().splitlines() or ["no reason given"])[0].rstrip(".")


def _of_file(error: sqlite3.Error) -> _Advice | None:
    name = getattr(error, "sqlite_errorname", None) or ""
    found = next((advice for begin, advice in _FILE if name.startswith(begin)), None)
    if found is None and _NO_SUCH.search(str(error)):
        return _TABLES
    return found


def _of_state(error: BaseException) -> _Advice | None:
    state = getattr(error, "sqlstate", None) or ""
    return _STATES.get(state) or _STATES.get(state[:2])


def _of_words(said: str) -> _Advice | None:
    return next((advice for words, advice in _CONNECTING if re.search(words, said)), None)
