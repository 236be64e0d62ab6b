"""What we ask Telnyx for is what its own client asks for: paths, queries and bodies."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import httpx
import httpx2
import pytest
from telnyx_wire import CALLER, CLOCK, HUB, TEXT, TRACKING, setup

from hub.api import OutcomeUnknown, PersonReference, RetryLater
from hub.api.carriers import CallBack, NumberQuery
from hub.api.twiml import CallbackAddresses
from hub.testing import connect
from plugins.carriers.telnyx import Telnyx
from plugins.carriers.telnyx.privacy import own_recordings
from plugins.carriers.telnyx.rest import Rest
from plugins.carriers.telnyx.sandbox import Sandbox

if TYPE_CHECKING:
    from telnyx import Telnyx as Client

Sent = tuple[str, str, dict[str, str], Any]
EMPTY = {"data": [], "calls": [], "recordings": [], "meta": {"total_pages": 1}}


def told(request: httpx.Request | httpx2.Request) -> Sent:
    query = dict(parse_qsl(request.url.query.decode()))
    for page in ("page[size]", "page[number]", "PageSize"):
        query.pop(page, None)
    return request.method, request.url.path, query, json.loads(request.content or b"null")


def sent_by_sdk(ask: Callable[[Client], Any]) -> Sent:
    sent: list[Sent] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(told(request))
        return httpx.Response(200, json=EMPTY)

    from telnyx import Telnyx as Client

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        reply = ask(Client(api_key="KEY", base_url="https://api.telnyx.com/v2", http_client=http, max_retries=0))
        list(reply) if hasattr(reply, "iter_pages") else reply
    return sent[0]


def sent_by_us(ask: Callable[[Telnyx], Any]) -> Sent:
    sent: list[Sent] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(told(request))
        return httpx2.Response(200, json=EMPTY)

    connector = connect(Telnyx, Sandbox(CLOCK))
    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    connector._rest = Rest(connector.settings, replace(connector.services, http=lambda: http))
    with contextlib.suppress(OutcomeUnknown, RetryLater):  # an empty list is no answer to everything
        ask(connector)
    return sent[0]


ACCOUNT = Sandbox(CLOCK).account_sid
CALL = CallBack(key="call-1", tracking_number=TRACKING, user_number="+13125550191", person_number=CALLER)
ADDRESSES = CallbackAddresses(HUB, Sandbox(CLOCK).api_key)
OFFER = {
    "country_code": "US",
    "phone_number_type": "local",
    "features": ["voice"],
    "national_destination_code": "312",
    "limit": 3,
}
ASKED = {
    "application_sid": Sandbox(CLOCK).application_id,
    "to": CALL.user_number,
    "from_": CALL.tracking_number,
    "texml": connect(Telnyx, Sandbox(CLOCK)).connect(CALL),
    "timeout": 20,
    "status_callback": ADDRESSES.of("outgoing_user", CALL.tracking_number, "", CALL.key),
    "status_callback_method": "POST",
    "status_callback_event": "answered completed",
}


def as_telnyxs_client_writes(asked: Any) -> Any:
    from telnyx._utils import transform
    from telnyx.types.texml.accounts.call_calls_params import BodyWithTeXml

    return transform(asked, BodyWithTeXml)


WITNESSED: dict[str, tuple[Callable[[Telnyx], Any], Callable[[Client], Any]]] = {
    "search": (
        lambda us: us.search_numbers(NumberQuery(area_code="312", limit=3)),
        lambda them: them.available_phone_numbers.list(filter=OFFER),  # type: ignore[arg-type]
    ),
    "release": (
        lambda us: us.release_number(TRACKING),
        lambda them: them.phone_numbers.list(filter={"phone_number": "13125550142"}),
    ),
    "call list": (
        lambda us: us.list_calls(CLOCK() + timedelta(days=1)),
        lambda them: them.texml.accounts.calls.retrieve_calls(ACCOUNT, start_time_gt=f"{CLOCK():%Y-%m-%d}"),
    ),
    "one recording": (
        lambda us: us.fetch_recording(ACCOUNT, f"https://api.telnyx.com/v2/recordings/{ACCOUNT}"),
        lambda them: them.recordings.retrieve(ACCOUNT),
    ),
    "a recording's end": (
        lambda us: us.delete_recording(ACCOUNT),
        lambda them: them.recordings.delete(ACCOUNT),
    ),
    "a person's recordings": (
        lambda us: list(own_recordings(us._rest, PersonReference(phone_numbers=(CALLER,)), {})),
        lambda them: them.recordings.list(filter={"from": CALLER}),
    ),
    "a person's calls": (
        lambda us: us.export_person(PersonReference(phone_numbers=(CALLER,))),
        lambda them: them.texml.accounts.calls.retrieve_calls(ACCOUNT, from_=CALLER),
    ),
    "a call back": (
        lambda us: us.place_call(CALL),
        # Its own `calls` sends these names in snake case, which the API does not take; the model has the API's names.
        lambda them: them.texml.accounts.calls.calls(ACCOUNT, body=as_telnyxs_client_writes(ASKED)),
    ),
    "a text": (
        lambda us: us.send_text(TEXT),
        lambda them: them.messages.send(
            to=CALLER,
            from_=TRACKING,
            text="Yes",
            webhook_url=f"{HUB}/message",
            use_profile_webhooks=False,
            messaging_profile_id=Sandbox(CLOCK).profile_id,
        ),
    ),
    "port orders": (
        lambda us: us.list_ports(),
        lambda them: them.porting_orders.list(include_phone_numbers=True, sort={"value": "-created_at"}),
    ),
    "a number's order": (
        lambda us: us.buy_number(TRACKING, setup(TRACKING)),
        lambda them: them.number_orders.create(
            phone_numbers=[{"phone_number": TRACKING}],
            connection_id=Sandbox(CLOCK).application_id,
            messaging_profile_id=Sandbox(CLOCK).profile_id,
            customer_reference="spring flyer",
        ),
    ),
}


@pytest.mark.parametrize(("ours", "theirs"), WITNESSED.values(), ids=WITNESSED.keys())
def test_we_ask_as_telnyxs_client_asks(ours: Callable[[Telnyx], Any], theirs: Callable[[Client], Any]) -> None:
    assert sent_by_us(ours) == sent_by_sdk(theirs)
