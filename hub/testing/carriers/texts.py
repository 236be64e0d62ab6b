"""What a carrier plugin must prove of texts: sent one time, never twice, never to a person who said stop."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.contracts.connector import Connector
from hub.contracts.events import MessageEvent, MessageStatusEvent
from hub.contracts.sandbox import HttpSandbox, Sandbox
from hub.contracts.texts import OutboundText, TextListQuery
from hub.contracts.untrusted import JsonObject
from hub.errors import AuthError, OutcomeUnknown, RetryLater, RingfenceError
from hub.hookspecs import CallHooks, TextHooks
from hub.testing import samples
from hub.testing.asking import ask, attempt, implemented_hooks
from hub.testing.factories import FrozenClock
from hub.testing.secrecy import leaked, listening, personal_texts, secrets_of
from hub.testing.switchboard import carrier_of, need_hooks
from hub.testing.wire import ERROR_IN_SUCCESS, FAULTS, RETRY_AFTER_SECONDS, WireConformance, check_sent_once, failing

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(200))
SIGNED = "expires=1767225600&signature=a%2Bb%2Fc-_%3D"
FOREIGN_URLS = ("http://169.254.169.254/latest", "https://files.example.net/a.png", "file:///etc/passwd", "not a url")
STATUSES: tuple[Literal["sent", "delivered", "failed"], ...] = ("sent", "delivered", "failed")


PICTURES = (PICTURE, PICTURE[::-1])


class PictureHost(HttpSandbox):
    """Serves each picture only at its signed address: an altered `+` or `%` leads to no picture."""

    def __enter__(self) -> PictureHost:
        self.start()
        return self

    @property
    def addresses(self) -> list[str]:
        """The addresses of the pictures, in order."""
        return [f"{self.url}/texts/pictures/{number}?{SIGNED}" for number in range(len(PICTURES))]

    def app(self) -> Any:
        def picture(request: Request) -> Response:
            if request.url.query != SIGNED:
                return Response(status_code=404)
            return Response(PICTURES[request.path_params["number"]], media_type="image/png")

        return Starlette(routes=[Route("/texts/pictures/{number:int}", picture)])


class TextConformance(WireConformance):
    """A sent text cannot be taken back, so a plugin repeats a request only if it is known to have failed."""

    def test_the_hub_may_hand_over_what_a_text_needs(self, connector: Connector) -> None:
        need_hooks(connector, "send_text")
        flow = connector.manifest.flow("send_text")
        shared = {share.field for share in flow.shares if share.transform_name == "plain"} if flow else set()
        assert {"recipient_number", "body"} <= shared, (
            "the manifest's flow of send_text lacks the recipient or the body"
        )

    def test_a_text_is_sent_once_with_its_reference(self, connector: Connector, sandbox: Sandbox) -> None:
        need_hooks(connector, "send_text")
        before = len(carrier_of(sandbox).texts())
        text = self._text(body="Größe 5 & =1+1 😀")
        receipt = ask(connector, TextHooks.send_text, text=text)
        assert (receipt.key, receipt.status) == (text.key, "accepted"), receipt
        sent = carrier_of(sandbox).texts()
        assert len(sent) == before + 1, "one text was sent as often as it was asked for: once"
        wanted = {"sender": text.sender, "recipient": text.recipient_number, "body": text.body}
        wanted["reference"] = receipt.reference
        assert wanted in [{name: one[name] for name in wanted} for one in sent]

    def test_the_pictures_of_a_text_go_out_with_it(self, connector: Connector, sandbox: Sandbox) -> None:
        need_hooks(connector, "send_text")
        flow = connector.manifest.flow("send_text")
        if flow is None or not any(share.field == "media_urls" for share in flow.shares):
            pytest.skip("the manifest's flow of send_text has no pictures")
        with PictureHost() as host:
            addresses = tuple(host.addresses)
            for body in ("The part that we need", ""):
                receipt = ask(connector, TextHooks.send_text, text=self._text(body=body, media_urls=addresses))
                (taken,) = [one for one in carrier_of(sandbox).texts() if one["reference"] == receipt.reference]
                assert tuple(taken.get("media", "").split()) == addresses, "the carrier does not know the addresses"
                fetched = carrier_of(sandbox).fetch_pictures(str(receipt.reference))
                assert list(fetched) == [("image/png", picture) for picture in PICTURES], (
                    "the carrier finds no pictures"
                )
            gone = self._text(media_urls=(f"{host.url}/texts/pictures/gone",))
            with pytest.raises(LookupError):
                carrier_of(sandbox).fetch_pictures(str(ask(connector, TextHooks.send_text, text=gone).reference))

    @pytest.mark.parametrize("status", STATUSES)
    def test_what_became_of_a_text_is_told(
        self, connector: Connector, sandbox: Sandbox, status: Literal["sent", "delivered", "failed"]
    ) -> None:
        need_hooks(connector, "send_text")
        reference = str(ask(connector, TextHooks.send_text, text=self._text()).reference)
        request = carrier_of(sandbox).text_status_webhook(reference, status, connector.services.webhook_url)
        key = ask(connector, CallHooks.verify_webhook, request=request).event_key
        assert key == ask(connector, CallHooks.verify_webhook, request=request).event_key
        (event,) = ask(connector, CallHooks.parse_webhook, request=request)
        assert isinstance(event, MessageStatusEvent)
        assert (event.message_id, event.status) == (reference, status)
        assert (event.reason is not None) == (status == "failed"), "a failure has a reason, and nothing else has"
        assert not event.opted_out

    def test_each_step_of_a_text_is_an_event_of_its_own(self, connector: Connector, sandbox: Sandbox) -> None:
        need_hooks(connector, "send_text")
        url, keys = connector.services.webhook_url, []
        for _ in range(2):
            reference = str(ask(connector, TextHooks.send_text, text=self._text()).reference)
            for status in STATUSES:
                request = carrier_of(sandbox).text_status_webhook(reference, status, url)
                keys.append(ask(connector, CallHooks.verify_webhook, request=request).event_key)
        assert len(set(keys)) == len(keys), "two events share a key, so one of them would be lost"

    def test_whoever_told_the_carrier_to_stop_gets_no_text(self, connector: Connector, sandbox: Sandbox) -> None:
        need_hooks(connector, "send_text")
        text = self._text()
        carrier_of(sandbox).block(text.sender, str(text.recipient_number))
        before = len(carrier_of(sandbox).texts())
        receipt = ask(connector, TextHooks.send_text, text=text)
        reported: Any = receipt
        if receipt.status == "accepted":  # this carrier says it in the report about the text
            url = connector.services.webhook_url
            report = carrier_of(sandbox).text_status_webhook(str(receipt.reference), "failed", url)
            (reported,) = ask(connector, CallHooks.parse_webhook, request=report)
        else:
            assert (receipt.key, receipt.status) == (text.key, "rejected"), receipt
            assert len(carrier_of(sandbox).texts()) == before
        assert reported.opted_out, "the hub must learn that the person revoked"
        assert reported.code, "the carrier's code is lost"
        other = ask(connector, TextHooks.send_text, text=self._text())
        assert other.status == "accepted" and not other.opted_out, "only that person said stop"

    @pytest.mark.parametrize("fault", ["no answer", "garbage", "an error in a reply of 200"])
    def test_a_text_whose_outcome_is_not_known_is_not_tried_again(
        self, connector: Connector, impatient: Connector, sandbox: Sandbox, fault: str
    ) -> None:
        need_hooks(connector, "send_text")
        with failing(sandbox, FAULTS.get(fault, ERROR_IN_SUCCESS)):
            sender = impatient if fault == "no answer" else connector
            reply = attempt(sender, TextHooks.send_text, text=self._text())
        assert isinstance(reply.error, OutcomeUnknown), f"{fault}: raise OutcomeUnknown, or the text may go out twice"

    def test_a_text_goes_out_once_whatever_becomes_of_the_reply(
        self, connector: Connector, impatient: Connector, sandbox: Sandbox
    ) -> None:
        need_hooks(connector, "send_text")
        check_sent_once(
            sandbox,
            connector,
            impatient,
            lambda sender: attempt(sender, TextHooks.send_text, text=self._text()),
            lambda: len(carrier_of(sandbox).texts()),
            "the text",
        )

    @pytest.mark.parametrize("fault", ["too many requests", "an unavailable service"])
    def test_a_text_that_the_carrier_did_not_take_is_tried_again(
        self, connector: Connector, sandbox: Sandbox, fault: str
    ) -> None:
        need_hooks(connector, "send_text")
        with failing(sandbox, FAULTS[fault]):
            reply = attempt(connector, TextHooks.send_text, text=self._text())
        assert isinstance(reply.error, RetryLater), f"{fault} must become RetryLater: the text was surely not taken"
        assert fault != "too many requests" or (reply.error.after or 0) >= RETRY_AFTER_SECONDS

    def test_a_text_that_is_refused_for_its_credentials_asks_to_reconnect(
        self, connector: Connector, sandbox: Sandbox
    ) -> None:
        need_hooks(connector, "send_text")
        with failing(sandbox, FAULTS["refused credentials"]):
            reply = attempt(connector, TextHooks.send_text, text=self._text())
        assert isinstance(reply.error, AuthError)

    def test_a_text_is_never_told_of_whatever_the_carrier_does(
        self, connector: Connector, impatient: Connector, sandbox: Sandbox
    ) -> None:
        need_hooks(connector, "send_text")
        secrets = secrets_of(connector.settings)
        blocked = self._text()
        carrier_of(sandbox).block(blocked.sender, str(blocked.recipient_number))
        for fault in (*FAULTS, "a stop", "nothing wrong"):
            text = blocked if fault == "a stop" else self._text()
            with listening() as lines, failing(sandbox, FAULTS[fault]) if fault in FAULTS else nullcontext():
                sender = impatient if fault == "no answer" else connector
                reply = attempt(sender, TextHooks.send_text, text=text)
            found = leaked([*reply.texts(), *lines], secrets | personal_texts(text))
            assert not found, f"after {fault}, send_text tells {', '.join(found)}"

    def test_pictures_come_with_a_text_and_from_the_carrier_only(self, connector: Connector, sandbox: Sandbox) -> None:
        need_hooks(connector, "fetch_media")
        sender, url = samples.person_number(), connector.services.webhook_url
        pictures = [PICTURE, PICTURE[::-1]]
        request = carrier_of(sandbox).message_webhook(sender, samples.TRACKING_NUMBER, "The leak", url, pictures)
        (message,) = ask(connector, CallHooks.parse_webhook, request=request)
        assert isinstance(message, MessageEvent) and len(message.media_urls) == 2, "the pictures are lost"
        for address, picture in zip(message.media_urls, pictures, strict=True):
            fetched = ask(connector, TextHooks.fetch_media, url=address)
            assert (fetched.content_type, fetched.data) == ("image/png", picture)
        for foreign in FOREIGN_URLS:
            reply = attempt(connector, TextHooks.fetch_media, url=foreign)
            assert isinstance(reply.error, RingfenceError), "a picture was fetched from somewhere else"

    def test_the_list_of_texts_agrees_with_the_webhooks(
        self, connector: Connector, sandbox: Sandbox, clock: FrozenClock
    ) -> None:
        declared = "list_texts" in connector.manifest.abilities
        assert declared == ("list_texts" in implemented_hooks(connector)), (
            "the manifest declares the ability list_texts"
        )
        need_hooks(connector, "list_texts")
        carrier, url, since = carrier_of(sandbox), connector.services.webhook_url, clock()
        reported: list[Any] = []
        ours, other = samples.TRACKING_NUMBER, samples.person_number()
        for number, body, pictures in ((ours, "STOP", []), (ours, "Größe 5 😀", [PICTURE]), (other, "Not ours", [])):
            clock.advance(minutes=1)
            request = carrier.message_webhook(samples.person_number(), number, body, url, pictures)
            reported += ask(connector, CallHooks.parse_webhook, request=request)
        if "send_text" in implemented_hooks(connector):
            ask(connector, TextHooks.send_text, text=self._text(sender=ours))
        clock.advance(minutes=10)
        query = TextListQuery(since=since, tracking_numbers=(ours,))
        listed = ask(connector, TextHooks.list_texts, query=query)
        assert [_content(each) for each in listed] == [_content(each) for each in reported[:2]], (
            "received texts on the numbers that were asked for, oldest first, each like its webhook"
        )
        assert all(
            abs(text.at - event.at) < timedelta(minutes=1) for text, event in zip(listed, reported, strict=False)
        )
        if "fetch_media" in implemented_hooks(connector):
            (address,) = listed[1].media_urls
            assert ask(connector, TextHooks.fetch_media, url=address).data == PICTURE, "the picture is not fetched"
        late = ask(connector, TextHooks.list_texts, query=replace(query, since=clock() + timedelta(days=1)))
        assert list(late) == [], "texts from before `since` are listed"

    def _text(self, **changes: Any) -> OutboundText:
        values: JsonObject = {
            "key": samples.key("text"),
            "sender": samples.TRACKING_NUMBER,
            "recipient_number": samples.person_number(),
            "body": "Your plumber comes at 5 pm.",
        }
        return OutboundText(**(values | changes))


def _content(event: Any) -> tuple[object, ...]:
    assert isinstance(event, MessageEvent)
    return event.message_id, event.tracking_number, event.sender_number, event.body, len(event.media_urls)
