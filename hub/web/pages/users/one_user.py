"""`/users/ID`: one user's role, companies, ways to sign in, sessions and access."""

from __future__ import annotations

from starlette.responses import Response

from hub.access.sign_in.sessions import living_sessions
from hub.queries.users import keys_of, user_in, users_of
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest
from hub.web.pages.users.user_labels import reach, role_name, roles, ways_in_words
from hub.web.pages.users.users_page import KEY_DAYS, SIGN_IN_AGAIN


def show_user(
    page: PageRequest, status: int | None = None, *, once: tuple[str, str, str] | None = None, why: str = ""
) -> Response:
    """The user; `once` is a link or key that can be read only now: what it is, for whom, and the text. `why` says why an
    invitation was not mailed."""
    idle = page.hub.config.hub.sign_in.idle
    titles = {each.name: each.title for each in page.companies}
    with page.hub.store.reading() as session:
        user = user_in(session, page.user.account_id, page.path("user_id"))
        summary = next(
            each for each in users_of(session, page.user.account_id, page.now, idle) if each.user.id == user.id
        )
        sessions = living_sessions(session, user.id, page.now, idle)
        keys = [each for each in keys_of(session, page.user.account_id) if each.user.id == user.id]
    return page.render(
        "user.html",
        status,
        title=user.name,
        each=summary,
        sessions=sessions,
        keys=keys,
        roles=roles(),
        role_name=role_name,
        ways_in_words=ways_in_words,
        reach=lambda companies: reach(companies, titles),
        key_days=KEY_DAYS,
        once=once,
        why=why,
        by_mail=page.hub.config.mail is not None,
        fresh=page.is_fresh,
        again=SIGN_IN_AGAIN,
        is_self=user.id == page.user.id,
    )


PAGES = (Page("/users/{user_id}", show_user, "users"),)
