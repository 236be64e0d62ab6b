"""What every page has: a session, the cross-site rule, headers, errors in words."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from page_client import PageClient, signed_in
from testbed import TestHub

from hub.web.pages.security import own_path

Factory = Callable[..., TestHub]


def test_a_page_without_a_session_leads_to_the_sign_in_page_and_back(stage: TestHub) -> None:
    answer = PageClient(stage, None).get("/?period=7d")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2F%3Fperiod%3D7d")


def test_a_part_of_a_page_without_a_session_sends_the_whole_page_to_sign_in(stage: TestHub) -> None:
    answer = PageClient(stage, None).get("/", headers={"hx-request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"], answer.text) == (401, "/sign-in?next=/", "")


def test_a_session_ends_when_nobody_uses_it_for_twelve_hours(stage: TestHub) -> None:
    browser = signed_in(stage)
    stage.clock.advance(hours=11)
    assert browser.get("/").status_code == 200
    stage.clock.advance(hours=11)
    assert browser.get("/").status_code == 200
    stage.clock.advance(hours=12)
    assert browser.get("/").status_code == 303


def test_a_session_ends_after_a_week_however_much_it_is_used(stage: TestHub) -> None:
    browser = signed_in(stage)
    for _ in range(13):
        stage.clock.advance(hours=11.9)
        assert browser.get("/").status_code == 200
    stage.clock.advance(hours=13.9)
    assert browser.get("/").status_code == 303


def test_a_page_allows_only_its_own_scripts_and_is_never_stored(stage: TestHub) -> None:
    answer = signed_in(stage).get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    nonce = policy.partition("'nonce-")[2].partition("'")[0]
    assert answer.text.count("<script ") == answer.text.count(f'nonce="{nonce}"')
    assert answer.headers["cache-control"] == "no-store"


def test_a_role_without_a_page_gets_a_sentence_and_no_link_to_it(stage: TestHub) -> None:
    browser = signed_in(stage, "auditor")
    assert browser.get("/").headers["location"] == "/audit"
    answer = browser.get("/people")
    assert answer.status_code == 403
    assert "Your role (auditor) does not include this page." in answer.text
    assert 'href="/calls"' not in answer.text


def test_only_own_paths_are_followed_after_the_sign_in() -> None:
    assert own_path("/calls?tag=a") == "/calls?tag=a"
    for bad in ("https://evil.example", "//evil.example", "/\\evil.example", "/a\r\nb", "", None, "calls"):
        assert own_path(bad) == "/"


@pytest.mark.parametrize(("role", "path"), [("owner", "/users"), ("marketer", "/companies")])
def test_settings_open_on_the_users_or_on_the_first_page_that_the_role_may_see(
    stage: TestHub, role: str, path: str
) -> None:
    links = re.findall(
        r'<a href="([^"]*)"[^>]*>(?:(?!</a>).)*Settings', signed_in(stage, role).get("/calls").text, re.S
    )
    assert links and set(links) == {path}
