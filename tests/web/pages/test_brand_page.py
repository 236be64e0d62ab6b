"""White label: an account's own name, color and logo on its pages, shared reports and the sign-in page."""

from __future__ import annotations

import re
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from page_client import PageClient, signed_in
from testbed import ACCOUNTS, TestHub, company

from hub.model import AuditEntry, Brand
from hub.web.pages.branding.colors import (
    DARK_GROUNDS,
    LIGHT_GROUNDS,
    MIN_CONTRAST,
    ON_DARK_ACCENT,
    contrast,
    palette_of,
)

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
RIVAL = {"name": "rival", "title": "Rival", "companies": [company("riverside", ("+14145550100",), "+14145550120")]}


def save(browser: PageClient, logo: bytes | None = None, **fields: str) -> object:
    files = {"logo": ("logo.png", logo or b"", "image/png")}
    headers = {"sec-fetch-site": "same-origin"}
    return browser.client.post("/brand", data=fields, files=files, headers=headers)


def test_pages_and_the_sign_in_have_the_accounts_name_color_and_logo(lite_hub: Callable[..., TestHub]) -> None:
    stage = lite_hub()
    owner = signed_in(stage)
    save(owner, PNG, title="Blue Wrench", own_accent="1", accent="#AA3300")
    page = owner.get("/calls").text
    assert "<title>Calls · Blue Wrench</title>" in page
    logo, style = re.search(r'src="(/brand/[^"]+)"', page), re.search(r'href="(/brand/[^"]+\.css)"', page)
    assert logo and style
    assert owner.get(logo[1]).content == PNG
    assert owner.get(logo[1]).headers["content-type"] == "image/png"
    assert "--accent:#aa3300" in owner.get(style[1]).text
    before = PageClient(stage, None).get("/sign-in").text
    assert "Blue Wrench" in before and style[1] in before
    assert len(stage.rows(AuditEntry, action="brand.changed")) == 1


def test_another_accounts_pages_keep_their_look(lite_hub: Callable[..., TestHub]) -> None:
    stage = lite_hub(accounts=[*ACCOUNTS, RIVAL])
    save(signed_in(stage), PNG, title="Blue Wrench", own_accent="1", accent="#aa3300")
    assert "Blue Wrench" not in signed_in(stage, account="rival").get("/calls").text
    assert "Blue Wrench" not in PageClient(stage, None).get("/sign-in").text, "whose sign-in page is it?"


def test_empty_fields_bring_ringfences_look_back(lite_hub: Callable[..., TestHub]) -> None:
    stage = lite_hub()
    owner = signed_in(stage)
    save(owner, PNG, title="Blue Wrench", own_accent="1", accent="#aa3300")
    save(owner, title="Blue Wrench")
    assert stage.one(Brand).logo == PNG, "a form without a file keeps the logo"
    save(owner, title="", remove_logo="1")
    assert "/brand/" not in re.sub(r'href="/brand"', "", owner.get("/calls").text)
    assert "<title>Calls · Ringfence</title>" in owner.get("/calls").text


def test_what_is_wrong_is_said_and_nothing_is_stored(lite_hub: Callable[..., TestHub]) -> None:
    stage = lite_hub()
    browser = signed_in(stage)
    wrong: list[tuple[dict[str, str], bytes | None, str]] = [
        ({"own_accent": "1", "accent": "red;}*{display:none"}, None, "Write the color like #0b5a7a."),
        ({"title": "x" * 61}, None, "at most 60 characters"),
        ({}, b"<svg onload=alert(1)>", "neither PNG nor JPEG"),
        ({}, PNG + b"\0" * 200_000, "larger than 200 kB"),
    ]
    for fields, logo, reason in wrong:
        answer = save(browser, logo, **fields)
        assert answer.status_code == 422 and reason in answer.text, reason  # type: ignore[attr-defined]
        assert stage.rows(Brand) == [], reason


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_any_color_becomes_one_that_everybody_can_read(parts: tuple[int, int, int]) -> None:
    palette = palette_of("#{:02x}{:02x}{:02x}".format(*parts))
    for ground in (*LIGHT_GROUNDS, palette.light_weak):
        assert contrast(palette.light, ground) >= MIN_CONTRAST
    for ground in (*DARK_GROUNDS, ON_DARK_ACCENT, palette.dark_weak):
        assert contrast(palette.dark, ground) >= MIN_CONTRAST
