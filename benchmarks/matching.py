"""Matching: new notices against many saved profiles, with the reasons, against looking only at the documents.

The limit in the same run is the time to analyse the notices' texts, which every matcher must spend. Aim: under 5
seconds for 1,000 notices and 100,000 profiles, warm: other notices were matched with these profiles before. One thread
does all. Seconds of the processor stand beside those of the clock, which tell less on a busy machine.

    python -m benchmarks.matching [--profiles 100000] [--notices 1000]
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from benchmarks.generated_notices import NOW, Material
from search.document import IndexDocument
from search.evaluate import DocumentView
from search.matcher import EmbeddedMatcher
from search.port import Match
from search.query import NoticeQuery

Result = TypeVar("Result")


def main() -> None:
    """Print one JSON object with the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profiles", type=int, default=100_000)
    parser.add_argument("--notices", type=int, default=1_000)
    wanted = parser.parse_args()
    material = Material(seed=7)
    profiles = [material.profile().to_json() for _ in range(wanted.profiles)]
    cold, warm = list(material.documents(2 * wanted.notices))[::2], list(material.documents(wanted.notices))
    before = _memory_mb()
    compiling, matcher = _timed(lambda: _compiled(profiles))
    memory = _memory_mb() - before
    first, _ = _timed(lambda: matcher.match(cold, now=NOW))
    again, matches = _timed(lambda: matcher.match(warm, now=NOW))
    floor, _ = _timed(lambda: [DocumentView(document).terms for document in warm])
    figures = {
        "compiling": compiling, "first_match": first, "warm_match": again, "analysis_alone": floor,
        "profiles_memory_mb": memory, "aim_seconds": 5.0,
    }  # fmt: skip
    print(json.dumps(_report(wanted, matches, warm) | figures, indent=2))


def _compiled(profiles: Sequence[str]) -> EmbeddedMatcher:
    matcher = EmbeddedMatcher()
    for number, profile in enumerate(profiles):
        matcher.put(str(number), NoticeQuery.from_json(profile))
    return matcher


def _report(wanted: argparse.Namespace, matches: list[Match], documents: list[IndexDocument]) -> dict[str, object]:
    return {
        "profiles": wanted.profiles,
        "notices": len(documents),
        "matches": len(matches),
        "matches_per_notice": round(len(matches) / len(documents), 1),
        "hit_rate": round(len(matches) / len(documents) / wanted.profiles, 6),
        "reasons_per_match": round(sum(len(match.clauses) for match in matches) / max(1, len(matches)), 2),
    }


def _timed(work: Callable[[], Result]) -> tuple[dict[str, float], Result]:
    clock, processor = time.perf_counter(), time.process_time()
    result = work()
    seconds = {"seconds": time.perf_counter() - clock, "processor_seconds": time.process_time() - processor}
    return {name: round(value, 3) for name, value in seconds.items()}, result


def _memory_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
