"""Examples of hub.api.sandbox for docs/api-reference.md; each function is one, with the imports that it needs."""


def a_stand_in() -> None:
    """A stand-in that speaks HTTP

    It serves the provider's paths on loopback. Faults are put in front of it, and `listening` hears every request.
    """
    from typing import Any

    import httpx2

    from hub.api.sandbox import Fault, HeardRequest, HttpSandbox, Sandbox, json_reply, reply, routed

    class Acme(HttpSandbox):
        def settings(self) -> dict[str, Any]:
            return {"api_key": "sandbox", "base_url": self.url}

        def app(self) -> Any:
            async def contact(request: Any) -> Any:
                if request.headers.get("x-api-key") != "sandbox":
                    return json_reply({"code": "KEY"}, 401)
                return json_reply({"id": request.path_params["id"]})

            async def logo(_: Any) -> Any:
                return reply(b"\x89PNG", media_type="image/png")

            return routed([("/contacts/{id}", contact, ["GET"]), ("/logo.png", logo, ["GET"])])

    acme = Acme()
    assert isinstance(acme, Sandbox)
    with acme, acme.listening() as heard:
        acme.fail_next(Fault("status", 429, retry_after=5))
        key = {"x-api-key": "sandbox"}
        replies = [httpx2.get(f"{acme.url}/contacts/7", headers=key, trust_env=False) for _ in range(2)]
        assert [each.status_code for each in replies] == [429, 200] and replies[0].headers["retry-after"] == "5"
        assert httpx2.get(f"{acme.url}/logo.png", trust_env=False).content == b"\x89PNG"
    first: HeardRequest = heard[0]
    assert (first.method, first.path) == ("GET", "/contacts/7")


def strict_operations() -> None:
    """As strict as the provider

    `Operations` checks each request against a YAML file of what the provider's specification allows.
    """
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from hub.api.sandbox import Operations, RequestFault

    written = """
    POST /accounts/{account}/messages:
      form: {To!: phone, Body: text..1600, Status: queued|sent}
    """
    with TemporaryDirectory() as folder:
        file = Path(folder, "operations.yaml")
        file.write_text(written)
        operations = Operations(file)
    form, path = "application/x-www-form-urlencoded", "/accounts/17/messages"
    assert operations.fault("POST", path, "", form, b"To=%2B13125550142&Body=Hello") is None
    assert operations.fault("POST", path, "", form, b"Body=Hello") == RequestFault("missing", "To")
    assert operations.fault("GET", path, "", form, b"") == RequestFault("operation")


def vendor_rules() -> None:
    """What a vendor demands and answers

    `VendorRules` reads `rules.yaml`, which is [written from the vendor's pages](write-a-plugin.md#rules). At the door of a
    stand-in it is asked what the vendor would say to a request, as a `VendorReply`; `received` gives it the request, `refused`
    also compares the credentials with those of `authorized`, `answer_reply` sends the answer, and `filled` puts values into a
    template such as an answer's `row`. The suites send each example to the stand-in with the credentials that `authorized`
    adds. A test gives any answer of the file with `sandbox.answer_next("busy")`.
    """
    from datetime import UTC, datetime
    from pathlib import Path
    from tempfile import TemporaryDirectory
    from typing import Any

    from hub.api.sandbox import (
        HeardRequest,
        HttpSandbox,
        VendorReply,
        VendorRules,
        answer_reply,
        filled,
        received,
        refused,
        routed,
    )

    written = """
    pages:
      texts: {address: docs.example.com/texts, read: 2026-11-30}
    operations:
      POST /texts: {page: texts, form: {to!: phone, body: text, media: url}}
    good:
      text: {operation: POST /texts, form: {to: "+13125550142", body: Hello}}
    rules:
      - rule: A text has words or a picture
        page: texts
        any_of: [body, media]
        answer: empty
        probe: {base: text, merge: {body: null}}
    answers:
      invalid: {status: 400, body: {code: 7}, means: final, page: texts}
      empty: {status: 400, body: {code: 8}, means: final, page: texts}
      busy: {status: 429, body: {code: 9}, means: wait, page: texts}
    faults: {any: invalid}
    """
    with TemporaryDirectory() as folder:
        file = Path(folder, "rules.yaml")
        file.write_text(written)
        rules = VendorRules(file)

    class Sandbox(HttpSandbox):
        def app(self) -> Any:
            self.rules = rules
            return routed([("/texts", self._text, ["POST"])])

        def authorized(self, request: HeardRequest) -> HeardRequest:
            return request.with_token("of the stand-in")

        async def _text(self, request: Any) -> Any:
            if (no := await refused(self, rules, request)) is not None:
                return no
            assert rules.check(await received(request), self.clock()).answer is None
            return answer_reply(rules.answer("busy"))

    now = datetime(2026, 11, 30, tzinfo=UTC)
    empty = HeardRequest(
        "POST", "/texts", "", {"content-type": "application/x-www-form-urlencoded"}, b"to=%2B13125550142"
    )
    said = rules.check(empty, now)
    assert isinstance(said, VendorReply) and said.answer == "empty"
    assert rules.check(rules.example("text", now), now).answer is None
    assert filled({"place": "{index}", "why": "row {index}"}, {"index": 3}) == {"place": 3, "why": "row 3"}
    with Sandbox() as sandbox:
        import httpx2

        for token, code in (("of the stand-in", 8), ("of another", 7)):
            headers = {"authorization": f"Bearer {token}"}
            sent = httpx2.post(f"{sandbox.url}/texts", data={"to": "+13125550142"}, headers=headers, trust_env=False)
            assert sent.json() == {"code": code}


def kinds() -> None:
    """What a stand-in offers to the suites

    Each is a protocol: have its methods beside those of `HttpSandbox`, and nothing else needs to be said. Their
    methods stand in [the page of manifests](manifest.md#stand-ins).
    """
    from collections.abc import Mapping
    from typing import Any

    from hub.api.sandbox import (
        AdsSandbox,
        CallBackSandbox,
        CarrierSandbox,
        CostSandbox,
        CrmSandbox,
        NumberSandbox,
        OwnerSandbox,
        PeopleKindsSandbox,
        PeopleSandbox,
    )

    class AcmeAds:
        def destination(self) -> Mapping[str, Any]:
            return {"pixel": "9"}

        def know_destination(self, destination: Mapping[str, Any]) -> None: ...

        def conversions(self) -> Mapping[str, Mapping[str, Any]]:
            return {}

        def refuse(self, key: str) -> None: ...

    ads: AdsSandbox = AcmeAds()
    assert isinstance(ads, AdsSandbox)
    others = (
        CallBackSandbox, CarrierSandbox, CostSandbox, CrmSandbox, NumberSandbox, OwnerSandbox, PeopleKindsSandbox,
        PeopleSandbox,
    )  # fmt: skip
    assert not any(isinstance(ads, kind) for kind in others)


def played_calls() -> None:
    """A call that a carrier's stand-in plays

    The stand-in sends the webhooks of a `SimulatedCall` through an `Exchange` and follows the hub's documents. A
    `CallBackOutcome` says how a call ends that the hub placed.
    """
    from datetime import UTC, datetime

    from hub.api import AnswerDocument, WebhookRequest
    from hub.api.sandbox import CallBackOutcome, Exchange, SimulatedCall

    call = SimulatedCall(
        caller_number="+13125550142",
        tracking_number="+13125550100",
        answering_number="+13125550190",
        started_at=datetime(2026, 11, 24, 15, 0, tzinfo=UTC),
        outcome="voicemail",
    )

    def hub(request: WebhookRequest) -> AnswerDocument | None:
        return AnswerDocument("application/xml", "<Response/>") if request.url.endswith("/call") else None

    exchange: Exchange = hub
    ended: CallBackOutcome = "person_busy"
    url = "https://calls.example.com/webhooks/acme/call"
    assert exchange(WebhookRequest("POST", url, b"", call.started_at)) is not None and ended != "answered"


def sign_ins() -> None:
    """A stand-in's sign-in

    `SandboxSignIn` has the consent page, codes with PKCE and tokens. `asks = False` answers immediately.
    """
    from datetime import UTC, datetime

    from hub.api.sandbox import SandboxSignIn, unsigned_id_token

    now = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    signed_in = SandboxSignIn(
        lambda: now, provider="Acme", client_id="ringfence", client_secret="s", refresh_token="r-1"
    )
    form = {"grant_type": "refresh_token", "refresh_token": "r-1", "client_id": "ringfence", "client_secret": "s"}
    status, answer = signed_in.token(form)
    assert status == 200 and signed_in.allows(f"Bearer {answer['access_token']}")
    assert signed_in.token({**form, "client_secret": "wrong"})[0] == 401
    assert unsigned_id_token({"email": "pat@example.com"}).count(".") == 2


def speech() -> None:
    """Who speaks when in a WAV file

    The stand-in of a service that transcribes hears when each channel has sound, so that its replies fit what it got.
    """
    import io
    import wave

    from hub.api.sandbox import Speech, speech_in

    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(1)
        sound.setframerate(4000)
        sound.writeframes(bytes([128, 128]) * 4000 + bytes([128, 160]) * 4001)
    assert speech_in(file.getvalue()) == (2, [Speech(channel=1, start=1.0, end=2.0)])
