"""Real and invented notices never share a store, also where a simulated portal is crawled without the demonstration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from core.errors import VigieError

if TYPE_CHECKING:
    from core.settings import Settings
    from crawlers.portals import Portal
    from store import Store

_KEY: Final = "origin"
"""Key of `store.meta` that says which portals filled a store: real ones, or simulated ones."""
_REAL: Final = "real"
_SIMULATED: Final = "simulated"


def keep_apart(portal: Portal, settings: Settings, store: Store) -> None:
    """Refuse to crawl a simulated portal into a store of real notices, and the reverse.

    A store without notices takes either. One from before this was noted down holds real notices. A store of the
    demonstration is guarded when it is opened.
    """
    if settings.demo:
        return
    wanted = _SIMULATED if portal.simulated else _REAL
    held = store.meta.get(_KEY)
    if held == wanted:
        return
    if not _holds_notices(store):
        store.meta.set(_KEY, wanted)
        return
    if held is None:
        held = store.meta.set_once(_KEY, _REAL)
    if held != wanted:
        raise VigieError(_refusal(portal, store, held))


def _holds_notices(store: Store) -> bool:
    return any(True for _notice in store.notices.iterate(batch=1))


def _refusal(portal: Portal, store: Store, held: str) -> str:
    holds = "real" if held == _REAL else "invented"
    asked = "on this machine, where simulated portals invent notices" if portal.simulated else "a real portal"
    return (
        f"The store {store.database.printed} holds {holds} notices, and {portal.base_url} is {asked}; they never mix. "
        "Choose another data folder (VIGIE_DATA_DIR); for simulated portals call it a demonstration (VIGIE_DEMO=true)."
    )
