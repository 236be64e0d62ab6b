"""What tests of privacy share: a privacy officer, and the ad networks' stand-ins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ad_networks import AdNetworks, open_ad_networks
from policy_steps import PolicyOfficer
from testbed import TestHub

from hub.testing import FrozenClock


@pytest.fixture
def office(lite_hub: Callable[..., TestHub]) -> PolicyOfficer:
    """At a small hub, on a Monday in March."""
    return PolicyOfficer(lite_hub())


@pytest.fixture
def networks(tmp_path: Path, clock: FrozenClock, request: pytest.FixtureRequest) -> Iterator[AdNetworks]:
    """A hub whose requests to ad networks are heard; a parameter is a line of the company in config.yaml."""
    with open_ad_networks(tmp_path, clock, getattr(request, "param", "")) as opened:
        yield opened
