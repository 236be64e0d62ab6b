"""`hub trigger` plays one event into a running hub and shows what became of it."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from commands import CliRunner
from page_client import signed_in
from served import serving
from testbed import TestHub
from typer.testing import Result

from hub.cli import app
from hub.contracts.webhooks import WebhookRequest
from hub.delivery.sync import sync as sync_now
from hub.model import AuditEntry, ConversionRow, Delivery, LeadChange, Recording
from hub.platform.clock import utc_now
from hub.platform.loopback import free_port
from hub.startup.opening import Opened, open_hub
from hub.startup.reading import read_config
from hub.testing import FrozenClock
from hub.testing.trigger.running_hub import RunningHub
from hub.worker import Worker

Refusal = Callable[[Result], str]


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--config", str(folder / "config.yaml")])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration that `hub init` writes, on a free port; no hub runs yet."""
    made = tmp_path_factory.mktemp("business")
    assert CliRunner().invoke(app, ["init", "--yes", "--port", str(free_port()), "--folder", str(made)]).exit_code == 0
    return made


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Opened]:
    """The hub that serves it, with a worker."""
    config = read_config(folder / "config.yaml")
    host, port = config.hub.listen.split(":")
    with open_hub(config) as opened, serving(opened, socket.create_server((host, int(port)))):
        worker = Worker(opened.hub, opened.directory)
        worker.start()
        yield opened
        worker.stop()


def test_without_a_running_hub_it_says_how_to_start_one(folder: Path, refusal: Refusal) -> None:
    assert "hub run" in refusal(run(folder, "trigger", "call"))


def test_what_the_hub_could_not_store_in_time_is_sent_again_as_a_carrier_does(folder: Path) -> None:
    answers, pauses = [503, 503, 200, *[503] * 9], list[float]()
    with httpx2.Client(
        transport=httpx2.MockTransport(lambda request: httpx2.Response(answers.pop(0), text="<Response/>")),
        base_url="http://127.0.0.1:8080",
    ) as client:
        hub = RunningHub(read_config(folder / "config.yaml"), client, sleep=pauses.append)
        webhook = WebhookRequest(
            method="POST",
            url="https://calls.example.com/webhooks/twilio/voice",
            body=b"",
            received_at=utc_now(),
            headers={},
        )
        assert hub.post(webhook) is not None and pauses == [1, 2]
        assert hub.post(webhook) is None and [status for _, status, _ in hub.sent] == [200, 503]
    assert len(answers) == 4, "after five times it gives up"


def test_a_click_id_is_written_with_its_name(folder: Path, running: Opened, refusal: Refusal) -> None:
    assert "like --click-id rdt_cid=3184" in refusal(run(folder, "trigger", "visit", "--click-id", "3184"))


def test_a_call_from_an_ad_is_attributed_and_reported(folder: Path, running: Opened) -> None:
    result = run(folder, "trigger", "call", "--gclid", "Cj0KEXAMPLE", "--campaign", "spring")
    assert result.exit_code == 0, result.output
    shown = " ".join(result.output.split())
    assert "The page shows +1312555" in shown and "acknowledged" in shown
    assert "Google Ads" in shown and "qualified call, 40 USD" in shown and "/calls/" in shown


def test_a_call_to_the_number_of_one_source_is_of_that_source(folder: Path, running: Opened) -> None:
    result = run(folder, "trigger", "call", "--to", "lakeside_plumbing/truck", "--from", "+12025550124", "--missed")
    assert result.exit_code == 0, result.output
    assert "A visitor opens" not in result.output and "Truck (offline)" in " ".join(result.output.split())


def test_texts_visits_and_forms_arrive_too(folder: Path, running: Opened) -> None:
    text = run(folder, "trigger", "text", "--to", "lakeside_plumbing/truck")
    assert text.exit_code == 0 and "1 webhook acknowledged" in text.output, text.output
    visit = run(folder, "trigger", "visit", "--source", "reddit", "--click-id", "rdt_cid=3184")
    assert visit.exit_code == 0 and "The page shows +1312555" in visit.output, visit.output
    assert "rdt_cid=3184" in visit.output.replace("\n", "")
    form = run(folder, "trigger", "form", "--from", "+12025550125")
    assert form.exit_code == 0 and "contact form, 15 USD" in " ".join(form.output.split()), form.output


def test_the_recording_of_a_call_arrives(folder: Path, running: Opened) -> None:
    stage = TestHub(running.hub, running.directory, FrozenClock(utc_now()))
    before = {row.id for row in stage.rows(Recording)}
    result = run(folder, "trigger", "call", "--to", "lakeside_plumbing/truck", "--from", "+12025550126")
    assert result.exit_code == 0, result.output
    until = time.monotonic() + 90
    while not (new := [row for row in stage.rows(Recording) if row.id not in before and row.state == "stored"]):
        assert time.monotonic() < until, [(row.state, row.id in before) for row in stage.rows(Recording)]
        time.sleep(0.05)
    assert len(new) == 1


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("--from", "+13128675309"), "may be somebody's number"),
        (("--to", "lakeside_plumbing/nothing"), "It has: lakeside_plumbing/website"),
        (("--to", "nobody"), "It has: lakeside_plumbing/website"),
    ],
)
def test_what_it_will_not_play_is_told(
    folder: Path, running: Opened, refusal: Refusal, arguments: tuple[str, ...], words: str
) -> None:
    assert words in refusal(run(folder, "trigger", "call", *arguments))


def test_a_live_connector_takes_no_event_that_was_made_up(
    folder: Path, running: Opened, refusal: Refusal, tmp_path: Path
) -> None:
    live = (
        (folder / "config.yaml")
        .read_text()
        .replace(
            "plugin: twilio\n    sandbox: true",
            "plugin: twilio\n    account_sid: AC00000000000000000000000000000000\n    auth_token: ${file:token}",
        )
    )
    (folder / "token").write_text("00000000000000000000000000000000")
    (folder / "live.yaml").write_text(live)
    result = CliRunner().invoke(app, ["trigger", "text", "--config", str(folder / "live.yaml")])
    assert "twilio is live" in refusal(result)


def test_the_web_interface_plays_a_call_and_ends_on_its_page(running: Opened) -> None:
    stage = TestHub(running.hub, running.directory, FrozenClock(utc_now()))
    account = running.hub.config.accounts[0].name
    company = running.hub.config.companies[0].name
    owner = signed_in(stage, account=account)
    assert "Play a realistic call" in owner.text("/status/test-call")
    answer = owner.post("/status/test-call/play", {"tracker": f"{company}/website", "ending": "answered"})
    assert answer.status_code == 303, answer.text
    page = answer.headers["location"]
    assert re.fullmatch(r"/calls/[0-9a-f-]{36}", page)
    shown = owner.text(page)
    assert "Google Ads" in shown and "Test call" in shown
    played = [each.detail for each in stage.rows(AuditEntry) if each.action == "call_test.play"]
    assert played[0] == "call" and played[-1] == "website", "a command is audited as a page is"
    wrong = owner.post("/status/test-call/play", {"tracker": "nobody/website", "ending": "answered"})
    assert wrong.status_code == 422 and "Choose one of these trackers" in wrong.text
    marketer = signed_in(stage, "marketer", account=account)
    assert marketer.post("/status/test-call/play", {"tracker": f"{company}/website"}).status_code == 403


def test_a_second_call_from_a_number_says_why_no_conversion_was_made(folder: Path, running: Opened) -> None:
    sends = run(folder, "trigger", "call", "--from", "+12025550131")
    assert sends.exit_code == 0 and "No conversion was made" not in sends.output, sends.output
    again = " ".join(run(folder, "trigger", "call", "--from", "+12025550131").output.split())
    assert "No conversion was made: this number has called before, and the rules ask for a first call;" in again
    missed = " ".join(run(folder, "trigger", "call", "--from", "+12025550132", "--missed").output.split())
    assert "No conversion was made: nobody answered" in missed


def test_a_call_says_which_crm_gets_it(folder: Path, running: Opened) -> None:
    file = folder / "config.yaml"
    written = file.read_text()
    file.write_text(written.replace("\nconnectors:\n", "\nconnectors:\n  close: {plugin: close, sandbox: true}\n", 1))
    try:
        said = run(folder, "trigger", "call", "--from", "+12025550134", "--missed").output
    finally:
        file.write_text(written)
    assert "Close gets the call at its next sync: hub sync close" in " ".join(said.split()), said


def test_the_demo_says_that_it_needs_a_company(tmp_path: Path, refusal: Refusal) -> None:
    (tmp_path / "config.yaml").write_text(
        "hub: {public_url: 'http://127.0.0.1:8080', listen: '127.0.0.1:8080', database: 'sqlite:///data/ringfence.db'}\n"
        "connectors: {close: {plugin: close, sandbox: true}}\n"
    )
    assert "has no company whose calls could be played" in refusal(run(tmp_path, "demo", "--exit"))


def test_a_lead_that_is_marked_on_the_page_reaches_the_ad_network(folder: Path, running: Opened) -> None:
    """From the file of `hub init`, without an edit: the plumber's promise."""
    said = run(folder, "trigger", "form", "--from", "+12025550133", "--gclid", "Cj0KLEAD").output
    found = re.search(r"/calls/[0-9a-f-]{36}", said)
    assert found, said
    stage = TestHub(running.hub, running.directory, FrozenClock(utc_now()))
    owner = signed_in(stage, account=running.hub.config.accounts[0].name)
    before = owner.text(found[0]).replace(" .", ".")
    assert "Goes to Google Ads within 15 min after it is saved as qualified." in before, before[
        before.index("Lead Status") :
    ]
    assert owner.post(f"{found[0]}/lead", {"status": "qualified", "amount": "250", "tags": ""}).status_code == 303
    until = time.monotonic() + 90
    while not stage.rows(LeadChange, state="done") and time.monotonic() < until:
        time.sleep(0.1)
    saved = owner.text(found[0]).replace(" .", ".")
    # Four times an hour the worker delivers at this moment.
    assert "Goes to Google Ads within 15 min." in saved or "Went to Google Ads." in saved
    sync_now(running.hub, running.directory.current(), "google", jitter=lambda longest: longest)
    (row,) = stage.rows(ConversionRow, rule="lead")
    (sent,) = stage.rows(Delivery, conversion_id=row.id)
    assert sent.state in ("accepted", "delivered"), (sent.state, sent.code, sent.reason, row.occurred_at)
    google: Any = running.sandboxes.of("google")
    counted = google.ledger.find("789789789", row.key)
    assert (counted.value, counted.currency, counted.click_ids) == (250.0, "USD", {"gclid": "Cj0KLEAD"})
