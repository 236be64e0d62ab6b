"""A plugin that cannot be imported disables its connector; everything else runs, and nothing is lost."""

from __future__ import annotations

import pytest
import yaml
from cli_shop import Shop
from sqlmodel import select

from hub.config.redacted import shown
from hub.errors import ConfigError
from hub.model import Call, Company, Delivery
from hub.queries.connector_health import connector_health
from hub.queries.connectors.repairs import open_repairs
from hub.startup.reading import read_config
from hub.web.health import readiness

VISIT = {"page": "https://north.example.com/?gclid=Cj0KEQ-abc123"}


def broken(shop: Shop, name: str, kind: str) -> None:
    """Install a plugin of this kind that cannot be imported."""
    (shop.folder / "plugins" / f"{name}.py").write_text(f'raise SystemExit("no")\nmanifest = Manifest(kind="{kind}")\n')


def configure(shop: Shop, **connectors: dict[str, str]) -> None:
    """Add connectors to config.yaml."""
    file = shop.folder / "config.yaml"
    tree = yaml.safe_load(file.read_text())
    tree["connectors"] |= connectors
    file.write_text(yaml.safe_dump(tree))


def test_the_hub_starts_calls_are_answered_and_what_is_due_waits_for_the_plugin(shop: Shop) -> None:
    whole = (shop.folder / "plugins" / "adco.py").read_text()
    (shop.folder / "plugins" / "adco.py").write_text("import nothing_of_this_name\n" + whole)
    broken(shop, "enrico", "enrichment")
    configure(shop, facts={"plugin": "enrico", "key": "a-key-in-clear-of-enrico"})
    shop.play(visit=VISIT)
    (call,), (delivery,) = shop.rows(Call), shop.rows(Delivery)
    assert call.state == "done" and (delivery.state, delivery.attempts) == ("ready", 0)
    with shop.opened() as opened:
        hub = opened.hub
        document, status = readiness(hub)
        assert (status, document["status"]) == (200, "degraded")
        (reason,) = [each for each in document["reasons"] if "cannot be used" in each]  # type: ignore[union-attr]
        assert "ads (it cannot be imported (ModuleNotFoundError" in reason and "facts (" in reason
        with hub.store.reading() as session:
            companies = list(session.exec(select(Company)))
            repairs = {each.connector: each for each in open_repairs(session, hub, companies, hub.clock())}
            health = {each.name: each for each in connector_health(session, hub.config, hub.plugins, ["north"])}
        assert repairs["ads"].title == "its plugin cannot be used" and "nothing_of_this_name" in repairs["ads"].text
        assert health["ads"].health == health["facts"].health == "needs_you"
        assert "a-key-in-clear" not in str(shown(hub.config)), "nobody knows which of its settings are secrets"
    listed = shop.run("plugins")
    assert listed.exit_code == 1 and "adco cannot be used" in listed.stdout
    (shop.folder / "plugins" / "adco.py").write_text(whole)
    (shop.folder / "plugins" / "enrico.py").write_text(whole.replace("adco", "enrico"))
    configure(shop, facts={"plugin": "phonenumbers"})
    shop.clock.advance(minutes=10)
    shop.play()
    assert [each.state for each in shop.rows(Delivery) if each.id == delivery.id] == ["delivered"]


@pytest.mark.parametrize("kind", ["consent", "a kind that nobody can read"])
def test_the_silence_of_a_plugin_that_may_be_one_of_consent_is_a_no(shop: Shop, kind: str) -> None:
    broken(shop, "lawco", kind)
    configure(shop, law={"plugin": "lawco"})
    shop.play(visit=VISIT)
    assert [(each.state, each.attempts) for each in shop.rows(Delivery)] == [("ready", 0)], "it is asked again"


def test_without_any_carrier_that_works_nothing_is_started(shop: Shop) -> None:
    broken(shop, "phoneco", "carrier")
    configure(shop, second={"plugin": "phoneco"})
    assert read_config(shop.folder / "config.yaml").connectors["second"].broken
    configure(shop, phone={"plugin": "phoneco"})
    with pytest.raises(ConfigError, match="nothing was started") as error:
        read_config(shop.folder / "config.yaml")
    assert {each.path for each in error.value.problems} == {"connectors.phone.plugin", "connectors.second.plugin"}
    assert "cannot be used: it cannot be imported" in error.value.problems[0].text
