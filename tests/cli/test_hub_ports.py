"""`hub numbers port`: an order that is placed once, whatever happens, and followed until it has ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cli_shop import Shop
from typer.testing import Result

from hub.api import Rejected
from hub.api.carriers import PortRequest
from hub.api.sandbox import Fault
from hub.delivery.sync import sync
from hub.model import AuditEntry, PortOrderRow
from hub.numbers.porting import NotOrdered, order_port, recorded, refresh_open

Refusal = Callable[[Result], str]
NUMBER = "+13125550161"
ANSWERS = (
    "--business-name", "Example Plumbing", "--authorized-person", "Pat Doe", "--email", "pat.doe@example.com",
    "--street", "1 Example Street", "--city", "Chicago", "--region", "IL", "--postal-code", "60601",
)  # fmt: skip
ORDER = PortRequest(
    key="port-1",
    numbers=(NUMBER,),
    business_name="Example Plumbing",
    authorized_person="Pat Doe",
    email="pat.doe@example.com",
    street="1 Example Street",
    city="Chicago",
    region="IL",
    postal_code="60601",
    bill=b"%PDF-1.4\n",
)


@pytest.fixture(autouse=True)
def bill(shop: Shop) -> Path:
    """The losing carrier's bill; the carrier knows of no order yet."""
    shop.carrier.port_orders.clear()
    path = shop.folder / "bill.pdf"
    path.write_bytes(ORDER.bill)
    return path


def placed(shop: Shop) -> list[list[str]]:
    """The numbers of each order at the carrier."""
    return [[phone["phone_number"] for phone in order["phone_numbers"]] for order in shop.carrier.port_orders.values()]


def test_an_order_is_shown_agreed_to_and_followed(shop: Shop, bill: Path) -> None:
    result = shop.run(
        "numbers", "port", "--number", NUMBER, *ANSWERS, "--account-number", "EX-1", "--bill", str(bill),
        typed="482915\ny\n",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "482915" not in result.output and "Order this port?" in result.output
    assert "waits for its signature" in result.output
    (order,) = shop.carrier.port_orders.values()
    losing = order["losing_carrier_information"]
    assert (losing["customer_name"], losing["authorized_representative"]) == ("Example Plumbing", "Pat Doe")
    assert order["phone_numbers"][0]["pin"] == "482915"
    (row,) = shop.rows(PortOrderRow)
    assert (row.order_id, row.numbers, row.status) == (order["port_in_request_sid"], [NUMBER], "draft")
    assert shop.audited() == [("numbers.port", row.order_id)]
    (noted,) = shop.rows(AuditEntry)
    assert noted.detail.endswith("sent: user.contact.email, user.content.private, user.name, user.unique_id")
    shop.carrier.move_port(row.order_id, "action_required", "The account number is not right.")
    (listed,) = shop.json("numbers", "ports")["orders"]
    assert (listed["status"], listed["detail"]) == ("action_required", "The account number is not right.")
    assert "Pat Doe" not in shop.run("numbers", "ports").output


def test_what_is_left_out_is_asked_and_a_no_orders_nothing(shop: Shop, bill: Path) -> None:
    typed = "Example Plumbing\nPat Doe\npat.doe@example.com\n1 Example Street\nChicago\nIL\n60601\n\nn\n"
    result = shop.run("numbers", "port", "--number", NUMBER, "--bill", str(bill), typed=typed)
    assert result.exit_code == 1
    assert "Who signs the letter of authorization" in result.output
    assert placed(shop) == [] and shop.rows(PortOrderRow) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (("--number", "312"), "write it in E.164"),
        (("--bill", "nowhere.pdf"), "cannot be read"),
        (("--bill", "config.yaml"), "not a PDF"),
        (("--wanted-on", "tomorrow"), "2026-12-01"),
        (("--city", " "), "may not be blank"),
    ],
)
def test_an_order_that_makes_no_sense_is_not_placed(
    shop: Shop, refusal: Refusal, changes: tuple[str, str], sentence: str
) -> None:
    assert sentence in refusal(shop.run("numbers", "port", "--number", NUMBER, *ANSWERS, *changes, "--yes"))
    assert placed(shop) == []


def test_a_refused_order_ends_as_rejected_with_the_carriers_words(shop: Shop, refusal: Refusal) -> None:
    assert "latest bill" in refusal(shop.run("numbers", "port", "--number", NUMBER, *ANSWERS, "--yes"))
    (row,) = shop.rows(PortOrderRow)
    assert (row.status, row.order_id) == ("rejected", None) and "latest bill" in row.detail


def test_an_order_whose_reply_never_came_is_found_and_not_placed_again(shop: Shop) -> None:
    with shop.opened() as opened:
        hub = opened.hub
        honest = hub.plugins.connectors["phone"].order_port  # type: ignore[attr-defined]
        honest(ORDER)  # It is at the carrier, and its reply is lost.
        shop.carrier.fail_next(Fault("status", 503), 1)
        told = order_port(hub, "phone", ORDER, "pat")
        assert (told.numbers, told.status) == ((NUMBER,), "draft")
        assert len(placed(shop)) == 1
        with pytest.raises(NotOrdered, match="already in progress"):
            order_port(hub, "phone", replace(ORDER, key="port-2"), "pat")


def test_an_order_of_unknown_outcome_is_held_until_a_person_has_looked(shop: Shop) -> None:
    with shop.opened() as opened:
        shop.carrier.fail_next(Fault("status", 503), 2)
        with pytest.raises(NotOrdered, match="is unknown"):
            order_port(opened.hub, "phone", ORDER, "pat")
        with pytest.raises(NotOrdered, match="already in progress"):
            order_port(opened.hub, "phone", ORDER, "pat")
        shop.carrier.heal()
        assert refresh_open(opened.hub, "phone") == {"unknown": 1}
    assert placed(shop) == []
    (row,) = shop.json("numbers", "ports")["orders"]
    assert row["status"] == "unknown"
    (closed,) = shop.json("numbers", "ports", "--not-placed", row["id"][-8:])["orders"]
    assert closed["status"] == "cancelled"
    with shop.opened() as opened:
        assert order_port(opened.hub, "phone", ORDER, "pat").status == "draft"


def test_open_orders_are_followed_by_the_sync_and_ended_ones_stay_as_they_ended(shop: Shop) -> None:
    with shop.opened() as opened:
        hub, directory = opened.hub, opened.directory.current()
        assert "ports" not in sync(hub, directory, "phone").counts, "nothing is open, so nobody is asked"
        order = order_port(hub, "phone", ORDER, "pat")
        shop.carrier.move_port(order.order_id, "ported")
        assert sync(hub, directory, "phone").counts["ports"] == {"ported": 1}
        shop.carrier.move_port(order.order_id, "submitted")
        assert "ports" not in sync(hub, directory, "phone").counts
        shop.json("numbers", "ports")
        assert [row.status for row in recorded(hub, ["phone"])] == ["ported"]
    assert f"hub numbers configure {NUMBER}" in shop.run("numbers", "ports").stdout


def test_a_carrier_that_does_not_answer_ends_the_list_with_1(shop: Shop) -> None:
    shop.carrier.fail_next(Fault("status", 503), 5)
    assert shop.json("numbers", "ports", status=1)["troubles"]


def test_only_an_order_of_unknown_outcome_is_closed_by_hand(shop: Shop, refusal: Refusal) -> None:
    with shop.opened() as opened:
        order_port(opened.hub, "phone", ORDER, "pat")
    (row,) = shop.rows(PortOrderRow)
    result = shop.run("numbers", "ports", "--not-placed", row.id)
    assert isinstance(result.exception, Rejected)
