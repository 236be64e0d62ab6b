"""Examples of hub.api.twiml for docs/api-reference.md; each function is one, with the imports that it needs."""


def a_carrier() -> None:
    """A carrier that speaks TwiML

    Three methods say what differs: the account, the signature, and where recordings may be. Webhooks and answers
    come from the dialect.
    """
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from hub.api import BadSignature, CallEvent, Manifest, PluginSettings, Recipient, WebhookRequest
    from hub.api.sandbox import SimulatedCall
    from hub.api.twiml import (
        CARRIER_FLOWS,
        FormField,
        Twiml,
        TwimlCarrier,
        TwimlStandIn,
        TwimlWebhook,
        form_fields,
        is_signed,
        sign_form,
        signed_form,
        signed_text,
    )
    from hub.testing import FrozenClock, connect

    class AcmeTwiml(Twiml):
        voice = {"voice": "alice"}

    class AcmeWebhook(TwimlWebhook):
        carrier = "Acme"

    class Acme(TwimlCarrier):
        Settings = PluginSettings
        language, webhook = AcmeTwiml, AcmeWebhook
        manifest = Manifest(
            name="acme",
            kind="carrier",
            version="0.1.0",
            summary="Receives calls at Acme.",
            recipient=Recipient(name="Acme", role="processor"),
            flows=CARRIER_FLOWS,
        )

        def account(self) -> str:
            return sandbox.account_sid

        def origins(self) -> Sequence[str]:
            return ("https://api.acme.example.com",)

        def check_signature(self, request: WebhookRequest) -> bytes:
            fields: list[FormField] = form_fields(request.body)
            if not is_signed(request.url, fields, request.headers.get("x-acme-signature", ""), ["secret"]):
                raise BadSignature("the webhook is not signed with this account's token.")
            return signed_text(request.url, fields)

    class Sandbox(TwimlStandIn):
        def settings(self) -> dict[str, Any]:
            return {}

        def form_webhook(self, url: str, fields: Mapping[str, str], at: datetime) -> WebhookRequest:
            return signed_form(url, fields, at, "x-acme-signature", "secret")

    clock = FrozenClock()
    sandbox = Sandbox(clock)
    carrier = connect(Acme, clock=clock)
    call = SimulatedCall(
        caller_number="+13125550142",
        tracking_number="+13125550100",
        answering_number="+13125550190",
        started_at=clock.now,
    )
    _, request = sandbox.webhooks(call, "https://calls.example.com/webhooks/acme")[0]
    verified = carrier.verify_webhook(request)
    assert verified.answer is not None and verified.answer.moment == "ringing"
    (event,) = carrier.parse_webhook(request)
    assert isinstance(event, CallEvent) and event.caller_number == "+13125550142"
    fields = form_fields(request.body)
    assert sign_form("secret", signed_text(request.url, fields)) == request.headers["x-acme-signature"]


def an_api_like_twilios() -> None:
    """A carrier whose REST API is like Twilio's too

    `TwimlApi` says what differs. `TwimlApiTexts` has calls, recordings and texts, `TwimlApiCarrier` no texts;
    `self.rest` asks for what else the carrier offers. `hub new-plugin carrier` writes the whole file.
    """
    from pydantic import SecretStr

    from hub.api import Manifest, PluginSettings, Provider, Recipient
    from hub.api.carriers import OutboundText
    from hub.api.twiml import TwimlApi, TwimlApiCarrier, TwimlApiStandIn, TwimlApiTexts, TwimlRest
    from hub.testing import connect

    class AcmeSettings(PluginSettings):
        account_sid: str
        token: SecretStr
        base_url: str = "https://api.acme.example.com"

    class Acme(TwimlApiTexts):
        Settings = AcmeSettings
        manifest = Manifest(
            name="acme",
            kind="carrier",
            version="0.1.0",
            summary="Receives calls and sends texts at Acme.",
            recipient=Recipient(name="Acme", role="processor"),
            hosts=("api.acme.example.com",),
        )
        api = TwimlApi(
            provider=Provider(name="Acme", remedy="check account_sid and token", code="code", words="message"),
            path="/api/Accounts/{account}",
            signature_header="x-acme-signature",
        )

    class AcmeStandIn(TwimlApiStandIn):
        carrier = Acme

    assert issubclass(TwimlApiTexts, TwimlApiCarrier)
    with AcmeStandIn() as acme:
        connector = connect(Acme, acme)
        rest: TwimlRest = connector.rest
        assert rest.find(f"{rest.account}/Calls/CA{'0' * 32}.json") is None
        text = OutboundText(
            key="t1", sender="+13125550100", recipient_number="+13125550142", body="We called you back."
        )
        assert connector.send_text(text).status == "accepted"
        assert [each["body"] for each in acme.texts()] == ["We called you back."]


def numbers_and_people() -> None:
    """Numbers, people's requests and the stand-in of an API like Twilio's

    `TwimlApiNumbers` and `TwimlApiPeople` add their hooks. `self.rest.account` is the account's address, without a slash at
    its end. A stand-in of your own adds `paths`, whose functions get the request and its form; what it holds are `calls`,
    `messages`, `media`, `held_recordings` and `numbers`.
    """
    from collections.abc import Mapping
    from typing import Any

    from pydantic import SecretStr

    from hub.api import Manifest, PersonReference, PluginSettings, Provider, Recipient
    from hub.api.carriers import NumberQuery
    from hub.api.sandbox import json_reply
    from hub.api.twiml import TwimlApi, TwimlApiNumbers, TwimlApiPeople, TwimlApiStandIn
    from hub.testing import connect

    class AcmeSettings(PluginSettings):
        account_sid: str
        token: SecretStr
        signing_key: SecretStr
        base_url: str = "https://api.acme.example.com"

    class Acme(TwimlApiNumbers, TwimlApiPeople):
        Settings = AcmeSettings
        manifest = Manifest(
            name="acme",
            kind="carrier",
            version="0.1.0",
            summary="Receives calls, sends texts and buys numbers at Acme.",
            recipient=Recipient(name="Acme", role="processor"),
            hosts=("api.acme.example.com",),
        )
        api = TwimlApi(
            provider=Provider(name="Acme", remedy="check account_sid and token", code="code", words="message"),
            signing="signing_key",
            call_back=False,
            since_formats={"Messages": "day"},
            number_form={"VoiceMethod": "POST", "SmsMethod": "POST"},
        )

        def balance(self) -> str:
            return str(self.rest.get(f"{self.rest.account}/Balance.json")["balance"])

    class AcmeStandIn(TwimlApiStandIn):
        carrier = Acme

        def paths(self) -> Any:
            return [("Balance.json", self.show_balance, ["GET"])]

        def show_balance(self, request: Any, form: Mapping[str, str]) -> Any:
            return json_reply({"balance": "12.50"})

    assert "call_back" not in Acme.manifest.abilities
    with AcmeStandIn() as acme:
        connector = connect(Acme, acme)
        (offer,) = connector.search_numbers(NumberQuery(area_code="312", limit=1))
        assert offer.number == "+13125550100"
        person = PersonReference(phone_numbers=("+13125550142",), tracking_numbers=("+13125550100",))
        assert connector.erase_person(person).status == "nothing_held"
        assert connector.balance() == "12.50"


def lists() -> None:
    """A carrier's lists of calls and texts

    `list_calls` and `list_texts` give the same events as webhooks. An item that cannot be read hides no other.
    """
    from collections.abc import Mapping
    from datetime import UTC, datetime
    from typing import Any

    from hub.api import CallEvent, Connector, Manifest, PluginSettings, Recipient
    from hub.api.carriers import TextListQuery
    from hub.api.twiml import (
        CallListReader,
        TextListReader,
        TwimlWebhook,
        call_families,
        identifier,
        moment,
        recording_event,
        whole_seconds,
    )
    from hub.testing import connect

    class Acme(Connector):
        Settings = PluginSettings
        manifest = Manifest(
            name="acme",
            kind="carrier",
            version="0.1.0",
            summary="Lists.",
            recipient=Recipient(name="Acme", role="processor"),
        )

    number, call_id, text_id = "+13125550100", "CA" + "0" * 32, "SM" + "0" * 32
    leg = {"sid": call_id, "status": "completed", "from": "+13125550142", "to": number, "duration": "62"}
    leg |= {"direction": "inbound", "start_time": "2026-11-24T15:00:00Z", "end_time": "2026-11-24T15:01:02Z"}
    audio = {"sid": "RE" + "0" * 32, "call_sid": call_id, "status": "completed", "duration": "60"}
    audio |= {"source": "DialVerb", "date_updated": "2026-11-24T15:01:05Z"}

    def recording(item: Mapping[str, Any], call_id: str, tracking_number: str) -> CallEvent:
        sid = identifier(TwimlWebhook.recording_id_form, item.get("sid"), "sid")
        at, seconds = moment(item.get("date_updated"), "date_updated"), whole_seconds(item.get("duration"), "duration")
        address = f"https://api.acme.example.com/recordings/{sid}.wav"
        return recording_event(item.get("source"), call_id, at, sid, address, seconds, tracking_number)

    log, since = connect(Acme).services.log, datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    calls = CallListReader("Acme", TwimlWebhook.call_id_form, recording, log)
    events = calls.events(call_families([leg]), [audio], "call_sid", since)
    assert [event.kind for event in events] == ["ringing", "completed", "recorded"]

    text = {
        "sid": text_id,
        "direction": "inbound",
        "from": "+13125550142",
        "to": number,
        "body": "Yes",
        "num_media": "0",
    }
    text |= {"date_sent": "2026-11-24T15:02:00Z"}
    texts = TextListReader("Acme", TwimlWebhook.text_id_form, lambda _: (), log)
    (found,) = texts.events([text], TextListQuery(since=since, tracking_numbers=(number,)))
    assert found.body == "Yes"


def fields() -> None:
    """Fields of webhooks and lists

    Each reads one field and raises `BadPayload` if it is not what the carrier's documentation says.
    """
    import re
    from datetime import UTC, datetime

    import pytest

    from hub.api import BadPayload
    from hub.api.twiml import address_at, believed, call_failure, caller_name, identifier, moment, whole_seconds

    arrived = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    assert identifier(re.compile(r"CA[0-9a-f]{4}"), "CA00ff", "CallSid") == "CA00ff"
    assert moment("Tue, 24 Nov 2026 15:00:00 +0000", "Timestamp") == arrived
    assert believed("2026-11-24T14:59:58Z", "Timestamp", arrived).second == 58
    assert believed("2001-01-01T00:00:00Z", "Timestamp", arrived) == arrived
    assert whole_seconds("62", "Duration") == 62 and whole_seconds("", "Duration") is None
    assert caller_name("PAT DOE") == "PAT DOE" and caller_name("+13125550142") is None
    assert call_failure("", "failure") is None
    recording = "https://api.acme.example.com/recordings/RE1"
    assert address_at(recording, ["https://api.acme.example.com"], "Acme") == recording
    with pytest.raises(BadPayload):
        address_at("https://elsewhere.example.com/RE1", ["https://api.acme.example.com"], "Acme")


def addresses() -> None:
    """Our addresses within a call

    Each carries what the next webhook needs. For a carrier that does not sign addresses they have a proof, and the
    caller's number is sealed in them, because addresses stand in logs.
    """
    from datetime import UTC, datetime

    import pytest

    from hub.api import BadSignature, WebhookRequest
    from hub.api.twiml import PERSON_LEG, TEXT_STATUS_PATH, USER_LEG, CallbackAddresses, SealedCallers

    base, at = "https://calls.example.com/webhooks/acme", datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    ours = CallbackAddresses(base, secret="only the hub knows it")
    address = ours.of(USER_LEG, "+13125550100", "c1", mark="b1")
    request = WebhookRequest("POST", address, b"", at)
    ours.check(request)
    assert ours.carried(request).call_id == "c1"
    with pytest.raises(BadSignature):
        ours.check(WebhookRequest("POST", address.replace("c1", "c2"), b"", at))

    seal = SealedCallers("only the hub knows it")
    assert seal.opened(seal.sealed("c1", "+13125550142")) == ("c1", "+13125550142")
    assert f"{base}/{TEXT_STATUS_PATH}" != f"{base}/{PERSON_LEG}"


def people() -> None:
    """A person's records at a carrier"""
    from hub.api.twiml import erase_recordings, held_records

    call = {"sid": "CA1", "from": "+13125550142", "to": "+13125550100"}
    recording = {"sid": "RE1", "duration": "60"}
    found = [("call", call), ("recording", recording), ("call", call)]
    ids = {"call": "sid", "recording": "sid"}
    records = held_records(found, ids, {"call": ("from", "to"), "recording": ()})
    assert [record.record_id for record in records] == ["CA1", "RE1"]
    deleted: list[str] = []
    erasure = erase_recordings(records, deleted.append, kept="Acme keeps its list of calls for 13 months.")
    assert (deleted, erasure.status, erasure.records) == (["RE1"], "impossible", 1)


def stand_ins() -> None:
    """What stand-ins of such carriers are made of

    `TwimlStandIn` plays a call with `ListedCall`, a `TwimlPlayer` whose webhooks and lists are Twilio's. A carrier
    with other words subclasses it and names it as `player`.
    """
    from xml.etree import ElementTree

    from hub.api.twiml import CALL_BACK_STEPS, Leg, ListedCall, TwimlPlayer, TwimlStandIn, list_page, person_dial, tone

    assert issubclass(TwimlStandIn.player, ListedCall) and issubclass(ListedCall, TwimlPlayer)
    number = ElementTree.fromstring(
        '<Number statusCallback="/leg" statusCallbackEvent="answered">+13125550190</Number>'
    )
    leg = Leg("CA2", number)
    assert leg.number == "+13125550190" and leg.tells("answered") and not leg.tells("ringing")

    dial = person_dial('<Response><Dial callerId="+13125550100"><Number>+13125550142</Number></Dial></Response>')
    assert dial is not None and dial.number == "+13125550142"
    assert [step.status for step in CALL_BACK_STEPS["user_busy"]] == ["busy"]

    page = list_page("/Calls.json", {"PageSize": "2"}, "calls", ["CA1", "CA2", "CA3"])
    assert page["calls"] == ["CA1", "CA2"] and "Page=1" in str(page["next_page_uri"])
    assert tone(1).startswith(b"RIFF")
