"""A one-time link: its user chooses a password with an app, and the link works once."""

from __future__ import annotations

from datetime import timedelta

from front_door import OTHER, STRONG, House, hidden, seen, shown_secret

from hub.access.users import disable
from hub.model import RecoveryCode, UserSecret, WebSession


def test_a_password_with_an_app_is_set_up_and_signs_in(house: House) -> None:
    browser, path = house.browser(), house.link()
    for _ in range(2):
        page = browser.get(path).text  # opening the page uses nothing up
    assert "<svg" in page and "maria" in page
    secret = shown_secret(page)
    fields = {"app": hidden(page, "app"), "password": STRONG, "again": STRONG}
    wrong = browser.post(path, **fields, code="000000")
    assert wrong.status_code == 422 and "not the code" in wrong.text and shown_secret(wrong.text) == secret
    done = browser.post(path, **fields, code=house.code(secret))
    assert done.status_code == 200 and browser.is_in
    assert len(house.stage.rows(RecoveryCode)) == 10 and done.text.count("<li><code>") == 10
    assert house.noted()[-2:] == ["password.set", "sign_in link"]
    house.secret = secret
    house.stage.clock.advance(minutes=1)
    assert house.browser().sign_in(house).status_code == 303


def test_a_link_works_once_and_every_dead_link_gets_the_same_answer(lite_house: House) -> None:
    path = lite_house.link()
    page = lite_house.browser().get(path).text
    fields = {"app": hidden(page, "app"), "password": STRONG, "again": STRONG}
    lite_house.browser().post(path, **fields, code=lite_house.code(shown_secret(page)))
    other, over = lite_house.link(), lite_house.link(user=lite_house.add("eve"))
    lite_house.stage.clock.advance(hours=24)
    gone = lite_house.link(user=lite_house.add("gone"))
    with lite_house.stage.hub.store.writing() as session:
        from hub.access.users import user_named

        disable(session, user_named(session, "gone"), lite_house.stage.clock())
    answers = [lite_house.browser().get(each) for each in (path, other, over, gone, "/setup/unknown")]
    assert {each.status_code for each in answers} == {404} and len({seen(each.text) for each in answers}) == 1
    assert "hub users reset" in answers[0].text
    before = lite_house.stage.one(UserSecret)
    assert lite_house.browser().post(path, **fields, code=lite_house.code(shown_secret(page))).status_code == 404
    assert lite_house.stage.one(UserSecret).changed_at == before.changed_at


def test_a_weak_password_two_different_ones_and_a_foreign_secret_are_refused(lite_house: House) -> None:
    browser, path = lite_house.browser(), lite_house.link()
    page = browser.get(path).text
    app, code = hidden(page, "app"), lite_house.code(shown_secret(page))
    assert "at least 12" in browser.post(path, app=app, password="short", again="short", code=code).text
    assert (
        "easy to guess" in browser.post(path, app=app, password="maria12345678", again="maria12345678", code=code).text
    )
    assert "differ" in browser.post(path, app=app, password=STRONG, again=OTHER, code=code).text
    other = hidden(lite_house.browser().get(lite_house.link(user=lite_house.add("eve"))).text, "app")
    assert "too old" in browser.post(path, app=other, password=STRONG, again=STRONG, code=code).text
    assert lite_house.stage.rows(UserSecret) == [] and not browser.is_in


def test_a_reset_link_replaces_the_password_and_its_app(lite_house: House) -> None:
    lite_house.give_password()
    browser, path = lite_house.browser(), lite_house.link("reset")
    page = browser.get(path).text
    assert "Choose a new way to sign in" in page
    secret = shown_secret(page)
    browser.post(path, app=hidden(page, "app"), password=OTHER, again=OTHER, code=lite_house.code(secret))
    lite_house.stage.clock.advance(minutes=1)
    assert lite_house.browser("89.160.20.1").sign_in(lite_house).status_code == 422
    lite_house.secret = secret
    assert lite_house.browser("89.160.20.2").sign_in(lite_house, OTHER).status_code == 303


def test_a_demos_link_signs_in_at_once_and_once(lite_house: House) -> None:
    browser, path = lite_house.browser(), lite_house.link("demo")
    assert browser.get(path).headers["location"] == "/" and browser.is_in
    assert lite_house.browser().get(path).status_code == 404
    late = lite_house.link("demo")
    lite_house.stage.clock.advance(hours=12)
    assert lite_house.browser().get(late).status_code == 404
    (session,) = lite_house.stage.rows(WebSession)
    assert session.ends_at - session.made_at == timedelta(days=7)
