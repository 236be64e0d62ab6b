"""A hub opened from a config.yaml behind a real HTTP server, which takes each edit at once as the real one does."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from clicks import Hand
from config_on_disk import open_config_stage
from page_client import signed_in
from served import serving
from testbed import TestHub
from visitor import WAIT

from hub.startup.opening import Opened
from hub.testing import FrozenClock

SIZES = {"mouse": {"width": 1440, "height": 900}, "finger": {"width": 360, "height": 800}}


@contextmanager
def open_office(
    database: str, clock: FrozenClock, folder: Path, text: str, **more: Any
) -> Iterator[tuple[TestHub, str]]:
    """The hub and its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        public = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with (
            open_config_stage(
                database, clock, folder, text.replace("https://calls.example.com", public), **more
            ) as stage,
            serving(Opened(stage.hub, stage.live, None), listener, stage.config_file),  # type: ignore[arg-type]
        ):
            yield stage, public


@contextmanager
def hand_of(headless: Any, stage: TestHub, public: str, way: str) -> Iterator[Hand]:
    """A signed-in owner with a mouse or a finger."""
    context = headless.new_context(viewport=SIZES[way], has_touch=way == "finger")
    cookie = signed_in(stage).client.cookies["hub_session"]
    context.add_cookies([{"name": "hub_session", "value": cookie, "url": public}])
    context.set_default_timeout(WAIT)
    yield Hand(context.new_page(), touches=way == "finger")
    context.close()
