"""The link in the footer leads to the opt-out of this very browser; it lasts, whatever a page says later."""

from __future__ import annotations

import pytest
from stage_hub import DEFAULT, POOL
from visitor import Visitor

pytestmark = pytest.mark.soak

PHONE = "<p>312-555-0190</p>"


@pytest.mark.parametrize("company", ["lakeside", "hasty"])
def test_a_browser_that_opts_out_by_the_footers_link_is_not_recorded_any_more(visitor: Visitor, company: str) -> None:
    """Lakeside's hub is on its own domain, so the cookie tells the browser; Hasty's is not, so the link does."""
    hub = visitor.hub
    there = {"host": f"www.{company}.example.com", "company": company}
    footer = hub.website(company).footer_link(hub.address)
    page = visitor.open(PHONE + footer, **there)
    visitor.sees("ringfence.visit()")
    visitor.until(lambda: len(hub.visits()), 1)
    page.get_by_role("link", name="Do Not Sell or Share").click()
    page.get_by_role("button", name="Opt out").click()
    page.get_by_role("heading", name="You are opted out").wait_for()
    for _ in range(2):
        page = visitor.open(PHONE, path="/again", **there)
        visitor.sees("ringfence.honoured().includes('opt_out')")
        page.evaluate("ringfence.consent({ all: 'granted' })")
        visitor.sees("ringfence.visit() === null")
    kept = [each for each in visitor.context.cookies() if each["name"] == "ringfence"]
    assert [each["value"] for each in kept] == ["opt_out"], "and it says nothing of the visitor"
    assert len(hub.visits()) == 1 and hub.leases() == 0
    if company == "lakeside":
        assert visitor.swapped() == DEFAULT not in POOL
