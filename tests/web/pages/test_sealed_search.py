"""No URL of a page holds the number, address or name that a user searched for."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote_plus

import pytest
from page_client import signed_in
from testbed import CALLER, TestHub

import hub.web

TEMPLATES = Path(hub.web.__file__).parent / "templates"
WRITTEN = "(312) 555-0142"


@pytest.mark.parametrize(
    "path, field", [("/search", "q"), ("/people", "q"), ("/calls", "q"), ("/privacy-desk/journal", "who")]
)
def test_a_search_by_number_leads_to_a_url_without_it_and_finds(stage: TestHub, path: str, field: str) -> None:
    call = stage.call_in()
    browser = signed_in(stage)
    answer = browser.post(path, {field: WRITTEN, "company": "lakeside", "period": "30d"})
    target = answer.headers["location"]
    assert answer.status_code == 303 and target.startswith(f"{path}?") and "company=lakeside" in target
    assert not re.search(r"312|555|0142", re.sub(rf"{field}=~[\w-]+", "", unquote_plus(target)))
    page = browser.get(target)
    assert WRITTEN in page.text, "the field shows what was typed"
    if path != "/privacy-desk/journal":
        assert call.id in page.text or str(call.person_id) in page.text
    links = re.findall(r'href="([^"]*)"', page.text)
    assert not [
        link for link in links if CALLER[2:] in link.removeprefix(f"tel:{CALLER}") or "555-0142" in unquote_plus(link)
    ]


def test_what_was_searched_for_is_read_for_a_day_in_the_same_account_and_only_unchanged(stage: TestHub) -> None:
    call = stage.call_in()
    browser = signed_in(stage)
    target = browser.post("/search", {"q": CALLER}).headers["location"]
    assert f"/calls/{call.id}" in browser.get(target).text
    assert f"/calls/{call.id}" not in browser.get(target[:-2]).text
    stage.clock.advance(hours=25)
    assert f"/calls/{call.id}" not in signed_in(stage).get(target).text


def test_a_filter_by_words_stays_readable_so_that_it_can_be_shared(stage: TestHub) -> None:
    browser = signed_in(stage)
    assert (
        browser.post("/calls", {"q": "drain", "source": "google"}).headers["location"] == "/calls?q=drain&source=google"
    )
    assert "name" not in browser.post("/search", {"q": "a name"}).headers["location"].partition("~")[0]


def test_every_form_with_a_search_for_people_is_sent_by_post() -> None:
    for file in TEMPLATES.rglob("*.html"):
        for form in re.findall(r"<form[^>]*>.*?</form>", file.read_text(), re.DOTALL):
            if re.search(r'(<input[^>]*name="(q|who)"|type_in\("q")', form) and file.name != "numbers.html":
                assert 'method="post"' in form.partition(">")[0], f"{file.name} would put a number into a URL"
