"""The template for Kamailio in front of the gateways is one that Kamailio takes, and lets only the trunk in."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "deploy" / "kamailio"
CONFIG = (FOLDER / "kamailio.cfg").read_text()


@pytest.mark.skipif(shutil.which("kamailio") is None, reason="the package kamailio is not installed")
@pytest.mark.parametrize("with_tls", [True, False])
def test_kamailio_takes_the_template(tmp_path: Path, with_tls: bool) -> None:
    file = tmp_path / "kamailio.cfg"
    text = CONFIG.replace("/etc/kamailio/", f"{FOLDER}/")
    file.write_text(text if with_tls else text.replace("#!define WITH_TLS\n", "#\n"))
    done = subprocess.run(["kamailio", "-c", "-f", str(file)], capture_output=True, text=True, timeout=60)
    if with_tls and "could not find module" in done.stderr:
        pytest.skip("the package kamailio-tls-modules is not installed")
    assert done.returncode == 0 and "config file ok" in done.stderr + done.stdout, done.stderr[-2000:]


def test_strangers_floods_and_scanners_are_dropped_before_anything_is_answered() -> None:
    first = re.search(r"request_route \{\n\s+(\S+);", CONFIG)
    assert first is not None and first[1] == "route(DOOR)"
    door = CONFIG.partition("route[DOOR] {")[2].partition("\nroute[")[0]
    assert 'allow_source_address("1")' in door and "pike_check_req()" in door and "friendly-scanner" in door
    assert door.index("allow_source_address") < door.index("sl_send_reply"), "a stranger gets an answer"
    assert "listen=tls:" in CONFIG and 'loadmodule "topos.so"' in CONFIG and "REGISTER" in CONFIG


def test_the_files_that_it_names_are_there() -> None:
    named = set(re.findall(r"/etc/kamailio/([\w.]+)", CONFIG))
    assert {each for each in named if each.endswith((".list", ".cfg"))} <= {each.name for each in FOLDER.iterdir()}
