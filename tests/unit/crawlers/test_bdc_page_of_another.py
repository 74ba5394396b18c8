"""The page of a purchase order must be that of its card."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from crawlers.contract import Parsing
from crawlers.portals.ma_bdc.parse import parse
from notices.formats.errors import FormatReason, NoticeFormatError
from simulated_portals.bdc import pages
from simulated_portals.bdc.orders import Order
from simulated_portals.bdc.server import make_portal

CONTEXT = Parsing(portal="ma_bdc", base_url="https://www.marchespublics.gov.ma")


@pytest.fixture(scope="module")
def order() -> Order:
    return next(iter(make_portal("ma_bdc", invented=5, seed=1).orders.values()))


def unit(listed: Order, shown: Order) -> bytes:
    html = pages.show_page(shown).decode()
    return json.dumps({"card": pages.order_card(listed), "show": html, "id": str(listed.id)}).encode()


def test_a_page_of_another_notice_is_refused_and_not_stored_under_the_cards_id(order: Order) -> None:
    other = replace(order, id=order.id + 1, reference="99/2031/XYZ", title="Autre objet")
    with pytest.raises(NoticeFormatError) as refused:
        parse(unit(order, other), CONTEXT)
    assert refused.value.reason is FormatReason.CONTRADICTION


@pytest.mark.parametrize("shown", ["  {0}", "{0} ", "{0}"])
def test_blanks_around_a_reference_make_no_other_notice(order: Order, shown: str) -> None:
    same = replace(order, reference=shown.format(order.reference))
    assert parse(unit(order, same), CONTEXT).notice.id == f"ma_bdc:{order.id}"
