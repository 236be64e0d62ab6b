"""Whatever a stranger sends to the pages before the sign-in, they answer in words and start no session."""

from __future__ import annotations

import pytest
from front_door import SAME_ORIGIN, House

from hub.model import WebSession
from hub.web.sign_in.routes import DOOR_PAGES

ODD = ["", "\x00", "é😀", "x" * 20_000, "[]", '{"id": {"a": 1}}', "[" * 20_000, "null", "%zz", "' OR 1=1 --", "\ud800"]


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path, _ in DOOR_PAGES])
def test_odd_fields_cookies_and_parameters_break_nothing(lite_house: House, method: str, path: str) -> None:
    lite_house.give_password()
    token = lite_house.link().rpartition("/")[2]
    for value in ODD:
        safe = value.encode("utf-8", "replace").decode()
        browser = lite_house.browser()
        for kind in ("passkey", "register", "factor", "oidc", "device"):
            browser.client.cookies.set(
                f"__Host-hub-{kind}", "".join(c for c in safe if c.isascii() and c.isalnum())[:99]
            )
        names = ("name", "password", "code", "next", "credential", "app", "again", "recovery", "state", "iss")
        fields = dict.fromkeys(names, safe)
        address = path.format(token=token)
        if method == "GET":
            answer = browser.client.get(address, params={name: each[:500] for name, each in fields.items()})
        else:
            answer = browser.client.post(address, data=fields, headers=SAME_ORIGIN)
        assert answer.status_code < 500, (value[:20], answer.text[:300])
        assert not any(line.startswith("__Host-hub=") for line in answer.headers.get_list("set-cookie"))
        browser.client.post(address, content=value.encode("utf-8", "surrogatepass"), headers=SAME_ORIGIN)
    assert lite_house.stage.rows(WebSession) == []


def test_a_body_that_is_too_large_is_refused(lite_house: House) -> None:
    answer = lite_house.browser().client.post("/sign-in", content=b"x" * 60_000, headers=SAME_ORIGIN)
    assert answer.status_code == 413
