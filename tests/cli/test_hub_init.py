"""`hub init` writes a config.yaml that runs at once, and asks no more than it must."""

from __future__ import annotations

import re
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import CliRunner
from typer.testing import Result

from hub.cli import app
from hub.config.models import CompanySection, Config
from hub.config.parts import name_of
from hub.startup.reading import read_config

Refusal = Callable[[Result], str]


def run(folder: Path, *arguments: str, keys: str = "") -> Result:
    return CliRunner().invoke(app, ["init", "--folder", str(folder), *arguments], input=keys)


def written(folder: Path) -> tuple[Config, CompanySection]:
    config = read_config(folder / "config.yaml")
    return config, config.accounts[0].companies[0]


@pytest.mark.parametrize("carrier", ["twilio", "telnyx", "vonage", "plivo", "bandwidth", "sip"])
@pytest.mark.parametrize("kind", ["plumber", "dental", "agency"])
def test_each_kind_of_business_gets_a_file_that_is_right(tmp_path: Path, kind: str, carrier: str) -> None:
    result = run(tmp_path / "new", "--business", kind, "--carrier", carrier, "--yes")
    assert result.exit_code == 0, result.output
    config, company = written(tmp_path / "new")
    assert (company.region, company.time_zone) == ("IL", "America/Chicago")
    assert company.sensitive == ("health" if kind == "dental" else None)
    assert {entry.connector_class.manifest.kind for entry in config.connectors.values()} == {
        "carrier", "ads", "crm", "enrichment", "consent",
    }  # fmt: skip
    assert all(tracker.carrier == carrier for tracker in company.trackers)
    assert carrier.upper() in (tmp_path / "new" / ".env.example").read_text()
    assert f"hub snippet {company.name}" in result.stdout


def test_without_hubspots_library_the_crm_is_one_that_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hubspot", None)
    assert run(tmp_path, "--yes").exit_code == 0
    text = (tmp_path / "config.yaml").read_text()
    assert [entry.common.plugin for entry in written(tmp_path)[0].of_kind("crm")] == ["close"]
    assert "hub docs deploy/one-machine#extras` says how to install its library" in text
    assert "HUBSPOT" not in (tmp_path / ".env.example").read_text()
    checked = CliRunner().invoke(app, ["check", "--config", str(tmp_path / "config.yaml")])
    assert checked.exit_code == 0, checked.output


@pytest.mark.parametrize("kind", ["plumber", "dental", "agency"])
def test_each_network_that_is_chosen_hears_of_leads_and_its_secrets_stand_in_env(tmp_path: Path, kind: str) -> None:
    chosen = "google_ads,meta,microsoft_ads,tiktok,linkedin,ga4"
    result = run(tmp_path, "--business", kind, "--networks", chosen, "--yes")
    assert result.exit_code == 0, result.output
    config, _ = written(tmp_path)
    ads = {entry.name: entry for entry in config.of_kind("ads")}
    assert {entry.common.plugin for entry in ads.values()} == set(chosen.split(","))
    assert [rule.when.event for rule in config.conversions][:3] == ["call", "form", "lead"]
    assert all(set(rule.send_to) == set(ads) for rule in config.conversions)
    (lead,) = [rule for rule in config.conversions if rule.when.event == "lead"]
    assert lead.when.status is not None and set(lead.when.status) == {"qualified", "booked"}
    text = (tmp_path / "config.yaml").read_text()
    secrets = set(re.findall(r"\$\{env:(\w+)\}", text)) - {"DB_PASSWORD", "SMTP_PASSWORD"}
    assert "META_ACCESS_TOKEN" in secrets
    assert all(f"\n{name}=\n" in (tmp_path / ".env.example").read_text() for name in secrets)
    checked = CliRunner().invoke(app, ["check", "--config", str(tmp_path / "config.yaml")])
    assert checked.exit_code == 0, checked.output


def test_what_a_live_network_needs_stands_below_its_stand_in_as_its_plugin_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the comments taken away, the file asks for the secrets alone."""
    run(tmp_path, "--networks", "meta,microsoft_ads,tiktok,linkedin,ga4", "--yes")
    text = (tmp_path / "config.yaml").read_text()
    for name in ("meta", "microsoft", "tiktok", "linkedin", "analytics"):
        begin = text.index(f"\n  {name}:\n")
        end = text.index("\n\n", begin)
        block = (
            re.sub(r"\n    # live;[^\n]*", "", text[begin:end])
            .replace("    sandbox: true\n", "")
            .replace("    # ", "    ")
        )
        text = text[:begin] + block + text[end:]
    live = tmp_path / "config.yaml"
    live.write_text(text)
    for name in re.findall(r"(?m)^(\w+)=$", (tmp_path / ".env.example").read_text()):
        monkeypatch.setenv(name, "a-secret")
    config = read_config(live)
    assert {entry.name for entry in config.of_kind("ads") if not entry.in_sandbox} == {
        "meta", "microsoft", "tiktok", "linkedin", "analytics",
    }  # fmt: skip


def test_a_business_without_ads_has_no_rules_and_no_network(tmp_path: Path) -> None:
    assert run(tmp_path, "--networks", "none", "--yes").exit_code == 0
    config, _ = written(tmp_path)
    assert not config.conversions and not list(config.of_kind("ads"))


def test_the_answers_are_asked_for_and_the_rest_follows_from_the_phone(tmp_path: Path) -> None:
    answers = 'dental\nSmile & Söhne: the "best" #1\n(416) 555-0123\nhttps://www.smile.example.com/start\ntelnyx\n'
    answers += "acme\nMeta, google_ads\n"
    result = run(tmp_path, keys=answers)
    assert result.exit_code == 0, result.output
    config, company = written(tmp_path)
    assert [entry.name for entry in config.of_kind("ads")] == [
        "meta",
        "google",
    ] and "acme is not known" in result.output
    assert company.title == 'Smile & Söhne: the "best" #1' and company.name == "smile_and_sohne_the_best_1"
    assert (company.country, company.region, company.time_zone) == ("CA", "ON", "America/Toronto")
    assert company.domains == ("smile.example.com",) and company.website.swap == ("+14165550123",)
    numbers = [number for tracker in company.trackers for number in tracker.numbers]
    assert len(set(numbers)) == len(numbers) and "+14165550123" not in numbers
    assert all(number.startswith("+141655501") for number in numbers)


@pytest.mark.parametrize("title", ["{{ 7 * 7 }}", "- x: [y]", "Joe's \\ Diner 🦷", "new\nline: 2"])
def test_a_name_of_any_letters_is_the_name_and_nothing_else(tmp_path: Path, title: str) -> None:
    result = run(tmp_path, "--yes", "--name", title)
    assert result.exit_code == 0, result.output
    assert written(tmp_path)[1].title == title


def test_the_key_is_readable_by_its_owner_alone_and_nothing_is_overwritten(tmp_path: Path, refusal: Refusal) -> None:
    assert run(tmp_path, "--yes").exit_code == 0
    key = tmp_path / "secret.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_text()
    assert "config.yaml exists" in refusal(run(tmp_path, "--yes"))
    assert key.read_text() == before


@pytest.mark.parametrize(
    "option, answer, words",
    [
        ("--phone", "+442079460123", "not a phone number of the United States or Canada"),
        ("--phone", "call us", "not a phone number"),
        ("--domain", "my site", "not the domain of a website"),
        ("--name", "牙医", "at least one letter"),
        ("--business", "bakery", "plumber, dental, agency"),
        ("--carrier", "acme", "twilio, telnyx, vonage, plivo, bandwidth, sip"),
        ("--networks", "google_ads,acme", "linkedin, reddit, snapchat, pinterest, ga4; or none"),
        ("--region", "ZZ", "ZZ"),
    ],
)
def test_an_answer_that_cannot_be_right_is_told_and_nothing_is_written(
    tmp_path: Path, refusal: Refusal, option: str, answer: str, words: str
) -> None:
    assert words in refusal(run(tmp_path, "--yes", option, answer))
    assert not list(tmp_path.iterdir())


def test_a_name_becomes_a_name_of_configuration() -> None:
    assert name_of("  Hübner's & Sons, LLC ") == "hubners_and_sons_llc"
    assert name_of("Office", {"office", "office_2"}) == "office_3" and name_of("…") == ""
    assert len(name_of("x" * 200)) <= 64
