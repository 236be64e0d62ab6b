"""A Google that stands in, a clock, and conversions as the hub hands them over."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub.api import Conversion, Money
from hub.contracts.values import TRANSFORMS
from hub.testing import FrozenClock
from plugins.ads.google_ads.sandbox import Sandbox

Make = Callable[..., Conversion]


@pytest.fixture(scope="session")
def started_google() -> Iterator[Sandbox]:
    with Sandbox(FrozenClock()) as sandbox:
        assert isinstance(sandbox, Sandbox)
        yield sandbox


@pytest.fixture
def google(started_google: Sandbox) -> Sandbox:
    started_google.clock = FrozenClock()
    started_google.forget()
    return started_google


@pytest.fixture
def clock(google: Sandbox) -> FrozenClock:
    assert isinstance(google.clock, FrozenClock)
    return google.clock


@pytest.fixture
def make(clock: FrozenClock) -> Make:
    """Makes a conversion of an hour ago; each has a key and a click of its own."""
    numbers = itertools.count(1)

    def conversion(**changes: Any) -> Conversion:
        number = next(numbers)
        values: dict[str, Any] = {
            "key": f"call-{number:04d}",
            "name": "qualified call",
            "occurred_at": clock() - timedelta(hours=1),
            "value": Money(Decimal("40"), "USD"),
            "destination": {"conversion_action": 987654321},
            "ad_user_data": "granted",
            "ad_personalization": "denied",
            "click_ids": {"gclid": f"Test-gclid-{number:04d}"},
            "phone_number": TRANSFORMS["sha256_e164"]("+13125550142"),
        }
        return Conversion(**(values | changes))

    return conversion
