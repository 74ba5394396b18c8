"""The Chromium of tests, and the processes it leaves."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

import pytest

from crawlers.engines.browser.chromium import executable


def installed_chromium() -> Path:
    """The Chromium of VIGIE_TEST_CHROMIUM, or of the system; the test is skipped without one."""
    named = os.environ.get("VIGIE_TEST_CHROMIUM") or executable(None)
    if named is None or not Path(named).exists():
        pytest.skip("Chromium is missing: install it or set VIGIE_TEST_CHROMIUM")
    return Path(named)


def descendants() -> list[tuple[int, str]]:
    """The processes begun by this one and by those, with their command lines (parts are separated by NUL)."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            state, parent = stat.rpartition(")")[2].split()[:2]
            if state != "Z":
                children[int(parent)].append(int(entry.name))
    found, waiting = [], [os.getpid()]
    while waiting:
        for number in children[waiting.pop()]:
            waiting.append(number)
            try:
                found.append((number, Path(f"/proc/{number}/cmdline").read_text()))
            except OSError:
                continue
    return found
