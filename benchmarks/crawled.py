"""What benchmarks of a crawl share: a simulated portal in a process of its own, an empty store, memory of processes."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from core.settings import Settings
from pipelines.crawl import CrawlReport, CrawlRequest, run
from pipelines.services import Tell
from store import Store
from store.archive import Archive


@contextlib.contextmanager
def simulated_portal(key: str, notices: int) -> Iterator[str]:
    """Yields the address of a portal of so many invented notices."""
    command = [sys.executable, "-m", "simulated_portals", "one", key, "--invented", str(notices)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as portal:
        assert portal.stdout is not None
        try:
            yield portal.stdout.readline().split()[-1]
        finally:
            portal.terminate()


def crawl_into_nothing(request: CrawlRequest, tell: Tell) -> CrawlReport:
    """A crawl into an empty store, which is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate({"data_dir": Path(folder), "demo": True})
        with Store.open(settings) as store, Archive(settings.archive, settings.spool_dir, store.payloads) as archive:
            store.migrate()
            return run(request, settings, store, archive, tell)


def summary(portal: str, report: CrawlReport, seconds: float) -> dict[str, object]:
    """What a crawl brought."""
    return {
        "portal": portal,
        "stored": report.run.counts.new,
        "complete": report.complete,
        "told": report.run.message,
        "requests": report.run.counts.requests,
        "seconds": round(seconds),
    }


def grown(tenths: Sequence[Mapping[str, float | None]], name: str) -> float | None:
    """By how much something grew from the second tenth of a crawl to its last; the first one still loads vocabularies.

    None where one of the two is not known.
    """
    before, after = (tenths[1][name], tenths[-1][name]) if len(tenths) > 2 else (None, None)
    return None if before is None or after is None else round(after - before, 1)


def resident_mb(*processes: int) -> float:
    """Megabytes that processes have in memory now; what they share with others is divided among them.

    Only Linux tells. Of a process that ended meanwhile nothing is counted.
    """
    return round(sum(_kilobytes(process, "Pss:") for process in processes) * 1024 / 1e6, 1)


def own_mb(process: int) -> float:
    """Megabytes of memory that hold no part of a file: of an index that is mapped into memory nothing is counted."""
    return round(_kilobytes(process, "Anonymous:") * 1024 / 1e6, 1)


def most_mb(process: int) -> float:
    """Megabytes that a process had in memory at most, with what it shares. Only Linux tells."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return round(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024 / 1e6, 1)


def begun_by(process: int) -> list[int]:
    """The processes that a process began, and those that these began."""
    found: list[int] = []
    waiting = [process]
    while waiting:
        parent = waiting.pop()
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                waiting += map(int, (task / "children").read_text(encoding="ascii").split())
        found.append(parent)
    return found[1:]


def program_of(process: int) -> str:
    """The command line of a process; empty when it has ended."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    return ""


def _kilobytes(process: int, name: str) -> int:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
        return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)
    return 0
