"""A user's own page: ways to sign in and sessions, changed by that user alone."""

from __future__ import annotations

from front_door import OTHER, STRONG, Browser, House, hidden, seen, shown_secret

from hub.model import Passkey, RecoveryCode, UserSecret, WebSession


def enter(house: House, browser: Browser | None = None) -> Browser:
    browser = browser or house.browser()
    house.stage.clock.advance(minutes=1)
    assert browser.sign_in(house).status_code == 303
    return browser


def give_passkey(house: House, user_id: str | None = None, name: str = "Phone") -> str:
    with house.stage.hub.store.writing() as session:
        row = Passkey(
            account_id=house.maria.account_id, user_id=user_id or house.maria.id, credential_id=name, public_key=b"k",
            name=name, made_at=house.stage.clock(),
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def test_the_page_shows_ways_in_and_sessions_and_other_sessions_are_ended_there(house: House) -> None:
    house.give_password()
    first, second = enter(house), enter(house)
    text = seen(second.get("/me").text)
    assert "You are maria, owner" in text and "10 unused recovery codes" in text and text.count("password and app") == 2
    living = {row.id for row in house.stage.rows(WebSession)}
    (theirs,) = [each for each in living if f"/me/sessions/{each}/end" in second.get("/me").text]
    assert second.post(f"/me/sessions/{theirs}/end").status_code == 303
    assert not first.is_in and second.is_in
    third = enter(house)
    assert third.post("/me/sessions/end-others").status_code == 303
    assert third.is_in and not second.is_in
    assert [each for each in house.noted() if "sessions" in each] == ["sessions.end 1", "sessions.end 1"]


def test_nobody_ends_the_sessions_or_removes_the_passkeys_of_another_user(lite_house: House) -> None:
    lite_house.give_password()
    eve = lite_house.add("eve")
    theirs = give_passkey(lite_house, eve.id)
    eves = lite_house.browser()
    eves.get(lite_house.link("demo", eve))
    hers = enter(lite_house)
    (target,) = [row.id for row in lite_house.stage.rows(WebSession) if row.user_id == eve.id]
    hers.post(f"/me/sessions/{target}/end")
    assert eves.is_in
    for deed in ("remove", "rename"):
        answer = hers.post(f"/me/passkeys/{theirs}/{deed}", name="mine")
        assert answer.status_code == 422 and "gone already" in answer.text
    assert lite_house.stage.one(Passkey).name == "Phone"


def test_a_change_of_a_way_in_needs_a_recent_sign_in(lite_house: House) -> None:
    lite_house.give_password()
    browser, passkey = enter(lite_house), give_passkey(lite_house)
    lite_house.stage.clock.advance(minutes=30)
    assert "sign in again first" in browser.get("/me").text
    for path in (
        "/me/password",
        "/me/app",
        "/me/recovery-codes",
        "/me/password/remove",
        f"/me/passkeys/{passkey}/remove",
    ):
        assert browser.post(path).headers["location"] == "/sign-in?next=/me", path
    asked = browser.post("/me/passkeys/options", headers={"accept": "application/json"})
    assert asked.json() == {"next": "/sign-in?next=/me"}
    assert lite_house.stage.rows(Passkey) and lite_house.stage.rows(UserSecret)
    enter(lite_house, browser)
    assert browser.post(f"/me/passkeys/{passkey}/remove").headers["location"] == "/me"
    assert lite_house.stage.rows(Passkey) == []


def test_a_new_password_ends_the_other_sessions_and_changes_the_token_of_this_one(house: House) -> None:
    house.give_password()
    other, browser = enter(house), enter(house)
    before = browser.client.cookies["__Host-hub"]
    wrong = browser.post("/me/password", current=OTHER, password=OTHER, again=OTHER)
    assert wrong.status_code == 422 and "current password is not right" in wrong.text and other.is_in
    assert browser.post("/me/password", current=STRONG, password=OTHER, again=OTHER).headers["location"] == "/me"
    assert not other.is_in and browser.is_in and browser.client.cookies["__Host-hub"] != before
    stolen = house.browser()
    stolen.client.cookies.set("__Host-hub", before)
    assert not stolen.is_in
    house.stage.clock.advance(minutes=1)
    assert house.browser().sign_in(house, STRONG).status_code == 422
    assert house.browser().sign_in(house, OTHER).status_code == 303


def test_a_new_app_replaces_the_old_one_and_new_recovery_codes_the_old_ones(lite_house: House) -> None:
    lite_house.give_password()
    browser = enter(lite_house)
    page = browser.get("/me/app").text
    secret = shown_secret(page)
    assert browser.post("/me/app", app=hidden(page, "app"), code="000000").status_code == 422
    foreign = enter(lite_house).get("/me/app").text
    assert "too old" in browser.post("/me/app", app=hidden(foreign, "app"), code="000000").text
    assert browser.post("/me/app", app=hidden(page, "app"), code=lite_house.code(secret)).headers["location"] == "/me"
    lite_house.secret = secret
    enter(lite_house)
    before = {row.code_sha256 for row in lite_house.stage.rows(RecoveryCode)}
    codes = browser.post("/me/recovery-codes")
    assert codes.status_code == 200 and codes.text.count("<li><code>") == 10
    assert not before & {row.code_sha256 for row in lite_house.stage.rows(RecoveryCode)}


def test_the_only_way_in_stays(lite_house: House) -> None:
    lite_house.give_password()
    browser = enter(lite_house)
    assert "Remove the password" not in browser.get("/me").text
    answer = browser.post("/me/password/remove")
    assert answer.status_code == 422 and "only way to sign in" in answer.text
    passkey = give_passkey(lite_house)
    assert browser.post("/me/password/remove").headers["location"] == "/me"
    assert lite_house.stage.rows(UserSecret) == [] and lite_house.stage.rows(RecoveryCode) == []
    assert "only way to sign in" in browser.post(f"/me/passkeys/{passkey}/remove").text
    page = browser.get("/me/password").text
    fields = {"password": OTHER, "again": OTHER, "app": hidden(page, "app")}
    set_up = browser.post("/me/password", **fields, code=lite_house.code(shown_secret(page)))
    assert set_up.status_code == 200 and set_up.text.count("<li><code>") == 10


def test_a_passkeys_name_is_text_and_nothing_else(lite_house: House) -> None:
    lite_house.give_password()
    browser, passkey = enter(lite_house), give_passkey(lite_house)
    browser.post(f"/me/passkeys/{passkey}/rename", name="<script>alert(1)</script>" + "x" * 100)
    page = browser.get("/me").text
    assert "<script>alert" not in page and "&lt;script&gt;" in page and len(lite_house.stage.one(Passkey).name) == 64
