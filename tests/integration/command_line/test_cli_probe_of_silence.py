"""`vigie probe` of a portal that does not answer: nothing that nobody saw is said to have held."""

from __future__ import annotations

from pathlib import Path

from core.ports import free_port
from tests.support.command import Vigie


def test_a_portal_that_does_not_answer_is_not_said_to_answer_as_expected(empty: Vigie, tmp_path: Path) -> None:
    """Even where the tries of its robots.txt alone use up what a probe may ask."""
    nobody = f"http://127.0.0.1:{free_port()}"
    (report,) = empty.lines(
        "probe", "fr_place", "--base-url", nobody, "--folder", str(tmp_path / "p"), "--json", code=1
    )
    first = report["findings"][0]
    assert first["what"] == "the portal answers as its spider expects"
    assert first["held"] is False
    assert first["detail"]
