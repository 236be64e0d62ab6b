"""Where the kernel cannot confine plugins of others, each face says so; `hub plugins prove-walls` shows what was refused."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest
from test_plugin_commands import hub, rule

from hub.cli.plugins.prove_walls import shown
from hub.plugin_host.discovery import discover
from hub.plugin_host.escapes.prove import EscapeResult, Proof
from hub.plugin_host.host.connector import unconfined
from hub.plugin_host.kernel.support import missing_of

WHY = (
    "The kernel confines plugins on 64-bit Linux only (x86_64, aarch64), so a plugin that is not built in can do here what the "
    "hub's user can."
)
ROWS = [
    EscapeResult("file", "read the key with open()", 4, 0, False, "PermissionError: [Errno 13] Permission denied"),
    EscapeResult("network", "use bluetooth", 4, 0, True, "Address family not supported by protocol"),
]


@pytest.fixture
def old_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")


@pytest.mark.usefixtures("old_kernel")
def test_hub_plugins_says_that_a_plugin_of_others_is_not_confined(tmp_path: Path) -> None:
    assert WHY not in hub("plugins").output
    rule(tmp_path, "strict_house")
    assert WHY in " ".join(hub("plugins", "--plugin-dir", tmp_path).output.split())


@pytest.mark.usefixtures("old_kernel")
def test_only_plugins_of_others_matter(tmp_path: Path) -> None:
    catalog = discover([rule(tmp_path, "strict_house")])
    assert unconfined([catalog.classes["strict_house"]]) == WHY
    assert unconfined([catalog.classes["twilio"], catalog.isolated("twilio", "process")]) is None
    assert unconfined([catalog.isolated("strict_house", "thread")]) is None


@pytest.mark.parametrize(
    ("landlock", "filters", "said"),
    [(0, True, "no Landlock"), (1, False, "cannot filter system calls"), (1, True, None)],
)
def test_each_thing_that_a_kernel_may_lack_has_a_sentence(landlock: int, filters: bool, said: str | None) -> None:
    found = missing_of(landlock, filters=filters)
    assert found is None if said is None else found is not None and said in found and found.endswith("hub's user can.")


@pytest.mark.parametrize(("succeeded", "seen"), [(0, []), (1, []), (0, ["a datagram"])])
def test_prove_walls_fails_if_an_escape_succeeds_or_something_arrives(succeeded: int, seen: list[str]) -> None:
    made = shown(Proof([*ROWS, EscapeResult("process", "fork", 4, succeeded, False, "PermissionError")], seen), None)
    assert made.failed == bool(succeeded or seen)
    assert made.notes[-1].startswith("3 escapes, each tried at import, in a hook and in a stand-in")
    assert ("1 succeeded" if succeeded else "none succeeded") in made.notes[-1]
    assert [note for note in made.notes if "Seen from outside" in note] == [
        f"[red]✗ Seen from outside: {each}[/red]" for each in seen
    ]
