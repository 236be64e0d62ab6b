"""A newcomer's first hour in an empty folder, and the evening of one who moves in from CallRail.

First: install the wheel, `hub init`, `hub run`, and find a call everywhere (docs/first-hour.md). Then, in a folder of its own:
import an account, run the hub, sign in, and get a call and a visit (docs/import-callrail.md).

    python .ci/newcomer.py UV

Builds a wheel from the files of this checkout, installs it with `uv tool install` (UV is the path of uv), and prints a line
for each step. Exits with status 1 at the first one that fails, with the log of the hub. Needs a package index.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import http.cookiejar
import http.server
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import SystemRandom
from typing import Any

from callrail_stand_in import DOMAIN, KEY, POOL_NUMBERS, Account, serving

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = "hubspot"
"""What the configuration of a plumber needs beside the hub itself."""
START_SECONDS, RECEIVE_SECONDS = 120.0, 60.0
LINK = re.compile(r"http\S+/setup/\S+")
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PASSWORD = "a newcomer's long enough passphrase 77"  # noqa: S105 - of a hub that lives for a minute


class Failed(Exception):
    """A step that did not do what a newcomer may expect."""


class Newcomer:
    """One folder, with the commands that were installed."""

    def __init__(self, folder: Path, home: str = "hub") -> None:
        self.folder, self.home = folder, folder / home
        self.home.mkdir()
        self.port = _free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
        self.environment = kept | {"UV_TOOL_DIR": str(folder / "tools"), "UV_TOOL_BIN_DIR": str(folder / "bin")}
        self.forget_cookies()

    def forget_cookies(self) -> None:
        """From now on somebody else's browser."""
        self.cookies = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), urllib.request.ProxyHandler({})
        )

    def run(self, *words: str | Path, cwd: Path | None = None) -> str:
        """Run a command to its end; what it printed."""
        done = subprocess.run(  # noqa: S603 - our own commands
            [str(word) for word in words],
            cwd=cwd or self.home, env=self.environment, text=True, capture_output=True, timeout=600, check=False,
        )  # fmt: skip
        if done.returncode:
            raise Failed(
                f"{' '.join(map(str, words))} ended with status {done.returncode}:\n{done.stdout}{done.stderr}"
            )
        return done.stdout

    def hub(self, *words: str) -> str:
        """Run `hub …` as it was installed."""
        return self.run(self.folder / "bin" / "hub", *words)

    @contextlib.contextmanager
    def running(self, *words: str) -> Iterator[Path]:
        """`hub …` in the background; the file that it prints to."""
        log = self.folder / f"{self.home.name}-{words[0]}.log"
        with log.open("w") as out:
            process = subprocess.Popen(  # noqa: S603
                [str(self.folder / "bin" / "hub"), *words], cwd=self.home, env=self.environment, stdout=out, stderr=out
            )
            try:
                yield log
            finally:
                process.terminate()
                process.wait(timeout=30)

    def get(self, path: str, form: dict[str, str] | None = None, **headers: str) -> str:
        """A page of the hub, in the browser of a person."""
        data = urllib.parse.urlencode(form).encode() if form is not None else None
        request = urllib.request.Request(  # noqa: S310 - our own address
            path if path.startswith("http") else self.address + path, data, {"Origin": self.address, **headers}
        )
        try:
            with self.cookies.open(request, timeout=20) as answer:
                return answer.read().decode()  # type: ignore[no-any-return]
        except urllib.error.HTTPError as error:
            raise Failed(f"{path} answered {error.code}: {error.read().decode()[:500]}") from None


def install(person: Newcomer, uv: str) -> None:
    """Build a wheel of the checkout's files alone, look into it, and install it."""
    source = person.folder / "source"
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT, capture_output=True, check=True,
    ).stdout.decode().split("\0")  # fmt: skip
    files = [name for name in names if name and (ROOT / name).is_file()]
    for name in files:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, source / name)
    person.run(uv, "build", "--quiet", "--wheel", "--out-dir", person.folder / "dist", source, cwd=person.folder)
    (wheel,) = (person.folder / "dist").glob("*.whl")
    there = set(zipfile.ZipFile(wheel).namelist())
    missing = [name for name in files if name.startswith(("hub/", "plugins/")) and name not in there]
    if missing:
        raise Failed(f"The wheel lacks {', '.join(missing[:10])}; add their kind to package-data in pyproject.toml.")
    person.run(uv, "tool", "install", "--python", sys.executable, f"{wheel}[{EXTRAS}]", cwd=person.folder)


def begin(person: Newcomer, receiver: str) -> None:
    """Write the configuration, for a port that is free, with a webhook to `receiver`."""
    person.hub("init", "--business", "plumber", "--yes")
    config = person.home / "config.yaml"
    how = "format: callrail, use: essential.service.operations, allow_private: true, regions: [US]"
    hook = f'webhooks: [{{name: mine, url: "{receiver}", {how}}}]'
    text = config.read_text().replace("127.0.0.1:8080", f"127.0.0.1:{person.port}")
    config.write_text(re.sub(r"^( +)(contact:)", rf"\1{hook}\n\1\2", text, count=1, flags=re.M))


@contextlib.contextmanager
def receiving() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """The address of a receiver of webhooks, and what came: each signature and body."""
    came: list[tuple[str, bytes]] = []

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            came.append((self.headers["signature"] or "", body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", came
    finally:
        server.shutdown()


def sign_in(person: Newcomer, log: Path) -> None:
    """Open the link that `hub run` prints, and set up the owner."""
    link = _wait_for(lambda: LINK.search(log.read_text()), "hub run to print a link", START_SECONDS)
    set_up(person, link[0])


def set_up(person: Newcomer, link: str) -> None:
    """Open a link, choose a password, and add the app that shows codes."""
    page = person.get(link)
    secret = re.search(r"\b[A-Z2-7]{4}(?: ?[A-Z2-7]{4}){7}\b", re.sub(r"<[^>]+>", " ", page))
    app = re.search(r'name="app" value="([^"]+)"', page)
    if secret is None or app is None:
        raise Failed("The page of the link shows no secret for an app.")
    form = {"app": app[1], "code": _code(secret[0].replace(" ", "")), "password": PASSWORD, "again": PASSWORD}
    if "ecovery codes" not in person.get(link, form):
        raise Failed("The link did not sign the user in.")


def main(uv: str) -> None:
    """Play the hour."""
    begun = time.monotonic()

    def say(words: str) -> None:
        print(f"{time.monotonic() - begun:6.1f} s  {words}", flush=True)

    with tempfile.TemporaryDirectory(prefix="newcomer-") as name, receiving() as (receiver, came):
        person = Newcomer(Path(name))
        install(person, uv)
        say("built the wheel, and installed it with uv tool install")
        begin(person, receiver)
        say("hub init wrote the configuration of a plumber")
        with person.running("run") as log:
            try:
                sign_in(person, log)
                say("hub run prints a link, and its page signs the owner in")
                look_for_a_call(person, came, say)
            except BaseException:
                print(log.read_text(), file=sys.stderr)
                raise
        say("everything a newcomer does works; now one moves in from CallRail")
        move_in(Newcomer(person.folder, "moved"), say)
    say("everything works that docs/import-callrail.md says")


def look_for_a_call(person: Newcomer, came: list[tuple[str, bytes]], say: Callable[[str], None]) -> None:
    """Play a call, and find it in the terminal, in a webhook, in the API that CallRail's clients use, and in the browser."""
    with person.running("listen", "--json", "--kind", "call") as heard:
        _wait_for(lambda: "Listening" in heard.read_text(), "hub listen", START_SECONDS)
        played = person.hub("trigger", "call", "--gclid", "Cj0KEXAMPLE")
        call = re.findall(r"^hub call (\S+)$", played, re.M)[-1]
        say("hub trigger call played a call")
        _wait_for(lambda: call in heard.read_text(), "hub listen to print the call", RECEIVE_SECONDS)
        say("hub listen printed it")
    if [each["id"] for each in json.loads(person.hub("calls", "--json"))["calls"]] != [call]:
        raise Failed("The call is not in hub calls.")
    if call[-8:] not in person.hub("calls"):
        raise Failed("The call is not found by its short id.")
    if "Google" not in (page := person.hub("call", call[-8:])):
        raise Failed(f"The source of the call is not shown: {page}")
    say("it is in hub calls")
    name = f"CAL{call.replace('-', '')}"
    signature, body = _wait_for(
        lambda: next((each for each in came if name.encode() in each[1]), None), "a webhook", RECEIVE_SECONDS
    )
    secret = json.loads(person.hub("webhooks", "show", "mine", "--secret", "--json"))["secret"]
    if signature != base64.b64encode(hmac.digest(secret.encode(), body, "sha1")).decode():
        raise Failed("The webhook's signature is not that of its secret.")
    say("it came in a webhook, signed as CallRail signs")
    key = person.hub("users", "key", "owner").strip().splitlines()[-1]
    token = {"Authorization": f'Token token="{key}"'}
    (account,) = json.loads(person.get("/v3/a.json", **token))["accounts"]
    listed = json.loads(person.get(f"/v3/a/{account['id']}/calls.json?date_range=today", **token))["calls"]
    if [each["id"] for each in listed] != [name]:
        raise Failed(f"The call is not in /v3: {listed}")
    say("it is in /v3/a/…/calls.json")
    if "Google" not in person.get(f"/calls/{call}") or call not in person.get("/calls"):
        raise Failed("The call has no page, or is not in the list of calls.")
    say("it is on its page, and in the list of calls")


def move_in(person: Newcomer, say: Callable[[str], None]) -> None:
    """Play docs/import-callrail.md: import an account, run the hub, sign in, compare reports, get a call and a visit."""
    account = Account()
    person.hub("init", "--business", "plumber", "--yes", "--port", str(person.port))
    person.environment["CALLRAIL_API_KEY"] = KEY
    with serving(account) as base:
        how = ("import", "callrail", "--base-url", base, "--rate", "0", "--recordings", "voicemail")
        if "Nothing was changed" not in person.hub(*how):
            raise Failed("Without --yes, the import does not say that nothing was changed.")
        brought = person.hub(*how, "--yes")
        if "/setup/" not in brought:
            raise Failed(f"The import prints no link for the owner:\n{brought}")
        again = json.loads(person.hub(*how, "--yes", "--json"))
    calls = len(account.calls)
    if again["lists"]["calls"] != {"there": calls, "unchanged": calls}:
        raise Failed(f"A second import does not find every call here: {again['lists']}")
    say("hub import callrail brought the account over, and prints a link for the owner")
    with person.running("run") as log:
        try:
            sign_in(person, log)
            say("hub run prints a link, and its page signs the owner in")
            compare(person, account)
            say("reports by source have CallRail's counts, to the call; the recordings of messages are here")
            use_what_was_imported(person)
            say("a call to an imported number, and a visit on the imported website, come in")
            link = LINK.search(person.hub("users", "reset", "dana_north"))
            if link is None:
                raise Failed("hub users reset prints no link for an imported user.")
            person.forget_cookies()
            set_up(person, link[0])
            if "Northside Roofing" not in person.get("/calls"):
                raise Failed("The imported user does not see the calls of the company.")
            say("an imported user signs in and sees the company's calls")
        except BaseException:
            print(log.read_text(), file=sys.stderr)
            raise


def compare(person: Newcomer, account: Account) -> None:
    """Calls by source, and recordings, are what CallRail has."""
    key = person.hub("users", "key", "owner").strip().splitlines()[-1]
    token = {"Authorization": f'Token token="{key}"'}
    (own,) = json.loads(person.get("/v3/a.json", **token))["accounts"]
    path = f"/v3/a/{own['id']}/calls"
    found = json.loads(person.get(f"{path}/summary.json?group_by=source&date_range=all_time", **token))
    counts = {each["key"]: each["total_calls"] for each in found["grouped_results"]}
    if counts != account.counts():
        raise Failed(f"Calls by source differ: {counts} here, {account.counts()} there.")
    listed = json.loads(person.get(f"{path}.json?date_range=all_time&per_page=250", **token))["calls"]
    recorded = sum(bool(each["recording"]) for each in listed)
    if recorded != sum(bool(each["recording"]) for each in account.calls):
        raise Failed(f"{recorded} calls have a recording here.")


def use_what_was_imported(person: Newcomer) -> None:
    """A call comes in on an imported number, and a page of the imported website gets a number of the imported pool."""
    played = person.hub("trigger", "call", "--to", "northside_roofing/yellow_pages")
    call = re.findall(r"^hub call (\S+)$", played, re.M)[-1]
    found = {each["id"]: each for each in json.loads(person.hub("calls", "--json"))["calls"]}
    if call not in found:
        raise Failed("The call to an imported number is not in hub calls.")
    page = {
        "Origin": f"https://{DOMAIN}",
        "Content-Type": "application/json",
        "User-Agent": BROWSER,
        "Accept-Language": "en-US",
    }
    body = json.dumps({"human": True, "landing_page": f"https://{DOMAIN}/"}).encode()
    request = urllib.request.Request(f"{person.address}/track/northside_roofing/visit", body, page)  # noqa: S310
    with person.cookies.open(request, timeout=20) as answer:
        visit, allowed = json.loads(answer.read()), answer.headers["access-control-allow-origin"]
    if visit["number"] not in POOL_NUMBERS or allowed != page["Origin"]:
        raise Failed(f"A page of {DOMAIN} may not show a number of the imported pool: {visit}, {allowed}")


def _wait_for(found: Callable[[], Any], what: str, seconds: float) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if value := found():
            return value
        time.sleep(0.1)
    raise Failed(f"Waited {seconds:.0f} s for {what}.")


def _code(secret: str) -> str:
    """The code that an app shows now. Source: RFC 6238."""
    step = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.new(base64.b32decode(secret), step, hashlib.sha1).digest()
    (number,) = struct.unpack(">I", digest[digest[-1] & 15 :][:4])
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06}"


def _free_port() -> int:
    """A port that no outgoing connection takes until the hub listens on it: below those that a system gives to them."""
    for port in SystemRandom().sample(range(22_000, 26_000), 4_000):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise Failed("No port is free.")


if __name__ == "__main__":
    try:
        found = shutil.which(sys.argv[1] if len(sys.argv) > 1 else "uv")
        if found is None:
            raise Failed("There is no uv; make newcomer installs it.")
        main(str(Path(found).resolve()))
    except Failed as failure:
        sys.exit(f"The newcomer's script failed: {failure}")
