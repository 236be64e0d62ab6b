"""The stand-in is one for Plivo's own client too, and shows it what the plugin did."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from plivo_wire import BUSINESS, CALL, CALLER, CLOCK, HUB, TEXT, TRACKING, play, setup

from hub.api import PersonReference, RetryLater
from plugins.carriers.plivo import Plivo
from plugins.carriers.plivo.rest import Rest
from plugins.carriers.plivo.sandbox import Sandbox

if TYPE_CHECKING:
    from plivo import RestClient


def test_numbers_are_rented_by_either(plivo: Plivo, client: RestClient, sandbox: Sandbox) -> None:
    offers = client.numbers.search(country_iso="US", type="local", pattern="312", services="voice", limit=5).objects
    first, second = (offer.number for offer in offers[:2])
    client.numbers.buy(first, app_id=sandbox.application["app_id"])
    plivo.buy_number(f"+{second}", setup(f"+{second}"))
    client.numbers.update(first, alias="by the client")
    mine = {one.number: one.label for one in plivo.list_numbers()}
    assert mine == {f"+{first}": "by the client", f"+{second}": "spring flyer"}
    theirs = {one.number: one.alias for one in client.numbers.list().objects}
    assert theirs == {first: "by the client", second: "spring flyer"}
    client.numbers.delete(second)
    assert [one.number for one in plivo.list_numbers()] == [f"+{first}"]


def test_the_application_shows_the_client_where_the_hub_is(plivo: Plivo, client: RestClient, sandbox: Sandbox) -> None:
    sandbox.know_number(TRACKING)
    plivo.configure_number(setup(TRACKING))
    shown = client.applications.get(sandbox.application["app_id"])
    assert (shown.answer_url, shown.answer_method) == (f"{HUB}/voice", "POST")
    assert (shown.fallback_answer_url, shown.hangup_url, shown.message_url) == (
        f"{HUB}/fallback",
        f"{HUB}/status",
        f"{HUB}/message",
    )
    client.applications.update(sandbox.application["app_id"], answer_url="https://example.com/else")
    assert plivo.list_numbers()[0].voice_url == "https://example.com/else"


def test_the_client_lists_the_same_calls_and_recordings(plivo: Plivo, client: RestClient, sandbox: Sandbox) -> None:
    since = CLOCK()
    ids = {play(sandbox, plivo)[0].call_id for _ in range(3)}
    CLOCK.advance(hours=1)
    listed = plivo.list_calls(since)
    inbound = client.calls.list(to_number=TRACKING[1:])
    assert {one["call_uuid"] for one in inbound.objects} == ids == {event.call_id for event in listed}
    recorded = {event.recording_id for event in listed if event.recording_id}
    assert {one.recording_id for one in client.recordings.list().objects} == recorded
    gone = recorded.pop()
    client.recordings.delete(gone)
    assert gone not in {event.recording_id for event in plivo.list_calls(since)}


@pytest.mark.parametrize("pages", ["offset", "hybrid", "cursor"])
def test_every_page_is_read_in_each_kind_of_deployment_that_plivos_client_knows(
    plivo: Plivo, client: RestClient, sandbox: Sandbox, pages: Any
) -> None:
    """Source: `plivo.base._next_page_params` of the SDK 4.63, which follows `meta.next`."""
    since, sandbox.pages = CLOCK(), pages
    ids = {play(sandbox, plivo)[0].call_id for _ in range(45)}
    CLOCK.advance(hours=1)
    assert {event.call_id for event in plivo.list_calls(since)} == ids
    assert {one.recording_id for one in client.recordings} == set(sandbox.held_recordings)
    person = PersonReference(phone_numbers=(CALLER,), tracking_numbers=(TRACKING,))
    erased = plivo.erase_person(person)
    assert not sandbox.held_recordings and erased.records >= 45


def test_a_list_that_names_the_same_page_again_is_not_whole(plivo: Plivo, sandbox: Sandbox) -> None:
    """A deployment with cursors that gets an offset shows its first page again; nothing may be certified of it."""
    for _ in range(45):
        play(sandbox, plivo)
    CLOCK.advance(hours=1)
    first = plivo._rest.get("Recording", {"limit": "20"})
    for following, words in ((first["meta"]["next"], "again"), (None, "45 items, and gave 20")):  # type: ignore[index]
        meta = {**first["meta"], "next": following}  # type: ignore[dict-item]
        reply = httpx2.Response(200, json={**first, "meta": meta})
        http = httpx2.Client(transport=httpx2.MockTransport(lambda request, reply=reply: reply))  # type: ignore[misc]
        rest = Rest(plivo.settings, replace(plivo.services, http=lambda http=http: http))  # type: ignore[misc]
        with pytest.raises(RetryLater, match=words):
            list(rest.pages("Recording"))


def test_texts_of_either_are_the_same_texts(plivo: Plivo, client: RestClient, sandbox: Sandbox) -> None:
    mine = str(plivo.send_text(TEXT).reference)
    theirs = client.messages.create(src=TRACKING[1:], dst=CALLER[1:], text="Yes", url=f"{HUB}/text").message_uuid[0]
    shown = {one["reference"]: {**one, "reference": ""} for one in sandbox.texts()}
    assert shown[mine] == shown[theirs]
    assert {one.message_uuid for one in client.messages.list(message_direction="outbound").objects} == {mine, theirs}
    assert client.messages.get(mine).message_state == "queued"
    assert not hasattr(client.messages.get(mine), "text"), "Plivo's records hold no text"


def test_a_call_of_either_is_the_same_call(plivo: Plivo, client: RestClient, sandbox: Sandbox) -> None:
    mine = str(plivo.place_call(CALL).reference)
    asked: dict[str, Any] = {name: value for name, value in sandbox.placed[mine].items() if name not in ("From", "To")}
    names = {"from": "from_", "to": "to_"}
    placed = client.calls.create(**{names.get(name, name): value for name, value in asked.items()})
    theirs = sandbox.placed[placed.request_uuid]
    assert {name: theirs[name] for name in asked} == asked
    assert (asked["from"], asked["to"]) == (TRACKING[1:], BUSINESS[1:])


def test_the_stand_in_refuses_as_plivo_does(client: RestClient, sandbox: Sandbox) -> None:
    from plivo import exceptions

    sandbox.refuse_calls(CALLER, "country")
    with pytest.raises(exceptions.GeoPermissionError):
        client.calls.create(from_=TRACKING[1:], to_=CALLER[1:], answer_url=HUB)
    with pytest.raises(exceptions.ResourceNotFoundError):
        client.numbers.get("13125550111")
    with pytest.raises(exceptions.ValidationError):
        client.request("POST", ("Call",), {"from": TRACKING[1:], "to": CALLER[1:]})
    with pytest.raises(exceptions.ValidationError):
        client.request("GET", ("Call",), {"limit": 21})
    sandbox.requests_per_second = 1
    CLOCK.advance(seconds=5)
    client.request("GET", ("Number",))
    with pytest.raises(exceptions.PlivoRestError, match="429"):
        client.request("GET", ("Number",))
    sandbox.requests_per_second = None
    client.session.auth = (sandbox.account_sid, "another token")
    with pytest.raises(exceptions.AuthenticationError):
        client.request("GET", ("Number",))


def test_pages_of_twenty_hold_everything(plivo: Plivo, client: RestClient, sandbox: Sandbox) -> None:
    numbers = {f"131255501{line:02}" for line in range(45)}
    for number in numbers:
        sandbox.know_number(number)
    assert {one.number for one in plivo.list_numbers()} == {f"+{number}" for number in numbers}
    found = [client.numbers.list(limit=20, offset=at).objects for at in (0, 20, 40)]
    assert [len(page) for page in found] == [20, 20, 5]
    assert {one.number for page in found for one in page} == numbers
    since = CLOCK()
    calls = {play(sandbox, plivo, recorded=False, ring=timedelta(seconds=1))[0].call_id for _ in range(11)}
    assert {event.call_id for event in plivo.list_calls(since)} == calls, (
        "eleven calls are twenty-two legs, on two pages"
    )
