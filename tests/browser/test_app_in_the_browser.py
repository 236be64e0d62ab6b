"""The pages as an app: the service worker keeps files and no page, and a refused permission breaks nothing."""

from __future__ import annotations

import base64
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from served import ServedHub, serving
from sqlmodel import select
from visitor import WAIT

from hub.access.sign_in.sessions import open_session
from hub.access.users import add_user
from hub.model import Account
from hub.startup.opening import open_hub
from hub.startup.reading import read_config
from hub.testing import FrozenClock

pytestmark = pytest.mark.soak

CONFIG = """
hub:
  public_url: http://localhost:{port}
  database: sqlite:///ringfence.db
  secret_keys: ["${{file:key}}"]
connectors:
  twilio: {{plugin: twilio, sandbox: true}}
accounts:
  - name: agency
    title: Agency
    companies:
      - name: lakeside
        title: Lakeside Plumbing
        route: {{dial: "+13125550199"}}
        trackers:
          - {{name: default, type: source, carrier: twilio, numbers: ["+13125550120"], source: website, default: true}}
"""


@dataclass
class App(ServedHub):
    """The hub at its own address, a signed-in browser, and how to switch the hub off."""

    address: str
    page: Any
    switch_off: Callable[[], None]


@pytest.fixture
def app(tmp_path: Any, headless: Any) -> Iterator[App]:
    """A hub on localhost, where browsers allow service workers without TLS."""
    clock = FrozenClock()
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = listener.getsockname()[1]
        (tmp_path / "key").write_text(base64.b64encode(b"k" * 32).decode())
        (tmp_path / "config.yaml").write_text(CONFIG.format(port=port).replace("///ring", f"///{tmp_path}/ring"))
        opened = stack.enter_context(open_hub(read_config(tmp_path / "config.yaml"), clock))
        served = stack.enter_context(ExitStack())
        served.enter_context(serving(opened, listener))
        with opened.hub.store.writing() as session:
            user = add_user(session, session.exec(select(Account)).one(), "maria", "owner", clock())
            token = open_session(session, user, "link", "Test", clock())
        context = stack.enter_context(headless.new_context())
        context.set_default_timeout(WAIT)
        address = f"http://localhost:{port}"
        context.add_cookies([{"name": "hub_session", "value": token, "url": address}])

        def switch_off() -> None:
            served.close()
            listener.close()

        yield App(opened, clock, address, context.new_page(), switch_off)


def test_the_service_worker_keeps_files_and_never_a_page(app: App) -> None:
    problems: list[str] = []
    app.page.on("console", lambda said: problems.append(said.text) if said.type in ("error", "warning") else None)
    app.page.goto(f"{app.address}/alerts/settings")
    app.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    app.page.goto(f"{app.address}/calls")
    kept = app.page.evaluate(
        """async () => {
          const found = [];
          for (const name of await caches.keys()) {
            for (const request of await (await caches.open(name)).keys()) found.push(new URL(request.url).pathname);
          }
          return found;
        }"""
    )
    assert kept and all(path.startswith("/static/") for path in kept), kept
    assert not problems, problems
    app.switch_off()
    app.page.goto(f"{app.address}/calls")
    assert "No connection" in app.page.inner_text("h1")


def test_a_refused_permission_is_said_and_changes_nothing(app: App) -> None:
    app.page.add_init_script(
        """Object.defineProperty(Notification, "permission", { get: () => "default" });
        Notification.requestPermission = async () => "denied";"""
    )
    app.page.goto(f"{app.address}/alerts/settings")
    app.page.get_by_role("button", name="Allow notifications in this browser").click()
    app.page.get_by_text("You did not allow notifications, so nothing changed").wait_for()
    assert app.rows("SELECT id FROM push_subscription") == []


def test_signing_out_still_works_where_the_app_is_installed(app: App) -> None:
    app.page.goto(f"{app.address}/alerts")
    app.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    app.page.locator("details.menu.right summary").last.click()
    app.page.get_by_role("button", name="Sign out").click()
    app.page.wait_for_url("**/sign-in")
