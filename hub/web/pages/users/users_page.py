"""`/users`: the users of the account with their access, and the API keys."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from hub.queries.users import keys_of, users_of
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest
from hub.web.pages.users.user_labels import reach, role_name, roles, ways_in_words

PATH = "/users"
SIGN_IN_AGAIN = f"/sign-in?next={PATH}"
KEY_DAYS = (30, 90, 180, 365)


def show_users(
    page: PageRequest, status: int | None = None, *, once: tuple[str, str, str] | None = None, why: str = ""
) -> Response:
    """The list; `once` is a link or key that can be read only now: what it is, for whom, and the text. `why` says why an
    invitation was not mailed."""
    titles = {each.name: each.title for each in page.companies}
    with page.hub.store.reading() as session:
        found = users_of(session, page.user.account_id, page.now, page.hub.config.hub.sign_in.idle)
        keys = keys_of(session, page.user.account_id)
    values: dict[str, Any] = {
        "users": found,
        "keys": keys,
        "active": [each for each in found if each.is_active],
        "roles": roles(),
        "role_name": role_name,
        "ways_in_words": ways_in_words,
        "reach": lambda companies: reach(companies, titles),
        "key_days": KEY_DAYS,
        "once": once,
        "why": why,
        "by_mail": page.hub.config.mail is not None,
        "fresh": page.is_fresh,
        "again": SIGN_IN_AGAIN,
        "typed": page.value,
        "chosen": page.form.get("companies", []),
    }
    return page.render("users.html", status, title="Users and keys", **values)


PAGES = (Page(PATH, show_users, "users"),)
