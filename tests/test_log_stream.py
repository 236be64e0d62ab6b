"""The log of a process: what a library says of an error, and a log that cannot be written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HUB = "from hub.platform.logs import configure; import structlog; configure()"
GATEWAY = (
    "import io, sys; sys.stdin = io.StringIO('{\"settings\": {}}'); import structlog; "
    "from plugins.carriers.sip.gateway.__main__ import main, UNREADABLE; assert main() == UNREADABLE"
)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("begin", [HUB, GATEWAY])
def test_a_log_on_a_full_disk_ends_no_thread_that_writes_a_line(begin: str) -> None:
    program = f"{begin}; structlog.get_logger().error('the disk is full'); print('goes on', flush=True)"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=full, text=True, check=False
        )
    assert done.stdout.strip() == "goes on"


def test_what_a_library_logs_of_an_error_says_where_it_was_raised_and_nothing_of_its_text() -> None:
    program = f"""{HUB}; import logging
def read():
    raise KeyError("+13125550142")
try:
    read()
except KeyError:
    logging.getLogger("uvicorn.error").exception("Exception in ASGI application\\n")"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    line = json.loads(done.stderr)
    assert (line["event"], line["error"], line["at"]) == ("Exception in ASGI application", "KeyError", "<string>:3")
    assert "5550142" not in done.stderr
