"""A link by email makes a browser known, while strangers' wrong passwords slow all others down."""

from __future__ import annotations

import re
import time
from contextlib import ExitStack
from dataclasses import replace

from front_door import OTHER, STRONG, House
from mail_server import MailServer

from hub.config.mail import MailSection
from hub.model import SignInChallenge


def with_mail(house: House, stack: ExitStack) -> MailServer:
    """The hub sends emails."""
    server = MailServer.start(stack)
    section = MailSection.model_validate({"smtp": f"smtp://127.0.0.1:{server.port}", "from": "hub@example.org"})
    house.stage.hub = replace(house.stage.hub, config=replace(house.stage.hub.config, mail=section))
    house.restart()
    return server


def attacked(house: House) -> None:
    """Strangers from many networks try passwords, until maria's new browser has to wait."""
    for n in range(60):
        house.browser(f"81.{n + 3}.69.7").post("/sign-in", name="maria", password=OTHER)


def link_in(server: MailServer) -> str:
    """The path in the only email, as soon as it is there."""
    until = time.monotonic() + 60
    while not server.letters:
        assert time.monotonic() < until, "no email came"
        time.sleep(0.02)
    found = re.search(r"/sign-in/link/\S+", server.letters[0].get_content())
    assert found
    return found[0]


def test_a_user_whom_strangers_slow_down_uses_a_link_and_signs_in_at_once(lite_house: House) -> None:
    lite_house.give_password()
    with ExitStack() as stack:
        server = with_mail(lite_house, stack)
        attacked(lite_house)
        browser = lite_house.browser("82.9.69.7")
        late = browser.post("/sign-in", name="maria", password=STRONG)
        assert late.status_code == 429 and "Email me a link" in late.text
        assert "is on its way" in browser.post("/sign-in/link", name="maria").text
        path = link_in(server)
    assert browser.get(path).status_code == 200, "a program that only looks at the link uses nothing up"
    assert browser.post(path).headers["location"] == "/sign-in" and not browser.is_in, "it signs nobody in"
    browser.sign_in(lite_house)
    assert browser.is_in
    assert "was used or is over" in lite_house.browser().get(path).text
    assert lite_house.browser("82.9.69.8").post("/sign-in", name="maria", password=STRONG).status_code == 429


def test_the_answer_says_nothing_of_users_and_few_links_are_sent(lite_house: House) -> None:
    lite_house.give_password()
    with ExitStack() as stack:
        server = with_mail(lite_house, stack)
        answers = {
            re.sub(r'nonce[-=]"?[\w-]+', "", lite_house.browser().post("/sign-in/link", name=name).text)
            for name in ("maria", "nobody", "")
        }
        for _ in range(9):
            lite_house.browser().post("/sign-in/link", name="maria")
        link_in(server)
    assert len(answers) == 1 and len(lite_house.stage.rows(SignInChallenge)) == 3


def test_a_link_ends_after_five_minutes_and_without_a_mail_server_none_is_offered(lite_house: House) -> None:
    lite_house.give_password()
    attacked(lite_house)
    assert "Email me" not in lite_house.browser("82.9.69.7").post("/sign-in", name="maria", password=STRONG).text
    with ExitStack() as stack:
        server = with_mail(lite_house, stack)
        lite_house.browser().post("/sign-in/link", name="maria")
        path = link_in(server)
    lite_house.stage.clock.advance(minutes=6)
    assert "was used or is over" in lite_house.browser().post(path).text
