"""What a new plugin may be called and where it may be written; what is written is clean."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from proving import FORMS

from hub.startup.reading import read_config
from hub.testing import SUITE_OF_KIND
from hub.testing.scaffold import CannotWrite, has_one_file_form, write_plugin

REPOSITORY = Path(__file__).parents[2]
SETTINGS = str(REPOSITORY / "pyproject.toml")
OF_A_STRANGER = [
    "--isolated",
    "--line-length",
    "130",
    "--select",
    "E,W,F,I,N,UP,B,C4,SIM,PIE,RET,RUF,PT",
    "--ignore",
    "RUF100",
]
"""Rules that many switch on, without our settings."""


@pytest.mark.parametrize("name", ["Acme", "9lives", "a-b", "../x", "", "a b", "é", "a\n", "a" * 200 + "!"])
def test_a_name_that_config_yaml_could_not_hold_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CannotWrite, match="use lowercase letters"):
        write_plugin("ads", name, tmp_path / "new")


@pytest.mark.parametrize("name", ["none", "true", "connector", "manifest", "money"])
def test_a_name_that_would_hide_another_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CannotWrite, match="add the provider's name"):
        write_plugin("ads", name, tmp_path / "new")


def test_an_installed_plugins_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match="installed already"):
        write_plugin("carrier", "twilio", tmp_path / "new")


@pytest.mark.parametrize("kind", [kind for kind in SUITE_OF_KIND if has_one_file_form(kind)])
def test_the_configuration_beside_a_new_file_is_right(tmp_path: Path, kind: str) -> None:
    write_plugin(kind, f"acme_{kind}", tmp_path / "new", package=False)
    assert f"acme_{kind}" in read_config(tmp_path / "new" / "config.yaml").connectors


def test_an_unknown_kind_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match="ads, agent, carrier, consent, crm, enrichment, insight, transcription"):
        write_plugin("pbx", "acme", tmp_path / "new")


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    with pytest.raises(CannotWrite, match="already exists"):
        write_plugin("ads", "acme", tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


def test_nothing_is_written_into_ringfences_own_folder() -> None:
    target = REPOSITORY / "plugins" / "ads" / "acme"
    with pytest.raises(CannotWrite, match="outside"):
        write_plugin("ads", "acme", target)
    assert not target.exists()


@pytest.mark.parametrize("name", ["x", "acme_", "a__b2", "western_telephone"])
def test_every_kind_and_form_is_written_clean_whatever_its_name(tmp_path: Path, name: str) -> None:
    for form in FORMS:
        target = tmp_path / form
        kind, _, one_file = form.partition("_")
        files = write_plugin(kind, name, target, package=not one_file)
        assert all(file.read_text().endswith("\n") and "{{ " not in file.read_text() for file in files)
        ours = ["--config", SETTINGS]
        for command in (["check", *ours], ["format", "--check", *ours], ["check", *OF_A_STRANGER]):
            ruff = [str(Path(sys.executable).with_name("ruff")), *command, "--no-cache", "."]
            done = subprocess.run(ruff, cwd=target, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout


def test_a_carrier_on_the_dialect_has_at_most_100_lines_with_its_stand_in(tmp_path: Path) -> None:
    write_plugin("carrier", "acme_voice", tmp_path / "new", package=False)
    assert len((tmp_path / "new" / "acme_voice.py").read_text().splitlines()) <= 100
