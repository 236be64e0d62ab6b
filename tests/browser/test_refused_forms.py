"""A form that is refused says so on top with links to its fields, in a real Chromium, and axe finds no fault."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from config_on_disk import open_config_stage
from flow_strategies import OFFICE_TEXT
from page_client import signed_in
from served import serving
from test_pages import AXE, CHECK
from visitor import WAIT

from hub.startup.opening import Opened
from hub.testing import FrozenClock

pytestmark = pytest.mark.soak

FORMS = {
    "/webhooks-out/new": ("name", "Bad Name"),
    "/numbers/trackers/new?company=lakeside": ("title", "!!!"),
    "/numbers/trackers/lakeside/website": ("hold", "soon"),
    "/companies/lakeside": ("time_zone", "Chicago"),
    "/spam": ("lakeside-reject", "200"),
    "/conversions/rule": ("when.min_duration", "soon"),
    "/flows/lakeside/office?step=menu": ("seconds", "soon"),
    "/flows/lakeside/office?edit=flow": ("forward", "none"),
    "/flows/new?company=lakeside": ("title", "!!!"),
    "/alerts/settings?company=lakeside": ("quiet_from", "22:00"),
    "/connectors/new/twilio": ("name", "Bad Name"),
}
"""Page → a field and what is wrong in it."""
SEND = """field => { const form = document.getElementById(field).form; form.noValidate = true;
  (form.querySelector("button.primary") ?? form.querySelector("button.btn")).click(); }"""
IDS = "[...document.querySelectorAll('[id]')].map(each => each.id)"


@pytest.mark.parametrize("width", [360, 1280])
def test_a_refused_form_leads_to_its_fields(
    sqlite_url: str, clock: FrozenClock, tmp_path: Path, headless: Any, width: int
) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        public = f"http://127.0.0.1:{listener.getsockname()[1]}"
        text = OFFICE_TEXT.replace("https://calls.example.com", public)
        with (
            open_config_stage(sqlite_url, clock, tmp_path, text) as stage,
            serving(Opened(stage.hub, stage.live, None), listener, stage.config_file),  # type: ignore[arg-type]
        ):
            context = headless.new_context(viewport={"width": width, "height": 900})
            cookie = signed_in(stage).client.cookies["hub_session"]
            context.add_cookies([{"name": "hub_session", "value": cookie, "url": public}])
            context.set_default_timeout(WAIT)
            tab = context.new_page()
            for path, (field, value) in FORMS.items():
                tab.goto(f"{public}{path}")
                tab.fill(f"[id='{field}']", value)
                with tab.expect_response(lambda answer: answer.request.method == "POST") as sent:
                    tab.evaluate(SEND, field)
                assert sent.value.status == 422, path
                tab.locator(".of-form").wait_for()
                tab.evaluate(AXE)
                assert tab.evaluate(CHECK) == [], path
                assert not tab.evaluate("document.documentElement.scrollWidth > innerWidth"), path
                ids = tab.evaluate(IDS)
                assert len(ids) == len(set(ids)), path
                tab.click(f".of-form a[href='#{field}']")
                tab.locator(f"[id='{field}'][aria-invalid=true]").wait_for()
                tab.locator(f"[id='{field}-error']").wait_for()
