"""Signing in with a password and a code, without JavaScript."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from front_door import OTHER, STRONG, House, seen
from starlette.testclient import TestClient

from hub.access.sign_in import passwords
from hub.access.users import disable
from hub.model import SignInChallenge, WebSession


def test_name_password_and_code_lead_to_the_page_that_was_wanted(house: House) -> None:
    house.give_password()
    browser = house.browser()
    assert browser.get("/me").headers["location"] == "/sign-in?next=%2Fme"
    answer = browser.sign_in(house, target="/me")
    assert (answer.status_code, answer.headers["location"]) == (303, "/me") and browser.is_in
    (session,) = house.stage.rows(WebSession)
    assert session.method == "password" and house.stage.rows(SignInChallenge) == []
    assert "sign_in password" in house.noted()


def test_too_many_passwords_at_once_get_503_with_a_time_and_are_not_counted_as_wrong(lite_house: House) -> None:
    lite_house.give_password()
    with ExitStack() as others:
        for _ in range(passwords.MAX_HASHED + passwords.MAX_WAITING):
            others.enter_context(passwords._ADMITTED)
        for _ in range(10):
            busy = lite_house.browser().post("/sign-in", name="maria", password=STRONG)
            assert (busy.status_code, busy.headers["retry-after"]) == (503, "5") and "Too many people" in busy.text
    browser = lite_house.browser()
    browser.sign_in(lite_house)
    assert browser.is_in


def test_the_cookie_is_bound_to_the_host_and_unreadable_for_scripts(lite_house: House) -> None:
    lite_house.give_password()
    answer = lite_house.browser().sign_in(lite_house)
    cookies = {line.split("=")[0]: line.lower() for line in answer.headers.get_list("set-cookie")}
    for name in ("__Host-hub", "__Host-hub-device"):
        line = cookies[name]
        assert "secure" in line and "httponly" in line and "samesite=lax" in line and "path=/;" in line + ";"
        assert "domain" not in line


def test_an_unknown_user_a_wrong_password_and_a_disabled_user_get_the_same_answer(lite_house: House) -> None:
    lite_house.give_password()
    lite_house.add("eve")
    with lite_house.stage.hub.store.writing() as session:
        gone = lite_house.add("gone")
        disable(session, session.merge(gone), lite_house.stage.clock())
    answers = []
    for name in ("maria", "nobody", "eve", "gone", ""):
        answer = lite_house.browser().post("/sign-in", name=name, password=OTHER)
        text = answer.text.replace(f'value="{name}"', "").replace(answer.text.partition("nonce=")[2][:24], "")
        answers.append((answer.status_code, text, answer.headers.get_list("set-cookie")))
    assert answers[0][0] == 422 and "do not fit together" in answers[0][1]
    assert all(each == answers[0] for each in answers)


def test_a_wrong_code_is_told_beside_the_field_and_a_code_works_once(house: House) -> None:
    house.give_password()
    browser = house.browser()
    browser.post("/sign-in", name="maria", password=STRONG)
    wrong = browser.post("/sign-in/code", code="000000")
    assert wrong.status_code == 422 and "This code is not right" in wrong.text and not browser.is_in
    assert browser.post("/sign-in/code", code=house.code()).status_code == 303 and browser.is_in
    other = house.browser()
    other.post("/sign-in", name="maria", password=STRONG)
    assert "used already" in other.post("/sign-in/code", code=house.code()).text and not other.is_in
    assert [each for each in house.noted() if "fail" in each] == ["sign_in.fail code", "sign_in.fail code"]


def test_a_recovery_code_leads_to_the_own_page_where_a_new_app_is_set(house: House) -> None:
    house.give_password()
    browser = house.browser()
    browser.post("/sign-in", name="maria@example.com", password=STRONG, next="/calls")
    assert "Recovery code" in browser.get("/sign-in/code?recovery=yes").text
    answer = browser.post("/sign-in/code", code=house.codes[3].lower(), recovery="yes")
    assert answer.headers["location"] == "/me" and "9 unused recovery codes" in seen(browser.get("/me").text)
    other = house.browser()
    other.post("/sign-in", name="maria", password=STRONG)
    assert "not one of your unused" in other.post("/sign-in/code", code=house.codes[3], recovery="yes").text


def test_the_step_between_password_and_code_ends_after_five_minutes_and_belongs_to_one_browser(
    lite_house: House,
) -> None:
    lite_house.give_password()
    browser = lite_house.browser()
    browser.post("/sign-in", name="maria", password=STRONG)
    assert lite_house.browser().post("/sign-in/code", code=lite_house.code()).headers["location"] == "/sign-in"
    lite_house.stage.clock.advance(minutes=5)
    assert browser.get("/sign-in/code").headers["location"] == "/sign-in"
    assert browser.post("/sign-in/code", code=lite_house.code()).headers["location"] == "/sign-in"
    assert not browser.is_in


def test_after_ten_wrong_codes_the_password_is_asked_again(lite_house: House) -> None:
    lite_house.give_password()
    browser = lite_house.browser()
    browser.post("/sign-in", name="maria", password=STRONG)
    for _ in range(10):
        browser.post("/sign-in/code", code="000000")
        lite_house.restart()
        browser = _moved(browser, lite_house)
    assert browser.get("/sign-in/code").headers["location"] == "/sign-in"


def _moved(browser, house):  # type: ignore[no-untyped-def]
    fresh = house.browser()
    fresh.client.cookies = browser.client.cookies
    return fresh


def test_guessing_is_slowed_down_for_the_guesser_and_not_for_the_users_own_browser(lite_house: House) -> None:
    lite_house.give_password()
    hers = lite_house.browser("89.160.20.20")
    assert hers.sign_in(lite_house).status_code == 303
    hers.post("/sign-out")
    stranger = lite_house.browser()
    for _ in range(5):
        assert stranger.post("/sign-in", name="maria", password=OTHER).status_code == 422
    slow = stranger.post("/sign-in", name="maria", password=STRONG)
    assert (slow.status_code, slow.headers["retry-after"]) == (429, "20") and "Nobody is locked out" in slow.text
    hers.client = TestClient(
        lite_house.app, base_url="https://calls.example.com", follow_redirects=False, client=("81.2.69.9", 1),
        cookies=hers.client.cookies,
    )  # fmt: skip
    lite_house.stage.clock.advance(seconds=1)
    assert hers.post("/sign-in", name="maria", password=STRONG).status_code == 303, "even in the stranger's network"
    lite_house.stage.clock.advance(seconds=30)
    assert stranger.sign_in(lite_house).status_code == 303, "and the stranger's wait ends"
    assert lite_house.noted().count("sign_in.fail password") == 5


def test_failed_sign_ins_in_the_audit_log_are_few_and_name_the_user_by_id(lite_house: House) -> None:
    lite_house.give_password()
    for number in range(40):
        lite_house.browser(f"89.{number}.20.1").post("/sign-in", name="maria", password=OTHER)
    assert lite_house.noted().count("sign_in.fail password") == 5


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_a_link_to_the_sign_in_page_never_leads_to_another_site(lite_house: House, target: str) -> None:
    lite_house.give_password()
    assert lite_house.browser().sign_in(lite_house, target=target).headers["location"] == "/"
    assert "evil" not in lite_house.browser().client.get("/sign-in", params={"next": target}).text


def test_a_post_from_another_site_is_refused_and_changes_nothing(lite_house: House) -> None:
    lite_house.give_password()
    for headers in (
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
    ):
        client = lite_house.browser().client
        answer = client.post("/sign-in", data={"name": "maria", "password": STRONG}, headers=headers)
        assert answer.status_code == 403 and not answer.headers.get_list("set-cookie")


def test_signing_in_again_ends_the_session_that_the_browser_had(lite_house: House) -> None:
    lite_house.give_password()
    browser = lite_house.browser()
    browser.sign_in(lite_house)
    before = browser.client.cookies["__Host-hub"]
    lite_house.stage.clock.advance(minutes=1)
    browser.sign_in(lite_house)
    after = browser.client.cookies["__Host-hub"]
    assert before != after and browser.is_in
    browser.client.cookies.set("__Host-hub", before, domain="calls.example.com")
    assert sum(row.revoked_at is None for row in lite_house.stage.rows(WebSession)) == 1


def test_signing_out_ends_the_session_on_the_server_too(lite_house: House) -> None:
    lite_house.give_password()
    browser = lite_house.browser()
    browser.sign_in(lite_house)
    token = browser.client.cookies["__Host-hub"]
    assert browser.post("/sign-out").headers["location"] == "/sign-in" and not browser.is_in
    browser.client.cookies.set("__Host-hub", token)
    assert not browser.is_in


def test_a_session_that_ended_is_explained_on_the_sign_in_page(lite_house: House) -> None:
    lite_house.give_password()
    browser = lite_house.browser()
    browser.sign_in(lite_house)
    lite_house.stage.clock.advance(days=8)
    page = browser.get(browser.get("/me").headers["location"]).text
    assert "Your session has ended" in page and 'value="/me"' in page
    assert "Your session has ended" not in lite_house.browser().get("/sign-in?next=/me").text


def test_every_page_of_the_door_has_the_strict_headers(lite_house: House) -> None:
    for path in ("/sign-in", lite_house.link(), "/setup/unknown"):
        answer = lite_house.browser().get(path)
        policy = answer.headers["content-security-policy"]
        nonce = policy.partition("'nonce-")[2].partition("'")[0]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert answer.text.count("<script ") == answer.text.count(f'nonce="{nonce}"')
        assert " style=" not in answer.text and answer.headers["cache-control"] == "no-store"
