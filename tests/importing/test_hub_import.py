"""`hub import`: it looks first, brings over with --yes, hides the key, and says in one sentence what is wrong."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
import structlog
from commands import CliRunner, application_of
from recorded_callrail import KEY, LAKESIDE, POOL, TRACKERS, RecordedCallRail, call, some_calls

from hub.access.sign_in.sessions import hash_of
from hub.contracts.answers import CallLimits
from hub.errors import RingfenceError
from hub.platform import logs
from hub.startup.reading import read_config
from plugins.carriers.twilio import Twilio

CONFIG = """\
hub:
  public_url: http://127.0.0.1:8080
  database: sqlite:///hub.db

# The phone company.
connectors:
  twilio: {plugin: twilio, sandbox: true}

accounts:
  - name: agency
    title: Agency
"""


def recent(row: dict[str, Any]) -> dict[str, Any]:
    """A time of the last days for a call that has one and is not too old: commands run by the real clock."""
    if not (row["start_time"] or "").startswith(("2025", "2026")):
        return {}
    return {"start_time": (datetime.now(UTC) - timedelta(days=9, minutes=int(row["id"][-1]))).isoformat()}


@pytest.fixture
def theirs() -> RecordedCallRail:
    return RecordedCallRail(calls=[each | recent(each) for each in some_calls()])


@pytest.fixture
def base_url(theirs: RecordedCallRail) -> Iterator[str]:
    """The recorded account behind a real socket."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = httpx2.Request("GET", f"http://127.0.0.1{self.path}", headers=dict(self.headers.items()))
            answer = theirs.handle_request(asked)
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "config.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CALLRAIL_API_KEY", KEY)
    monkeypatch.setenv("COLUMNS", "250")
    # The runner closes its streams after a command; a log that kept them would fail in later tests.
    monkeypatch.setattr(
        logs, "configure", lambda level: structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    )
    yield tmp_path
    structlog.reset_defaults()


def hub(*words: str) -> Any:
    return CliRunner().invoke(application_of("import"), ["import", *words])


def test_it_looks_first_and_changes_nothing(folder: Path, base_url: str) -> None:
    done = hub("callrail", "--base-url", base_url)
    assert done.exit_code == 0, f"{done.output}{done.exception}"
    assert "Would bring over Blue Wrench Marketing: 2 companies, 4 trackers, 3 users, 2 tags." in done.output
    assert "+      - name: lakeside_plumbing" in done.output
    assert "+        domains:\n+          - lakeside.example.com" in done.output, "the hosts of recent calls"
    assert done.output.rstrip().splitlines()[-1].startswith("Nothing was changed") and "lines more" not in done.output
    assert "Nothing was changed. Run it again with --yes" in done.output
    assert (folder / "config.yaml").read_text() == CONFIG
    assert KEY not in done.output


def test_yes_brings_it_over_tells_what_was_not_and_plans_the_rest(folder: Path, base_url: str) -> None:
    done = hub("callrail", "--base-url", base_url, "--yes", "--json")
    assert done.exit_code == 0, f"{done.output}{done.exception}"
    told = json.loads(done.stdout)
    assert told["done"] and told["lists"]["calls"] == {"there": 8, "new": 5, "skipped": 3}
    assert told["lists"]["users"]["new"] == 2
    text = (folder / "config.yaml").read_text()
    assert "# The phone company." in text and "name: lakeside_plumbing" in text and "- lakeside.example.com" in text
    again = hub("callrail", "--base-url", base_url, "--yes")
    assert "unchanged" in again.output and "hub import plan" in again.output and KEY not in again.output
    assert "Set up the user owner" in again.output and "/setup/" in again.output, "the imported users are no owners"
    (printed,) = re.findall(r"/setup/\S+", again.output)
    quiet = hub("callrail", "--base-url", base_url, "--yes", "--quiet", "--only", "forms", "--company", LAKESIDE)
    assert (quiet.exit_code, quiet.stdout) == (0, "") or "Not, or not wholly" in quiet.stdout
    with sqlite3.connect(folder / "hub.db") as database:
        links = database.execute("SELECT token_sha256 FROM sign_in_link WHERE used_at IS NULL").fetchall()
    token = printed.removeprefix("/setup/")
    assert links == [(hash_of(token),)], "a run that prints nothing leaves the printed link as it is"
    plan = hub("plan", "--done", "imported", "--done", "test/lakeside_plumbing", "-o", "plan.md")
    text = (folder / "plan.md").read_text()
    assert plan.exit_code == 0 and "switch-over plan" in text and text.count("- [x]") == 2, plan.output
    assert "- [ ] `imported`" in hub("plan", "--undone", "imported").output
    assert "has no step nonsense; its steps are" in str(hub("plan", "--done", "nonsense").exception)


def test_quiet_prints_only_problems_that_the_run_before_did_not_have(
    folder: Path, base_url: str, theirs: RecordedCallRail
) -> None:
    words = ("callrail", "--base-url", base_url, "--yes", "--quiet")
    first = hub(*words)
    assert "its time cannot be read" in first.stdout and "Brought over" not in first.stdout
    assert "This call is recorded" not in first.stdout and "placed by the business" not in first.stdout
    assert [hub(*words).stdout for _ in range(2)] == ["", ""]
    theirs.calls += [call(60, direction="outbound", start_time=theirs.calls[0]["start_time"])]
    assert hub(*words).stdout == "", "one more placed call is no problem"
    theirs.calls += [call(61, start_time="yesterday")]
    told = hub(*words).stdout
    assert "its time cannot be read" in told and len(told.splitlines()) == 3, told
    assert hub(*words).stdout == ""


def test_it_says_how_long_it_takes_before_it_begins(folder: Path, base_url: str, theirs: RecordedCallRail) -> None:
    looked = hub("callrail", "--base-url", base_url)
    assert "It takes up to 21 requests to CallRail, at most 900 an hour: no time to speak of." in looked.output
    theirs.texts = [{**theirs.texts[0], "id": f"SMT{n}"} for n in range(200)]
    slow = hub("callrail", "--base-url", base_url, "--rate", "100", "--recordings", "voicemail")
    assert "It takes up to 223 requests to CallRail, at most 100 an hour: about 1 h 37 min, and one" in slow.output
    told = json.loads(hub("callrail", "--base-url", base_url, "--json").stdout)
    assert (told["requests"], told["seconds"]) == (222, 648)


def test_a_list_that_the_key_may_not_read_is_named_before_it_begins(
    folder: Path, base_url: str, theirs: RecordedCallRail
) -> None:
    theirs.before = lambda request: httpx2.Response(403) if "form" in request.url.path else None
    looked = hub("callrail", "--base-url", base_url)
    assert looked.exit_code == 0 and "does not include this list" in looked.output


def test_a_text_that_looks_like_a_reference_stays_text_and_is_listed_with_its_tracker(
    folder: Path, base_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "Ann says ${file:secret.key} and ${oops"
    monkeypatch.setitem(TRACKERS[0]["call_flow"], "greeting_text", said)
    monkeypatch.setitem(TRACKERS[0], "name", "Pool ${env:CALLRAIL_API_KEY}")
    done = hub("callrail", "--base-url", base_url, "--yes", "--only", "forms")
    assert done.exit_code == 0, f"{done.output}{done.exception}"
    assert "agency > lakeside_plumbing > route > greeting" in done.output and POOL in done.output
    (company,) = read_config(folder / "config.yaml").companies
    assert company.route is not None and company.route.greeting == said
    assert company.trackers[0].title == "Pool ${env:CALLRAIL_API_KEY}" and KEY not in done.output
    again = hub("callrail", "--base-url", base_url, "--yes", "--only", "forms", "--json")
    assert json.loads(again.stdout)["config_diff"] == "", "what is text is not written again"


def test_hub_check_names_a_company_with_a_pool_and_without_domains(folder: Path, base_url: str) -> None:
    assert hub("callrail", "--base-url", base_url, "--yes", "--only", "forms").exit_code == 0
    missing = "Lakeside Plumbing has a pool of numbers and no `domains:`"
    assert missing not in checked()
    file = folder / "config.yaml"
    file.write_text(file.read_text().replace("        domains:\n          - lakeside.example.com\n", ""))
    assert missing in checked()


def checked() -> str:
    return " ".join(CliRunner().invoke(application_of("check"), ["check"]).output.split())


def test_what_the_carrier_cannot_do_in_a_call_is_refused_and_the_file_stays(
    folder: Path, base_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited = Twilio.manifest.model_copy(update={"call_limits": CallLimits(text_bytes=20)})
    monkeypatch.setattr(Twilio, "manifest", limited)
    done = hub("callrail", "--base-url", base_url, "--yes")
    assert isinstance(done.exception, RingfenceError)
    assert "speaks at most 20 bytes at once" in str(done.exception) and "shorten it" in str(done.exception)
    assert (folder / "config.yaml").read_text() == CONFIG


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--yes", "--dry-run"], "exclude each other"),
        (["--recordings", "all"], "none, voicemail, announced"),
        (["--only", "people"], "calls, forms, texts"),
        (["--from", "May"], "2026-01-31"),
        (["--carrier", "nobody"], "config.yaml has twilio"),
        (["--into", "nobody"], "it has agency"),
        (["--account", "ACCx"], "no account ACCx"),
        (["--company", "COMx"], "no company COMx"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(folder: Path, base_url: str, words: list[str], said: str) -> None:
    done = hub("callrail", "--base-url", base_url, *words)
    assert isinstance(done.exception, RingfenceError) and said in str(done.exception)
    assert (folder / "config.yaml").read_text() == CONFIG


def test_without_a_key_it_says_where_to_put_it(folder: Path, base_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CALLRAIL_API_KEY")
    done = hub("callrail", "--base-url", base_url)
    assert isinstance(done.exception, RingfenceError) and "CALLRAIL_API_KEY" in str(done.exception)
    monkeypatch.setenv("CALLRAIL_API_KEY", "wrong")
    done = hub("callrail", "--base-url", base_url)
    assert "refuses the key" in str(done.exception) and "wrong" not in str(done.exception)


TEXTS = """\
Sent At,Direction,Content,Phone Number,Tracking Number,Number Name,Company Name
2019-01-05T13:00:00-05:00,Inbound,STOP,404-555-0142,404-555-0101,Website Pool,Lakeside Plumbing
2019-01-05T13:01:00-05:00,Inbound,enough already,404-555-0143,404-555-0101,Website Pool,Lakeside Plumbing
"""


def test_the_columns_of_a_file_are_shown_and_can_be_corrected_before_it_is_brought_over(folder: Path) -> None:
    (folder / "texts.csv").write_text(TEXTS.replace("Content", "Words"))
    looked = hub("csv", "texts.csv", "--dial", "+14045550190", "--map", "Words=body")
    assert looked.exit_code == 0, f"{looked.output}{looked.exception}"
    assert "Columns of texts.csv, texts of CallRail" in looked.output and "--map COLUMN=MEANING" in looked.output
    assert re.search(r"Words +body +STOP\b", looked.output) and re.search(r"Sent At +at\b", looked.output)
    assert "Nothing was changed" in looked.output and (folder / "config.yaml").read_text() == CONFIG
    told = hub("csv", "texts.csv", "--dial", "+14045550190")
    assert isinstance(told.exception, RingfenceError) and "Say it with --map" in str(told.exception)


def test_refusals_in_files_and_a_list_of_opt_outs_are_counted_before_and_after(folder: Path) -> None:
    (folder / "texts.csv").write_text(TEXTS)
    (folder / "stops.csv").write_text("Phone Number\n404-555-0144\nnobody\n")
    words = ("csv", "texts.csv", "--dial", "+14045550190", "--opt-outs", "stops.csv")
    looked = hub(*words)
    assert looked.exit_code == 0, f"{looked.output}{looked.exception}"
    assert "Of the opt-out list, 1 of 2 lines would be put" in looked.output and "write it like" in looked.output
    told = json.loads(hub(*words, "--yes", "--json").stdout)
    assert told["refusals"] == {"text": {"sure": 1, "doubtful": 1, "not_kept": 2}}
    assert told["opt_outs"] == {"lines": 2, "stopped": 1} and [each["line"] for each in told["opt_out_mistakes"]] == [3]
    plan = hub("plan").output
    assert "| a text | 1 | 1 | 2 |" in plan and "| the opt-out list | 1 |" in plan
