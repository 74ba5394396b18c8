"""Errors of the store, written for the person who reads them."""

from __future__ import annotations

from core.errors import VigieError


class StoreError(VigieError):
    """The store cannot do what was asked."""


class ConflictError(StoreError):
    """Another process changed the same thing in between; nothing was written, and asking again is safe."""


class ArchiveError(VigieError):
    """The raw archive cannot give back, or cannot take, a payload."""
