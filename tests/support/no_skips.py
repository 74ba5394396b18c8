"""With `VIGIE_TEST_REQUIRE_ALL=1` nothing may be skipped: whatever the reason of a skip, the test fails with it.

One rule for a missing server, a missing browser, missing samples and an empty list of parameters, so that a run can
never pass by running less.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import TypeVar

import pytest

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """The report of one test."""
    return _strict((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The report of a module that was collected, or skipped whole."""
    return _strict((yield))


def _strict(report: Report) -> Report:
    if os.environ.get("VIGIE_TEST_REQUIRE_ALL") == "1" and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{reason} (VIGIE_TEST_REQUIRE_ALL allows no skip)"
    return report
