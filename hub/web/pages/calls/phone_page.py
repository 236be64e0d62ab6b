"""`/phone`: a phone of the business in this browser. The carrier's own SDK takes the calls; the hub gives it a token."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse, Response

from hub.answering.browser_phones import BrowserPhone, browser_phones, sign_in_phone
from hub.contracts.browser_phones import BrowserSdk
from hub.errors import CannotDo
from hub.web.pages.guard import Page, error_json
from hub.web.pages.request import PageRequest
from hub.web.pages.security import allow_more

SDKS: Mapping[BrowserSdk, tuple[str, tuple[str, ...]]] = {
    # Source: README.md of @twilio/voice-sdk. Without eventgw.twilio.com: the page sends Twilio no figures of its own.
    "twilio": ("vendor/twilio-voice.min.js", ("wss://voice-js.roaming.twilio.com",)),
}
"""SDK → its file, and where it connects to."""


def show(page: PageRequest) -> Response:
    """The user's phones, each with its button."""
    phones = _phones(page)
    scripts = [SDKS[sdk][0] for sdk in sorted({each.sdk for each in phones})]
    answer = page.render("phone.html", title="Phone", phones=phones, scripts=scripts)
    for sdk in {each.sdk for each in phones}:
        allow_more(answer, "connect-src", *SDKS[sdk][1])
    return answer


def token(page: PageRequest) -> Response:
    """A token for one phone, as JSON for the page's script."""
    wanted = (page.value("connector"), page.value("name"))
    found = next((each for each in _phones(page) if (each.connector, each.name) == wanted), None)
    if found is None:
        raise CannotDo("This phone is not yours, or it is no longer in the settings. Load the page again.")
    given = sign_in_phone(page.hub, page.user, found, page.now)
    return JSONResponse({"token": given.token, "seconds": given.seconds}, headers={"Cache-Control": "no-store"})


def _phones(page: PageRequest) -> list[BrowserPhone]:
    return list(browser_phones(page.hub, page.directory, page.user, page.companies))


PAGES = (
    # Who may take calls may end a recording.
    Page("/phone", show, "end_recording"),
    Page("/phone/token", token, "end_recording", "POST", again=error_json),
)
