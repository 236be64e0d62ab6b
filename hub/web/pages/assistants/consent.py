"""`/oauth/authorize`: a user allows a program to read over MCP, or does not.

Nothing is sent to a program before the user has decided: a request that does not fit is a page of the hub, so the hub
redirects to no address that somebody merely registered. It needs a sign-in within the last half hour, as an API key does.
Sources: RFC 9700, 4.11.2 (open redirectors) and 4.16 (clickjacking); modelcontextprotocol.io/specification/2026-07-28,
security considerations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from authlib.oauth2 import OAuth2Error
from starlette.responses import Response

from hub.access.assistants.clients import is_document_address, is_on_own_machine
from hub.access.assistants.grants import PERSONAL_DATA, is_off
from hub.errors import CannotDo, NotFound
from hub.web.oauth import server as oauth
from hub.web.oauth.addresses import AUTHORIZE
from hub.web.oauth.documents import read_if_document
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest
from hub.web.pages.security import allow_more

PARAMETERS = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "resource", "code_challenge", "code_challenge_method"
)  # fmt: skip
"""What is read of an authorization request, and kept while the user decides."""
MAX_VALUE_CHARACTERS = 2_000
Fields = Mapping[str, Sequence[str]]


def ask(page: PageRequest) -> Response:
    """Which program asks, where its answers go, and what it would see."""
    query = page.request.query_params
    fields = {name: query.getlist(name) for name in PARAMETERS if name in query}
    if not page.is_fresh:
        return _sign_in(page, fields)
    _, grant = _checked(page, fields)
    client, redirect_uri = grant.request.client.row, str(grant.redirect_uri)
    may_show_all = page.may("users")
    answer = page.render(
        "assistant_consent.html",
        title="Connect an assistant",
        client=client,
        host=urlsplit(redirect_uri).netloc,
        on_own_machine=is_on_own_machine(redirect_uri),
        document_host=urlsplit(client.id).netloc if is_document_address(client.id) else None,
        fields=[(name, each) for name, values in fields.items() for each in values],
        wants_all=PERSONAL_DATA in (grant.request.payload.scope or "").split(),
        may_show_all=may_show_all,
        address=AUTHORIZE,
    )
    _let_the_form_lead_to(answer, redirect_uri)
    return answer


def decide(page: PageRequest) -> Response:
    """Allow it, or not; either answer goes to the program."""
    fields = {name: page.form[name] for name in PARAMETERS if name in page.form}
    if not page.is_fresh:
        return _sign_in(page, fields)
    server, grant = _checked(page, fields)
    choice = page.value("decision")
    if choice not in ("allow", "deny"):
        raise CannotDo("Choose one of the buttons.")
    decision = None
    if choice == "allow":
        decision = oauth.Decision(page.user, bool(page.value(PERSONAL_DATA)) and page.may("users"))
    found: oauth.Answer = server.create_authorization_response(grant.request, grant_user=decision, grant=grant)
    return found.response()


def _checked(page: PageRequest, fields: Fields) -> tuple[oauth.Server, Any]:
    """The server, and the request as Authlib has checked it. CannotDo says what does not fit."""
    hub = page.hub
    server = oauth.Server(hub)
    if not hub.config.hub.mcp or not server.addresses.is_offered:
        raise NotFound("Not found")
    with hub.store.reading() as session:
        if is_off(session, page.user.account_id):
            raise CannotDo("An owner has turned off assistants for this account.")
    if any(len(each) > MAX_VALUE_CHARACTERS or not each.isascii() for values in fields.values() for each in values):
        raise CannotDo("The assistant sent a request that the hub does not read. Nothing was allowed.")
    read_if_document(hub.store, "".join(fields.get("client_id", ())[-1:]), page.now)
    try:
        return server, server.get_consent_grant(oauth.Request("GET", fields), end_user=page.user)
    except OAuth2Error as error:
        if error.error == "invalid_client":
            raise CannotDo("The hub does not know this assistant (any more). Begin there again.") from None
        raise CannotDo(
            f"The assistant sent a request that does not fit ({error.error}). Nothing was allowed."
        ) from None
    except ValueError:  # Authlib cannot put what was sent into an error
        raise CannotDo("The assistant sent a request that the hub does not read. Nothing was allowed.") from None


def _sign_in(page: PageRequest, fields: Fields) -> Response:
    """To a new sign-in, and back to this request."""
    back = f"{AUTHORIZE}?{urlencode([(name, each) for name, values in fields.items() for each in values])}"
    return page.redirect(f"/sign-in?next={quote(back, safe='')}")


def _let_the_form_lead_to(answer: Response, redirect_uri: str) -> None:
    """Browsers follow a form's answer only to where the page's policy lets forms lead."""
    parts = urlsplit(redirect_uri)
    allow_more(answer, "form-action", f"{parts.scheme}://{parts.netloc}")


PAGES = (
    Page(AUTHORIZE, ask, action=None),
    Page(AUTHORIZE, decide, action=None, method="POST"),
)
