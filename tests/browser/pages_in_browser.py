"""The pages of a served hub in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from page_client import signed_in
from page_samples import fill
from served import serving
from testbed import SHARED, TestHub
from visitor import WAIT

from hub.platform.loopback import loopback_listener
from hub.startup.opening import Opened


@dataclass
class PagesInBrowser:
    """A served hub with one company's data, and Chromium."""

    stage: TestHub
    address: str
    ids: dict[str, str]
    headless: Any

    def context(self, role: str = "owner", **options: Any) -> Any:
        """A profile that is signed in as a role."""
        context = self.headless.new_context(**options)
        cookie = signed_in(self.stage, role).client.cookies["hub_session"]
        context.add_cookies([{"name": "hub_session", "value": cookie, "url": self.address}])
        context.set_default_timeout(WAIT)
        return context


@pytest.fixture
def pages(headless: Any, lite_hub: Callable[..., TestHub]) -> Iterator[PagesInBrowser]:
    """A hub with some calls behind a real HTTP server."""
    with loopback_listener() as listener:
        public = f"http://127.0.0.1:{listener.getsockname()[1]}"
        stage = lite_hub(public_url=public)
        ids = fill(stage, SHARED)
        with serving(Opened(stage.hub, stage.live, None), listener):  # type: ignore[arg-type]
            yield PagesInBrowser(stage, public, ids, headless)
