"""An update that asks for more than the installed version holds the connectors until a person accepts it."""

from __future__ import annotations

import json

import pytest
from plugin_wheels import PluginShop, source, wheel

from hub.errors import CannotDo
from hub.platform.clock import utc_now
from hub.plugin_host.discovery import discover
from hub.startup.database import open_store, read_outline
from hub.store.connectors import pause_within, paused_connectors, resume

MORE_HOSTS = ("api.acme.example", "uploads.acme.example")
ASKS = {
    "Hosts: api.acme.example + uploads.acme.example": {"hosts": MORE_HOSTS},
    "Data: click_ids for": {"fields": ("click_ids", "phone_number")},
}


@pytest.fixture
def used(shop: PluginShop) -> PluginShop:
    """A shop whose connector `network` uses version 1.0."""
    shop.config.write_text(shop.config.read_text().replace("connectors: {}", "connectors: {network: {plugin: acme}}"))
    shop.ok("plugins", "add", wheel(shop.folder))
    return shop


def new_wheel(shop: PluginShop, version: str = "1.1", **words: object) -> object:
    return wheel(shop.folder, version=version, code=source(version=version, **words))  # type: ignore[arg-type]


def paused(shop: PluginShop) -> dict[str, str]:
    with open_store(read_outline(shop.config)) as store, store.reading() as session:
        return paused_connectors(session)


def version(shop: PluginShop) -> str:
    return discover([shop.plugins]).classes["acme"].manifest.version


def test_an_update_that_asks_for_no_more_is_used_at_once(used: PluginShop) -> None:
    assert "1.1 is used from now on" in used.ok("plugins", "update", "acme", new_wheel(used))
    assert version(used) == "1.1" and not paused(used)


def test_the_version_before_stays_until_the_next_update_for_processes_that_still_run_it(used: PluginShop) -> None:
    for number in ("1.1", "1.2"):
        used.ok("plugins", "update", "acme", new_wheel(used, number))
    assert sorted(each.name.partition("-")[0] for each in (used.plugins / "acme").iterdir()) == ["1.1", "1.2"]


@pytest.mark.parametrize("line", ASKS)
def test_an_update_that_asks_for_more_is_shown_and_holds_the_connector(used: PluginShop, line: str) -> None:
    done = used.run("plugins", "update", "acme", new_wheel(used, **ASKS[line]))
    assert done.exit_code == 1 and "1.1 asks for more than 1.0" in done.output and line in done.output
    assert "Held until you decide: network" in done.output
    assert version(used) == "1.0"
    assert "asks for more: 1.1 of acme wants" in paused(used)["network"]
    [row] = [each for each in json.loads(used.ok("plugins", "list", "--json"))["plugins"] if each["name"] == "acme"]
    assert row["version"] == "1.0" and row["update"]["version"] == "1.1"
    assert row["update"]["asks"][0]["what"] in line


def test_nothing_but_the_decision_lets_a_held_connector_go_on(used: PluginShop) -> None:
    used.run("plugins", "update", "acme", new_wheel(used, hosts=MORE_HOSTS))
    with open_store(read_outline(used.config)) as store:
        resume(store, "network")
    done = used.run("connectors", "resume", "network")
    assert isinstance(done.exception, CannotDo) and "--accept" in str(done.exception)
    assert "network" in paused(used)
    [repair] = json.loads(used.run("connectors", "repairs", "--json").output)
    assert repair["connector"] == "network" and repair["title"] == "decide on the update of its plugin"


def test_an_accepted_update_is_used_and_written_to_the_audit_log(used: PluginShop) -> None:
    used.run("plugins", "update", "acme", new_wheel(used, hosts=MORE_HOSTS))
    used.ok("plugins", "update", "acme", "--accept")
    assert version(used) == "1.1" and not paused(used)
    entries = {each["action"]: each["detail"] for each in json.loads(used.ok("audit", "list", "--json"))}
    assert "wants hosts: uploads.acme.example" in entries["plugins.hold"]
    assert "accepted: hosts: uploads.acme.example" in entries["plugins.update"]
    assert "No update of acme waits" in used.refused("plugins", "update", "acme", "--decline")


def test_an_update_may_be_accepted_with_the_command_that_installs_it(used: PluginShop) -> None:
    used.ok("plugins", "update", "acme", new_wheel(used, hosts=MORE_HOSTS), "--accept")
    assert version(used) == "1.1" and not paused(used)


def test_a_declined_update_is_removed_and_the_connector_goes_on_with_the_old_version(used: PluginShop) -> None:
    used.run("plugins", "update", "acme", new_wheel(used, hosts=MORE_HOSTS))
    assert "stays with version 1.0" in used.ok("plugins", "update", "acme", "--decline")
    assert version(used) == "1.0" and not paused(used)
    assert [each.name.partition("-")[0] for each in (used.plugins / "acme").iterdir()] == ["1.0"]


def test_a_connector_that_was_paused_before_stays_paused_after_the_decision(used: PluginShop) -> None:
    outline = read_outline(used.config)
    with open_store(outline) as store, store.writing() as session:
        from_before = "The provider refuses the key."
        pause_within(session, "network", from_before, utc_now())
    used.run("plugins", "update", "acme", new_wheel(used, hosts=MORE_HOSTS))
    used.ok("plugins", "update", "acme", "--accept")
    assert paused(used) == {"network": from_before}


def test_the_same_wheel_and_the_wheel_of_another_plugin_are_no_update(used: PluginShop) -> None:
    assert "from the same wheel" in used.refused("plugins", "update", "acme", wheel(used.folder))
    other = wheel(used.folder, name="other", code=source("other"))
    assert "remove acme first" in used.refused("plugins", "update", "acme", other)
    assert "was installed with" in used.refused("plugins", "update", "nothing", other)
    assert "hub plugins update acme" in used.refused("plugins", "add", new_wheel(used))


def test_an_update_that_cannot_be_used_leaves_the_old_version(used: PluginShop) -> None:
    broken = wheel(used.folder, version="1.1", code="raise RuntimeError('no')")
    assert "cannot be used" in used.refused("plugins", "update", "acme", broken)
    assert version(used) == "1.0" and not paused(used)
