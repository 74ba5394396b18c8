"""What the page of a notice says of a framework agreement."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from notices.model import Framework
from tests.unit.web import invented
from tests.unit.web.conftest import NOW, Made


@pytest.mark.parametrize(
    ("framework", "said"), [(Framework(agreement=True), True), (Framework(technique="fa-wo-rc"), False)]
)
async def test_a_framework_of_unsaid_kind_is_named(made: Callable[..., Made], framework: Framework, said: bool) -> None:
    notice = invented.everything(NOW)[0].model_copy(update={"framework": framework, "lots": ()})
    async with made([notice]).browser() as client:
        page = (await client.get(f"/notices/{notice.id}")).text
    assert notice.id.partition(":")[2] in page
    assert ("Accord-cadre, de forme non précisée" in page) is said
