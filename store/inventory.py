"""Which segments the store names, and whether they can be reached from here."""

from __future__ import annotations

from pathlib import Path

from notices.model import Frozen
from store.archive import Archive
from store.facade import Store
from store.segments import SUFFIX, spool_path


class MissingSegment(Frozen):
    """A segment that the store names and that cannot be read from here, or not to its end."""

    segment: str
    payloads: int
    problem: str


def sizes_from_here(archive: Archive, spool_dir: Path) -> dict[str, int]:
    """Bytes of every segment at the archive's URL and in the spool of this machine."""
    # The spool first: what is moved in between is at the URL by then.
    spooled = {name: spool_path(spool_dir, name).stat().st_size for name in archive.waiting()}
    return spooled | archive.remote.sizes(SUFFIX)


def missing_segments(store: Store, archive: Archive, spool_dir: Path) -> list[MissingSegment]:
    """What the store names and is not there, or ends before its last payload. `ArchiveError` when the URL is away."""
    sizes = sizes_from_here(archive, spool_dir)
    found = []
    for segment, (payloads, end) in store.payloads.segments().items():
        size = sizes.get(segment)
        if size is None:
            problem = "it is not in the archive; it may wait in the spool of another machine"
        elif size < end:
            problem = f"it has {size} bytes, and its last payload ends at {end}"
        else:
            continue
        found.append(MissingSegment(segment=segment, payloads=payloads, problem=problem))
    return found
