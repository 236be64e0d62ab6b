"""A conversion carries when its clicks came, and the cookies of the person's visit that the network declares."""

from __future__ import annotations

from collections.abc import Callable

from fake_connectors import FakeNetwork
from testbed import CONNECTORS, TestHub

from hub.api import DataFlow, Manifest, Share
from hub.model import Disclosure, Visit
from hub.privacy.erasure.erase import erase_person
from hub.privacy.retention import sweep

Factory = Callable[..., TestHub]
PAGE = "https://lakeside.example.com/"
JAR = {"_fbp": "fb.1.1795532400000.1234567890", "_ga": "GA1.1.1234567890.1795590000"}


def manifest(name: str, *shares: Share) -> Manifest:
    """A network that is given these."""
    flow = DataFlow(hook="upload_conversions", use="marketing.advertising.third_party.targeted", shares=shares)
    return FakeNetwork.manifest.model_copy(update={"name": name, "flows": (flow,)})


class CookieNetwork(FakeNetwork):
    manifest = manifest(
        "cookie_network",
        Share(field="click_ids", keys=("GClid", "gbraid")),
        Share(field="clicked_at"),
        Share(field="cookies", keys=("_fbp",)),
    )


class CookieReader(FakeNetwork):
    """Reads the other cookie, and gets nothing in this test."""

    manifest = manifest("cookie_reader", Share(field="cookies", keys=("_ga*",)))


def test_a_network_gets_the_times_of_its_clicks_and_its_own_cookies(lite_hub: Factory) -> None:
    stage = lite_hub(connectors={**CONNECTORS, "network": CookieNetwork, "reader": CookieReader})
    shown = stage.visit(landing_page=f"{PAGE}?gclid=google-click-1", cookies=JAR)
    landed = stage.clock()
    stage.clock.advance(minutes=5)
    stage.visit(landing_page=f"{PAGE}prices", visit_id=shown.visit_id)
    assert stage.visit_of(shown).cookies == JAR
    stage.call_in(shown.number)
    stage.deliver()
    (sent,) = stage.network.uploaded
    assert dict(sent.click_ids) == {"GClid": "google-click-1"}, "as the network spells it"
    assert dict(sent.clicked_at) == {"GClid": landed}
    assert dict(sent.cookies) == {"_fbp": JAR["_fbp"]}
    assert "user.device.cookie_id" in stage.one(Disclosure, connector="network").categories


def test_cookies_end_with_the_click_ids_and_with_the_person(lite_hub: Factory) -> None:
    stage = lite_hub(connectors={**CONNECTORS, "network": CookieNetwork})
    old = stage.visit(landing_page=PAGE, cookies=JAR)
    stage.call_in(old.number)
    assert stage.visit_of(old).cookies == {"_fbp": JAR["_fbp"]}, "what no connector reads is not stored"
    stage.clock.advance(days=91)
    sweep(stage.hub.store, stage.clock())
    assert stage.visit_of(old).cookies == {} and stage.visit_of(old).landing_page
    new = stage.visit(landing_page=PAGE, cookies=JAR)
    person = stage.call_in(new.number).person_id
    assert person and stage.visit_of(new).cookies
    erase_person(stage.hub, person)
    assert all(row.cookies == {} for row in stage.rows(Visit))
