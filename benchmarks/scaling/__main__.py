"""Print the model beside the simulation, or write the tables of docs/scaling.md anew.

python -m benchmarks.scaling            print everything
python -m benchmarks.scaling --write    write the tables between the marks of docs/scaling.md
python -m benchmarks.scaling --check    exit 1 when they are not what the figures give
"""

from __future__ import annotations

import argparse
import sys

from benchmarks.scaling.measured import Measured
from benchmarks.scaling.report import DOCUMENT, Report, filled


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--check", action="store_true")
    wanted = parser.parse_args()
    report = Report(Measured.read())
    if not (wanted.write or wanted.check):
        print(report.text())
        return 0
    before = DOCUMENT.read_text(encoding="utf-8")
    now = filled(before, report)
    if wanted.check and now != before:
        print("docs/scaling.md is not what the figures give: run python -m benchmarks.scaling --write", file=sys.stderr)
        return 1
    DOCUMENT.write_text(now, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
