"""`/numbers/ports/…` for a carrier that takes ports by hand: the page says what to do, and people note how far it is."""

from __future__ import annotations

from collections.abc import Callable

from fake_connectors import FakeCarrier
from page_client import signed_in
from testbed import CONNECTORS, TestHub

from hub.model import PortOrderRow

GUIDE = "Ask the carrier's support to port the numbers. Then note how far it is."
FORM = {
    "for": "lakeside/shared", "numbers": "+1 312 555 0177", "losing_carrier": "Prairie Voice",
    "business_name": "Example Plumbing", "authorized_person": "Pat Doe", "email": "pat.doe@example.com",
    "street": "1 Example Street", "city": "Chicago", "region": "IL", "postal_code": "60601", "country": "US",
}  # fmt: skip


class CarrierWithoutPorts(FakeCarrier):
    manifest = FakeCarrier.manifest.model_copy(update={"ports_by_hand": GUIDE})


def test_an_order_by_hand_is_guided_and_noted_step_by_step(lite_hub: Callable[..., TestHub]) -> None:
    stage = lite_hub(connectors={**CONNECTORS, "carrier": CarrierWithoutPorts})
    owner = signed_in(stage)
    assert owner.post("/numbers/ports/new", FORM).status_code == 303
    text = owner.text("/numbers")
    assert f"Yours to order {GUIDE}" in text and "Not sent yet" in text
    (row,) = stage.rows(PortOrderRow)
    assert owner.post(f"/numbers/ports/{row.id}/move", {"status": "submitted"}).status_code == 303
    assert "Sent The old carrier checks it" in owner.text("/numbers")
    assert owner.post(f"/numbers/ports/{row.id}/move", {"status": "nonsense"}).status_code >= 400
    assert owner.post(f"/numbers/ports/{row.id}/move", {"status": "ported"}).status_code == 303
    assert "Put to use" in owner.text("/numbers")
