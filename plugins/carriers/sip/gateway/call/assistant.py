"""`<Connect><ConversationRelay>`: an assistant of the hub talks with the caller. The hub decides, over a websocket, what is
said and where it leads; here words become sound, and sound words. Whatever fails ends the conversation without a way, and the
hub then goes on at `otherwise`.

Source of the messages: twilio.com/docs/voice/conversationrelay/websocket-messages; `info` with `agentSpeaking` is our own.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import Any
from xml.etree import ElementTree

import structlog
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import WebSocketException

from plugins.carriers.sip.engine.interface import BYTES_S, LegEnded
from plugins.carriers.sip.engine.recognition.recognizer import NotUnderstood
from plugins.carriers.sip.engine.recognition.turns import Turn, Turns
from plugins.carriers.sip.engine.voices import ENGLISH
from plugins.carriers.sip.gateway.call.party import Party
from plugins.carriers.sip.gateway.fields import Fields
from plugins.carriers.sip.gateway.parts import Parts

log = structlog.get_logger(__name__)
MAX_TALKS = 8
"""Conversations at a time; the next caller goes on at `otherwise`."""
MAX_TALK_S = 960.0
"""More than any step allows."""
REPLY_S = 4.0
"""From the words of a caller to the hub's reply, which gives an assistant two seconds."""
LAST_WORDS_S = 60.0
"""The hub's longest text, spoken slowly."""
ALIVE_S = 1.0
"""How often the hub hears that the caller still speaks, so that it counts no silence."""
MAX_FIRST = 80
"""Characters of a first sentence that is spoken in one piece: the rest is made while it is heard."""
WARM = "Hello."
FORGET_S = 600.0
"""After a conversation, as soon as none is under way."""
MAX_EVENTS = 256
MAX_PENDING = 2
"""Turns of one caller that are not understood yet; what is said meanwhile is left out, so that noise in bursts keeps nobody
else from being understood."""


class BrokenOff(Exception):
    """The conversation cannot go on."""


async def converse(call: Party, verb: ElementTree.Element) -> Fields:
    """Hold the conversation; the fields that say which way was chosen, none if none was."""
    noun = verb.find("ConversationRelay")
    parts = call.parts
    if noun is None or parts.talks >= MAX_TALKS:
        log.warning("a conversation is not held", call=call.sid, talks=parts.talks)
        return {}
    parts.talks += 1
    try:
        way = await call.until_over(_held(call, noun))
    finally:
        parts.talks -= 1
        call.beside(_forget(parts))
    return {"HandoffData": way} if way else {}


async def _forget(parts: Parts) -> None:
    """Replace the processes that heard or spoke words: only the end of a process surely takes them out of its memory."""
    await asyncio.sleep(FORGET_S)
    if not parts.talks:
        await asyncio.gather(parts.recognizer.close(), parts.prompts.forget())


async def prepare(parts: Parts, language: str) -> None:
    """Load the model and the voice while the caller hears what comes before the conversation."""
    await asyncio.gather(parts.recognizer.start(), parts.prompts.said_once(WARM, language))


def language_of(verb: ElementTree.Element) -> str:
    """The language of a conversation."""
    noun = verb.find("ConversationRelay")
    return (noun.get("language") if noun is not None else None) or ENGLISH


async def _held(call: Party, noun: ElementTree.Element) -> str:
    token = next((each.get("value", "") for each in noun.iter("Parameter") if each.get("name") == "token"), "")
    socket = await call.parts.hub.converse(noun.get("url", ""))
    if socket is None:
        return ""
    talk = Talk(call, socket, noun.get("language") or ENGLISH)
    try:
        async with asyncio.timeout(MAX_TALK_S):
            return await talk.hold(token)
    except (BrokenOff, TimeoutError, WebSocketException) as error:
        log.warning("a conversation broke off", call=call.sid, why=str(error) or type(error).__name__)
        return ""
    finally:
        await talk.close()
        call.beside(socket.close())  # a hub that hangs keeps no caller waiting


class Talk:
    """One conversation under way."""

    def __init__(self, call: Party, socket: ClientConnection, language: str) -> None:
        """Nothing is heard yet."""
        self._call, self._leg, self._socket, self._language = call, call.leg, socket, language
        self._turns = Turns()
        self._events: asyncio.Queue[tuple[str, Any]] = asyncio.Queue(MAX_EVENTS)
        self._tasks: set[asyncio.Task[None]] = set()
        self._speech: asyncio.Task[None] | None = None
        self._pieces: list[str] = []
        self._piece, self._since, self._lasts = 0, 0.0, 0.0
        self._is_cut = False
        """Whether the caller spoke over the last words, and they may be said again."""
        self._guess: asyncio.Task[str] | None = None
        """The words of a turn that may be over."""
        self._understanding: set[asyncio.Task[str]] = set()
        self._pending = 0
        """Turns that are over and not understood yet."""
        self._due: float | None = None
        """Until when the hub has to reply."""
        self._noise = False
        """Whether the last turn had no words: such turns do not keep the hub waiting."""

    async def hold(self, token: str) -> str:
        """Until the hub names a way; blank if it closes without one."""
        while not self._leg.digits.empty():
            self._leg.digits.get_nowait()
        await self._send("setup", callSid=self._call.sid, customParameters={"token": token})
        self._leg.listen(self._hear)
        for work in (self._receive(), self._keys()):
            self._spawn(work)
        while True:
            kind, what = await self._next()
            match kind:
                case "hub":
                    if what is None:
                        raise BrokenOff("the hub has closed it")
                    self._due = None
                    if what.get("type") == "end":
                        await self._last_words()
                        return str(what.get("handoffData") or "")
                    self._reply(str(what.get("token") or ""))
                case "key":
                    await self._send("dtmf", digit=what)
                case "said":
                    await self._send("info", name="agentSpeaking", value="off")
                case "words":
                    self._pending -= 1
                    await self._understood(what)
                case "broken":
                    raise BrokenOff(what)

    async def close(self) -> None:
        """Hear and say nothing any more."""
        self._leg.listen(None)
        tasks = [*self._tasks, *self._understanding, *filter(None, [self._speech])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # what happens

    async def _next(self) -> tuple[str, Any]:
        """The next event. While the caller speaks, or is being understood, the hub hears so."""
        while True:
            due = self._due
            if due is not None and time.monotonic() > due:
                raise BrokenOff("the hub does not reply")
            try:
                return await asyncio.wait_for(self._events.get(), ALIVE_S)
            except TimeoutError:
                if not self._noise and (self._pending or self._turns.speaks):
                    await self._send("prompt", voicePrompt="", lang=self._language, last=False)

    async def _receive(self) -> None:
        try:
            async for text in self._socket:
                message = json.loads(text)
                await self._events.put(("hub", message if isinstance(message, dict) else {}))
        except (ValueError, WebSocketException):
            pass
        await self._events.put(("hub", None))

    async def _keys(self) -> None:
        while True:
            await self._events.put(("key", await self._leg.digits.get()))

    def _hear(self, pcm: bytes) -> None:
        """Called with the caller's sound. What stops our speech is done here, at once."""
        for heard in self._turns.hear(pcm):
            match heard.turn:
                case Turn.BEGAN:
                    if self._speech and not self._speech.done():
                        self._speech.cancel()
                        self._is_cut = True
                case Turn.PAUSED if not self._understanding:
                    self._guess = self._understand(heard.sound)
                case Turn.WENT_ON:
                    self._guess = None
                case Turn.ENDED if self._pending < MAX_PENDING:
                    understanding, self._guess = self._guess or self._understand(heard.sound), None
                    self._pending += 1
                    self._spawn(self._ended(understanding))

    def _understand(self, sound: bytes) -> asyncio.Task[str]:
        task = asyncio.ensure_future(self._call.parts.recognizer.words(sound, self._language))
        self._understanding.add(task)
        task.add_done_callback(self._understood_or_not)
        return task

    def _understood_or_not(self, task: asyncio.Task[str]) -> None:
        self._understanding.discard(task)
        if not task.cancelled():
            task.exception()  # of a guess that nobody waits for

    async def _ended(self, understanding: asyncio.Task[str]) -> None:
        try:
            self._events.put_nowait(("words", await understanding))
        except NotUnderstood as error:
            self._events.put_nowait(("broken", str(error)))

    async def _understood(self, words: str) -> None:
        """A turn is over: its words go to the hub. After mere noise our own words go on."""
        self._noise = not words
        if not words:
            if self._is_cut and not self._turns.speaks:
                self._speak(self._pieces[self._piece :])
            return
        if self._is_cut:
            self._is_cut = False
            await self._send("interrupt", utteranceUntilInterrupt=self._heard_of_us())
        await self._send("prompt", voicePrompt=words, lang=self._language, last=True)
        self._due = time.monotonic() + REPLY_S

    # our words

    def _reply(self, text: str) -> None:
        """Say it, unless the caller speaks again already: then only if that is mere noise."""
        self._pieces, self._piece, self._lasts = in_pieces(text), 0, 0.0
        self._is_cut = self._turns.speaks and not self._noise
        if not self._is_cut:
            self._speak(self._pieces)

    def _speak(self, pieces: list[str]) -> None:
        if self._speech:
            self._speech.cancel()
        self._is_cut = False
        self._pieces, self._piece, self._lasts = pieces, 0, 0.0
        self._speech = asyncio.ensure_future(self._say())

    async def _say(self) -> None:
        prompts, pieces = self._call.parts.prompts, self._pieces
        making = [asyncio.ensure_future(prompts.said_once(pieces[0], self._language))]
        try:
            for index in range(len(pieces)):
                pcm = await making[index]
                if not pcm:
                    self._events.put_nowait(("broken", "nothing can be said"))
                    return
                if index + 1 < len(pieces):
                    making.append(asyncio.ensure_future(prompts.said_once(pieces[index + 1], self._language)))
                self._piece, self._since, self._lasts = index, time.monotonic(), len(pcm) / BYTES_S
                self._turns.over_speech = True
                if not await self._leg.play(pcm):
                    return
            self._events.put_nowait(("said", None))
        except LegEnded:
            return
        finally:
            self._turns.over_speech = False
            for each in making:
                each.cancel()

    def _heard_of_us(self) -> str:
        """What the caller has heard of the last words, about."""
        words = self._pieces[self._piece].split() if self._pieces else []
        share = min(1.0, (time.monotonic() - self._since) / self._lasts) if self._lasts else 0.0
        return " ".join([*self._pieces[: self._piece], *words[: int(share * len(words))]])

    async def _last_words(self) -> None:
        """Let what is being said be heard to its end, unless the caller speaks."""
        if self._speech:
            await asyncio.wait([self._speech], timeout=LAST_WORDS_S)

    async def _send(self, kind: str, **fields: Any) -> None:
        await self._socket.send(json.dumps({"type": kind, **fields}, ensure_ascii=False))

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def in_pieces(text: str) -> list[str]:
    """A text in the pieces in which it is made and heard: sentences, and the first clause of a long first one."""
    sentences = re.split(r"(?<=[.!?])\s+", text)
    if len(sentences[0]) > MAX_FIRST:
        sentences[:1] = re.split(r"(?<=[,;:])\s+", sentences[0], maxsplit=1)
    return sentences
