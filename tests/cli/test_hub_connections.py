"""`hub check`, `hub connectors`, `hub plugins`: what is connected, and whether it answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cli_shop import Shop
from typer.testing import Result

from hub.api.sandbox import Fault
from plugins.carriers.twilio.sandbox.api import Api

Refusal = Callable[[Result], str]


def test_a_check_asks_every_provider(shop: Shop) -> None:
    result = shop.run("check")
    assert result.exit_code == 0
    for name in ("phone", "ads", "places", "signals"):
        assert f"✓ {name}: " in result.stdout
    told = shop.json("check")
    assert told["ok"] is True
    assert told["connectors"]["ads"] == {"ok": True, "detail": "Adco answers."}
    assert any(
        each.startswith("The plugin of connector ads did not come with Ringfence and runs in the hub's own process")
        for each in told["warnings"]
    )


def test_a_provider_that_does_not_answer_ends_the_check_with_1(shop: Shop) -> None:
    shop.configure(account="locked")
    shop.carrier.fail_next(Fault("status", 401))
    result = shop.run("check")
    assert result.exit_code == 1
    assert "✗ ads: Adco refuses the account; sign in again." in result.stdout
    assert "2 of 4 connectors do not answer." in result.stdout
    assert shop.json("check", status=1)["ok"] is False


TRESTLE = '''
"""A data service that nobody can ask for its account."""

from hub.api import Connector, Manifest, PluginSettings, Recipient, hookimpl


class Trestle(Connector):
    Settings = PluginSettings
    manifest = Manifest(
        name="trestle", kind="enrichment", version="1", summary="Facts.", recipient=Recipient(name="Trestle Inc."),
        hosts=("api.trestle.example.com",),
    )

    @hookimpl
    def enrich_caller(self, caller):
        return []
'''


def test_a_key_that_nobody_can_try_gets_no_tick(shop: Shop) -> None:
    (shop.folder / "plugins" / "trestle.py").write_text(TRESTLE)
    file = shop.folder / "config.yaml"
    file.write_text(file.read_text().replace("connectors:\n", "connectors:\n  trestle: {plugin: trestle}\n", 1))
    shown = shop.run("check").stdout
    assert "– trestle: Not tried: its plugin has no check" in shown and "✓ trestle" not in shown
    assert "✓ places: " in shown and "✓ signals: " in shown
    assert "Every provider that can be asked answers." in shown


def test_a_check_warns_of_a_version_that_has_ended(shop: Shop) -> None:
    ended = TRESTLE.replace("import Connector", "import ApiVersion, Connector")
    ended = ended.replace('hosts=("api', "versions=(ApiVersion(name='v1', ends='2026-01-31'),),\n        hosts=(\"api")
    (shop.folder / "plugins" / "trestle.py").write_text(ended)
    file = shop.folder / "config.yaml"
    file.write_text(file.read_text().replace("connectors:\n", "connectors:\n  trestle: {plugin: trestle}\n", 1))
    assert "trestle: its API version v1 ended on January 31, 2026. Update Ringfence." in " ".join(
        shop.json("check")["warnings"]
    )


def test_a_wrong_config_ends_the_check_with_2_and_every_problem(shop: Shop, refusal: Refusal) -> None:
    file = shop.folder / "config.yaml"
    file.write_text(file.read_text().replace("plugin: adco", "plugin: adc").replace("title: North", "titel: North"))
    assert "has 3 problems" in refusal(shop.run("check"))
    told = shop.json("check", status=2)
    problems = {each["path"]: each["line"] for each in told["config"]["problems"]}
    assert set(problems) == {
        "connectors.ads.plugin",
        "accounts[agency].companies[north].title",
        "accounts[agency].companies[north].titel",
    }
    assert all(problems.values())


def test_a_check_warns_of_numbers_whose_calls_would_not_come_here(shop: Shop) -> None:
    Api(shop.carrier).own("+13125550100", {"VoiceUrl": "https://old.example.com/voice"})
    *_, elsewhere, absent = shop.json("check", "--numbers")["warnings"]
    assert elsewhere.startswith(
        "+13125550100 (north/pool) points to old.example.com/voice, nowhere, nowhere (texts' fallback);"
    )
    assert absent == "1 of our numbers are not in the account of phone: +13125550120"
    assert f"! {absent}" in shop.run("check", "--numbers").stdout


def test_a_paused_connector_is_named_with_the_way_back(shop: Shop) -> None:
    shop.configure(account="locked")
    shop.play()
    assert any("hub connectors resume ads" in each for each in shop.json("check", status=1)["warnings"])
    rows = {row["name"]: row for row in shop.json("connectors", "list")}
    assert rows["ads"]["paused"] == "Adco refuses the account; sign in again. The hub tries it again by itself."
    assert rows["phone"]["paused"] is None
    assert "paused: Adco refuses the account" in shop.run("connectors", "list").stdout


def test_a_paused_connector_is_taken_up_again_once_its_provider_answers(shop: Shop) -> None:
    shop.configure(account="locked")
    shop.play()
    refused = shop.run("connectors", "resume", "ads")
    assert refused.exit_code == 1
    assert "It stays paused." in refused.stdout
    shop.configure(account="open")
    assert "✓ ads" in shop.run("connectors", "resume", "ads").stdout
    assert shop.audited() == [("connectors.resume", "ads")]
    assert shop.run("sync", "ads").exit_code == 0
    assert "is not paused" in shop.run("connectors", "resume", "ads").stdout


def test_a_paused_connector_is_taken_up_again_whatever_a_wrong_check_says(shop: Shop) -> None:
    shop.configure(account="locked")
    shop.play()
    done = shop.run("connectors", "resume", "ads", "--anyway")
    assert done.exit_code == 0 and "✗ ads" in done.stdout and "paused again" in done.stdout
    assert shop.audited() == [("connectors.resume", "ads")]
    assert {row["name"]: row["paused"] for row in shop.json("connectors", "list")}["ads"] is None


def test_a_connector_that_is_not_there_is_one_sentence(shop: Shop, refusal: Refusal) -> None:
    assert "there are: phone, ads, places, signals" in refusal(shop.run("connectors", "resume", "xyz"))


def test_connectors_are_listed_with_their_last_sync(shop: Shop) -> None:
    from hub.store.rows import write_slot
    from hub.worker import run_due_sync

    with shop.opened() as opened:
        write_slot(opened.hub.store, "ads", shop.clock(), "schedule")
        run_due_sync(opened.hub, opened.directory, "ads")
    row = next(row for row in shop.json("connectors", "list") if row["name"] == "ads")
    assert (row["kind"], row["plugin"], row["last_result"]) == ("ads", "adco", "nothing was due")
    assert row["last_sync_at"] == shop.clock().isoformat()


def test_plugins_are_listed_with_the_reason_why_one_is_broken(shop: Shop) -> None:
    told = {each["name"]: each for each in shop.json("plugins")["plugins"]}
    assert {"kind": "ads", "source": "file", "version": "1.2.0", "summary": "An ad network for tests."}.items() <= told[
        "adco"
    ].items()
    assert "An ad network for tests." in shop.run("plugins").stdout
    (shop.folder / "plugins" / "torn.py").write_text("import nothing_of_this_name\n")
    result = shop.run("plugins")
    assert result.exit_code == 1
    assert "✗ torn cannot be used: it cannot be imported" in result.stdout


def test_plugins_are_listed_without_a_config(shop: Shop) -> None:
    (shop.folder / "config.yaml").unlink()
    assert "twilio" in [each["name"] for each in shop.json("plugins")["plugins"]]
    extra = shop.json("plugins", "--plugin-dir", str(shop.folder / "plugins"))
    assert "adco" in [each["name"] for each in extra["plugins"]]


LINE = """connectors:
  line:
    plugin: sip
    secret: ${file:key}
    start: true
    trunk: {host: sip.example.com, addresses: [203.0.113.0/28]}
    numbers: ["+13125550120"]
    voices: {es-MX: /voices/es.onnx}
  desk: {plugin: scripted, rules: [{name: any, say: Adiós., choose: over}]}
"""
FLOW = """        flows:
          - name: languages
            forward: "+13125550190"
            start: french
            steps:
              french: {do: greeting, say: Bonjour., language: fr-FR, then: spanish}
              spanish: {do: greeting, say: Hola., language: es-US, then: desk}
              desk: {do: converse, agent: desk, opening: Hola., language: es-US, may: {over: end}, otherwise: end}
            recording: {notice: Grabamos.}
        trackers:
"""


def test_a_check_warns_of_what_no_voice_of_the_machine_speaks_and_no_model_of_it_understands(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no espeak-ng
    file = shop.folder / "config.yaml"
    written = file.read_text().replace("connectors:\n", LINE, 1).replace("        trackers:\n", FLOW, 1)
    file.write_text(written.replace("type: source, carrier: phone", "type: source, carrier: line, flow: languages"))
    warnings = shop.json("check", status=1)["warnings"]
    (found,) = [each for each in warnings if "does not speak" in each]
    assert found.startswith("line does not speak fr-FR; it speaks e") and "es-MX" in found
    assert found.endswith(
        "('french' of flow 'languages', company north), so callers hear nothing there; install a voice of that language, or "
        "play audio files instead of texts."
    )
    (found,) = [each for each in warnings if "understands no caller" in each]
    assert found == (
        "line understands no caller who speaks es-US, because no model for it is on its machine ('desk' of flow 'languages', "
        "company north), so no assistant talks there; install the extra transcription for English, or name a folder with "
        "`whisper_model`."
    )
