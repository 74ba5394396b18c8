"""Whose turn it is to ask the search engine: a site lets few people ask at a time, and nobody while it hangs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Final

Turn = Callable[[], AbstractContextManager[None]]
"""Stands around what is asked of the engine; raises `IndexUnavailable` when it must not be asked now."""

ANY_TIME: Final[Turn] = nullcontext
"""For commands and jobs, which ask when they like."""
