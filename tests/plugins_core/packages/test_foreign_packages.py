"""What pip put into the hub's own environment is named, and the index of plugins is made of signed files."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from plugin_wheels import CONFIG, PluginShop, source

from hub.errors import CannotDo
from hub.plugin_host.packages import foreign_packages
from hub.plugin_host.packages.certificate_file import ENDING, new_signing_key, sign
from hub.proof.docs.plugin_index import EMPTY, plugin_index
from hub.startup.reading import read_config

FIELDS = {
    "plugin": "acme",
    "kind": "ads",
    "distribution": "ringfence-acme",
    "version": "1.0",
    "wheel_sha256": "a" * 64,
    "suite": "0.1.0",
    "api": "1",
    "certified_on": date(2026, 11, 30),
    "verdicts": {"proved": 44},
}


def test_a_start_file_that_no_package_of_the_hub_brought_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign_packages.site, "getsitepackages", lambda: [str(tmp_path)])
    before = foreign_packages.start_file_warnings()
    for name in ("stranger.pth", "_virtualenv.pth"):
        (tmp_path / name).write_text("import os\n")
    [sentence] = [each for each in foreign_packages.start_file_warnings() if each not in before]
    assert "stranger.pth is run at each start" in sentence and "no package" in sentence


def test_a_plugin_in_the_hubs_own_environment_is_a_warning_of_the_check(tmp_path: Path) -> None:
    package = tmp_path / "thirdparty-1.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: thirdparty\nVersion: 1\n")
    (package / "entry_points.txt").write_text("[ringfence.plugins]\nthirdparty = thirdparty:Plugin\n")
    script = (
        "from hub.plugin_host.packages.foreign_packages import foreign_packages as found; print(*found(), sep='\\n')"
    )
    command = [sys.executable, "-c", f"import sys; sys.path.append({str(tmp_path)!r}); {script}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "The plugin thirdparty is refused" in done.stdout and "hub plugins add thirdparty==1" in done.stdout


def test_the_index_is_made_of_signed_files_and_reads_well_when_there_is_none(tmp_path: Path) -> None:
    assert plugin_index(tmp_path) == EMPTY
    file = tmp_path / f"acme{ENDING}"
    file.write_text(sign(FIELDS, new_signing_key().encode()).model_dump_json())
    row = plugin_index(tmp_path).splitlines()[-1]
    assert "ringfence-acme 1.0" in row and "44 proved, 0 failed" in row and "a" * 64 in row
    file.write_text(json.dumps(json.loads(file.read_text()) | {"version": "2.0"}))
    with pytest.raises(CannotDo, match="its signature does not match"):
        plugin_index(tmp_path)


def test_a_plugin_of_others_in_a_thread_of_the_hub_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "adco.py").write_text(source("adco"))
    shop = PluginShop(tmp_path)
    for isolation, said in (("thread", 1), ("process", 0)):
        network = f"network: {{plugin: adco, isolation: {isolation}}}"
        made = CONFIG.replace("  disk_reserve: 0", "  disk_reserve: 0\n  plugin_dirs: [.]")
        shop.config.write_text(made.replace("{}", f"{{{network}, law: {{plugin: signals, isolation: thread}}}}"))
        found = foreign_packages.foreign_code(read_config(shop.config))
        own = [each for each in found if "isolation: thread" in each]
        assert len(own) == said and all("of connector network" in each for each in own)
