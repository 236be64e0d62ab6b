"""A page shows the visitor's own number in place of the company's, written as the page wrote it."""

from __future__ import annotations

from stage_hub import POOL
from visitor import Visitor


def test_a_static_page_shows_the_visitors_own_number(visitor: Visitor) -> None:
    visitor.open('<p id=a>Call (312) 555-0190 now</p><a id=b href="tel:+13125550190">312.555.0190</a>')
    number = visitor.swapped()
    assert number in POOL
    assert visitor.text("#a") == f"Call (312) 555-{number[-4:]} now"
    assert visitor.text("#b") == f"312.555.{number[-4:]}"
    assert visitor.page.get_attribute("#b", "href") == f"tel:{number}"
    assert [each["path"] for each in visitor.asked] == ["lakeside/visit"], "one request before the swap"
    (visit,) = visitor.hub.visits()
    assert visit["id"] == visitor.page.evaluate("ringfence.visit().id")
    assert visitor.hub.leases() == 1
