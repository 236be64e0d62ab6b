"""A greeting is recorded with the microphone of the browser, heard, and uploaded as what telephones play."""

from __future__ import annotations

import io
import wave
from array import array

import pytest
from pages_in_browser import PagesInBrowser

from hub.model import Greeting

pytestmark = pytest.mark.soak


def test_a_greeting_is_recorded_in_the_browser_and_stored_for_the_telephone(pages: PagesInBrowser) -> None:
    context = pages.context(permissions=["microphone"])
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.goto(f"{pages.address}/flows/greetings?company=lakeside")
    page.get_by_role("button", name="Record with the microphone").click()
    page.get_by_text("Recording, 2 s").wait_for()
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Recorded, ").wait_for()
    page.get_by_role("button", name="Listen").click()
    page.get_by_label("Name").fill("Our voice")
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("rowheader", name="Our voice").wait_for()
    (greeting,) = pages.stage.rows(Greeting)
    with wave.open(io.BytesIO(greeting.audio)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (1, 8000, 2)
        samples = array("h", file.readframes(file.getnframes()))
    assert len(samples) > 8000 and max(map(abs, samples)) > 500, "the test tone of the browser's microphone"
    assert wrong == []
    context.close()
