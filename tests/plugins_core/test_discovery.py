"""Discovery: plugins come from entry points and folders; a broken one harms nobody who does not use it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent

import pytest
from fake_connectors import FakeCarrier, FakeNetwork

from hub.api import CallEvent, Connector, hookimpl
from hub.errors import ConfigError, NotSupported
from hub.hookspecs import CallHooks
from hub.plugin_host.discovery import Catalog, discover
from hub.plugin_host.registry import Plugins
from hub.testing import connect

ONE_FILE = """
    from hub.api import Connector, Manifest, PluginSettings, Recipient

    class Tiny(Connector):
        manifest = Manifest(name="{name}", kind="enrichment", version="1", summary="-",
                            recipient=Recipient(name="-", role="none"))
        Settings = PluginSettings
"""
OF_TWO = ONE_FILE.format(name="bad").replace("version=", "api=2, a_field_of_two=True, version=")
BUILT_IN = {"google_ads", "hubspot", "jurisdictions", "phonenumbers", "salesforce", "signals", "telnyx", "twilio"}


def put(folder: Path, name: str, source: str) -> Path:
    file = folder / f"{name}.py"
    file.write_text(dedent(source))
    return file


def found(*places: Path) -> Catalog:
    return discover(places)


def test_the_built_in_plugins_come_by_the_same_road_as_any_other() -> None:
    catalog = discover()
    assert set(catalog.classes) >= BUILT_IN
    assert not BUILT_IN & set(catalog.broken)


def test_a_built_in_plugin_is_imported_when_its_class_is_first_asked_for() -> None:
    script = (
        "import sys; from hub.plugin_host.discovery import discover; catalog = discover(); "
        "loaded = lambda: sorted({'.'.join(each.split('.')[:3]) for each in sys.modules if each.startswith('plugins.ads.')}); "
        "print(loaded()); catalog.classes['tiktok']; print(loaded())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "['plugins.ads.tiktok']"]


def test_a_built_in_plugin_that_cannot_be_imported_disables_its_connectors_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "plugins.ads.tiktok", None)  # as if its file were gone
    catalog = discover()
    with pytest.raises(ConfigError, match="it cannot be imported") as why:
        catalog.isolated("tiktok", None)
    stands_for_it = catalog.disabled("tiktok", str(why.value))
    assert stands_for_it is not None and stands_for_it.manifest.kind == "ads"
    assert catalog.isolated("meta", None).manifest.name == "meta"


def test_a_single_file_in_a_folder_is_a_plugin(tmp_path: Path) -> None:
    put(tmp_path, "tiny", ONE_FILE.format(name="tiny"))
    assert found(tmp_path).classes["tiny"].manifest.name == "tiny"
    assert found(tmp_path / "tiny.py").classes["tiny"].manifest.name == "tiny"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import no_such_library", "it cannot be imported (ModuleNotFoundError"),
        ("raise RuntimeError('broken')", "it cannot be imported (RuntimeError at bad.py:1: broken)"),
        ("import sys; sys.exit(2)", "it cannot be imported (SystemExit at bad.py:1: 2)"),
        ("raise KeyboardInterrupt", "it cannot be imported (KeyboardInterrupt"),
        ("def (", "it cannot be imported (SyntaxError"),
        ("x = 1", "bad.py holds no plugin: write `class Bad(Connector):`"),
        (ONE_FILE.format(name="other"), "its manifest is named 'other'"),
        (OF_TWO, "it was written for hub.api 2, and this hub speaks hub.api 1; update Ringfence"),
        ("from hub.api import Connector\nclass Bare(Connector): pass", "it lacks a manifest or Settings"),
    ],
    ids=["library", "crash", "exit", "interrupt", "syntax", "nothing", "name", "number", "bare"],
)
def test_a_broken_plugin_is_listed_with_its_reason_and_harms_no_other(tmp_path: Path, source: str, reason: str) -> None:
    put(tmp_path, "bad", source)
    put(tmp_path, "tiny", ONE_FILE.format(name="tiny"))
    catalog = found(tmp_path)
    assert reason in catalog.broken["bad"]
    assert {"tiny", *BUILT_IN} <= set(catalog.classes)


def test_a_name_that_is_built_in_stays_so_and_the_other_file_is_named(tmp_path: Path) -> None:
    put(tmp_path, "twilio", ONE_FILE.format(name="twilio"))
    catalog = found(tmp_path)
    assert catalog.classes["twilio"].__module__ == "plugins.carriers.twilio" and not catalog.broken
    [sentence] = catalog.passed_over
    assert "There is a plugin twilio already" in sentence and "twilio.py" in sentence


def test_two_files_with_one_name_are_a_question_for_the_customer(tmp_path: Path) -> None:
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        put(folder, "tiny", ONE_FILE.format(name="tiny"))
    assert "remove one" in found(tmp_path / "one", tmp_path / "two").broken["tiny"]


def test_a_plugin_that_pip_put_into_the_hubs_own_environment_is_refused_with_the_command_to_use(tmp_path: Path) -> None:
    package = tmp_path / "thirdparty-1.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: thirdparty\nVersion: 1\n")
    points = "[ringfence.plugins]\nthirdparty = thirdparty:Plugin\ntwilio = thirdparty:Plugin\n"
    (package / "entry_points.txt").write_text(points)
    marker = tmp_path / "imported"
    (tmp_path / "thirdparty.py").write_text(f"open({str(marker)!r}, 'w')\n")
    script = (
        "from hub.plugin_host.discovery import discover; c = discover(); "
        "print(c.broken['thirdparty'], *c.passed_over, c.classes['twilio'].__module__, sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.append({str(tmp_path)!r}); {script}"],
        capture_output=True,
        text=True,
        check=True,
    )
    why, warning, module = done.stdout.splitlines()
    assert "hub plugins add thirdparty==1" in why and "pip uninstall thirdparty" in why
    assert warning.startswith("There is a plugin twilio already") and "the package thirdparty" in warning
    assert module == "plugins.carriers.twilio" and not marker.exists()


# Registration


class Misspelled(FakeNetwork):
    """A plugin with a hook that nobody knows."""

    @hookimpl
    def upload_conversion(self, conversions: Sequence[object]) -> None:
        """Not a hook."""


class WrongArguments(FakeNetwork):
    """A plugin that wants what no hook gives."""

    @hookimpl
    def upload_conversions(self, conversions: Sequence[object], color: str) -> None:  # type: ignore[override]
        """Asks for a color."""


def made(connector_class: type[Connector], name: str) -> Connector:
    return connect(connector_class, name=name)


@pytest.mark.parametrize(("wrong", "word"), [(Misspelled, "upload_conversion"), (WrongArguments, "color")])
def test_a_hook_that_does_not_fit_stops_the_start_and_names_its_plugin_alone(wrong: type[Connector], word: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Plugins([made(FakeCarrier, "before"), made(wrong, "wrong"), made(FakeNetwork, "after")])
    [problem] = caught.value.problems
    assert "paper_network" in str(problem) and word in str(problem)


def test_all_plugins_that_do_not_fit_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        Plugins([made(Misspelled, "one"), made(WrongArguments, "two")])
    assert len(caught.value.problems) == 2


def test_each_connector_is_called_alone() -> None:
    one, other = made(FakeCarrier, "one"), made(FakeCarrier, "other")
    plugins = Plugins([one, other, made(FakeNetwork, "network")])
    event = CallEvent(kind="ringing", call_id="CA1", at=one.services.clock())
    one.listed = [event]  # type: ignore[attr-defined]
    assert (
        plugins.call("one", CallHooks.list_calls, event.at) == [event]
        and plugins.call("other", CallHooks.list_calls, event.at) == []
    )
    assert plugins.with_hook(CallHooks.list_calls) == ["one", "other"]
    assert plugins.implements("network", "upload_conversions") and not plugins.implements("network", "list_calls")
    plugins.close()


def test_what_a_plugin_does_not_implement_is_told_in_a_sentence() -> None:
    plugins = Plugins([made(FakeNetwork, "network")])
    with pytest.raises(NotSupported, match="connector 'network' cannot do list_calls"):
        plugins.call("network", CallHooks.list_calls, made(FakeNetwork, "x").services.clock())
    plugins.close()
