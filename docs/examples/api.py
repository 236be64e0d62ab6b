"""Examples of hub.api for docs/api-reference.md; each function is one, with the imports that it needs."""


def a_plugin() -> None:
    """A plugin: settings, a manifest and hooks

    `Connector` is the base class of every plugin, `PluginSettings` of what the customer writes. `hookimpl` marks
    the hooks.
    """
    from datetime import date, timedelta

    from pydantic import Field

    from hub.api import (
        ApiVersion,
        Auth,
        Caller,
        ConnectionReport,
        Connector,
        DataFlow,
        Deletion,
        Fact,
        Limits,
        Manifest,
        PluginSettings,
        Recipient,
        Share,
        hookimpl,
    )
    from hub.testing import connect

    class AcmeSettings(PluginSettings):
        city: str = Field(default="Chicago", description="The city of callers whose number Acme does not know.")

    class AcmeLookup(Connector):
        Settings = AcmeSettings
        settings: AcmeSettings
        manifest = Manifest(
            api=1,
            name="acme_lookup",
            kind="enrichment",
            version="0.1.0",
            summary="Tells where a caller is likely to be.",
            recipient=Recipient(
                name="Acme Data, Inc.", role="processor", privacy_url="https://acme.example.com/privacy"
            ),
            regions=("US",),
            hosts=("api.acme.example.com",),
            flows=(DataFlow(hook="enrich_caller", use="functional.service", shares=(Share(field="phone_number"),)),),
            retention="30 days",
            deletion=Deletion(supported=False, note="Acme deletes what was asked after 30 days."),
            auth=Auth(kind="api_key"),
            limits=Limits(requests_per_minute=60),
            versions=(ApiVersion(name="v1", ends=date(2028, 3, 1)),),
        )

        @hookimpl
        def enrich_caller(self, caller: Caller) -> list[Fact]:
            city, kept = self.settings.city, timedelta(days=30)
            return [Fact(name="place", value=city, category="user.contact.address.city", confidence=0.5, lifetime=kept)]

        @hookimpl
        def check_connection(self) -> ConnectionReport:
            return ConnectionReport(ok=True, detail="Acme answers.")

    (fact,) = connect(AcmeLookup).enrich_caller(Caller(phone_number="+13125550142"))
    assert fact.value == "Chicago"


def own_transforms() -> None:
    """A transform of the network's own

    The hub runs it before the plugin gets the field, and `hub certify` checks the example.
    """
    from hub.api import Share, Transform

    def digits(number: str) -> str:
        return number.removeprefix("+")

    share = Share(
        field="phone_number",
        transform=Transform(name="digits_only", function=digits, example=("+13125550142", "13125550142")),
    )
    assert share.transform_name == "digits_only"


def errors() -> None:
    """Errors: the class says what the hub does next

    Each is a `RingfenceError` with one sentence for people, without personal data and secrets.
    """
    import pytest

    from hub.api import (
        AuthError,
        BadPayload,
        BadSignature,
        ConfigError,
        NotSupported,
        OutcomeUnknown,
        Rejected,
        RetryLater,
        RingfenceError,
    )

    next_steps: dict[type[RingfenceError], str] = {
        ConfigError: "stop and report",
        AuthError: "pause the connector, ask a person to connect it again",
        RetryLater: "try the batch again, not earlier than `after`",
        OutcomeUnknown: "hold it, look at the provider, never send it again",
        Rejected: "give up, keep the provider's code",
        NotSupported: "report, change nothing",
        BadSignature: "answer the webhook with 403, keep nothing",
        BadPayload: "park the webhook, to be replayed after a fix",
    }
    assert len(next_steps) == 8
    with pytest.raises(RetryLater) as raised:
        raise RetryLater("Acme allows 60 requests per minute.", after=20.0)
    assert raised.value.after == 20.0
    assert Rejected("Acme does not know this pixel.", code="404").code == "404"


def refusals() -> None:
    """What a provider's refusal means

    `Provider` turns a failed reply into the right error. `services.send` and `services.json` do so for every
    request; a plugin that asks through its provider's SDK gives status, headers and body itself.
    """
    from datetime import UTC, datetime

    from hub.api import AuthError, Provider, Refusal, Rejected, RetryLater, without_personal_data

    acme = Provider(name="Acme", remedy="renew api_key in config.yaml", code="error.code", words="error.message")
    now = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)

    too_fast = acme.error(acme.refusal(429, {"Retry-After": "30"}, b"", now))
    assert isinstance(too_fast, RetryLater) and too_fast.after == 30.0
    assert isinstance(acme.error(Refusal(status=401)), AuthError)
    refused = acme.error(
        acme.refusal(422, {}, b'{"error": {"code": "AGE", "message": "pat@example.com is a child"}}', now)
    )
    assert isinstance(refused, Rejected) and refused.code == "AGE" and "pat@" not in str(refused)
    assert without_personal_data("no person at +1 312 555 0142") == "no person at …"


def services() -> None:
    """What the hub gives to a connector

    A connector has them as `self.services`. `hub.testing.connect` gives a connector in a test the same, in memory.
    """
    from hub.api import Connector, JsonObject, Log, Manifest, Memory, PluginSettings, Provider, Recipient, Services
    from hub.testing import FrozenClock, connect

    class Acme(Connector):
        Settings = PluginSettings
        manifest = Manifest(
            name="acme",
            kind="enrichment",
            version="0.1.0",
            summary="Shows the services.",
            recipient=Recipient(name="Acme", role="processor"),
        )

        def contact(self) -> JsonObject:
            """One request; every failure of it ends as one of the errors above."""
            acme = Provider(name="Acme", remedy="renew api_key in config.yaml")
            return self.services.json(acme, "GET", "https://api.acme.example.com/contacts/1")

    clock = FrozenClock()
    given: Services = connect(Acme, clock=clock).services
    notes: Memory = given.memory
    notes.put("api", "v2")
    notes.change("asked", lambda before: str(int(before or 0) + 1))
    assert (notes.get("api"), notes.get("asked")) == ("v2", "1")
    log: Log = given.log
    log.info("Acme's second API is used", version=2)
    assert given.clock() == clock.now


def conversions() -> None:
    """Conversions and their receipts

    `upload_conversions` gets conversions and returns one receipt for each. With `status="accepted"` and a
    `reference` the hub asks `poll_receipts` about a `PendingReceipt` later.
    """
    from datetime import UTC, datetime
    from decimal import Decimal

    from hub.api import Conversion, Money, PendingReceipt, Receipt

    won = Conversion(
        key="rf-1",
        name="sale",
        occurred_at=datetime(2026, 11, 24, 15, 0, tzinfo=UTC),
        value=Money(Decimal("40.00"), "USD"),
        click_ids={"acme_click": "abc"},
    )

    def receipt_of(item: Conversion) -> Receipt:
        if not item.click_ids:
            return Receipt(key=item.key, status="unmatched", code="NO_CLICK", reason="Acme needs a click.", sent=False)
        return Receipt(key=item.key, status="accepted", reference="job-7")

    assert receipt_of(won).status == "accepted"
    later = PendingReceipt(key="rf-1", reference="job-7", accepted_at=won.occurred_at)
    assert Receipt(key=later.key, status="delivered").key == won.key


def webhooks() -> None:
    """Webhooks: verified first, then parsed

    `verify_webhook` says whether a request is genuine, and `parse_webhook` what it means. `acknowledge_webhook`
    answers it.
    """
    import hashlib
    import hmac
    from collections.abc import Sequence
    from datetime import UTC, datetime

    from hub.api import (
        AnswerDocument,
        BadPayload,
        BadSignature,
        CallEvent,
        Event,
        VerifiedWebhook,
        WebhookRequest,
        Webhooks,
        json_object,
    )

    declared = Webhooks(max_bytes=10_000, signature_header="x-acme-signature")

    def verified(request: WebhookRequest) -> VerifiedWebhook:
        signature = hmac.new(b"secret", request.body, hashlib.sha256).hexdigest()
        claimed = request.headers.get(declared.signature_header, "")
        if not hmac.compare_digest(signature.encode(), claimed.encode()):
            raise BadSignature("the webhook is not signed with this account's secret.")
        return VerifiedWebhook(event_key=signature)

    def parsed(request: WebhookRequest) -> Sequence[Event]:
        held = json_object(request.body)
        if held is None:
            raise BadPayload("the webhook holds no JSON object.")
        at = request.received_at
        return [CallEvent(kind="ringing", call_id=str(held["id"]), at=at, tracking_number="+13125550100")]

    body = b'{"id": "c1"}'
    request = WebhookRequest(
        method="POST",
        url="https://calls.example.com/webhooks/acme/call",
        body=body,
        received_at=datetime(2026, 11, 24, 15, 0, tzinfo=UTC),
        headers={"x-acme-signature": hmac.new(b"secret", body, hashlib.sha256).hexdigest()},
    )
    assert verified(request).event_key
    (event,) = parsed(request)
    assert isinstance(event, CallEvent) and event.call_id == "c1"
    assert AnswerDocument("application/json", "{}").body == "{}"


def people() -> None:
    """A person's rights at the provider

    `export_person` returns records, `erase_person` what became of them. Show and erase only what belongs to the
    company that was asked: the reference says what that is.
    """
    from hub.api import Erasure, HeldRecord, PersonReference

    held = [HeldRecord(record_type="call", record_id="c1", fields={"from": "+13125550142"})]

    def erased(person: PersonReference) -> Erasure:
        own = [record for record in held if record.record_id in person.provider_ids]
        if not own:
            return Erasure(status="nothing_held")
        return Erasure(status="erased", records=len(own))

    assert erased(PersonReference(phone_numbers=("+13125550142",), provider_ids=("c1",))).records == 1
    assert erased(PersonReference(phone_numbers=("+13125550142",))).status == "nothing_held"


def transcripts() -> None:
    """Transcripts

    `transcribe` gets audio and returns parts in order. Two channels are caller and business.
    """
    from hub.api import SpokenAudio, Transcript, TranscriptPart

    def transcribed(spoken: SpokenAudio) -> Transcript:
        words = TranscriptPart(
            start=0.0, end=1.4, text="Hello, is this the dentist?", channel="caller", confidence=0.93
        )
        return Transcript(language=spoken.language, model="acme-2", parts=(words,))

    assert transcribed(SpokenAudio(audio=b"RIFF", language="en-US")).parts[0].channel == "caller"


def transcripts_from_rows() -> None:
    """A transcript from a provider's rows

    `Transcript.of` puts rows in order and gives each its speaker; `SPEAKERS` has who is on which channel, by the number
    of channels. A row that cannot be read raises `RetryLater`.
    """
    from hub.api import SPEAKERS, SpokenAudio, Transcript

    rows = [
        {"start": 2.0, "end": 3.1, "transcript": "Yes.", "channel": 1},
        {"start": 0.2, "end": 1.4, "transcript": "Hello?", "channel": 0},
    ]
    transcript = Transcript.of(SpokenAudio(audio=b"RIFF"), "acme-2", rows, SPEAKERS[2], text="transcript")
    assert [(part.channel, part.text) for part in transcript.parts] == [("caller", "Hello?"), ("business", "Yes.")]


def talk_with_callers() -> None:
    """An assistant that talks with callers

    The hub gives the conversation so far and the names of what may be done; the answer has words, and at most one of the names.
    What the caller says is data: it never widens what may be done.
    """
    from hub.api import AgentReply, Talk, TranscriptPart

    def answer(talk: Talk) -> AgentReply:
        said = (talk.lines[-1].text or "").lower()
        if "flood" in said and "emergency" in talk.may:
            return AgentReply(say="I am connecting you.", choose="emergency", why="flood")
        return AgentReply(choose="otherwise", why="unclear")

    line = TranscriptPart(start=4.0, end=6.0, text="My basement floods!", channel="caller")
    assert answer(Talk(lines=(line,), may=("emergency",))).choose == "emergency"
    assert answer(Talk(lines=(line,))).choose == "otherwise"


def conversations() -> None:
    """What a conversation was about

    `read_conversation` gets the lines of a call and the company's names, and returns claims with the numbers of the lines
    that prove them.
    """
    from hub.api import Claim, Conversation, Insight, TranscriptPart

    def about(conversation: Conversation) -> Insight:
        proof = [number for number, line in enumerate(conversation.lines, 1) if "book" in (line.text or "")]
        outcome = Claim(name="booked", confidence=0.7, lines=tuple(proof)) if proof else None
        return Insight(model="acme rules", summary="Somebody books a visit.", outcome=outcome)

    said = TranscriptPart(start=0.0, end=1.2, text="Please book it.", channel="caller")
    found = about(Conversation(lines=(said,), outcomes=("booked",))).outcome
    assert found is not None and found.lines == (1,)


def facts_from_an_answer() -> None:
    """Facts from an answer

    `facts_at` takes where an answer has the value of each fact, and its data category; what is empty is left out.
    """
    from datetime import timedelta

    from hub.api import facts_at

    paths = {"name": ("owner.name", "user.name"), "place": ("owner.city", "user.contact.address.city")}
    (fact,) = facts_at({"owner": {"name": "Pat Doe", "city": ""}}, paths, 0.7, timedelta(days=90))
    assert (fact.name, fact.value, fact.confidence) == ("name", "Pat Doe", 0.7)


def replies() -> None:
    """Reading replies that nobody checked

    Each of these gives an empty or missing value where a provider sends something else, and never raises.
    """
    from hub.api import JsonObject, as_mapping, as_mappings, as_text, json_object, phone_number, value_at, xml_root

    reply: JsonObject = json_object(b'{"person": {"name": "Pat", "phones": [{"number": "(312) 555-0142"}, 7]}}') or {}
    person = as_mapping(reply.get("person"))
    assert as_text(person.get("name")) == "Pat" and as_text(person.get("age")) == ""
    assert [phone_number(each.get("number")) for each in as_mappings(person.get("phones"))] == ["+13125550142"]
    assert value_at(reply, "person.phones.0.number") == "(312) 555-0142" and value_at(reply, "person.mail") is None
    assert json_object(b"[]") is None
    root = xml_root(b"<Reply><Id>7</Id></Reply>")
    assert root is not None and root.findtext("Id") == "7"


def all_pages() -> None:
    """All pages of a list

    `each_item` reads a list or a search to its last page: by a cursor, a token or an address that each page names, by an
    offset, or by numbers of pages. It ends in RetryLater rather than with a part of the list.
    """
    from hub.api import JsonObject, RetryLater, each_item

    pages: dict[str | None, JsonObject] = {
        None: {"results": [{"id": "1"}], "next": "p2"},
        "p2": {"results": [{"id": "2"}], "next": None},
    }
    assert [item["id"] for item in each_item(lambda cursor: pages[cursor], "results", "next")] == ["1", "2"]

    calls = [{"id": "1"}, {"id": "2"}, {"id": "3"}]

    def ask(skip: int) -> JsonObject:
        return {"data": calls[skip : skip + 2], "has_more": skip + 2 < len(calls)}

    assert list(each_item(ask, "data", "has_more", by="offset")) == calls

    def cut_off(number: int) -> JsonObject:
        return {"data": calls[:2] if number == 1 else [], "total": 3}

    try:
        list(each_item(cut_off, "data", by="page", total="total"))
    except RetryLater as error:
        assert str(error) == "The provider says that its list has 3 items, and gave 2."
    else:
        raise AssertionError("a part of a list was taken for all of it")
