"""What asked nobody is no disclosure: an item that a plugin settles itself, and a connector that rests or is not signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from call_desk import call_back, place
from fake_connectors import FakeIndex
from testbed import CONNECTORS, TestHub

from hub.api import Receipt, Recipient
from hub.model import Disclosure
from hub.store.journal.verify import verify

Factory = Callable[..., TestHub]


class Bureau(FakeIndex):
    """A data service of another company."""

    manifest = FakeIndex.manifest.model_copy(update={"recipient": Recipient(name="Bureau", role="processor")})


def of(stage: TestHub, connector: str) -> list[Disclosure]:
    return stage.rows(Disclosure, connector=connector)


@pytest.mark.one_on_postgresql
@pytest.mark.parametrize(
    ("status", "sent", "disclosed"),
    [
        ("unmatched", False, False),
        ("rejected", False, False),
        ("retry", False, False),
        ("unmatched", True, True),
        ("delivered", False, True),
        ("accepted", False, True),
    ],
)
def test_a_conversion_that_the_plugin_settled_without_a_request_is_not_disclosed(
    hub: Factory, status: Any, sent: bool, disclosed: bool
) -> None:
    stage = hub()
    stage.call_in()
    stage.network.script = [
        lambda batch: [Receipt(key=each.key, status=status, sent=sent, reference="r") for each in batch]
    ]
    stage.deliver()
    assert bool(of(stage, "network")) == disclosed


def test_a_call_back_that_the_plugin_refused_by_itself_is_not_disclosed(hub: Factory) -> None:
    stage = hub()
    stage.carrier.place_script = [Receipt(key="", status="rejected", reason="No such country.", sent=False)]
    call_back(stage, stage.call_in(answered=False))
    assert place(stage) == {"failed": 1}
    assert of(stage, "carrier") == []
    assert all(each.sound for each in verify(stage.hub.store, stage.hub.keyring, stage.clock()).values())


def test_an_enricher_that_rests_is_asked_nothing_and_given_nothing(hub: Factory) -> None:
    stage = hub(connectors={**CONNECTORS, "bureau": Bureau})
    stage.call_in()
    assert len(of(stage, "bureau")) == 1
    for _ in range(20):
        stage.hub.plugins.guards["bureau"].late("enrich_caller", 1.0)
    stage.call_in()
    assert len(of(stage, "bureau")) == 1
