"""The page *Phone* in a real browser, with the carrier's own SDK: a call rings, is answered over WebRTC, and ends.

The carrier is played at the wire: its websocket, and the other end of the call, which is a second page.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from browser_carrier import BrowserCarrier
from page_client import signed_in
from served import serving
from testbed import CONNECTORS, TestHub
from visitor import WAIT

from hub.model import AuditEntry, User
from hub.platform.loopback import loopback_listener
from hub.startup.opening import Opened

pytestmark = pytest.mark.soak
OFFER = """async () => {
  globalThis.caller = new RTCPeerConnection();
  const sound = await navigator.mediaDevices.getUserMedia({ audio: true });
  for (const track of sound.getTracks()) caller.addTrack(track, sound);
  await caller.setLocalDescription(await caller.createOffer());
  await new Promise((done) => { caller.onicegatheringstatechange = () => caller.iceGatheringState === "complete" && done(); });
  return caller.localDescription.sdp;
}"""
CONNECT = """async (sdp) => {
  await caller.setRemoteDescription({ type: "answer", sdp });
  await new Promise((done) => {
    const look = () => caller.connectionState === "connected" && done();
    caller.onconnectionstatechange = look;
    look();
  });
}"""


@dataclass
class Signaling:
    """Twilio's end of the SDK's websocket."""

    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    socket: Any = None

    def open(self, socket: Any) -> None:
        self.socket = socket
        socket.on_message(self._hear)

    def say(self, kind: str, **payload: Any) -> None:
        self.socket.send(json.dumps({"type": kind, "version": "1.6", "payload": payload}))

    def _hear(self, text: str) -> None:
        if not text.startswith("{"):
            return
        message = json.loads(text)
        self.heard.append((message["type"], message["payload"]))
        if message["type"] == "listen":
            self.say(
                "connected",
                token=message["payload"]["token"],
                region="roaming",
                gateway="test",
                home="us1",
                edge="roaming",
            )
        if message["type"] == "register":
            self.say("ready")

    def first(self, page: Any, kind: str) -> dict[str, Any]:
        """The first message of a kind, which may still be on its way."""
        for _ in range(600):
            if found := next((payload for name, payload in self.heard if name == kind), None):
                return found
            page.wait_for_timeout(50)
        raise AssertionError(f"the SDK did not send {kind}: {[name for name, _ in self.heard]}")


@pytest.fixture
def desk(headless: Any, lite_hub: Callable[..., TestHub]) -> Iterator[tuple[TestHub, Any, str]]:
    """A served hub whose carrier has phones in browsers, and the browser of Anna, who may use the microphone."""
    with loopback_listener() as listener:
        public = f"http://127.0.0.1:{listener.getsockname()[1]}"
        stage = lite_hub(public_url=public, connectors={**CONNECTORS, "carrier": BrowserCarrier})
        client = signed_in(stage, "receptionist")
        assert client.user is not None
        with stage.hub.store.writing() as session:
            session.get_one(User, client.user.id).email = "anna@example.com"
        with serving(Opened(stage.hub, stage.live, None), listener):  # type: ignore[arg-type]
            context = headless.new_context(permissions=["microphone"])
            context.add_cookies([{"name": "hub_session", "value": client.client.cookies["hub_session"], "url": public}])
            context.set_default_timeout(WAIT)
            yield stage, context, public
            context.close()


def test_a_call_rings_in_the_page_is_answered_with_sound_and_ends(desk: tuple[TestHub, Any, str]) -> None:
    stage, context, public = desk
    twilio = Signaling()
    context.route_web_socket("wss://voice-js.roaming.twilio.com/**", twilio.open)
    page, caller = context.new_page(), context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    elsewhere: list[str] = []
    page.on("request", lambda request: elsewhere.append(request.url) if not request.url.startswith(public) else None)
    page.goto(f"{public}/phone")
    page.get_by_text("cannot place emergency calls").wait_for()
    page.get_by_role("button", name="Take calls in this browser").click()
    page.get_by_text("Signed in. Calls ring here.").wait_for()
    assert twilio.first(page, "listen")["token"] == "token-of-anna"
    caller.goto(f"{public}/robots.txt")
    offer = caller.evaluate(OFFER)
    leg = {"CallSid": "CA" + "1" * 32, "From": "+13125550142", "To": "client:anna"}
    twilio.say("invite", callsid=leg["CallSid"], sdp=offer, parameters=leg)
    page.get_by_text("+13125550142 calls").wait_for()
    page.get_by_role("button", name="Answer").click()
    caller.evaluate(CONNECT, twilio.first(page, "answer")["sdp"])
    page.get_by_text("+13125550142 is on the line").wait_for()
    page.get_by_role("button", name="Mute").click()
    assert page.get_by_role("button", name="Mute").get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="1", exact=True).click()
    assert not page.get_by_role("button", name="Hold").is_visible(), "this SDK has no hold"
    page.get_by_role("button", name="Hang up").click()
    assert twilio.first(page, "hangup")["callsid"] == leg["CallSid"]
    page.get_by_text("Signed in. Calls ring here.").wait_for()
    page.get_by_role("button", name="Stop taking calls").click()
    page.get_by_text("Signed out. Calls do not ring here.").wait_for()
    assert wrong == [] and elsewhere == [], (wrong, elsewhere)
    assert [each.detail for each in stage.rows(AuditEntry) if each.action == "phones.sign_in"] == ["carrier anna"]


def test_a_caller_who_gives_up_and_one_who_is_declined_leave_the_phone_free(desk: tuple[TestHub, Any, str]) -> None:
    _, context, public = desk
    twilio = Signaling()
    context.route_web_socket("wss://voice-js.roaming.twilio.com/**", twilio.open)
    page, caller = context.new_page(), context.new_page()
    page.goto(f"{public}/phone")
    page.get_by_role("button", name="Take calls in this browser").click()
    page.get_by_text("Signed in. Calls ring here.").wait_for()
    caller.goto(f"{public}/robots.txt")
    offer = caller.evaluate(OFFER)
    for number, end in (("1", "cancel"), ("2", "decline")):
        leg = {"CallSid": "CA" + number * 32, "From": "client:web", "To": "client:anna"}
        twilio.say("invite", callsid=leg["CallSid"], sdp=offer, parameters=leg)
        page.get_by_text("Somebody calls").wait_for()
        if end == "cancel":
            twilio.say("cancel", callsid=leg["CallSid"])
        else:
            page.get_by_role("button", name="Decline").click()
            assert twilio.first(page, "reject")["callsid"] == leg["CallSid"]
        page.get_by_text("Signed in. Calls ring here.").wait_for()
