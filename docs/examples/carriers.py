"""Examples of hub.api.carriers for docs/api-reference.md; each function is one, with the imports that it needs."""


def answers() -> None:
    """What to do with a call

    The carrier waits at an `AnswerPoint`; `render_answer` turns the hub's instructions into its language.
    """
    from collections.abc import Sequence

    from hub.api import AnswerDocument
    from hub.api.carriers import (
        ACCEPT_KEY,
        AnswerPoint,
        AskToAccept,
        Attestation,
        CallLimits,
        Converse,
        Dial,
        Gather,
        HangUp,
        Instruction,
        Moment,
        Play,
        Say,
        TakeMessage,
        nearest_language,
    )

    def rendered(instructions: Sequence[Instruction]) -> AnswerDocument:
        lines = []
        for each in instructions:
            match each:
                case Say(text=text):
                    lines.append(f"say {text}")
                case Play(url=url):
                    lines.append(f"play {url}")
                case Dial(numbers=numbers, ring_seconds=seconds):
                    lines.append(f"dial {' '.join(numbers)} for {seconds}")
                case AskToAccept(key=key):
                    lines.append(f"wait for {key}")
                case Gather(most_digits=digits):
                    lines.append(f"keys {digits}")
                case Converse():
                    lines.append("talk")
                case TakeMessage(longest=longest):
                    lines.append(f"record {longest}")
                case HangUp(reject=reject):
                    lines.append("reject" if reject else "hang up")
        return AnswerDocument("text/plain", "\n".join(lines))

    moment: Moment = "ringing"
    verdict: Attestation = "A"
    point = AnswerPoint(moment=moment, tracking_number="+13125550100", call_id="c1", attestation=verdict)
    told: list[Instruction] = [
        Say(text="Hello"),
        Play(url="https://calls.example.com/hello.wav"),
        Gather(most_digits=1),
        Dial(numbers=("+13125550190",), ring_seconds=20),
        TakeMessage(longest=60),
        Converse(),
        HangUp(),
    ]
    assert point.moment == "ringing"

    limits = CallLimits(phones=8, ring_seconds=300, languages=("en-US", "es-MX", "es-ES"))
    asked = AskToAccept(prompts=(Say(text="Press 1 to take this call."),))
    assert rendered([asked]).body == f"wait for {ACCEPT_KEY}"
    assert nearest_language("es-AR", limits.languages) == "es-MX"
    assert rendered(told).body.splitlines()[3] == "dial +13125550190 for 20"


def texts() -> None:
    """Texts and pictures

    `receipt` hands a text over and says what became of it: the carrier's id, its refusal, or that nobody knows.
    """
    from datetime import UTC, datetime

    from hub.api import Rejected
    from hub.api.carriers import (
        MediaFile,
        MessageEvent,
        MessageStatusEvent,
        OutboundText,
        TextListQuery,
        picture,
        receipt,
    )

    text = OutboundText(key="t1", sender="+13125550100", recipient_number="+13125550142", body="We called you back.")
    assert receipt(text.key, "Acme", lambda: "m-7", reasons={}).reference == "m-7"

    def stopped() -> str:
        raise Rejected("Acme refuses.", code="STOP")

    refused = receipt(text.key, "Acme", stopped, {"STOP": "The person wants no texts."}, opted_out="STOP")
    assert refused.opted_out and refused.reason == "The person wants no texts."

    at = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    came = MessageEvent(
        message_id="m-8", at=at, tracking_number="+13125550100", sender_number="+13125550142", body="Yes"
    )
    query = TextListQuery(since=at, tracking_numbers=(came.tracking_number,), known=("m-8",))
    assert came.message_id in query.known
    assert MessageStatusEvent(message_id="m-7", at=at, status="delivered").status == "delivered"
    image: MediaFile = picture("image/png", b"\x89PNG", "Acme")
    assert image.content_type == "image/png"


def recordings() -> None:
    """Recordings

    `fetch_recording` gets an id and an address from a webhook of long ago: hold both against the carrier's forms
    first.
    """
    import httpx2
    import pytest

    from hub.api import BadPayload, Rejected, RetryLater
    from hub.api.carriers import RecordingAudio, RecordingControl, recording_audio, rejecting, type_and_bytes

    def fetched(recording_id: str) -> RecordingAudio:
        with rejecting("It is not fetched."):
            if not recording_id.startswith("RE"):
                raise BadPayload("This is not a recording of Acme.")
        kind, data = type_and_bytes(httpx2.Response(200, headers={"content-type": "audio/wav; x=1"}, content=b"RIFF"))
        assert kind == "audio/wav"
        return recording_audio(data, "Acme")

    assert fetched("RE1").content_type == "audio/wav"
    with pytest.raises(Rejected, match="It is not fetched"):
        fetched("../secret")
    with pytest.raises(RetryLater):
        recording_audio(b"<html>", "Acme")
    control: RecordingControl = "pause"
    assert control == "pause"


def call_backs() -> None:
    """Calls that the hub places

    `place_call` rings the user, then the person. What happens to the two legs comes as `CallBackEvent`.
    """
    from datetime import UTC, datetime

    from hub.api import CallEvent
    from hub.api.carriers import CallBack, CallBackEvent, CallFailure, LegStatus

    call = CallBack(key="b1", tracking_number="+13125550100", user_number="+13125550190", person_number="+13125550142")
    statuses: dict[str, LegStatus] = {"in-progress": "answered", "busy": "busy", "no-answer": "no_answer"}
    at = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    event = CallBackEvent(leg="person", status=statuses["busy"], key=call.key, at=at, call_id="c9")
    assert event.status == "busy"
    why: CallFailure = "gateway_ended"
    failed = CallEvent(kind="not_answered", call_id="c1", at=at, tracking_number=call.tracking_number, failure=why)
    assert failed.failure == why


def numbers() -> None:
    """Numbers: search, buy, point at the hub

    `search_numbers` answers a query with offers, `buy_number` and `configure_number` get a set-up, `list_numbers`
    tells what the account has.
    """
    from decimal import Decimal

    from hub.api import Money
    from hub.api.carriers import NumberOffer, NumberQuery, NumberSetup, OwnedNumber

    query = NumberQuery(country="US", kind="local", area_code="312", limit=1)
    price = Money(Decimal("1.15"), "USD")
    offer = NumberOffer(number="+13125550100", kind=query.kind, country=query.country, monthly_price=price)
    base = "https://calls.example.com/webhooks/acme"
    setup = NumberSetup(
        number=offer.number,
        voice_url=f"{base}/call",
        fallback_url=f"{base}/fallback",
        status_url=f"{base}/status",
        message_url=f"{base}/text",
        message_fallback_url=f"{base}/text-fallback",
        label="Yellow Pages",
    )
    owned = OwnedNumber(number=setup.number, provider_id="PN1", label=setup.label, voice_url=setup.voice_url)
    assert owned.fallback_url is None and owned.voice_url == f"{base}/call"


def ports() -> None:
    """Numbers that move to another carrier

    `order_port` hands a `PortRequest` over; the details must match the losing carrier's bill. `list_ports` reports
    the orders.
    """
    from hub.api.carriers import PortOrder, PortRequest, PortStatus

    request = PortRequest(
        key="p1",
        numbers=("+13125550100",),
        business_name="Example Dental",
        street="1 Main St",
        city="Chicago",
        region="IL",
        postal_code="60601",
    )
    status: PortStatus = "submitted"
    order = PortOrder(order_id="o-1", numbers=request.numbers, status=status)
    assert order.numbers == request.numbers


def legs() -> None:
    """The leg of a call, for the operator

    `LegReport` on the event that reports its end, and `capture_call`, which gives the signalling as a pcap file.
    """
    from datetime import UTC, datetime

    from hub.api import CallEvent
    from hub.api.carriers import CallCapture, LegReport

    leg = LegReport(reference="a84b4c76e66710@sip.example.com", code=486, number="+13125550111", ended_by="party")
    busy = CallEvent(kind="not_answered", call_id="CA1", at=datetime(2026, 12, 1, tzinfo=UTC), leg=leg)
    assert busy.leg is leg
    assert "pcap" not in repr(CallCapture(pcap=b"\xd4\xc3\xb2\xa1"))


def companions() -> None:
    """A process beside the hub

    For a carrier that needs a server of its own, as SIP does. The hub starts it, and again after its death.
    """
    from hub.api.carriers import CompanionProcess

    server = CompanionProcess(
        name="Acme's gateway",
        arguments=("acme-gateway", "--config", "data/acme.conf"),
        start="hub run starts it; by hand: acme-gateway --config data/acme.conf",
        lock_file="data/acme.lock",
    )
    assert server.automatic


def browser_phones() -> None:
    """A phone in the browser

    For a carrier whose SDK the hub serves (`browser_phone` of the manifest): the settings say whose phone it is, and the hook
    `sign_in_phone` gives a `PhoneToken` for it.
    """
    from collections.abc import Mapping

    from hub.api import PluginSettings
    from hub.api.carriers import PhoneName, PhoneToken

    class AcmeSettings(PluginSettings):
        browser_phones: dict[PhoneName, str] = {}

        def phone_users(self) -> Mapping[str, str]:
            return self.browser_phones

    settings = AcmeSettings(browser_phones={"front-desk": "anna@example.com"})
    assert "front-desk" in settings.phone_names()
    assert "eyJ" not in repr(PhoneToken(token="eyJhbGciOi", seconds=1800))
