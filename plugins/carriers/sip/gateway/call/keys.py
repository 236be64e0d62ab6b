"""The keys that a party presses while a `<Gather>` waits for them."""

from __future__ import annotations

import asyncio
from xml.etree import ElementTree

from plugins.carriers.sip.gateway.call.party import Party


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
