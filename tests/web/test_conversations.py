"""A caller talks with an assistant over the websocket of a carrier that turns speech into text.

The other end of the websocket is as strict as Twilio's page about it (twilio.com/docs/voice/conversationrelay/
websocket-messages): it signs the handshake, and takes no message with other fields than the page has.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from web_edge import CALLER, DEFAULT, HARBOUR, PUBLIC, YARD, Edge, open_edge
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from hub.access.scope import scope_of_operator
from hub.api import AgentReply
from hub.api.twiml import sign_form, signed_text
from hub.config.callflow.definition import Flow
from hub.model import Call, Recording, TranscriptRow
from hub.queries.contact.view import contact_views
from hub.queries.search import find
from hub.recordings.end import RecordingEnd, end_recording, recording_end
from hub.recordings.transcripts import read_transcript
from hub.store.rows import read_objects
from plugins.carriers.sip import Sip

SID = f"CA{7:032x}"
SOCKET = "wss://calls.example.com/webhooks/twilio/converse"
MESSAGES: dict[str, dict[str, type]] = {
    "text": {"type": str, "token": str, "last": bool, "lang": str, "interruptible": bool, "preemptible": bool},
    "end": {"type": str, "handoffData": str},
}
NEEDED = {"text": {"type", "token", "last"}, "end": {"type"}}
SECONDS = 30


class RelayPeer:
    """Twilio's end of one websocket."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    def send(self, kind: str, **fields: Any) -> None:
        self._socket.send(json.dumps({"type": kind, **fields}))

    def set_up(self, token: str, call_id: str = SID) -> None:
        parts = {"sessionId": f"VX{1:032x}", "callSid": call_id, "from": CALLER, "to": HARBOUR, "direction": "inbound"}
        self.send("setup", **parts, customParameters={"token": token})

    def speak(self, words: str) -> None:
        self.send("prompt", voicePrompt=words, lang="en-US", last=True)

    def hear(self) -> dict[str, Any]:
        """The hub's next message, if the page allows it."""
        message: dict[str, Any] = json.loads(self._socket.recv(timeout=SECONDS))
        allowed = MESSAGES[message["type"]]
        assert NEEDED[message["type"]] <= message.keys() <= allowed.keys()
        assert all(isinstance(value, allowed[name]) for name, value in message.items())
        return message

    def closed(self) -> int:
        """The code with which the hub closes, without another message."""
        with pytest.raises(ConnectionClosed) as closing:
            self._socket.recv(timeout=SECONDS)
        received = closing.value.rcvd
        assert received is not None
        return received.code


@contextmanager
def relay(edge: Edge, *, url: str = SOCKET, secret: str | None = None, path: str = "") -> Iterator[RelayPeer]:
    """A websocket as Twilio opens it, over `edge`'s own port."""
    signature = sign_form(edge.twilio.auth_token if secret is None else secret, signed_text(url, []))
    here = f"ws{str(edge.client.base_url).removeprefix('http').rstrip('/')}"
    address = f"{here}{path or url.removeprefix('wss://calls.example.com').rstrip('/')}"
    headers = {"X-Twilio-Signature": signature} if signature else {}
    with connect(address, additional_headers=headers, open_timeout=SECONDS) as socket:
        yield RelayPeer(socket)


def with_assistant(edge: Edge, **changes: Any) -> Edge:
    step = {
        "do": "converse",
        "agent": "moody",
        "opening": "Harbour Boats. What happened?",
        "may": {"emergency": "yard", "message": "night"},
        "otherwise": "night",
    }

    def change(flow: Flow) -> Flow:
        made = flow.model_dump(mode="json")
        return Flow.model_validate({**made, "start": "desk", "steps": {**made["steps"], "desk": {**step, **changes}}})

    edge.change_flow(change)
    return edge


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Edge]:
    """A hub of the test's own. On a busy machine nothing is late that comes within five seconds."""
    with open_edge(tmp_path, answer_seconds=5.0) as opened:
        yield with_assistant(opened)


def moody(edge: Edge) -> Any:
    return edge.opened.hub.plugins.connectors["moody"]


def rung(edge: Edge, call_id: str = SID) -> tuple[ElementTree.Element, str, str]:
    """A call rings: the document, the token in it, and the address that is asked after the conversation."""
    reply = edge.post("voice", {"CallSid": call_id, "CallStatus": "ringing", "To": HARBOUR, "From": CALLER})
    document = ElementTree.fromstring(reply.content)
    parameter, connect_verb = document.find("Connect/ConversationRelay/Parameter"), document.find("Connect")
    assert parameter is not None and connect_verb is not None
    action = connect_verb.get("action", "").removeprefix(f"{PUBLIC}/webhooks/twilio/")
    return document, parameter.get("value", ""), action


def after(edge: Edge, action: str, **fields: str) -> list[str]:
    """What the carrier does when it has asked what follows."""
    asked = {"CallSid": SID, "CallStatus": "in-progress", "To": HARBOUR, "From": CALLER} | fields
    return [each.tag for each in ElementTree.fromstring(edge.post(action, asked).content)]


def test_the_document_says_what_it_is_and_opens_the_websocket(desk: Edge) -> None:
    document, token, action = rung(desk)
    assert [each.tag for each in document] == ["Say", "Say", "Say", "Connect"]
    assert [each.text for each in document.findall("Say")] == [
        "You are talking with an automated assistant that has an artificial voice, not with a person.",
        "Harbour records this call.",
        "Harbour Boats. What happened?",
    ]
    noun = document.find("Connect/ConversationRelay")
    assert noun is not None and noun.get("url") == SOCKET, "no query, and only over TLS"
    assert token and action.startswith("conversed?")


def test_the_carrier_counts_as_an_outside_service_that_transcribes(desk: Edge) -> None:
    rung(desk)
    assert desk.lawyer.questions[-1].transcribed_by == "Twilio Inc."


def test_a_carrier_that_understands_callers_on_the_own_machine_does_not(
    desk: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    twilio = type(desk.opened.hub.plugins.connectors["twilio"])
    monkeypatch.setattr(twilio, "manifest", twilio.manifest.model_copy(update={"understands_here": True}))
    rung(desk)
    assert desk.lawyer.questions[-1].transcribed_by is None
    assert Sip.manifest.understands_here, "a line of one's own is such a carrier"


def test_a_caller_is_answered_and_goes_where_the_assistant_chose(desk: Edge) -> None:
    _, token, action = rung(desk)
    with relay(desk) as peer:
        peer.set_up(token)
        peer.speak("My boat is sinking, card 4242 4242 4242 4242.")
        assert peer.hear() == {"type": "text", "token": "Where is it?", "last": True}
        peer.send("interrupt", utteranceUntilInterrupt="Where", durationUntilInterruptMs=400)
        moody(desk).reply = lambda talk: AgentReply(choose="emergency", why="sinks")
        peer.speak("At the pier.")
        assert peer.hear() == {"type": "end", "handoffData": "emergency"}
        assert peer.closed() == 1000
    assert after(desk, action, HandoffData="emergency", SessionStatus="ended") == ["Dial"]
    assert [line.channel for line in moody(desk).asked[-1].lines] == ["business", "caller", "business", "caller"]
    assert moody(desk).asked[-1].may == ("emergency", "message")
    assert desk.steps(SID)[-2] == ("desk", "emergency: yard")


def test_what_was_said_is_sealed_and_kept_with_the_call_as_its_transcript(desk: Edge) -> None:
    _, token, _ = rung(desk)
    desk.work()
    with relay(desk) as peer:
        peer.set_up(token)
        peer.speak("My boat is sinking, card 4242 4242 4242 4242.")
        peer.hear()
        peer.send("dtmf", digit="0")
        assert peer.hear() == {"type": "end", "handoffData": "otherwise"}
        peer.closed()
    drained(desk)
    hub = desk.opened.hub
    with hub.store.reading() as session:
        (recording,) = read_objects(session, Recording, Recording.__table__.select())
        read = read_transcript(hub, session, recording.id)
        (row,) = read_objects(session, TranscriptRow, TranscriptRow.__table__.select())
    assert read is not None and read.parts is not None
    assert [(part.channel, part.text, part.decided) for part in read.parts] == [
        ("business", "Harbour Boats. What happened?", "said what it is"),
        ("caller", "My boat is sinking, card [card number removed].", None),
        ("business", "Where is it?", "asks"),
        ("business", "", "the caller asked for a person → otherwise"),
    ]
    assert recording.kind == "conversation" and recording.path is None
    assert b"sinking" not in (row.sealed or b"") and row.expires_at > desk.clock()
    assert not any("sinking" in str(each) for each in desk.rows("SELECT * FROM call_step"))
    assert found(desk) == ["My boat is sinking, card [card number removed]."]


def test_what_was_said_is_the_transcript_of_a_call_without_a_recording_for_webhooks_and_apis(desk: Edge) -> None:
    talked(desk)
    hub = desk.opened.hub
    with hub.store.reading() as session:
        (call,) = read_objects(session, Call, Call.__table__.select())
        (view,) = contact_views(session, hub.vault, [call], scope_of_operator().user)
        assert [part.text for part in view.transcript][:2] == ["Harbour Boats. What happened?", "My boat is sinking."]
        assert view.recording is None and view.transcribed is not None


def talked(desk: Edge) -> None:
    """A caller says something, then wants a person, and the words are kept."""
    _, token, _ = rung(desk)
    desk.work()
    with relay(desk) as peer:
        peer.set_up(token)
        peer.speak("My boat is sinking.")
        peer.hear()
        peer.send("dtmf", digit="0")
        peer.hear()
    drained(desk)


def found(edge: Edge) -> list[str]:
    """What a search for a word that the caller said finds."""
    hub, company = edge.opened.hub, edge.opened.directory.current().companies["harbour"].id
    with hub.store.reading() as session:
        return [
            each.text for each in find(session, scope_of_operator(), hub.vault, [company], "sinking", people=False).said
        ]


def test_a_refusal_of_the_recording_afterwards_reaches_what_was_said_to_the_assistant(desk: Edge) -> None:
    talked(desk)
    desk.post(
        "status", {"CallSid": SID, "CallStatus": "completed", "To": HARBOUR, "From": CALLER, "CallDuration": "60"}
    )
    desk.work()
    hub = desk.opened.hub
    with hub.store.reading() as session:
        (call,) = read_objects(session, Call, Call.__table__.select())
        assert recording_end(session, hub, call) == RecordingEnd(live=False, can_end=True)
    assert end_recording(hub, call, "lena") == ("deleted", False)
    assert desk.rows("SELECT state, sealed FROM transcript") == [{"state": "gone", "sealed": None}]
    assert desk.one("SELECT state FROM recording") == "gone", "nothing is deleted at the carrier, which kept no sound"
    with hub.store.reading() as session:
        assert found(desk) == [] and recording_end(session, hub, call) is None


def drained(edge: Edge) -> None:
    """Until the worker knows the call and the spool has handed over."""
    edge.work()
    assert edge.rows("SELECT id FROM call")
    for _ in range(SECONDS * 50):
        edge.opened.hub.spool.retry_refused()
        if edge.rows("SELECT id FROM transcript"):
            return
        threading.Event().wait(0.02)
    raise AssertionError("nothing was kept")


@pytest.mark.parametrize("secret", ["", "another secret"])
def test_a_handshake_that_the_carrier_did_not_sign_is_refused(desk: Edge, secret: str) -> None:
    with pytest.raises(InvalidStatus) as refused, relay(desk, secret=secret):
        pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("path", ["/", "/webhooks/lawyer/converse", "/webhooks/nobody/converse", "/webhooks/twilio/x"])
def test_no_other_address_has_a_websocket(desk: Edge, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused, relay(desk, path=path):
        pass
    assert refused.value.response.status_code == 403


def test_a_signature_of_the_address_with_a_slash_is_genuine(desk: Edge) -> None:
    _, token, _ = rung(desk)
    with relay(desk, url=f"{SOCKET}/") as peer:
        peer.set_up(token)
        peer.speak("Hello.")
        assert peer.hear()["token"] == "Where is it?"


def test_a_token_opens_one_conversation_of_its_own_call_in_time(desk: Edge) -> None:
    _, token, _ = rung(desk)
    changed = f"{token[:-1]}{'0' if token[-1] != '0' else '1'}"
    other = f"CA{8:032x}"
    for call_id, text in ((SID, ""), (SID, changed), (other, token), (SID, token.replace("desk", "menu"))):
        with relay(desk) as peer:
            peer.set_up(text, call_id)
            assert peer.closed() == 1008
    with relay(desk) as peer:
        peer.set_up(token)
        peer.send("dtmf", digit="0")
        peer.hear()
    with relay(desk) as peer:
        peer.set_up(token)
        assert peer.closed() == 1008, "used before"
    _, token, _ = rung(desk, other)
    desk.clock.advance(minutes=6)
    with relay(desk) as peer:
        peer.set_up(token, other)
        assert peer.closed() == 1008, "too old"
    assert moody(desk).asked == []


@pytest.mark.parametrize("first", ['{"type": "prompt", "voicePrompt": "Hello", "last": true}', "no JSON", "[]"])
def test_a_conversation_that_does_not_begin_with_its_set_up_is_closed(desk: Edge, first: str) -> None:
    with relay(desk) as peer:
        peer._socket.send(first)
        assert peer.closed() == 1008


@pytest.mark.parametrize("kind", ["crash", "lie", "hang"])
def test_a_plugin_that_fails_hands_the_call_over_and_the_next_call_too(desk: Edge, kind: str) -> None:
    free = threading.Event()

    def reply(talk: Any) -> Any:
        if kind == "crash":
            raise SystemExit
        free.wait(SECONDS if kind == "hang" else 0)
        return "emergency"

    moody(desk).reply = reply
    _, token, action = rung(desk)
    with relay(desk) as peer:
        peer.set_up(token)
        peer.speak("Hello.")
        assert peer.hear() == {"type": "end", "handoffData": "otherwise"}
    free.set()
    assert after(desk, action, HandoffData="otherwise")[-2] == "Record"


def test_other_calls_are_answered_along_their_flow_while_assistants_hang(desk: Edge) -> None:
    free, hanging = threading.Event(), threading.Semaphore(0)

    def reply(talk: Any) -> AgentReply:
        hanging.release()
        free.wait(SECONDS)
        return AgentReply(say="Where is it?")

    moody(desk).reply = reply
    tokens = [(f"CA{number:032x}", rung(desk, f"CA{number:032x}")[1]) for number in range(20, 24)]
    with ExitStack() as talks:
        for call_id, token in tokens:
            peer = talks.enter_context(relay(desk))
            peer.set_up(token, call_id)
            peer.speak("Hello.")
            assert hanging.acquire(timeout=SECONDS)
        reply_to_other = desk.post("voice", {"CallSid": SID, "CallStatus": "ringing", "To": DEFAULT, "From": CALLER})
        assert b"Thank you for calling Lakeside." in reply_to_other.content, "no static answer"
        free.set()


def test_a_conversation_that_breaks_off_goes_on_at_otherwise_and_is_kept(desk: Edge) -> None:
    _, token, action = rung(desk)
    with relay(desk) as peer:
        peer.set_up(token)
        peer.speak("Hello.")
        peer.hear()
    assert after(desk, action, SessionStatus="failed")[-2] == "Record"
    drained(desk)


def test_a_way_that_the_form_makes_up_is_not_taken(desk: Edge) -> None:
    _, _, action = rung(desk)
    assert after(desk, action, HandoffData="yard")[-2] == "Record"
    assert after(desk, action, HandoffData=f"+1{YARD}")[-2] == "Record"


def test_silence_hands_over(desk: Edge) -> None:
    with_assistant(desk, silence_seconds=3)
    _, token, _ = rung(desk)
    with relay(desk) as peer:
        peer.set_up(token)
        assert peer.hear() == {"type": "end", "handoffData": "otherwise"}


def test_silence_counts_from_when_a_line_says_that_the_words_were_heard(desk: Edge) -> None:
    with_assistant(desk, silence_seconds=3)
    moody(desk).reply = lambda talk: AgentReply(say="Where is it? " * 46)  # 50 seconds by the hub's own estimate
    _, token, _ = rung(desk)
    with relay(desk) as peer:
        peer.set_up(token)
        peer.speak("My boat is sinking.")
        peer.hear()
        peer.send("info", name="agentSpeaking", value="off")
        assert peer.hear() == {"type": "end", "handoffData": "otherwise"}


def test_where_the_law_forbids_a_recording_no_assistant_answers(desk: Edge) -> None:
    desk.lawyer.verdict = "deny"
    reply = desk.post("voice", {"CallSid": SID, "CallStatus": "ringing", "To": HARBOUR, "From": CALLER})
    assert [each.tag for each in ElementTree.fromstring(reply.content)][-2:] == ["Record", "Hangup"]
