"""Which call has which reference, kept between crawls."""

from __future__ import annotations

from datetime import date, timedelta

from crawlers.contract import MemoryNotebook
from crawlers.engines.atexo_ma.call_memory import KEPT, CallMemory
from crawlers.engines.atexo_ma.consultation import Consultation

TODAY = date(2026, 11, 22)


def call(number: str, reference: str = "12/2026", buyer: str = "COMMUNE D'AIT MELLOUL") -> Consultation:
    return Consultation(organisation="f9f", number=number, reference=reference, buyer=buyer)


def memory(notebook: MemoryNotebook, *calls: Consultation, on: date = TODAY) -> CallMemory:
    made = CallMemory("ma_pmmp", notebook)
    made.note({item.native_id or "": item for item in calls}, on)
    return CallMemory("ma_pmmp", notebook)  # as the next crawl reads it


def test_a_call_is_known_by_organisation_reference_and_buyer_however_they_are_spaced() -> None:
    kept = memory(MemoryNotebook(), call("101"), call("102", buyer="COMMUNE DE TIZNIT"))
    found = kept.find(call("900", reference="12 / 2026 ", buyer="Commune d’Aït Melloul"))
    assert found is not None
    assert found.native_id == "f9f-101"


def test_two_calls_that_agree_in_all_three_are_none() -> None:
    assert memory(MemoryNotebook(), call("101"), call("102")).find(call("900")) is None


def test_an_announcement_is_not_its_own_call() -> None:
    assert memory(MemoryNotebook(), call("101")).find(call("101")) is None


def test_what_a_page_does_not_print_finds_nothing() -> None:
    kept = memory(MemoryNotebook(), call("101"))
    assert kept.find(Consultation(organisation="f9f", number="900", reference="-", buyer="COMMUNE")) is None
    assert kept.find(Consultation(organisation="f9f", number="900", reference="12/2026")) is None


def test_calls_older_than_what_the_portal_shows_are_forgotten() -> None:
    notebook = MemoryNotebook()
    memory(notebook, call("101"), on=TODAY - KEPT - timedelta(days=1))
    assert memory(notebook, call("102", reference="77/2026")).find(call("900")) is None


def test_a_memory_that_cannot_be_read_begins_anew() -> None:
    notebook = MemoryNotebook()
    notebook.write("ma_pmmp-calls-f9f", b"[1, 2")
    assert memory(notebook, call("101")).find(call("900")) is not None
