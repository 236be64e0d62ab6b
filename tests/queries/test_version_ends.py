"""A version of a provider's API that ends is said 90 days before, 30 days before and after its end, on every face."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from fake_connectors import FakeNetwork
from page_client import signed_in
from testbed import CONNECTORS, TestHub

from hub.api import ApiVersion, PluginSettings
from hub.queries.connectors.version_ends import version_ends, versions_in_use

END = date(2027, 7, 29)
TITLE = "its Conversions API v26.0 ends about July 29, 2027"


class VersionedSettings(PluginSettings):
    version: str = "v26.0"


class Versioned(FakeNetwork):
    """A network with a setting for its version, and a second API whose version has no end."""

    Settings = VersionedSettings
    manifest = FakeNetwork.manifest.model_copy(
        update={
            "versions": (
                ApiVersion(name="v1", api="Reports"),
                ApiVersion(name="v26.0", api="Conversions API", setting="version", ends=END, is_published=False),
                ApiVersion(name="v27.0", api="Conversions API", setting="version"),
            )
        }
    )


@pytest.fixture
def stage(lite_hub: Callable[..., TestHub]) -> Iterator[TestHub]:
    yield lite_hub(connectors={**CONNECTORS, "network": Versioned})


def to_day(stage: TestHub, before: int) -> None:
    stage.clock.advance(days=(END - stage.clock().date()).days - before)


def notices(stage: TestHub) -> list[int]:
    return [each.notice for each in version_ends(stage.hub.config.connectors.values(), stage.clock())]


@pytest.mark.parametrize(
    ("days", "notice"), [(91, []), (90, [90]), (31, [90]), (30, [30]), (1, [30]), (0, [0]), (-400, [0])]
)
def test_it_is_said_90_days_before_30_days_before_and_after_the_end(
    stage: TestHub, days: int, notice: list[int]
) -> None:
    to_day(stage, days)
    assert notices(stage) == notice


def test_the_repair_is_on_the_pages_and_comes_again_at_30_days_though_somebody_ignored_it(stage: TestHub) -> None:
    stage.call_in()
    to_day(stage, 89)
    browser = signed_in(stage)
    assert TITLE in browser.text("/connectors") and "Set version: v27.0 in config.yaml." in browser.text("/connectors")
    assert TITLE[1:] in browser.text("/connectors/network")
    assert TITLE[1:] in browser.text("/")
    assert f"Paper Network: {TITLE}" in browser.text("/status")
    assert browser.post("/connectors/ignore", {"key": "version/network/v26.0/90"}).status_code == 303
    assert TITLE not in browser.text("/connectors")
    to_day(stage, 30)
    assert TITLE in signed_in(stage).text("/connectors")


def used(declared: tuple[ApiVersion, ...], **settings: Any) -> list[tuple[str, date | None]]:
    return [(each.name, each.ends) for each in versions_in_use(declared, VersionedSettings(**settings))]


def test_a_version_that_nobody_declared_has_no_known_end_and_others_are_not_warned_of() -> None:
    declared = Versioned.manifest.versions
    assert used(declared) == [("v1", None), ("v26.0", END)]
    assert used(declared, version="v27.0") == [("v1", None), ("v27.0", None)]
    assert used(declared, version="v31.0") == [("v1", None)]


def test_a_long_version_or_a_setting_that_a_plugin_does_not_have_breaks_no_page() -> None:
    declared = Versioned.manifest.versions
    assert used(declared, version="v" * 21) == [("v1", None)]
    assert used((ApiVersion(name="v1", setting="api_version", ends=END),)) == []


def test_a_version_without_a_newer_one_is_for_an_update_of_ringfence(stage: TestHub) -> None:
    entry = stage.hub.config.connectors["network"]
    fixed = Versioned.manifest.model_copy(update={"versions": (ApiVersion(name="v1", ends=END),)})

    class Fixed(Versioned):
        manifest = fixed

    object.__setattr__(entry, "connector_class", Fixed)
    now = datetime.combine(END, datetime.min.time(), stage.clock().tzinfo)
    [end] = version_ends([entry], now - timedelta(days=1))
    assert end.sentence == "network: its API version v1 ends on July 29, 2027. Update Ringfence before that."
