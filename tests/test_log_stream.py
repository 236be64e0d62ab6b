"""A log that cannot be written, because its disk is full or its reader is gone, ends nothing that writes a line."""

from __future__ import annotations

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
