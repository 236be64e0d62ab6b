"""The rules of number health: each finding has its reason, nothing healthy is found, and nothing is found twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.contracts.numbers import OwnedNumber
from hub.contracts.values import Money
from hub.numbers.budget import NumberBudget
from hub.numbers.directory import Line
from hub.numbers.health.kinds import BY_KEY
from hub.numbers.health.rules import Bill, Found, KnownNumber, Ring, judge
from hub.numbers.ownership import Compared

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
OURS, STRANGE = "+13125550100", "+13125550188"
PRICE = Money(Decimal("1.15"), "USD")
OWNERS = {"phone": "agency"}


def ours(**more: Any) -> KnownNumber:
    values: dict[str, Any] = {"standing": "well", "price": PRICE, **more}
    return KnownNumber(
        number=OURS, account_id="agency", company_id="lakeside", tracker="website", connector="phone", **values
    )


def listed(number: str, *, line: Any = None, hosts: tuple[str, ...] = (), **more: Any) -> Compared:
    owned = OwnedNumber(number=number, provider_id="PN1", monthly_price=PRICE, **more)
    return Compared(number, line, owned, "elsewhere" if hosts else "well", hosts)


def found(known: KnownNumber | None = None, **more: Any) -> list[Found]:
    given: dict[str, Any] = {"listed": {}, "rings": (), "bills": (), "owners": OWNERS, "now": NOW, **more}
    return judge([known] if known else [], **given)


@pytest.mark.parametrize(
    ("known", "kind", "facts"),
    [
        ({"standing": "elsewhere"}, "elsewhere", {}),
        ({"standing": "not at the carrier"}, "absent", {}),
        ({"unused_since": NOW - timedelta(days=70)}, "unused", {"since": "2026-02-23"}),
        ({"rests": True, "rest_ends": NOW}, "rest_over", {"since": "2026-05-04"}),
        (
            {"rests": True, "rest_ends": NOW + timedelta(days=3), "waits_for": "lakeside/print"},
            "waits",
            {"waits_for": "lakeside/print", "until": "2026-05-07"},
        ),
        ({"rests": True, "standing": "elsewhere"}, "elsewhere", {}),
    ],
)
def test_each_trouble_of_our_numbers_is_found_with_its_tracker_and_price(
    known: dict[str, Any], kind: str, facts: dict[str, Any]
) -> None:
    (one,) = found(ours(**known))
    assert (one.kind, one.number, one.connector, one.account_id, one.company_id) == (
        kind, OURS, "phone", "agency", "lakeside"
    )  # fmt: skip
    assert one.facts == {"tracker": "website", "price": "1.15 USD", **facts}


@pytest.mark.parametrize(
    "known",
    [
        {},
        {"standing": None},
        {"rests": True, "rest_ends": NOW + timedelta(seconds=1)},
        {"rests": True, "standing": "not at the carrier", "rest_ends": NOW},
    ],
)
def test_nothing_is_found_where_nothing_is_wrong(known: dict[str, Any]) -> None:
    assert found(ours(**known)) == []


def test_a_number_of_the_account_without_a_tracker_costs_and_one_that_rings_without_one_is_a_lost_caller() -> None:
    rings = [Ring(connector="phone", number=STRANGE, calls=3, last_at=NOW), Ring(connector="phone", number=OURS, calls=1,
             last_at=NOW)]  # fmt: skip
    cost, ring = found(ours(), listed={"phone": [listed(STRANGE, label="Old ad")]}, rings=rings)
    assert (cost.kind, cost.number, cost.account_id, cost.company_id) == ("unassigned", STRANGE, "agency", None)
    assert cost.facts == {"price": "1.15 USD", "label": "Old ad"}
    assert (ring.kind, ring.number, ring.facts["calls"]) == ("rings", STRANGE, 3)
    unled = found(ours(leads=False), rings=rings[1:])
    assert [each.kind for each in unled] == ["rings"], "its company is gone, so nobody answers it"


def test_a_number_that_two_carriers_list_is_found_once_and_with_whose_it_is() -> None:
    sides = {"phone": [listed(OURS, line=object())], "spare": [listed(OURS)]}
    (one,) = found(ours(), listed=sides)
    assert (one.kind, one.connector, one.company_id) == ("duplicate", "phone", "lakeside")
    assert one.facts["connectors"] == ["phone", "spare"]
    stranger = [each for each in found(listed={"phone": [listed(STRANGE)], "spare": [listed(STRANGE)]}) if
                each.kind == "duplicate"]  # fmt: skip
    assert [(each.account_id, each.company_id) for each in stranger] == [(None, None)], "two carriers, two owners"


def test_numbers_above_a_cap_are_found_for_the_account_and_for_a_company() -> None:
    dear = NumberBudget(9, {"USD": Decimal("10.35")}, 0, Money(Decimal(10), "USD"))
    fine = NumberBudget(9, {"USD": Decimal(10)}, 0, Money(Decimal(10), "USD"))
    other = NumberBudget(9, {"EUR": Decimal(99)}, 0, Money(Decimal(10), "USD"))
    bills = [Bill(account_id="agency", company_id=each, budget=dear) for each in (None, "lakeside")]
    bills += [Bill(account_id="agency", company_id="x", budget=each) for each in (fine, other)]
    assert [(each.kind, each.company_id, each.facts) for each in found(bills=bills)] == [
        ("over_cap", each, {"costs": "10.35 USD", "cap": "10.00 USD"}) for each in (None, "lakeside")
    ]


NUMBERS = st.integers(0, 6).map(lambda last: f"+1312555010{last}")
KNOWN = st.builds(
    KnownNumber,
    number=NUMBERS,
    account_id=st.just("agency"),
    company_id=st.sampled_from(["lakeside", "northgate"]),
    tracker=st.just("website"),
    connector=st.sampled_from(["phone", "spare"]),
    standing=st.sampled_from([None, "well", "elsewhere", "not at the carrier"]),
    rests=st.booleans(),
    rest_ends=st.sampled_from([NOW - timedelta(days=1), NOW + timedelta(days=1)]),
    waits_for=st.sampled_from([None, "northgate/print"]),
    unused_since=st.sampled_from([None, NOW - timedelta(days=90)]),
)


@given(
    known=st.lists(KNOWN, unique_by=lambda each: each.number),
    listed=st.dictionaries(st.sampled_from(["phone", "spare"]), st.lists(NUMBERS, unique=True)),
    ringing=st.lists(NUMBERS, unique=True),
)
@settings(max_examples=30, deadline=None)
def test_no_finding_comes_twice_and_a_number_of_a_tracker_is_never_called_unassigned(
    known: list[KnownNumber], listed: dict[str, list[str]], ringing: list[str]
) -> None:
    own = {each.number: each for each in known}
    line: Any = Line.__new__(Line)
    sides = {
        name: [Compared(each, line if each in own and own[each].connector == name else None,
                        OwnedNumber(number=each, provider_id="PN"), "well") for each in numbers]
        for name, numbers in listed.items()
    }  # fmt: skip
    rings = [Ring(connector="phone", number=each, calls=1, last_at=NOW) for each in ringing]
    findings = judge(known, sides, rings, (), OWNERS, NOW)
    keys = [each.dedup_key for each in findings]
    assert len(keys) == len(set(keys)) and all(len(each) <= 200 for each in keys)
    assert {each.kind for each in findings} <= BY_KEY.keys()
    assert not {each.number for each in findings if each.kind in ("unassigned", "rings")} & own.keys()
    assert {each.number for each in findings if each.kind == "rings"} == set(ringing) - own.keys()
