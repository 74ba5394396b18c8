"""Errors that a person reads: one sentence that says what is wrong and what to do."""

from __future__ import annotations


class VigieError(Exception):
    """Base of every error whose message is written for a person; commands print it and exit 1."""


class ConfigurationError(VigieError):
    """A setting is missing or makes no sense."""
