"""Where everything is required, a skip is a failure that says what is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SKIPS = {
    "mark": "import pytest\n@pytest.mark.skipif(True, reason='no samples here')\ndef test_it(): pass\n",
    "call": "import pytest\ndef test_it(): pytest.skip('no samples here')\n",
    "fixture": "import pytest\n@pytest.fixture\ndef it(): pytest.skip('no samples here')\ndef test_it(it): pass\n",
    "module": "import pytest\npytest.skip('no samples here', allow_module_level=True)\n",
}


def _run(folder: Path, source: str, required: str) -> subprocess.CompletedProcess[str]:
    file = folder / "test_skipping.py"
    file.write_text(source + "\ndef test_other(): pass\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", str(folder)]
    return subprocess.run(
        [*command, "-p", "no:cacheprovider", "-p", "tests.support.no_skips", str(file)],
        cwd=ROOT,
        env={**os.environ, "VIGIE_TEST_REQUIRE_ALL": required},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("way", SKIPS)
def test_whatever_skips_fails_where_everything_is_required(tmp_path: Path, way: str) -> None:
    ended = _run(tmp_path, SKIPS[way], "1")
    assert ended.returncode not in (0, 5), ended.stdout
    assert "no samples here" in ended.stdout
    assert "allows no skip" in ended.stdout


def test_elsewhere_a_skip_stays_a_skip(tmp_path: Path) -> None:
    ended = _run(tmp_path, SKIPS["mark"], "0")
    assert ended.returncode == 0, ended.stdout
    assert "1 skipped" in ended.stdout
