"""One party's call on its way through the hub's documents: what each verb of TwiML does.

Source of the verbs: twilio.com/docs/voice/twiml (say, play, gather, dial, record, redirect, hangup, reject).
"""

from __future__ import annotations

import asyncio
import contextlib
from xml.etree import ElementTree

import structlog

from plugins.carriers.sip.engine.interface import EndedBy, LegEnded
from plugins.carriers.sip.gateway import documents
from plugins.carriers.sip.gateway.call import assistant, dialing
from plugins.carriers.sip.gateway.call.party import Party
from plugins.carriers.sip.gateway.call.recording import Recording
from plugins.carriers.sip.gateway.documents import without_recording
from plugins.carriers.sip.gateway.fields import Fields
from plugins.carriers.sip.gateway.parts import Over
from plugins.carriers.sip.translate import HOLD, HOLD_STATUS


async def pressed_keys(call: Party, verb: ElementTree.Element) -> str:
    """Let the party hear the prompts, which the first key ends; the keys, without the one that ends the input."""
    digits = call.leg.digits
    while not digits.empty():
        digits.get_nowait()
    most = int(verb.get("numDigits", "128"))
    seconds, finish = float(verb.get("timeout", "5")), verb.get("finishOnKey", "#")
    pressed, key = "", await _first_key(call, verb, seconds)
    while key and key != finish:
        pressed += key
        if len(pressed) >= most:
            break
        key = await _next_key(digits, seconds)
    return pressed


async def _first_key(call: Party, verb: ElementTree.Element, seconds: float) -> str:
    prompting = asyncio.ensure_future(_prompts(call, verb))
    key = asyncio.ensure_future(call.leg.digits.get())
    try:
        await asyncio.wait({prompting, key}, return_when=asyncio.FIRST_COMPLETED)
        if prompting.done() and not key.done():
            prompting.result()
            await asyncio.wait({key}, timeout=seconds)
        return key.result() if key.done() else ""
    finally:
        for task in (prompting, key):
            task.cancel()
        await asyncio.gather(prompting, key, return_exceptions=True)


async def _prompts(call: Party, verb: ElementTree.Element) -> None:
    for prompt in verb:
        await call.leg.play(await call.sound(prompt))


async def _next_key(digits: asyncio.Queue[str], seconds: float) -> str:
    try:
        return await asyncio.wait_for(digits.get(), seconds)
    except TimeoutError:
        return ""


log = structlog.get_logger(__name__)
MAX_DOCUMENTS = 1000
"""No call goes on forever, whatever the documents say."""
MESSAGE_KEYS = "1234567890*#"
MESSAGE_SILENCE_SECONDS = 5.0
HELD_REPEATS = 12
"""How often a caller in a queue hears the same piece again while the hub is away: for three minutes or so."""
HELD_PAUSE_SECONDS = 3.0
NOT_RECORDED = {"Digits": "9"}
"""The key of a caller who does not want to be recorded, sent for one who was not asked."""


class Conversation(Party):
    """A party that follows documents, each of which says what is asked next."""

    async def follow(self, document: str | None) -> None:
        """Do what the document says, and those that follow it, until one ends the call or the party does."""
        with contextlib.suppress(Over):
            for _ in range(MAX_DOCUMENTS):
                if document is None:
                    return
                document = await self._carry_out(document)

    async def ask(self, url: str, more: Fields, first: bool = False) -> str | None:
        """The document for what happened: the hub's, or the one that it gave at this point before. Raises Over if the party is
        gone; the hub hears of it all the same."""
        fields = self.parts.hub.form(self.fields("ringing" if first else None) | more)
        if self.leg.ended.done() and not first:
            await self.parts.spool.put(url, fields)
            raise Over
        document = await self.parts.hub.ask(url, fields)
        if document is not None:
            await self.parts.documents.keep(url, fields, document)
            return without_recording(document) if self.alone else document
        if first:
            # At this address the hub takes the call as one that was only forwarded: the caller heard no notice.
            await self.parts.spool.put(url.replace("/voice", "/fallback"), fields)
        return await self._repeated(url, fields)

    async def _repeated(self, url: str, fields: Fields) -> str | None:
        self.alone = True
        self.parts.counts["repeated"] += 1
        found = await self.parts.documents.repeated(url, fields)
        log.warning("the hub gave no document", call=self.sid, repeated=found is not None)
        return found

    async def _carry_out(self, document: str) -> str | None:
        try:
            response = ElementTree.fromstring(document)  # noqa: S314 - from the hub, with its secret
        except ElementTree.ParseError:
            log.error("a document cannot be read", call=self.sid)
            return None
        self.prepare(response)
        if (connect := response.find("Connect")) is not None:
            self.beside(assistant.prepare(self.parts, assistant.language_of(connect)))
        for verb in response:
            match verb.tag:
                case "Say" | "Play":
                    await self.let_hear(verb)
                case "Gather" | "Dial" | "Record" | "Connect":
                    happened = await self._wait(verb)
                    if happened is not None:
                        action = verb.get("action")
                        if verb.get(HOLD):
                            return await self._held(verb, action or "", happened)
                        return await self.ask(action, happened) if action else None
                case "Redirect":
                    return await self.ask(verb.text or "", {})
                case documents.UNASKED:
                    return await self._unasked(verb.text or "")
                case "Reject":
                    await self.leg.reject(486 if verb.get("reason") == "busy" else 603)
                    return None
                case "Hangup":
                    return None
                case _:
                    log.error("a document has an unknown verb", verb=verb.tag)
        return None

    async def _wait(self, verb: ElementTree.Element) -> Fields | None:
        """Wait for keys, a phone or a message; what is asked with at the action, None if the next verb follows."""
        if verb.tag == "Dial":
            return await dialing.dial(self, verb)
        if verb.tag == "Record":
            return await self._take_message(verb) or None
        await self.answer()
        if verb.tag == "Connect":
            return await assistant.converse(self, verb)
        digits = await self.until_over(pressed_keys(self, verb))
        return {"Digits": digits} if digits or verb.get("actionOnEmptyResult") == "true" else None

    async def _held(self, verb: ElementTree.Element, url: str, happened: Fields) -> str | None:
        """The document for a caller in a queue. While the hub gives none they go on waiting, and keep their place there; after
        some minutes a phone rings that the hub has named."""
        left = HELD_REPEATS
        while (document := await self.parts.hub.ask(url, self.parts.hub.form(self.fields() | happened))) is None:
            if self.leg.ended.done():
                raise Over
            left -= 1
            if not left:
                return self._phone_of(verb)
            happened = await self._wait(verb) or happened
            await self.until_over(asyncio.sleep(HELD_PAUSE_SECONDS))  # also if no music can be had
        return without_recording(document) if self.alone else document

    def _phone_of(self, verb: ElementTree.Element) -> str:
        """The document that rings the phone of a hold."""
        self.alone = True
        log.warning("the hub is away, so a caller in a queue is connected with its phone", call=self.sid)
        response = ElementTree.Element("Response")
        reported = {"statusCallback": verb.get(HOLD_STATUS, ""), "statusCallbackEvent": "answered completed"}
        number = ElementTree.SubElement(ElementTree.SubElement(response, "Dial"), "Number", reported)
        number.text = verb.get(HOLD)
        return ElementTree.tostring(response, encoding="unicode")

    async def _unasked(self, url: str) -> str | None:
        """What follows a question about recording that is not asked; a hub that is back hears that the call is not recorded."""
        fields = self.parts.hub.form(self.fields() | {"Digits": ""})
        return await self._repeated(url, fields) or await self.ask(url, NOT_RECORDED)

    async def let_hear(self, verb: ElementTree.Element) -> None:
        """Say a text or play a file."""
        pcm = await self.until_over(self.sound(verb))
        await self.answer()
        if pcm and not await self.until_over(self.leg.play(pcm)):
            raise Over

    async def _take_message(self, verb: ElementTree.Element) -> Fields:
        """Record a message; the fields that name it, none if there was nothing to record."""
        await self.answer()
        callback = verb.get("recordingStatusCallback", "")
        recording = await Recording.begin(self.parts, self.sid, "Record", callback)
        key = ""
        with contextlib.suppress(LegEnded):
            made = await self.leg.record(
                recording.path,
                beep=verb.get("playBeep", "true") == "true",
                silence_s=float(verb.get("timeout", MESSAGE_SILENCE_SECONDS)) or None,
                limit_s=float(verb.get("maxLength", "3600")),
                keys=verb.get("finishOnKey", MESSAGE_KEYS),
            )
            key = made.key if made.ended_by == EndedBy.KEY else ""
        named = await recording.finish()
        return {**named, "Digits": key or ("hangup" if self.leg.ended.done() else "")} if named else {}
