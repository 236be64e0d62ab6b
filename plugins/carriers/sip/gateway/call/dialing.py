"""`<Dial>`: one phone rings, or several at once; the first to pick up hears the whisper, and then talks with the caller.

Source: twilio.com/docs/voice/twiml/dial and /number (attributes, and what is reported of each phone).
"""

from __future__ import annotations

import asyncio
import uuid
from datetime import datetime
from xml.etree import ElementTree

import structlog

from plugins.carriers.sip.engine.interface import Bridge, Dial, Leg, LegEnded, NotAllowed, NotPlaced
from plugins.carriers.sip.engine.simulcall import first_to_answer
from plugins.carriers.sip.gateway.call.party import Party
from plugins.carriers.sip.gateway.call.recording import Recording
from plugins.carriers.sip.gateway.fields import Fields, now, stamp, status_of, whole
from plugins.carriers.sip.gateway.journal import Change, answered, insert, update
from plugins.carriers.sip.gateway.parts import Over
from plugins.carriers.sip.gateway.reporting import ended_fields, keep_report, write_line
from plugins.carriers.sip.translate import ACCEPT_WITH, END_ADDRESS, END_KEY

log = structlog.get_logger(__name__)
DIRECTION = "outbound-dial"
ACCEPT_PAUSE_SECONDS = 5.0
"""After each time that a person is asked to take the call."""


class Phone:
    """One phone that rings for a call, and what the hub hears of it."""

    def __init__(self, call: Party, noun: ElementTree.Element, order: Dial) -> None:
        self.call, self.noun, self.order = call, noun, order
        self.sid = f"CA{uuid.uuid4().hex}"
        self.status = ""
        """Its last status, once it has one."""
        self._callback = noun.get("statusCallback", "")
        self._wanted = (noun.get("statusCallbackEvent") or "completed").split()
        self._told = 0
        self._answered_at: datetime | None = None

    def fields(self, status: str) -> Fields:
        """The fields of every webhook about it."""
        return {
            "CallSid": self.sid,
            "ParentCallSid": self.call.sid,
            "CallStatus": status,
            "From": self.order.caller if not self.order.withhold else "",
            "To": self.order.number,
            "Direction": DIRECTION,
            "Timestamp": stamp(now()),
        }

    async def begin(self) -> None:
        """It will ring."""
        fields = self.fields("initiated")
        row = {
            "sid": self.sid,
            "parent_call_sid": self.call.sid,
            "direction": DIRECTION,
            "from": fields["From"],
            "to": fields["To"],
            "status": "ringing",
            "start_time": fields["Timestamp"],
            "callback": self._callback,
        }
        self.call.parts.under_way.add(self.sid)
        await self.call.parts.journal.write(insert("leg", row))

    async def answered(self, leg: Leg) -> None:
        """Somebody picked up."""
        self._answered_at = now()
        began = stamp(self._answered_at)
        changes = answered(self.sid, began, leg, status="in-progress", start_time=began)
        await self._report("answered", "in-progress", {}, *changes)

    async def ended(self, status: str) -> None:
        """It rings or talks no more; only the first end counts."""
        if self.status:
            return
        self.status = status
        seconds = whole((now() - self._answered_at).total_seconds()) if self._answered_at else "0"
        self.call.parts.under_way.discard(self.sid)
        closed = update("leg", self.sid, {"status": status, "end_time": stamp(now()), "duration": seconds})
        report, leg = self.order.report(), next(iter(self.order.sent), None)
        ended = leg.ended.result() if leg and leg.ended.done() else None
        more = {"CallDuration": seconds, **ended_fields(report, ended)}
        write_line(self.fields(status) | more, report, ended)
        await self._report("completed", status, more, closed, *keep_report(self.sid, report))

    @property
    def seconds(self) -> str:
        """Since somebody picked up."""
        return whole((now() - self._answered_at).total_seconds()) if self._answered_at else "0"

    async def _report(self, event: str, status: str, more: Fields, *changes: Change) -> None:
        wanted = self._callback if event in self._wanted else ""
        reported = self.fields(status) | {"SequenceNumber": str(self._told)} | more
        self._told += bool(wanted)
        await self.call.parts.spool.put(wanted, reported, *changes)


async def dial(call: Party, verb: ElementTree.Element) -> Fields:
    """Ring the phones and let the parties talk; what is asked with at the action. A caller who hangs up is `no-answer`."""
    phones = [Phone(call, noun, _order(call, verb, noun)) for noun in verb if noun.tag in ("Number", "Sip")]
    for phone in phones:
        await phone.begin()
    try:
        leg, phone = await call.until_over(_first(call, phones))
    except NotPlaced as failure:
        for each in phones:
            await each.ended(status_of(failure))
        if isinstance(failure, NotAllowed):
            call.parts.counts[f"limit {failure.limit}"] += 1
            log.warning("a limit forbids the call", call=call.sid, limit=failure.limit)
        return {"DialCallStatus": status_of(failure)} | ({"DialCallSid": phones[0].sid} if phones else {})
    except Over:
        for each in phones:
            await each.ended("canceled")
        return {"DialCallSid": phones[0].sid, "DialCallStatus": "no-answer"}
    for each in phones:
        if each is not phone:
            await each.ended("canceled")
    return await _talk(call, verb, leg, phone)


def _order(call: Party, verb: ElementTree.Element, noun: ElementTree.Element) -> Dial:
    """What the engine places. The business sees the caller's own number, if the caller shows it and the trunk lets us."""
    caller = verb.get("callerId") or ""
    withhold = False
    if not caller:
        shown = call.fields()["From"]
        withhold = not shown
        own = call.parts.start.settings.show == "tracking_number"
        caller = call.number if own or withhold else shown
    return Dial(
        number=(noun.text or "").strip(),
        caller=caller,
        ring_s=float(verb.get("timeout", "30")),
        withhold=withhold,
        attested_by=None if call.leg.outgoing else call.leg,
        second=call.leg.outgoing and not call.leg.about.phone,
    )


async def _first(call: Party, phones: list[Phone]) -> tuple[Leg, Phone]:
    """The first phone that takes the call; the engine cancels the others."""
    by_order = {id(phone.order): phone for phone in phones}
    reports: list[asyncio.Task[None]] = []

    async def accept(leg: Leg, order: Dial) -> bool:
        phone = by_order[id(order)]
        key = phone.noun.get(ACCEPT_WITH, "")
        if not key:
            await phone.answered(leg)
        takes = await _whisper(call, leg, phone, key)
        if takes and key:
            await phone.answered(leg)
        if not takes:
            await phone.ended("no-answer" if key else "completed")
        return takes

    def failed(order: Dial, failure: NotPlaced) -> None:
        reports.append(asyncio.ensure_future(by_order[id(order)].ended(status_of(failure))))

    try:
        leg, order = await first_to_answer(
            call.parts.engine,
            [phone.order for phone in phones],
            accept=accept,
            on_failed=failed,
            heard_by=call.leg,
        )
    finally:
        await asyncio.gather(*reports)
    return leg, by_order[id(order)]


async def _whisper(call: Party, leg: Leg, phone: Phone, key: str) -> bool:
    """Let only the person who picked up hear the whisper; whether they take the call: they are still there, or press `key` if
    there is one. Without an answer of the hub they hear no whisper: it names the source of this one call."""
    url = phone.noun.get("url", "")
    document = await call.parts.hub.ask(url, call.parts.hub.form(phone.fields("in-progress"))) if url else None
    try:
        verbs = list(ElementTree.fromstring(document)) if document else []  # noqa: S314 - from the hub, with its secret
    except ElementTree.ParseError:
        verbs = []
    prompts = [verb for verb in verbs if verb.tag in ("Say", "Play")]
    if key:
        return await _presses(call, leg, prompts or [_plain_question(key)], key)
    try:
        for verb in prompts:
            if not await leg.play(await call.sound(verb)):
                return False
    except LegEnded:
        return False
    return not leg.ended.done()


async def _presses(call: Party, leg: Leg, prompts: list[ElementTree.Element], key: str) -> bool:
    """Whether the person who picked up presses `key`; a voicemail does not. They hear twice what to do."""

    async def ask() -> None:
        for _ in range(2):
            for prompt in prompts:
                await leg.play(await call.sound(prompt))
            await asyncio.sleep(ACCEPT_PAUSE_SECONDS)

    async def wait() -> None:
        while await leg.digits.get() != key:
            pass

    asking, pressed = asyncio.ensure_future(ask()), asyncio.ensure_future(wait())
    try:
        await asyncio.wait({asking, pressed, leg.ended}, return_when=asyncio.FIRST_COMPLETED)
        return pressed.done() and not leg.ended.done()
    finally:
        for task in (asking, pressed):
            task.cancel()
        await asyncio.gather(asking, pressed, return_exceptions=True)


def _plain_question(key: str) -> ElementTree.Element:
    """What is said while the hub gives no document."""
    question = ElementTree.Element("Say")
    question.text = f"Press {key} to take this call."
    return question


async def _talk(call: Party, verb: ElementTree.Element, leg: Leg, phone: Phone) -> Fields:
    """The conversation, recorded if the document says so."""
    recording: Recording | None = None
    ended: Recording | None = None
    wanted = verb.get("record", "do-not-record") != "do-not-record"
    try:
        await call.answer()
        if wanted and not call.alone:
            callback = verb.get("recordingStatusCallback", "")
            recording = await Recording.begin(call.parts, call.sid, "Dial", callback)
        bridge = call.leg.bridge(leg, recording.path if recording else None)
        if recording:
            call.parts.bridges[call.sid] = recording.sid, bridge
        limit = float(verb.get("timeLimit", "0")) or None
        try:
            async with asyncio.timeout(limit):
                if recording and await _until_end_key(call, verb, bridge):
                    recording, ended = None, recording
                    await _end_recording(call, verb, bridge, ended)
                await bridge.over()
        except TimeoutError:
            await leg.hang_up()
            await bridge.over()
    except (LegEnded, Over):
        log.info("the caller hung up as the phone was answered", call=call.sid)
    finally:
        call.parts.bridges.pop(call.sid, None)
        await leg.hang_up()
        await phone.ended("completed")
        named = await recording.finish() if recording else {}
        if ended:
            await ended.discard()  # also what the engine had still to write
    return {
        "DialCallSid": phone.sid,
        "DialCallStatus": "completed",
        "DialCallDuration": phone.seconds,
        **named,
    }


async def _until_end_key(call: Party, verb: ElementTree.Element, bridge: Bridge) -> bool:
    """Wait for the end of the conversation, or for the key with which the caller ends the recording; whether it was the key.
    One that was pressed while the phone rang counts too.
    """
    key = verb.get(END_KEY, "")
    if not key:
        return False
    over = asyncio.ensure_future(bridge.over())
    while not over.done():
        pressed = asyncio.ensure_future(call.leg.digits.get())
        await asyncio.wait({over, pressed}, return_when=asyncio.FIRST_COMPLETED)
        if pressed.done() and pressed.result() == key:
            over.cancel()
            return True
        pressed.cancel()
    return False


async def _end_recording(call: Party, verb: ElementTree.Element, bridge: Bridge, recording: Recording) -> None:
    """End and delete the recording while the parties talk on, and report it to the hub."""
    call.parts.bridges.pop(call.sid, None)
    bridge.stop_recording()
    await recording.discard()
    await call.parts.spool.put(verb.get(END_ADDRESS, ""), call.fields())
    log.info("the caller ended the recording", call=call.sid)
