"""What an author did by mistake is named with file, line and the right form: by `hub plugins`, at the start and by certify."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from slips import ALL, PLUGIN, STOPPING, WARNED, Slip
from structlog.testing import capture_logs

from hub.cli.plugins.certify import CannotCertify, found_plugin
from hub.cli.serve import warn_of_plugins
from hub.plugin_host.discovery import Catalog, discover
from hub.plugin_host.host.load import load_class
from hub.plugin_host.packages.plugin_warnings import plugin_warnings
from hub.queries.connectors.plugin_list import PluginList, plugin_list
from hub.queries.status.sentences import SENTENCES
from hub.startup.reading import read_config
from hub.testing.certificate import certify

CONFIG = """\
hub:
  public_url: https://calls.example.com
  plugin_dirs: [{folder}]
connectors:
{connectors}
accounts: []
"""
PROMISES = ("hook is known", "flows fit", "imports hub.api")
"""A part of the sentence of each promise that the inspection holds."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("slips")
    for slip in ALL:
        (place / f"{slip.plugin}.py").write_text(slip.text)
    (place / "fine.py").write_text(PLUGIN.replace("NAME", "fine"))
    return place


@pytest.fixture(scope="module")
def catalog(folder: Path) -> Catalog:
    return discover([folder])


@pytest.fixture(scope="module")
def listed(catalog: Catalog) -> PluginList:
    return plugin_list(catalog, None)


def configured(folder: Path, slips: tuple[Slip, ...]) -> Path:
    connectors = "".join(f"  {slip.plugin}: {{plugin: {slip.plugin}}}\n" for slip in slips)
    file = folder / f"config of {len(slips)}.yaml"
    file.write_text(CONFIG.format(folder=folder, connectors=connectors))
    return file


@pytest.fixture(scope="module")
def left_out_at_start(folder: Path, catalog: Catalog) -> Mapping[str, str]:
    """Why each plugin that cannot be used is left out, by its name."""
    return {
        entry.common.plugin: entry.broken for entry in read_config(configured(folder, STOPPING)).connectors.values()
    }


@pytest.fixture(scope="module")
def warned_at_start(folder: Path, catalog: Catalog) -> list[str]:
    return plugin_warnings(read_config(configured(folder, WARNED)))


def names(slip: Slip) -> str:
    return slip.name


def said(slip: Slip) -> str:
    return f"{slip.plugin}.py{slip.says}" if slip.says.startswith(":") else slip.says


# hub plugins


@pytest.mark.parametrize("slip", STOPPING, ids=names)
def test_hub_plugins_says_why_a_plugin_cannot_be_used(slip: Slip, listed: PluginList) -> None:
    assert said(slip) in listed.broken[slip.plugin]


@pytest.mark.parametrize("slip", WARNED, ids=names)
def test_hub_plugins_warns_of_what_does_not_work(slip: Slip, listed: PluginList) -> None:
    [sentence] = [each for each in listed.warnings if each.startswith(f"The plugin {slip.plugin}: ")]
    assert said(slip) in sentence
    assert slip.plugin not in listed.broken


# The start


@pytest.mark.parametrize("slip", STOPPING, ids=names)
def test_a_hub_starts_without_a_plugin_that_cannot_work_and_says_why(
    slip: Slip, left_out_at_start: Mapping[str, str]
) -> None:
    assert said(slip) in left_out_at_start[slip.plugin]


@pytest.mark.parametrize("slip", WARNED, ids=names)
def test_a_hub_starts_and_warns_of_what_does_not_work(slip: Slip, warned_at_start: list[str]) -> None:
    [sentence] = [each for each in warned_at_start if each.startswith(f"The plugin {slip.plugin}: ")]
    assert said(slip) in sentence


def test_the_start_logs_each_sentence(folder: Path, catalog: Catalog, warned_at_start: list[str]) -> None:
    with capture_logs() as lines:
        warn_of_plugins(read_config(configured(folder, WARNED)))
    assert [line["reason"] for line in lines] == warned_at_start
    assert {line["event"] for line in lines} <= SENTENCES.keys()


def test_a_broken_plugin_that_no_connector_uses_is_a_warning(warned_at_start: list[str]) -> None:
    assert len([each for each in warned_at_start if "cannot be used: " in each]) == len(STOPPING)


def test_a_package_that_looks_like_a_plugins_and_has_no_entry_point_is_named_with_what_it_lacks(tmp_path: Path) -> None:
    for name, needs in (("ringfence-acme", ""), ("acme-helper", "Requires-Dist: ringfence>=0.1\n"), ("other", "")):
        package = tmp_path / f"{name.replace('-', '_')}-1.dist-info"
        package.mkdir()
        (package / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n{needs}")
    script = "from hub.plugin_host.packages.plugin_warnings import packages_without_plugin as f; print(*f(), sep='\\n')"
    command = [sys.executable, "-c", f"import sys; sys.path.append({str(tmp_path)!r}); {script}"]
    one, other = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert one.startswith("The package acme-helper looks like a plugin's and has no entry point")
    assert '[project.entry-points."ringfence.plugins"] acme = "ringfence_acme:Acme"' in other


# hub certify


@pytest.mark.parametrize("slip", STOPPING, ids=names)
def test_certify_says_why_a_plugin_cannot_be_tested(slip: Slip, folder: Path, catalog: Catalog) -> None:
    with pytest.raises(CannotCertify) as caught, found_plugin(None, folder / f"{slip.plugin}.py", folder / "none.yaml"):
        pass
    assert said(slip) in str(caught.value)


@pytest.mark.parametrize("slip", WARNED, ids=names)
def test_a_promise_of_certify_fails_with_the_sentence(slip: Slip, catalog: Catalog) -> None:
    found = _failed(slip.plugin, catalog)
    assert [each for each in found if said(slip) in each], found


def _failed(plugin: str, catalog: Catalog) -> list[str]:
    tested = load_class(catalog.origins[plugin])
    proofs = [proof for words in PROMISES for proof in certify(tested, only=words).proofs]
    assert len(proofs) == len(PROMISES)
    return [proof.detail for proof in proofs if proof.verdict == "failed"]


# Nothing else


def test_a_plugin_without_a_slip_is_not_mentioned(catalog: Catalog, listed: PluginList) -> None:
    assert "fine" in catalog.classes and "fine" not in catalog.slips
    assert not [each for each in listed.warnings if "fine" in each]
    assert _failed("fine", catalog) == []


def test_no_sentence_shows_an_address_of_an_object(listed: PluginList) -> None:
    assert not [each for each in (*listed.broken.values(), *listed.warnings) if "0x" in each]
