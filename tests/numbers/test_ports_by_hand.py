"""A port to a carrier without an API for it: kept with what a person must do, moved by hand, put to use at the end."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fake_connectors import FakeCarrier
from testbed import CONNECTORS, TestHub

from hub.errors import CannotDo
from hub.model import AuditEntry, PortOrderRow, Tracker
from hub.numbers.porting import (
    NotOrdered,
    cancel_port,
    carriers_for_ports,
    move_by_hand,
    order_port,
    refresh,
    refresh_open,
    use_ported,
)
from hub.testing.carriers.ports import port_request
from hub.testing.secrecy import personal_texts

GUIDE = "Ask the carrier's support to port the numbers. Then note how far it is."


class CarrierWithoutPorts(FakeCarrier):
    manifest = FakeCarrier.manifest.model_copy(update={"ports_by_hand": GUIDE})


@pytest.fixture
def stage(lite_hub: Callable[..., TestHub]) -> TestHub:
    return lite_hub(connectors={**CONNECTORS, "carrier": CarrierWithoutPorts})


def test_an_order_by_hand_is_kept_with_the_guide_and_nothing_personal(stage: TestHub) -> None:
    assert carriers_for_ports(stage.hub) == ["carrier"]
    request = port_request()
    order = order_port(stage.hub, "carrier", request, "pat")
    assert (order.status, order.detail, order.numbers) == ("draft", GUIDE, request.numbers)
    (row,) = stage.rows(PortOrderRow)
    assert (row.order_id, row.status) == (order.order_id, "draft")
    (noted,) = stage.rows(AuditEntry, action="numbers.port")
    assert noted.actor == "pat" and "by hand" in noted.detail
    kept = repr((row, noted))
    assert not [text for text in personal_texts(request) if text in kept]
    with pytest.raises(NotOrdered, match="already in progress"):
        order_port(stage.hub, "carrier", request, "pat")


def test_a_person_says_how_far_it_is_until_it_has_ended(stage: TestHub) -> None:
    request = port_request()
    order_port(stage.hub, "carrier", request, "pat")
    (row,) = stage.rows(PortOrderRow)
    with pytest.raises(CannotDo, match="write one of draft, submitted"):
        move_by_hand(stage.hub, row.id, "teleported", "pat")
    for status in ("submitted", "scheduled", "ported"):
        move_by_hand(stage.hub, row.id, status, "pat")
        (listed,) = refresh(stage.hub, "carrier")
        assert (listed.status, listed.detail) == (status, "")
    assert [noted.detail for noted in stage.rows(AuditEntry, action="numbers.port.move")] == [
        "submitted", "scheduled", "ported",
    ]  # fmt: skip
    with pytest.raises(CannotDo, match="has ended"):
        move_by_hand(stage.hub, row.id, "draft", "pat")
    assert not refresh_open(stage.hub, "carrier")
    tracker = next(each for each in stage.rows(Tracker) if each.name == "shared")
    assert use_ported(stage.hub, row.id, tracker, "pat") == list(request.numbers)


def test_an_order_by_hand_is_cancelled_without_asking_anybody(stage: TestHub) -> None:
    order_port(stage.hub, "carrier", port_request(), "pat")
    (row,) = stage.rows(PortOrderRow)
    cancel_port(stage.hub, row.id, "pat")
    assert stage.rows(PortOrderRow)[0].status == "cancelled"
    order_port(stage.hub, "carrier", port_request(), "pat")


def test_an_order_that_its_carrier_reports_is_not_moved_by_hand(stage: TestHub) -> None:
    with stage.hub.store.writing() as session:
        session.add(PortOrderRow(id="told", connector="carrier", order_id="PO1", ordered_at=stage.clock()))
    with pytest.raises(CannotDo, match="carrier's to report"):
        move_by_hand(stage.hub, "told", "ported", "pat")
