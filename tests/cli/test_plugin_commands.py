"""`hub new-plugin` and `hub certify` tell people what they did, and programs whether it went well."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from commands import CliRunner
from rich.console import Console
from typer.testing import Result

from hub.cli import app
from hub.cli.plugins import certify, saves
from hub.plugin_host.packages.certificate_file import VendorExchanges
from hub.testing.certificate import Certificate, Proof

RULE = '''
"""House rules. {name}"""
from hub.api import Connector, Manifest, PluginSettings, Recipient, hookimpl
from hub.api.privacy import Opinion

class House(Connector):
    Settings = PluginSettings
    manifest = Manifest(name="{name}", kind="consent", version="2.1", summary="House rules.",
                        recipient=Recipient(name="nobody", role="none"))

    @hookimpl
    def judge(self, question):
        verdict = "allow" if {loose} and question.records else "deny"
        return Opinion(verdict=verdict, rule_id="house", reason="The house says so.")
'''


def hub(*arguments: object) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, list(map(str, arguments)))


def rule(folder: Path, name: str, **words: Any) -> Path:
    file = folder / f"{name}.py"
    file.write_text(RULE.format(name=name, **{"loose": False, **words}))
    return file


def test_a_new_plugin_is_listed_with_the_next_commands(tmp_path: Path) -> None:
    target = tmp_path / "acme"
    done = hub("new-plugin", "crm", "acme_crm", "--package", "--folder", target)
    assert done.exit_code == 0, done.output
    assert "ringfence_acme_crm/sandbox.py" in done.output
    wheel = "dist/ringfence_acme_crm-0.1.0-py3-none-any.whl"
    added = f"hub plugins add {wheel} --config {target}/config.yaml"
    for command in (
        f"pip wheel --no-deps --wheel-dir dist {target}",
        f"hub certify --file {wheel}",
        added,
        f"pytest {target}",
    ):
        assert command in done.output


@pytest.mark.soak
def test_a_plugin_that_keeps_its_promises_ends_with_0(tmp_path: Path) -> None:
    done = hub("certify", "--file", rule(tmp_path, "strict_house"))
    assert done.exit_code == 0, done.output
    assert "strict_house keeps all its promises" in done.output
    assert "A refusal never loosens" in done.output


@pytest.mark.soak
def test_a_broken_promise_ends_with_1_and_says_what_was_seen(tmp_path: Path) -> None:
    done = hub("certify", "--json", "--file", rule(tmp_path, "loose_house", loose=True))
    assert done.exit_code == 1, done.output
    told = json.loads(done.output)
    assert (told["plugin"], told["version"], told["kind"], told["passed"]) == ("loose_house", "2.1", "consent", False)
    (failed,) = [proof for proof in told["proofs"] if proof["verdict"] == "failed"]
    assert failed["promise"] == "A refusal never loosens"
    assert failed["detail"].startswith("a refusal loosened")


def test_only_the_promises_that_hold_the_words_are_tried(tmp_path: Path) -> None:
    file = rule(tmp_path, "loose_house", loose=True)
    done = hub("certify", "--json", "--file", file, "--only", "Refusal never LOOSENS")
    assert done.exit_code == 1, done.output
    (proof,) = json.loads(done.output)["proofs"]
    assert (proof["promise"], proof["verdict"]) == ("A refusal never loosens", "failed")
    none = hub("certify", "--file", file, "--only", "no such words")
    assert isinstance(none.exception, certify.CannotCertify)
    assert "No promise of consent plugins holds 'no such words'" in str(none.exception)


def acting(*steps: Callable[[], object]) -> Callable[[float], None]:
    """What happens while `hub certify --watch` waits: one step each time, then Ctrl+C."""
    waiting = iter(steps)

    def wait(seconds: float) -> None:
        step = next(waiting, None)
        if step is None:
            raise KeyboardInterrupt
        step()

    return wait


def test_a_plugin_is_certified_again_at_each_save_of_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = rule(tmp_path, "watched_house", loose=True)

    def repair() -> None:
        rule(tmp_path, "watched_house")

    monkeypatch.setattr(
        saves, "sleep", acting(lambda: file.write_text("x = ("), lambda: None, repair, lambda: None, lambda: None)
    )
    done = hub("certify", "--file", file, "--watch", "--only", "refusal never loosens")
    assert done.exit_code == 0, done.output
    said = (
        "A refusal never loosens: a refusal loosened",
        "Saved: watched_house.py",
        "cannot be used: it cannot be imported",
    )
    places = [done.output.find(each) for each in (*said, "watched_house keeps all its promises.")]
    assert -1 not in places and places == sorted(places), done.output


def test_what_changes_while_it_is_written_is_one_save(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exchange, half = tmp_path / "exchanges" / "upload.http", tmp_path / "half.py"
    exchange.parent.mkdir()
    steps = (lambda: half.write_text("x"), lambda: half.write_text("x = 1"), lambda: None, half.unlink, lambda: None)
    monkeypatch.setattr(saves, "sleep", acting(*steps, lambda: exchange.write_text("POST /rows"), lambda: None))
    seen: list[list[str]] = []
    with pytest.raises(KeyboardInterrupt):
        for changed in saves.saves([half, exchange.parent]):
            seen.append(changed)
    assert seen == [[], ["half.py"], ["half.py"], ["upload.http"]]


@pytest.mark.soak
def test_a_plugin_is_certified_and_a_few_calls_are_played_at_each_save(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "acme"
    hub("new-plugin", "ads", "acme_ads", "--folder", folder)
    file = folder / "acme_ads.py"
    whole = file.read_text(encoding="utf-8")
    broken = whole.replace("item.currency", "'USD'")
    assert broken != whole
    monkeypatch.setattr(saves, "sleep", acting(lambda: file.write_text(broken, encoding="utf-8"), lambda: None))
    done = hub("dev", file, "--calls", "2")
    assert done.exit_code == 0, done.output
    played = capfd.readouterr().out
    assert "acme_ads keeps all its promises." in done.output and "Everything adds up." in played
    assert "Saved: acme_ads.py" in done.output and "no request says that it is EUR" in done.output
    assert played.count("Deliveries by destination") == 1, "what breaks its promises is not played"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["acme"], "No plugin named 'acme' is installed; installed are:"),
        ([], "Give the name of an installed plugin"),
        (["twilio", "--file", "x.py"], "Give the name of an installed plugin"),
        (["--file", "no_such_file.py"], "is not a Python file"),
        (["twilio", "--watch"], "--watch looks at the files of a plugin"),
    ],
)
def test_what_cannot_be_certified_is_said_in_one_sentence(arguments: list[str], said: str) -> None:
    done = hub("certify", *arguments)
    assert isinstance(done.exception, certify.CannotCertify)
    assert said in str(done.exception)


@pytest.mark.parametrize(
    "source", ["import no_such_module", "x = (", "raise SystemError", "from hub.api import Connector"]
)
def test_a_file_that_holds_no_plugin_is_said_in_one_sentence(tmp_path: Path, source: str) -> None:
    file = tmp_path / "broken_file.py"
    file.write_text(source)
    done = hub("certify", "--file", file)
    assert isinstance(done.exception, certify.CannotCertify)
    assert str(done.exception).startswith("The plugin 'broken_file' cannot be used: ")


def test_a_plugin_of_another_hub_api_is_told_what_to_update(tmp_path: Path) -> None:
    file = tmp_path / "of_yesterday.py"
    file.write_text("from hub.api import Manifest\n\nMANIFEST = Manifest(api=0)\n")
    remedy = "it was written for hub.api 0, and this hub speaks hub.api 1; update the plugin."
    assert str(hub("certify", "--file", file).exception) == f"The plugin 'of_yesterday' cannot be used: {remedy}"


def test_one_cause_of_many_failures_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    cause = "upload_conversions raised KeyError('event') at acme.py:9; raise an error of hub.api instead"
    proofs = [Proof(f"Promise {number}", "failed", cause) for number in range(3)]
    alone = Proof("Promise 4", "failed", "a reason tells personal data", place="hub docs promises#promise-4")
    untried = Proof("Promise 5", "not tried")
    certificate = Certificate("acme", "ads", "0.1.0", (*proofs, alone, untried))
    certify._show(certificate, Console(width=160), verbose=False)
    shown = capsys.readouterr().out
    assert shown.count("KeyError") == 1 and f"3 of 5 promises fail for this reason: {cause}" in shown
    assert "Promise 4: a reason tells personal data" in shown and "see hub docs promises#promise-4" in shown
    assert "4 of 5 promises of acme are not kept; 1 were not tried, because a hook is too slow." in shown


def test_a_certificate_says_against_how_much_of_the_vendors_documents_the_plugin_was_held(
    capsys: pytest.CaptureFixture[str],
) -> None:
    proofs = (Proof("It works", "proved"),)
    sources = tuple(f"https://api.example.com/docs/{number}" for number in range(5))
    read = VendorExchanges(exchanges=12, sources=sources, oldest=date(2026, 11, 20), newest=date(2026, 11, 27))
    for vendor, said in (
        (read, "Held against 12 exchanges of the vendor, from sources read on 2026-11-20 to 2026-11-27."),
        (VendorExchanges(), "Held against nothing of the vendor."),
        (VendorExchanges(has_vendor=False), "No host in its manifest, so no vendor to hold it against."),
    ):
        certify._show(Certificate("acme", "ads", "0.1.0", proofs, vendor), Console(width=160), verbose=False)
        shown = capsys.readouterr().out
        assert said in shown
        assert ("hub docs write-a-plugin#exchanges" in shown) == (vendor == VendorExchanges())
        assert ("and 2 more sources" in shown) == (vendor == read)


def test_files_of_exchanges_that_do_not_hold_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    sentence = "Plugin and stand in are as the vendor documents"
    held = tuple(Proof(f"{sentence} ({name})", "proved") for name in ("one", "two"))
    proofs = (*held, Proof(f"{sentence} (three)", "failed", "three.http, line 7: it differs"))
    read = VendorExchanges(exchanges=4, oldest=date(2026, 11, 20), newest=date(2026, 11, 20))
    for found, vendor, said in (
        (held, read, "Held against 4 exchanges of the vendor, from sources read on 2026-11-20."),
        (proofs, read, "sources read on 2026-11-20; 2 of 3 files of exchanges hold."),
        (proofs[2:], VendorExchanges(), "Held against nothing of the vendor; 0 of 1 files of exchanges hold."),
    ):
        certify._show(Certificate("acme", "ads", "0.1.0", found, vendor), Console(width=160), verbose=False)
        shown = capsys.readouterr().out
        assert said in shown and "Copy requests" not in shown


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (1, "The promise does not apply to acme, so nothing is proved."),
        (3, "None of 3 promises applies to acme, so nothing is proved."),
    ],
)
def test_promises_that_do_not_apply_are_not_called_broken(
    number: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    proofs = tuple(Proof(f"Promise {index}", "does not apply") for index in range(number))
    certify._show(Certificate("acme", "ads", "0.1.0", proofs), Console(width=160), verbose=False)
    shown = capsys.readouterr().out
    assert said in shown and "not kept" not in shown


def test_a_certificate_of_which_nothing_applies_ends_with_2() -> None:
    done = hub("certify", "signals", "--only", "as the vendor documents")
    assert done.exit_code == 2 and "does not apply to signals" in done.output


WITHOUT_PYTEST = """
import sys
from importlib.machinery import PathFinder

class Without(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name in ("pytest", "_pytest") else super().find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Without
from hub.cli import main
for given in (["certify", "--help"], ["certify", "signals"], ["dev", sys.argv[1]]):
    sys.argv[1:] = given
    try:
        main()
    except SystemExit as end:
        print("ended with", end.code, flush=True)
"""


def test_a_hub_without_pytest_says_what_certify_needs(tmp_path: Path) -> None:
    file = tmp_path / "acme.py"
    file.touch()
    command = [sys.executable, "-c", WITHOUT_PYTEST, str(file)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0 and "Traceback" not in done.stdout
    helped, *refused, nothing = done.stdout.split("ended with")
    assert "Test that a plugin keeps the promises of its kind" in helped and refused[0].startswith(" 0\n")
    assert len(refused) == 2 and nothing.strip() != "0", done.stdout
    for each in refused:
        assert "pip install pytest" in " ".join(each.split())


def test_a_folder_without_exchanges_is_named(tmp_path: Path) -> None:
    done = hub("certify", "twilio", "--exchanges", tmp_path)
    assert isinstance(done.exception, certify.CannotCertify) and "holds no exchanges" in str(done.exception)


@pytest.mark.soak
def test_exchanges_of_another_folder_are_held_against_a_file_in_its_confined_process(tmp_path: Path) -> None:
    assert hub("new-plugin", "ads", "acme_net", "--folder", tmp_path / "acme").exit_code == 0
    other = tmp_path / "documents"
    other.mkdir()
    example = (tmp_path / "acme" / "exchanges" / "upload.http").read_text()
    (other / "right.http").write_text(example)
    (other / "wrong.http").write_text(example.replace('"taken"', '"count"'))
    (other / "staged.http").write_text(example.replace("# hook", "# stage: nothing\n# hook"))
    (other / "stages.py").write_text("def nothing(network):\n    return {}\n")
    arguments = ("--file", tmp_path / "acme" / "acme_net.py", "--only", "vendor documents", "--json")
    found = json.loads(hub("certify", *arguments, "--exchanges", other).output)
    verdicts = {proof["promise"].rpartition("(")[2]: proof["verdict"] for proof in found["proofs"]}
    assert verdicts == {"right)": "proved", "staged)": "proved", "wrong)": "failed"}
    assert found["vendor"]["exchanges"] == 2
    assert json.loads(hub("certify", *arguments).output)["vendor"]["exchanges"] == 1


def test_a_file_with_a_mistake_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "wrong_house.py"
    for source, line in (("x = 1\ny = (", 2), ("from hub.api import PluginSettings\n\nPluginSettings(1)\n", 3)):
        file.write_text(source)
        assert f"at wrong_house.py:{line}: " in str(hub("certify", "--file", file).exception)
