"""What Elasticsearch answers when it cannot do something, as one sentence each that says what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NoReturn

from elastic_transport import ApiError, ConnectionTimeout, TlsError, TransportError
from elastic_transport import ConnectionError as Unreachable
from elasticsearch import UnsupportedProductError

from search.errors import IndexReadOnly, IndexRefused, IndexUnavailable

_UNREACHABLE: Final = (
    "Elasticsearch ne répond pas : vérifiez qu’il tourne et que le réglage VIGIE_SEARCH__URLS dit la bonne adresse "
    "({detail})."
)
_CERTIFICATE: Final = (
    "Le certificat d’Elasticsearch n’est pas reconnu : indiquez son autorité dans VIGIE_SEARCH__CA, ou corrigez-le "
    "({detail})."
)
_SLOW: Final = (
    "Elasticsearch n’a pas répondu à temps : vérifiez sa charge, ou augmentez VIGIE_SEARCH__TIMEOUT ({detail})."
)
_KEY: Final = (
    "Elasticsearch refuse la clé ou le mot de passe : vérifiez VIGIE_SEARCH__API_KEY, ou VIGIE_SEARCH__USER et "
    "VIGIE_SEARCH__PASSWORD."
)
_RIGHTS: Final = (
    "Le compte d’Elasticsearch n’a pas les droits nécessaires : donnez-lui le rôle décrit dans "
    "docs/search-engines.md ({detail})."
)
_PRODUCT: Final = (
    "Ce qui répond à l’adresse de VIGIE_SEARCH__URLS n’est pas un Elasticsearch que Vigie connaît : il faut la "
    "version 9."
)
_VERSION: Final = "Cet Elasticsearch est d’une autre version : Vigie parle à la version 9 ({detail})."
DISK_FULL: Final = (
    "Elasticsearch n’écrit plus, faute de place sur ses disques : libérez-en. La file attend et reprendra d’elle-même."
)
_BLOCKED: Final = "L’index est bloqué en écriture : levez le blocage (index.blocks) dans Elasticsearch ({detail})."
_MISSING: Final = (
    "L’index n’existe pas encore dans Elasticsearch : `vigie up` ou `vigie reindex` le construit ({detail})."
)
_RED: Final = "Une partie de l’index n’est pas disponible (état rouge) : vérifiez les nœuds d’Elasticsearch ({detail})."
_BUSY: Final = "Elasticsearch est surchargé et demande d’attendre : la file attend et réessaiera ({detail})."
_GONE_ON: Final = (
    "L’index a changé entretemps, par un autre réindexage ou une suppression : `vigie index status` montre ce qu’il y "
    "a ({detail})."
)
_CLOSED: Final = (
    "L’index est fermé dans Elasticsearch : ouvrez-le (POST /…/_open), la file attend et reprendra d’elle-même "
    "({detail})."
)
_SCHEMA: Final = (
    "L’index a été fait selon un autre schéma que celui de cette version de Vigie : `vigie index reindex` en fait un "
    "nouveau ; la file attend ({detail})."
)
_LOST: Final = "Elasticsearch a oublié la lecture en cours, redémarré peut-être : recommencez ({detail})."
_OTHER: Final = "Elasticsearch n’a pas pu répondre : {detail}."

_TYPES: Final = {
    "aliases_not_found_exception": _GONE_ON,
    "index_closed_exception": _CLOSED,
    "index_not_found_exception": _MISSING,
    "media_type_header_exception": _VERSION,
    "no_shard_available_action_exception": _RED,
    "search_context_missing_exception": _LOST,
    "strict_dynamic_mapping_exception": _SCHEMA,
    "unavailable_shards_exception": _RED,
}
_DEPTH: Final = 4
_LAYERS: Final = re.compile(r"(Connection|TLS) error caused by: |\b(?!HTTPS?Connection)\w+(Error|Exception)\(")
_FOR_GOOD: Final = (_KEY, _VERSION, _PRODUCT)
_STATUSES: Final = {401: _KEY, 406: _VERSION, 415: _VERSION, 429: _BUSY, 503: _RED}


@contextmanager
def engine_errors(*, writing: bool = False) -> Iterator[None]:
    """Turns errors of the client inside a block into `IndexUnavailable`, or `IndexReadOnly` for a missing right."""
    try:
        yield
    except UnsupportedProductError as error:
        raise IndexRefused(_PRODUCT) from error
    except ApiError as error:
        _raise(error.meta.status, error.body, writing, error)
    except TlsError as error:
        said = _short(error)  # also when what answers speaks no TLS at all
        sentence = _CERTIFICATE if "certificate" in said.lower() else _UNREACHABLE
        raise IndexRefused(sentence, detail=said) from error
    except ConnectionTimeout as error:
        raise IndexUnavailable(_SLOW, detail=_short(error)) from error
    except Unreachable as error:
        raise IndexUnavailable(_UNREACHABLE, detail=_short(error)) from error
    except TransportError as error:  # an answer that cannot be read
        raise IndexUnavailable(_OTHER, detail=_short(error)) from error


def refuse(status: int, error: Any, *, writing: bool = False) -> NoReturn:
    """Raise what one failed part of an answer (of a bulk or of several searches) means for the whole."""
    _raise(status, {"error": error}, writing, None)


def reason_of(error: Any) -> str:
    """The reason of an error object in the server's words, the innermost cause last."""
    parts: dict[str, None] = {}
    while isinstance(error, Mapping) and len(parts) < _DEPTH:
        said = ": ".join(str(error[name]) for name in ("type", "reason") if error.get(name))
        if said in parts:
            break
        parts[said] = None
        error = error.get("caused_by") or next(iter(error.get("root_cause") or ()), None)
    return "; ".join(filter(None, parts)) or str(error or "?")


def _raise(status: int, body: Any, writing: bool, cause: Exception | None) -> NoReturn:
    error = body.get("error") if isinstance(body, Mapping) else body
    said = reason_of(error)
    kind = str(error.get("type")) if isinstance(error, Mapping) else ""
    if kind == "cluster_block_exception" or "cluster_block_exception" in said:
        disk = "disk usage exceeded" in said or "read-only-allow-delete" in said
        raise IndexUnavailable(DISK_FULL if disk else _BLOCKED, detail=said[:300]) from cause
    if status == 403:
        raise (IndexReadOnly if writing else IndexRefused)(_RIGHTS, detail=said[:300]) from cause
    sentence = _TYPES.get(kind) or next((text for name, text in _TYPES.items() if name in said), None)
    sentence = sentence or _STATUSES.get(status)
    if sentence in (None, _RED) and not isinstance(body, Mapping | list):  # not an answer of Elasticsearch
        away = status >= 500
        raise (IndexUnavailable if away else IndexRefused)(_UNREACHABLE if away else _PRODUCT, detail=status) from cause
    kept = IndexRefused if sentence in _FOR_GOOD else IndexUnavailable
    raise kept(sentence or _OTHER, detail=said[:300]) from cause


def _short(error: Exception) -> str:
    """The first line of an error, without the traces that some carry and the names of its layers."""
    told = error.__cause__ or error  # after one try alone the error itself names its kind and nothing more
    said = next(iter(str(told).strip().splitlines()), "") or type(told).__name__
    return _LAYERS.sub("", said).rstrip(")")[:300] if _LAYERS.search(said) else said[:300]
