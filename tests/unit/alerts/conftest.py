from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from core import clock
from search.port import SearchIndex
from store import Store
from tests.unit.alerts.alerts_kit import NOON, MemoryIndex, World, settings_in


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An installation at rest, on a Monday at noon."""
    settings = settings_in(tmp_path)
    with clock.frozen_at(NOON), Store.open(settings) as store:
        yield World(settings, store, cast(SearchIndex, MemoryIndex()))
