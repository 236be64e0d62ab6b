"""`/assistants`: the assistants that are connected by OAuth. A user sees and ends their own; an owner those of the account, and
turns them off."""

from __future__ import annotations

from starlette.responses import Response

from hub.access.assistants import grants
from hub.queries.users import assistant_in, assistants_of
from hub.web.oauth.addresses import OAuthAddresses
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

PATH = "/assistants"


def show(page: PageRequest) -> Response:
    """The connections, and how to make one."""
    addresses = OAuthAddresses.of(page.context.public_url)
    with page.hub.store.reading() as session:
        found = assistants_of(session, page.user.account_id, _whose(page))
        off = grants.is_off(session, page.user.account_id)
    return page.render(
        "assistants.html",
        title="Assistants",
        assistants=found,
        now=page.now,
        is_off=off,
        is_served=page.hub.config.hub.mcp,
        is_offered=addresses.is_offered,
        address=addresses.resource,
        sees_all=page.may("users"),
    )


def end(page: PageRequest) -> Response:
    """Disconnect one."""
    with page.hub.store.writing() as session:
        grant = assistant_in(session, page.user.account_id, page.path("grant_id"), _whose(page))
        grants.disconnect(session, grant, page.now, actor=page.user)
    return page.redirect(PATH, "Disconnected. It reads nothing from now on.")


def switch(page: PageRequest) -> Response:
    """Let the account's users connect assistants, or not."""
    on = page.value("assistants") == "on"
    with page.hub.store.writing() as session:
        ended = grants.switch(session, page.user.account_id, page.now, actor=page.user, on=on)
    if on:
        return page.redirect(PATH, "Users may connect assistants.")
    return page.redirect(PATH, f"Assistants are off. {ended} connection{'' if ended == 1 else 's'} ended.")


def _whose(page: PageRequest) -> str | None:
    """Whose connections the user sees; None: all of the account."""
    return None if page.may("users") else page.user.id


PAGES = (
    Page(PATH, show, action=None),
    Page("/assistants/{grant_id}/end", end, action=None, method="POST"),
    Page("/assistants/switch", switch, "users", method="POST", fresh=PATH),
)
