"""`/webhooks/{connector}/converse`: the websocket on which a carrier lets an assistant of the hub talk with a caller.

Source of the messages: twilio.com/docs/voice/conversationrelay/websocket-messages; a line of one's own says with `info` that
the words were heard to their end. The carrier turns speech into text and back. Nothing here waits on the event loop: plugins
and the database are asked in threads, with deadlines.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hub.answering.answer import Answerer
from hub.answering.assistants import answer_seconds, ask_agent, begin, keep_words, read_token
from hub.answering.call_context import AnswerRequest
from hub.config.callflow.assistant.conversation import Conversation, Decision
from hub.config.callflow.assistant.converse_step import ConverseStep
from hub.config.callflow.resume_token import parse_mark
from hub.contracts.answers import AnswerPoint
from hub.contracts.webhooks import VerifiedWebhook, WebhookRequest
from hub.errors import RingfenceError
from hub.hookspecs import CallHooks
from hub.runtime import Hub
from hub.web.request_body import ASGI

log = structlog.get_logger(__name__)
Result = TypeVar("Result")
Message = dict[str, Any]
MAX_CONVERSATIONS = 50
"""In one process at a time; the next caller goes on at `otherwise`."""
THREADS = 16
SETUP_SECONDS = 5.0
LETTERS_PER_SECOND = 12
"""How fast a voice speaks at least: silence counts from the end of the words, and the last words are heard before the end."""
MAX_MESSAGE_CHARACTERS = 20_000


class ConversationEndpoint:
    """ASGI application for the websockets of all carriers."""

    def __init__(self, hub: Hub, answerer: Answerer) -> None:
        self._hub, self._answerer = hub, answerer
        self._threads = ThreadPoolExecutor(THREADS, "assistants")
        self._running = 0

    def close(self) -> None:
        """Ask no plugin any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, scope: Any, receive: ASGI, send: ASGI) -> None:
        """Refuse the handshake, or hold one conversation."""
        await receive()
        connector = self._connector(scope["path"])
        if connector is None or self._running >= MAX_CONVERSATIONS or not await self._is_genuine(connector, scope):
            await send({"type": "websocket.close", "code": 1008})
            return
        self._running += 1
        try:
            await send({"type": "websocket.accept"})
            await self._held(connector, receive, send)
        finally:
            self._running -= 1

    def _connector(self, path: str) -> str | None:
        parts = path.split("/")
        known = len(parts) == 4 and parts[1] == "webhooks" and parts[3] == "converse"
        plugin = self._hub.plugins.connectors.get(parts[2]) if known else None
        return parts[2] if plugin is not None and "converse" in plugin.manifest.abilities else None

    async def _is_genuine(self, connector: str, scope: Any) -> bool:
        """Whether the carrier signed the handshake; a slash at the end of the signed address is not confirmed by its pages."""
        public = str(self._hub.config.hub.public_url).rstrip("/")
        url = f"ws{public.removeprefix('http')}{scope['path']}"
        declared = self._hub.plugins.connectors[connector].manifest.webhooks
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if declared is None or not headers.get(declared.signature_header):
            return False
        requests = [(WebhookRequest("GET", each, b"", self._hub.clock(), headers),) for each in (url, f"{url}/")]
        try:
            # In the plugin's own threads: a flood of forged handshakes takes none from conversations.
            verifying = self._hub.plugins.submit_each(connector, CallHooks.verify_webhook, requests)
            answers = await asyncio.wait_for(asyncio.wrap_future(verifying), self._hub.answer_seconds)
        except (RingfenceError, TimeoutError):
            answers = []
        if any(isinstance(each, VerifiedWebhook) for each in answers):
            return True
        log.warning("conversation refused", connector=connector)
        return False

    async def _held(self, connector: str, receive: ASGI, send: ASGI) -> None:
        opened = await self._opened(connector, receive)
        if opened is None:
            await send({"type": "websocket.close", "code": 1008})
            return
        request, step = opened
        company = request.line.company
        talk = Conversation(step, company.title or company.name, step.language_in(request.flow.language))
        session = _Session(self, talk, step, receive, send, time.monotonic())
        try:
            await session.hold()
        finally:
            # In the thread pool of its own: the words are kept even if the process is asked to end.
            await asyncio.shield(self._in_thread(None, keep_words, self._hub, request, step, talk.lines))

    async def _opened(self, connector: str, receive: ASGI) -> tuple[AnswerRequest, ConverseStep] | None:
        """The call and its step, by the token of the first message; None if it opens nothing, or did already."""
        try:
            async with asyncio.timeout(SETUP_SECONDS):
                first = await read_message(receive)
            parameters = first.get("customParameters") if first and first.get("type") == "setup" else None
            if first is None or not isinstance(parameters, dict):
                return None
            call_id, text = str(first.get("callSid")), str(parameters.get("token"))
            token = read_token(self._hub.keyring, connector, call_id, text, self._hub.clock())
            mark = parse_mark(token.mark) if token else None
            if token is None or mark is None:
                log.warning("conversation refused", connector=connector)
                return None
            point = AnswerPoint(
                moment="conversed", tracking_number=token.tracking_number, call_id=call_id, mark=token.mark
            )
            if not self._answerer.knows(connector, point):
                return None
            request = await self._in_thread(self._hub.answer_seconds, self._answerer.request_at, connector, point)
            step = request.flow.steps.get(mark.step)
            if not isinstance(step, ConverseStep):
                return None
            is_first = await self._in_thread(self._hub.answer_seconds, begin, self._hub, request, mark.step)
        except (TimeoutError, RingfenceError, SQLAlchemyError) as error:
            log.warning("conversation failed", connector=connector, error=type(error).__name__)
            return None
        return (request, step) if is_first else None

    def ask(self, step: ConverseStep, talk: Any) -> Any:
        """The plugin's answer; it is given up after the deadline of its hook."""
        return self._in_thread(answer_seconds(self._hub), ask_agent, self._hub, step.agent, talk)

    def local_time(self) -> Any:
        """Now."""
        return self._hub.clock()

    async def _in_thread(self, seconds: float | None, work: Callable[..., Result], *arguments: Any) -> Result:
        running = asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        return await asyncio.wait_for(running, seconds)


class _Session:
    """One conversation under way."""

    def __init__(
        self,
        endpoint: ConversationEndpoint,
        talk: Conversation,
        step: ConverseStep,
        receive: ASGI,
        send: ASGI,
        begun: float,
    ) -> None:
        self._endpoint, self._talk, self._step = endpoint, talk, step
        self._receive, self._send, self._begun = receive, send, begun
        self._speaking_until = begun

    @property
    def _at(self) -> float:
        return round(time.monotonic() - self._begun, 1)

    async def hold(self) -> None:
        """Until a way is chosen, a limit is reached, or the carrier is gone."""
        heard = ""
        while True:
            message = await self._next()
            if message is None:
                return  # the carrier is gone, and asks at `conversed` what follows
            kind = message.get("type")
            if kind == "interrupt":
                self._talk.interrupted(str(message.get("utteranceUntilInterrupt") or ""))
                self._speaking_until = time.monotonic()
                continue
            if kind == "info":
                if (message.get("name"), message.get("value")) == ("agentSpeaking", "off"):
                    self._speaking_until = time.monotonic()
                continue
            if kind == "prompt":
                heard = f"{heard} {message.get('voicePrompt') or ''}".strip()
                if message.get("last", True) is not True:
                    continue
                decision, heard = await self._answer(heard), ""
            else:
                reason = {"silence": "silence", "seconds": "seconds", "dtmf": "person"}.get(str(kind), "failed")
                decision = self._talk.end(reason, self._at)
            if decision.say:
                await self._say({"type": "text", "token": decision.say, "last": True})
                self._speaking_until = time.monotonic() + len(decision.say) / LETTERS_PER_SECOND
            if decision.to:
                await self._end(decision.to)
                return

    async def _answer(self, heard: str) -> Decision:
        talk = self._talk.hear(heard, self._at, self._endpoint.local_time())
        if isinstance(talk, Decision):
            return talk
        try:
            reply = await self._endpoint.ask(self._step, talk)
        except TimeoutError:
            reply = None
        return self._talk.decide(reply, self._at)

    async def _next(self) -> Message | None:
        """The carrier's next message; `silence` or `seconds` if none comes in time."""
        now = time.monotonic()
        silent = max(self._speaking_until, now) + self._step.silence_seconds
        end = self._begun + self._step.most_seconds
        try:
            async with asyncio.timeout(max(0.0, min(silent, end) - now)):
                return await read_message(self._receive)
        except TimeoutError:
            return {"type": "silence" if silent < end else "seconds"}

    async def _end(self, way: str) -> None:
        """Let the last words be heard, unless the caller speaks or is gone; then name the way."""
        try:
            async with asyncio.timeout(max(0.0, self._speaking_until - time.monotonic())):
                if await read_message(self._receive) is None:
                    return
        except TimeoutError:
            pass
        await self._say({"type": "end", "handoffData": way})
        await self._send({"type": "websocket.close", "code": 1000})

    async def _say(self, message: Message) -> None:
        await self._send({"type": "websocket.send", "text": json.dumps(message, ensure_ascii=False)})


async def read_message(receive: ASGI) -> Message | None:
    """The next message; one that cannot be read has no type. None if the carrier is gone."""
    event = await receive()
    if event["type"] != "websocket.receive":
        return None
    text = event.get("text") or ""
    try:
        message = json.loads(text) if len(text) <= MAX_MESSAGE_CHARACTERS else {}
    except ValueError:
        message = {}
    return message if isinstance(message, dict) else {}
