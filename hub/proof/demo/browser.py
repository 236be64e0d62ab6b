"""Visitors in a real browser: one headless Chromium, a profile for each visitor, the hub's own script on each page."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import shutil
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import phonenumbers

from hub.proof.demo.scenario import Story
from hub.proof.demo.visitors import Showing, Visitor, signals, written
from hub.proof.demo.website import CHOICES, Websites

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page, Response

Result = TypeVar("Result")

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
"""Headless Chromium's own user agent says that it is a robot, and robots are not lent a number."""
FLAGS = (
    "--no-sandbox",  # Chromium does not start as root without this; it opens only our own pages
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
CONCURRENT_PAGES = 3
"""Maximum number of pages that load at the same time: more would only wait for each other."""
VIEWS = 3
"""How often a visitor reloads a page before giving up: a page keeps its own number if the hub is slow."""
BROWSER_TIMEOUT_SECONDS = 15.0
"""Seconds to wait for a browser action, enough for a busy machine."""
REPLY_WITHIN = 4.0
"""Seconds to wait for the hub's number: the script itself waits two."""
SIGNAL_SCRIPTS = {
    "sec-gpc": "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { value: true })",
    "dnt": "Object.defineProperty(Navigator.prototype, 'doNotTrack', { value: '1' })",
}
"""How a page's scripts see each signal; Chromium itself does not support Global Privacy Control."""


def find_chromium() -> str | None:
    """Where Chromium is, if it and Playwright's package are on this machine."""
    if importlib.util.find_spec("playwright") is None:
        return None
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def open_browser(chromium: str, websites: Websites) -> Iterator[PageEntrance]:
    """Start Chromium; it can reach only the companies' hosts and this machine."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="browser", daemon=True)
    thread.start()
    entrance = PageEntrance(loop, websites)
    try:
        entrance.wait(entrance.start(chromium), 60)
        yield entrance
    finally:
        entrance.wait(entrance.stop(), 20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=5)
        loop.close()


class PageEntrance:
    """Visitors open the company's page. The browser runs in its own thread; any number of threads may call this class."""

    def __init__(self, loop: asyncio.AbstractEventLoop, websites: Websites) -> None:
        self._loop, self._websites = loop, websites
        self._room = asyncio.Semaphore(CONCURRENT_PAGES)
        self._playwright: Any = None
        self._browser: Browser | None = None

    def serves(self, company: str) -> bool:
        """Whether the company has a page."""
        return self._websites.host(company) is not None

    def arrive(self, story: Story) -> Visitor:
        """Open the page as in the story, move the mouse, answer the consent question, and read the number."""
        return self.wait(self._arrive(story), BROWSER_TIMEOUT_SECONDS * 8)

    def wait(self, doing: Coroutine[Any, Any, Result], seconds: float = BROWSER_TIMEOUT_SECONDS * 3) -> Result:
        """Run something in the browser's thread and wait for it."""
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result(seconds)

    async def start(self, chromium: str) -> None:
        """Start the browser."""
        from playwright.async_api import async_playwright

        rules = [f"MAP {host} 127.0.0.1:{self._websites.port}" for host in self._websites.companies]
        rules += ["MAP * ~NOTFOUND", "EXCLUDE 127.0.0.1"]
        self._playwright = await async_playwright().start()
        self._browser = await self._playwright.chromium.launch(
            executable_path=chromium, args=[*FLAGS, f"--host-resolver-rules={','.join(rules)}"]
        )

    async def stop(self) -> None:
        """Stop the browser and its thread."""
        if self._browser is not None:
            await self._browser.close()
        if self._playwright is not None:
            await self._playwright.stop()

    async def _arrive(self, story: Story) -> Visitor:
        assert self._browser is not None
        host = self._websites.host(story.company)
        assert host is not None
        said, country = signals(story), self._websites.companies[host].country
        async with self._room:
            context = await self._browser.new_context(
                user_agent=AGENT,
                locale=f"en-{story.country or country}",
                timezone_id="Europe/London" if story.country == "GB" else "America/Chicago",
                extra_http_headers=said,
                viewport={"width": 800, "height": 900},
            )
            try:
                context.set_default_timeout(BROWSER_TIMEOUT_SECONDS * 1000)
                for name in said:
                    await context.add_init_script(SIGNAL_SCRIPTS[name])
                await context.add_cookies(
                    [{"name": name, "value": value, "domain": host, "path": "/"} for name, value in story.cookies]
                )
                visitor = PageVisitor(self, story.company, country, context, await context.new_page())
                address = urlsplit(story.landing_page or "/")._replace(scheme="http", netloc=host).geturl()
                await visitor.look(address, story.referrer)
                if story.consent and not said:
                    await visitor.choose(dict(story.consent))
            except BaseException:
                await context.close()
                raise
            return visitor


@dataclass
class PageVisitor:
    """One visitor with their own profile and page."""

    entrance: PageEntrance
    company: str
    country: str
    context: BrowserContext
    page: Page
    showing: Showing = field(init=False)
    _replies: list[Response] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.showing = Showing("page", self.company, None, None, None)
        self.page.on("response", self._note)

    def send_form(self, index: int, story: Story) -> bool:
        """Fill in the page's form and press its button, every second visitor twice."""
        return self.entrance.wait(self._send_form(written(index, story), 2 if index % 2 == 0 else 1))

    def leave(self) -> None:
        """Close the page as a person does, so that its script can report the end of the visit."""
        self.entrance.wait(self._leave())

    async def look(self, address: str, referrer: str | None) -> None:
        """Open the page and move the mouse; reload it if it keeps its own number."""
        for _ in range(VIEWS):
            self._replies.clear()
            await self.page.goto(address, referer=referrer)
            await self.page.mouse.move(40, 60)
            if await self._settled({}):
                break

    async def choose(self, consent: dict[str, str]) -> None:
        """Press the button of the page's consent question with this meaning."""
        name = next(name for name, said in CHOICES.items() if said == consent)
        await self.page.get_by_role("button", name=name).click()
        await self._settled(consent)

    async def _send_form(self, fields: dict[str, str], clicks: int) -> bool:
        may = await self.page.evaluate("ringfence.permission().may")
        for name, value in fields.items():
            await self.page.locator(f"#contact [name={name}]").fill(value)
        if not may:
            await self.page.click("#send")
            return False
        async with self.page.expect_response(lambda each: each.url.endswith("/form")) as answer:
            await self.page.click("#send", click_count=clicks)
        return (await answer.value).status == 204

    async def _leave(self) -> None:
        async with self.page.expect_event("close"):
            await self.page.close(run_before_unload=True)
        await self.context.close()

    def _note(self, response: Response) -> None:
        if response.url.endswith(f"/track/{self.company}/visit"):
            self._replies.append(response)

    async def _reply(self, consent: dict[str, str]) -> dict[str, object] | None:
        """The hub's answer to the page's report of a visitor with this consent."""
        from playwright.async_api import Error

        for _ in range(int(REPLY_WITHIN * 100)):
            for each in reversed(tuple(self._replies)):
                if consent.items() <= json.loads(each.request.post_data or "{}")["consent"].items():
                    try:
                        return dict(await each.json()) if each.ok else None
                    except Error:  # a late answer to the page before the reload: the browser has dropped its content
                        self._replies.remove(each)
            await asyncio.sleep(0.01)
        return None

    async def _settled(self, consent: dict[str, str]) -> bool:
        """Wait until the page shows the hub's answer to this consent, and read it."""
        reply = await self._reply(consent)
        settled = reply is not None and await self._shows(reply)
        await self._see(keeps_its_own=reply is not None and reply["number"] is None)
        return settled

    async def _shows(self, reply: dict[str, object]) -> bool:
        """Wait until the script shows the hub's answer."""
        from playwright.async_api import TimeoutError as TooLate

        try:
            await self.page.wait_for_function(
                "([number, visit]) => ringfence.visit()?.id == visit && Object.values(ringfence.numbers())[0] === number",
                arg=[reply["number"], reply["visit_id"]],
                polling=10,
                timeout=REPLY_WITHIN * 1000,
            )
        except TooLate:
            return False
        return True

    async def _see(self, keeps_its_own: bool) -> None:
        """Read the number on the page as a person does, and its tel: link as a phone does."""
        written, link, visit_id = await self.page.evaluate(
            "[phone.innerText, phone.getAttribute('href'), window.ringfence ? ringfence.visit()?.id ?? null : null]"
        )
        number = phonenumbers.format_number(
            phonenumbers.parse(written, self.country), phonenumbers.PhoneNumberFormat.E164
        )
        seen, linked = (None, None) if keeps_its_own else (number, link.removeprefix("tel:"))
        self.showing = Showing("page", self.company, seen, linked, visit_id)
