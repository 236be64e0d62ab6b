"""`hub plugins add` unpacks a plugin into a folder of its own, which only its own process sees."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from plugin_wheels import PluginShop, source, wheel
from testbed import CONNECTORS, TestHub

from hub.model.states import DeliveryState
from hub.plugin_host.discovery import discover
from hub.plugin_host.host.connector import HostedConnector
from hub.plugin_host.packages import install as installing
from hub.plugin_host.packages.installed import REGISTRY
from hub.startup.reading import read_config
from hub.testing import connect

USED = "connectors: {network: {plugin: acme}}"


def rows(shop: PluginShop) -> dict[str, dict[str, object]]:
    return {each["name"]: each for each in json.loads(shop.ok("plugins", "list", "--json"))["plugins"]}


def test_a_plugin_is_added_from_a_wheel_listed_with_its_origin_used_and_removed(shop: PluginShop) -> None:
    file = wheel(shop.folder)
    shop.config.write_text(shop.config.read_text().replace("connectors: {}", USED))
    assert "no plugin 'acme' is installed" in str(shop.run("check").exception)
    said = shop.ok("plugins", "add", file)
    assert "acme 1.0 of ringfence-acme by Acme Developers is installed" in said
    assert "api.acme.example" in said and "click_ids" in said
    row = rows(shop)["acme"]
    assert (row["source"], row["distribution"], row["author"]) == ("package", "ringfence-acme", "Acme Developers")
    assert (row["isolation"], row["connectors"]) == ("process", ["network"])
    assert rows(shop)["twilio"]["source"] == "built in"
    assert issubclass(read_config(shop.config).connectors["network"].connector_class, HostedConnector)
    assert "used by network" in shop.refused("plugins", "remove", "acme")
    shop.config.write_text(shop.config.read_text().replace(USED, "connectors: {}"))
    shop.ok("plugins", "remove", "acme")
    assert "acme" not in rows(shop) and sorted(each.name for each in shop.plugins.iterdir()) == [REGISTRY]


def test_each_change_has_an_audit_entry_with_the_wheels_hash(shop: PluginShop) -> None:
    file = wheel(shop.folder)
    shop.ok("plugins", "add", file)
    shop.ok("plugins", "remove", "acme")
    entries = json.loads(shop.ok("audit", "list", "--json"))
    found = {each["action"]: each["detail"] for each in entries if each["action"].startswith("plugins.")}
    assert set(found) == {"plugins.add", "plugins.remove"}
    assert all(hashlib.sha256(file.read_bytes()).hexdigest() in detail for detail in found.values())


@pytest.mark.soak
def test_only_the_plugins_own_process_has_its_folder_among_its_modules(shop: PluginShop) -> None:
    seen = "', '.join(sorted(each for each in __import__('sys').path if 'plugins' in each))"
    for name in ("alone", "other"):
        shop.ok("plugins", "add", wheel(shop.folder, name=name, code=source(name, detail=seen)))
    catalog = discover([shop.plugins])
    own = {}
    for name in ("alone", "other"):
        connector = connect(catalog.classes[name])
        assert isinstance(connector, HostedConnector)
        try:
            own[name] = connector.check_connection().detail  # type: ignore[attr-defined]
        finally:
            connector.supervisor.close()
    assert str(shop.plugins / "alone") in own["alone"] and str(shop.plugins / "other") not in own["alone"]
    assert str(shop.plugins / "other") in own["other"]
    assert not any(str(shop.plugins) in each for each in sys.path) and "ringfence_alone" not in sys.modules


def test_the_code_of_a_plugin_is_not_run_by_the_command_that_adds_it(shop: PluginShop) -> None:
    marker = shop.folder / "marker"
    code = source(head=f"import os\nHERE = os.getpid()\nopen({str(marker)!r}, 'w')")
    said = shop.refused("plugins", "add", wheel(shop.folder, code=code))
    assert "cannot be used" in said and "PermissionError" in said
    assert not marker.exists() and "acme" not in rows(shop)
    assert list(shop.plugins.glob("acme/*")) == []


@pytest.mark.soak
@pytest.mark.parametrize("step", ["unpack", "described_class"])
def test_a_command_that_is_killed_while_it_unpacks_changes_nothing(
    shop: PluginShop, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    shop.ok("plugins", "add", wheel(shop.folder, name="other"))
    before = (shop.plugins / REGISTRY).read_bytes()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(installing, step, killed)
        shop.run("plugins", "add", wheel(shop.folder))
    assert (shop.plugins / REGISTRY).read_bytes() == before
    assert set(rows(shop)) >= {"other"} and "acme" not in rows(shop)
    (shop.plugins / ".new-1").mkdir()
    shop.ok("plugins", "add", wheel(shop.folder))
    assert "acme" in rows(shop) and not list(shop.plugins.glob(".new-*"))


def test_a_registry_that_cannot_be_read_is_named_with_what_to_do(shop: PluginShop) -> None:
    shop.ok("plugins", "add", wheel(shop.folder))
    (shop.plugins / REGISTRY).write_text("{")
    assert "installed.json cannot be read" in shop.refused("plugins", "list")


@pytest.mark.soak
def test_a_package_and_what_it_needs_come_from_the_index_as_wheels(
    shop: PluginShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = shop.folder / "index"
    index.mkdir()
    code = source(head="import acme_helper, httpx2", detail="acme_helper.WORD")
    needs = "Requires-Dist: acme-helper>=1\nRequires-Dist: httpx2>=0.20\nRequires-Dist: ringfence>=0.1\n"
    wheel(index, code=code, metadata=needs)
    script = {"acme_helper-1.2.data/scripts/tool": "#!python"}
    points = "[console_scripts]\ntool = acme_helper:main\n"
    word = "WORD = 'with a helper'"
    wheel(index, distribution="acme_helper", version="1.2", code=word, files=script, points=points)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    shop.ok("plugins", "add", "ringfence-acme==1.0")
    connector = connect(discover([shop.plugins]).classes["acme"])
    try:
        assert connector.check_connection().detail == "with a helper"  # type: ignore[attr-defined]
    finally:
        connector.supervisor.close()  # type: ignore[attr-defined]
    folder = next((shop.plugins / "acme").iterdir())
    assert sorted(each.name for each in folder.iterdir() if not each.name.endswith("-info")) == [
        "acme_helper",
        "ringfence_acme",
    ]
    assert "pip could not download ringfence-acme==9" in shop.refused("plugins", "add", "ringfence-acme==9")


@pytest.mark.parametrize("word", ["acme @ https://x.example/a", "acme[extra]", "acme; python_version > '3'", "a b"])
def test_nothing_but_a_wheel_or_a_package_is_taken(shop: PluginShop, word: str) -> None:
    assert "NAME==VERSION" in shop.refused("plugins", "add", word)


def test_a_hub_whose_database_is_in_memory_keeps_no_plugins(shop: PluginShop, tmp_path: Path) -> None:
    shop.config.write_text(shop.config.read_text().replace("sqlite:///data/ringfence.db", "sqlite://"))
    assert "this one is in memory" in shop.refused("plugins", "add", wheel(tmp_path))


def test_a_conversion_is_delivered_by_a_plugin_that_was_added(
    shop: PluginShop, lite_hub: Callable[..., TestHub]
) -> None:
    body = "assert all(each.click_ids for each in conversions) and not any(each.phone_number for each in conversions)"
    shop.ok("plugins", "add", wheel(shop.folder, name="sold", code=source("sold", body=body)))
    stage = lite_hub(connectors={**CONNECTORS, "network": discover([shop.plugins]).classes["sold"]})
    stage.call_in(stage.visit().number)
    assert stage.deliver() == {"delivered": 1}
    assert stage.delivery().state == DeliveryState.DELIVERED
