"""A hub at a terminal: its log is sentences, and it ends when the terminal is closed."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import structlog
from cli_shop import Shop
from commands import CliRunner

from hub.cli import app
from hub.cli.serve import terminal_line
from hub.platform.loopback import free_port

AT = "2026-03-02T15:00:00Z"


def line(level: str, event: str, **values: object) -> str:
    return terminal_line(None, level, {"timestamp": AT, "level": level, "event": event, **values})


def test_a_warning_says_what_happened_what_it_means_and_what_to_do() -> None:
    said = line("warning", "credentials refused", connector="google", hook="upload_conversions")
    assert "google refused the sign-in. What goes there waits." in said
    assert "To do: Sign in again." in said
    assert "hook upload_conversions" in said, "what tells two causes apart"


def test_an_event_without_a_sentence_is_told_with_its_values_as_plain_text() -> None:
    assert "The spool was drained" in line("info", "the spool was drained", rows=3)
    assert "[bold]no markup[/bold]" in line("info", "synced", detail="[bold]no markup[/bold]")


def test_evidence_for_the_machine_that_collects_logs_is_not_shown_to_people() -> None:
    with pytest.raises(structlog.DropEvent):
        line("info", "journal signed", chain="hub", hash="89077f")


def test_check_tells_of_a_port_at_which_nobody_listens(shop: Shop) -> None:
    shop.configure()
    assert not any("public_url" in each for each in shop.json("check")["warnings"]), "https elsewhere, by a web server"
    file = shop.folder / "config.yaml"
    file.write_text(file.read_text().replace("https://calls.example.com", "http://127.0.0.1:9999"))
    port, unencrypted = [each for each in shop.json("check")["warnings"] if "public_url" in each]
    assert "hub.public_url names port 9999 of this machine, but the hub listens on" in port
    assert "begins with http://, but phone is live" in unencrypted


def test_check_says_that_a_machine_without_certificates_of_authorities_trusts_no_provider(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.configure()
    assert not any("authorities" in each for each in shop.json("check")["warnings"])
    (tmp_path / "none").mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    (said,) = [each for each in shop.json("check")["warnings"] if "authorities" in each]
    assert "apt-get install ca-certificates" in said


@pytest.mark.soak
def test_a_hub_whose_terminal_was_closed_ends_and_one_that_was_told_to_reload_goes_on(tmp_path: Path) -> None:
    assert (
        CliRunner().invoke(app, ["init", "--yes", "--port", str(free_port()), "--folder", str(tmp_path)]).exit_code == 0
    )
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(tmp_path)
        os.execv(sys.executable, [sys.executable, "-m", "hub.cli", "run"])
    _read_until(terminal, "is everything right? hub check")
    os.kill(process, signal.SIGHUP)
    _read_until(terminal, "A version of config.yaml was taken")
    os.close(terminal)
    assert _ended(process) == 0


def _read_until(terminal: int, wanted: str, seconds: float = 60) -> None:
    said, until = "", time.monotonic() + seconds
    while wanted not in said:
        assert time.monotonic() < until, said
        if select.select([terminal], [], [], 1)[0]:
            said += os.read(terminal, 65_536).decode(errors="replace")


def _ended(process: int, seconds: float = 60) -> int:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.1)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    pytest.fail("the hub runs on without a terminal")


def test_what_a_command_logs_is_scrubbed_and_apart_from_what_it_prints() -> None:
    command = (
        "import sys, structlog, hub.cli; sys.argv = ['hub', 'calls', '--json'];"
        "log = lambda: (structlog.get_logger().warning('late', caller='+13125550142'), print('{}'));"
        "hub.cli.application = lambda *_: log; hub.cli.main()"
    )
    ran = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert ran.stdout == "{}\n"
    assert "late" in ran.stderr and "5550142" not in ran.stderr
