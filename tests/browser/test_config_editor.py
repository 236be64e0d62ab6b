"""The editor of config.yaml in a real Chromium, under the page's own content security policy."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from typing import Any

import pytest
from config_on_disk import CONFIG, open_config_stage
from page_client import signed_in
from served import serving
from test_pages import AXE, CHECK
from visitor import WAIT

from hub.model import ConfigVersion, Tracker
from hub.startup.opening import Opened
from hub.testing import FrozenClock

pytestmark = pytest.mark.soak


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_problem_shows_at_its_line_a_key_is_completed_and_the_text_applied(
    headless: Any, sqlite_url: str, clock: FrozenClock, tmp_path: Path, scheme: str
) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        public = f"http://127.0.0.1:{listener.getsockname()[1]}"
        text = CONFIG.replace("https://calls.example.com", public)
        with (
            open_config_stage(sqlite_url, clock, tmp_path, text) as stage,
            serving(Opened(stage.hub, stage.live, None), listener, stage.config_file),  # type: ignore[arg-type]
        ):
            context = headless.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
            context.set_default_timeout(WAIT)
            cookie = signed_in(stage).client.cookies["hub_session"]
            context.add_cookies([{"name": "hub_session", "value": cookie, "url": public}])
            tab = context.new_page()
            wrong: list[str] = []
            tab.on("pageerror", lambda error: wrong.append(str(error)))
            tab.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
            tab.goto(f"{public}/config")
            edit(tab)
            assert stage.one(Tracker, name="yellow_pages").campaign == "autumn"
            assert [row.number for row in stage.rows(ConfigVersion)] == [1, 2]
            tab.evaluate(AXE)
            assert tab.evaluate(CHECK) == [] and wrong == []
            context.close()


def edit(tab: Any) -> None:
    """Mistype a key, see the problem at its line, take the completed key, and apply."""
    editor = tab.locator(".cm-content")
    editor.wait_for()
    editor.click()
    tab.keyboard.press("Control+f")
    tab.locator(".cm-search input[name=search]").press_sequentially("campaign: spring")
    tab.keyboard.press("Enter")
    tab.keyboard.press("Escape")
    tab.keyboard.type("campagn: autumn")  # the found words are selected
    tab.locator("#problems").get_by_text(re.compile("did you mean `campaign`")).wait_for()
    assert tab.locator(".cm-lintRange-error").inner_text() == "campagn: autumn"
    line = int(re.search(r"\d+", tab.locator("#problems [data-line]").inner_text())[0])  # type: ignore[index]
    tab.locator("#review").get_by_text(f"Cannot be applied yet: line {line}.").wait_for()

    tab.locator("#problems [data-line]").click()
    tab.keyboard.press("End")
    for _ in "agn: autumn":
        tab.keyboard.press("Backspace")
    tab.keyboard.press("Control+Space")
    tab.locator(".cm-tooltip-autocomplete li").get_by_text("campaign", exact=True).wait_for()
    tab.wait_for_timeout(100)  # CodeMirror takes no key within 75 ms after it opened the list
    tab.keyboard.press("Enter")
    tab.keyboard.type("autumn")
    tab.locator("#review").get_by_text(re.compile(r"In words: .*yellow_pages\].campaign changed")).wait_for()
    tab.get_by_role("button", name="Apply").click()
    tab.get_by_text("Version 2 is applied").wait_for()
