"""Each command sees the providers' sandboxes as the others left them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from commands import CliRunner

from hub.cli import app

pytestmark = pytest.mark.soak

CONFIG = """\
hub:
  public_url: https://calls.example.com
  database: sqlite:///{folder}/hub.db
connectors:
  phone: {{plugin: twilio, sandbox: true}}
accounts:
  - name: agency
    title: Agency
    companies:
      - name: austin
        title: Austin
        country: US
        region: TX
        route: {{dial: "+15125550190"}}
        trackers:
          - {{name: print, type: source, carrier: phone, source: yellow_pages}}
"""
NUMBER = "+15125550107"


def test_a_number_that_one_command_bought_is_at_the_carrier_for_the_next(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG.format(folder=tmp_path))

    def hub(*words: str) -> str:
        done = CliRunner().invoke(app, [*words, "--config", str(config)])
        assert done.exit_code == 0, done.output
        return done.stdout

    buy = ["numbers", "buy", NUMBER, "--tracker", "austin/print", "--max-price", "2 USD", "--yes"]
    subprocess.run([sys.executable, "-m", "hub.cli", *buy, "--config", str(config)], timeout=90, check=True)
    (side,) = json.loads(hub("numbers", "list", "--json"))
    assert [(each["number"], each["bought"], each["standing"]) for each in side["numbers"]] == [(NUMBER, True, "well")]
    assert "points here" in hub("numbers", "configure", "--all")
    offers = json.loads(hub("numbers", "search", "--area-code", "512", "--json"))["offers"]
    assert NUMBER not in {each["number"] for each in offers}
    kept = {each.name for each in (tmp_path / "hub.db-sandbox").iterdir()}
    assert kept == {"phone.address", "phone.twilio.sqlite"}
