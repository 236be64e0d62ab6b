"""Moves a hub's history to another hub through CallRail's API, over HTTP, killed in the middle: counts and fields must agree.

Compared are all rows field by field, the counts of calls by company, source and month, and the reports of both sides.

`python -m benchmarks.import_callrail [CALLS]` (10,000): the first hub is seeded and served by a process of its own; `hub import
callrail` runs as its own process, gets SIGKILL in the middle of its calls, and runs again. Prints seconds and CPU seconds.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).parents[1]
CONFIG = """\
hub:
  public_url: http://127.0.0.1:{port}
  listen: 127.0.0.1:{port}
  database: sqlite:///hub.db
recordings: {{storage: recordings}}
retention:
  text_body: {{keep: 36mo, reason: "all of it shall be compared"}}
  form_content: {{keep: 36mo, reason: "all of it shall be compared"}}
connectors:
  twilio: {{plugin: twilio, sandbox: true}}
accounts:
  - name: agency
    title: Agency
"""
FIELDS = (
    "call_type,company_name,first_call,source,medium,campaign,keywords,landing_page_url,lead_status,tags,note,value,"
    "source_name"
)
LISTS = {
    "calls": ("calls", FIELDS),
    "form_submissions": ("form_submissions", "lead_status,tags,note,value"),
    "text-messages": ("conversations", "source,lead_status,tags"),
}
FIGURES = "total_calls,missed_calls,answered_calls,first_time_callers"
OWN = {
    "id", "company_id", "person_id", "initial_tracker_id", "current_tracker_id", "recording", "recording_player",
    "recording_duration",
}  # fmt: skip
"""What each hub has of its own: ids, and audio, which the seed only names."""


@dataclass(frozen=True)
class Moved:
    """What a move took."""

    calls: int
    seconds: float
    cpu_seconds: float
    killed_at: int
    """How many calls were stored when the first run was killed."""
    differences: list[str]
    groups: int
    """How many companies, sources and months with calls were compared."""


def move(calls: int, folder: Path) -> Moved:
    """Seed, serve, import with a kill in the middle, import again, compare."""
    theirs, ours = folder / "theirs", folder / "ours"
    key = prepare(theirs, calls)
    prepare(ours, 0)
    with served(theirs) as base:
        environment = {**os.environ, "CALLRAIL_API_KEY": key}
        command = [
            sys.executable,
            "-m",
            "hub.cli",
            "import",
            "callrail",
            "--base-url",
            base,
            "--rate",
            "0",
            "--yes",
            "--json",
        ]
        command += ["--carrier", "twilio", "--dial", "+13125550190"]
        killed_at = killed_in_the_middle(command, environment, ours, calls)
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(command, cwd=ours, env=environment, capture_output=True, text=True, check=False)
        seconds, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            raise SystemExit(done.stderr)
        again = json.loads(
            subprocess.run(command, cwd=ours, env=environment, capture_output=True, text=True, check=True).stdout
        )
        there = {name: records(base, key, name) for name in LISTS}
        theirs_reported = reports(base, key)
    found = [f"a second run brings {name} again" for name, each in again["lists"].items() if each.get("new")]
    with served(ours) as base:
        own = key_of(ours)
        here = {name: records(base, own, name) for name in LISTS}
        ours_reported = reports(base, own)
    for name in LISTS:
        found += differences(name, there[name], here[name])
    one, other = grouped(there["calls"]), grouped(here["calls"])
    found += [
        f"{group}: {one[group]} there, {other[group]} here" for group in one | other if one[group] != other[group]
    ]
    found += [f"the report by {name} differs" for name, each in theirs_reported.items() if each != ours_reported[name]]
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Moved(calls, seconds, cpu, killed_at, found, len(one))


def prepare(folder: Path, calls: int) -> str:
    """A hub in a folder, with `calls` seeded calls; returns a key of its owner."""
    from benchmarks.seed_calls import seed
    from hub.platform.loopback import free_port
    from hub.startup.database import open_store
    from hub.startup.reading import read_config

    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(CONFIG.format(port=free_port()))
    with contextlib.chdir(folder), open_store(read_config(Path("config.yaml"))) as store:
        if calls:
            seed(store, calls, last=datetime.now(UTC) - timedelta(days=1))
        if calls:
            return new_key(store)
    return ""


def new_key(store: Any) -> str:
    """A key of a new owner."""
    from sqlmodel import select

    from hub.access.keys import new_api_key
    from hub.access.users import add_user
    from hub.model import Account

    with store.writing() as session:
        account = session.exec(select(Account)).one()
        owner = add_user(session, account, "reader", "owner", datetime.now(UTC))
        return str(new_api_key(session, owner, datetime.now(UTC)))


def key_of(folder: Path) -> str:
    """A key of the hub in a folder."""
    from hub.startup.database import open_store
    from hub.startup.reading import read_config

    with contextlib.chdir(folder), open_store(read_config(Path("config.yaml"))) as store:
        return new_key(store)


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """CallRail's API of the hub in a folder, in a process of its own; yields its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.import_callrail", "--serve", str(folder)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(timeout=20)


def serve(folder: Path) -> None:
    """Answer CallRail's API without a rate limit until the process is terminated; prints its address."""
    import uvicorn

    from hub.platform import logs
    from hub.platform.rate_limit import Buckets, Counters
    from hub.startup.assembly import assemble
    from hub.startup.reading import read_config
    from hub.web.callrail import create_callrail_api

    class Unlimited(Counters):
        def of(self, name: str, make: Any) -> Any:
            return type("Full", (Buckets,), {"use": lambda *_: 1.0})()

    logs.configure("error")
    os.chdir(folder)
    config = replace(read_config(Path("config.yaml")), connectors={}, accounts=())
    hub = assemble(config)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    app = create_callrail_api(hub, counters=Unlimited())
    uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listener])


def killed_in_the_middle(command: list[str], environment: dict[str, str], ours: Path, calls: int) -> int:
    """Start the import, kill it when a third of the calls is stored; returns how many were."""
    process = subprocess.Popen(command, cwd=ours, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and stored(ours) < calls // 3:
        time.sleep(0.01)
    if process.poll() is not None:
        raise SystemExit("The import ended before it could be killed.")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    return stored(ours)


def stored(folder: Path) -> int:
    """How many calls a hub has."""
    with contextlib.closing(sqlite3.connect(f"file:{folder / 'hub.db'}?mode=ro", uri=True)) as database:
        try:
            return int(database.execute("SELECT count(*) FROM call").fetchone()[0])
        except sqlite3.OperationalError:
            return 0


def records(base: str, key: str, name: str) -> list[dict[str, Any]]:
    """All of one list, in an order that both hubs share, without what each has of its own."""
    headers = {"Authorization": f"Token token={key}"}
    kept, fields = LISTS[name]
    with httpx2.Client(headers=headers, timeout=60) as client:
        account = client.get(f"{base}/v3/a.json").json()["accounts"][0]["id"]
        found, page = [], 1
        while True:
            asked = {"date_range": "all_time", "fields": fields, "per_page": "250", "page": str(page)}
            answer = client.get(f"{base}/v3/a/{account}/{name}.json", params=asked)
            answer.raise_for_status()
            rows = answer.json()[kept]
            found += [comparable(row) for row in rows]
            if page >= answer.json()["total_pages"]:
                break
            page += 1
    return in_order(found)


def grouped(calls: Iterable[dict[str, Any]]) -> Counter[tuple[str, str, str]]:
    """Calls by company, source and month."""
    return Counter((str(each["company_name"]), str(each["source"]), str(each["start_time"])[:7]) for each in calls)


def reports(base: str, key: str) -> dict[str, dict[str, Any]]:
    """What CallRail's summaries say of all calls, by source and by company: group → its figures."""
    found = {}
    with httpx2.Client(headers={"Authorization": f"Token token={key}"}, timeout=60) as client:
        account = client.get(f"{base}/v3/a.json").json()["accounts"][0]["id"]
        for name in ("source", "company"):
            asked = {"date_range": "all_time", "group_by": name, "fields": FIGURES}
            answer = client.get(f"{base}/v3/a/{account}/calls/summary.json", params=asked)
            answer.raise_for_status()
            found[name] = {each["key"]: each for each in answer.json()["grouped_results"]}
    return found


def in_order(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Records in an order that does not depend on ids."""
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


def comparable(row: dict[str, Any]) -> dict[str, Any]:
    """A record without what each hub has of its own. An unanswered call shows the phone that would ring today, and the medium
    of what is direct is `none` after an import."""
    kept = {key: value for key, value in row.items() if key not in OWN}
    if row.get("answered") is False:
        del kept["business_phone_number"]
    if row.get("source") == "Direct" and "medium" in kept:
        kept["medium"] = "none"
    return kept


def differences(name: str, there: list[dict[str, Any]], here: list[dict[str, Any]]) -> list[str]:
    """How the lists of two hubs differ, in words."""
    if len(there) != len(here):
        return [f"{name}: {len(there)} there, {len(here)} here"]
    found: dict[str, int] = {}
    for one, other in zip(there, here, strict=True):
        for field in one:
            if one[field] != other.get(field):
                found[field] = found.get(field, 0) + 1
    return [f"{name}: {field} differs in {count}" for field, count in found.items()]


def main() -> None:
    """Move and print."""
    if sys.argv[1:2] == ["--serve"]:
        serve(Path(sys.argv[2]))
        return
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory(prefix="hub-import-") as folder:
        moved = move(calls, Path(folder))
    took = f"{moved.seconds:.1f} s, {moved.cpu_seconds:.1f} s of CPU"
    print(f"{moved.calls:,} calls: killed at {moved.killed_at:,}, then the rest in {took}")
    print(f"{moved.groups:,} groups by company, source and month compared, and the reports by source and by company")
    for difference in moved.differences:
        print(difference)
    sys.exit(1 if moved.differences else 0)


if __name__ == "__main__":
    main()
