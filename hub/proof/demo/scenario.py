"""The seeded day: its visitors, callers, call outcomes and deals. Pure: the same seed gives the same day."""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from hub.config.callflow.walk import AGREE, REFUSE
from hub.config.models import CompanySection, Config, TrackerSection

Ending = Literal["answered", "voicemail", "abandoned"]
Deal = Literal["won", "won then changed", "won then lost", "qualified"]


@dataclass(frozen=True, kw_only=True)
class Story:
    """One person's story: a caller's, or that of a visitor who sends a form instead (`form` is its id).

    `dialed` is the number of a source tracker; None if the website shows a number.
    """

    company: str
    dialed: str | None
    landing_page: str | None = None
    referrer: str | None = None
    gpc: bool = False
    dnt: bool = False
    consent: tuple[tuple[str, str], ...] = ()
    cookies: tuple[tuple[str, str], ...] = ()
    """The cookies of ad networks in the visitor's browser; the hub may read them only with consent."""
    country: str | None = None
    leaves_first: bool = False
    """The visitor closes the page before calling: the number is already cooling down."""
    form: str | None = None
    caller: str | None
    caller_name: str
    outcome: Ending
    talk: timedelta
    known: bool = False
    """The CRM knows the caller already."""
    deal: Deal | None = None
    amount: int = 0
    keys: tuple[str | None, ...] = ()
    """The keys that the caller presses, one entry per menu, None to hang up in it; the last entry answers the recording
    notice."""
    webhooks_lost: bool = False
    webhooks_doubled: bool = False
    foreign_click: bool = False
    """The click belongs to a different account, so the ad network refuses the conversion."""

    @property
    def clicks(self) -> frozenset[str]:
        """The parameters of the page that the visitor came to, the click ids among them."""
        return frozenset(parse_qs(urlsplit(self.landing_page or "").query))


# Fictional ranges: 555-0100 to 555-0199 of each area code; Ofcom's drama numbers for London.
HOME_AREAS = {"lakeside": ("312", "773", "847"), "northgate": ("313", "248", "586")}
OTHER_AREAS = ("415", "212", "206", "305")
CANADIAN_AREAS = ("519", "416", "514")
FIRST = (
    "Ada",
    "Ben",
    "Cleo",
    "Dan",
    "Eva",
    "Finn",
    "Gia",
    "Hugo",
    "Ines",
    "Joel",
    "Kim",
    "Leo",
    "Mia",
    "Noah",
    "Olga",
    "Paul",
)
LAST = (
    "Archer",
    "Brook",
    "Carver",
    "Dale",
    "Ellis",
    "Fisher",
    "Gray",
    "Hale",
    "Irwin",
    "Jones",
    "Kerr",
    "Lane",
    "Moss",
    "North",
)
CALLS_A_FORM = 12
RECENT_CALLERS = 12
"""How many of a company's latest callers may still be on the phone. They do not call again: Google counts two calls
of one person within one second as one."""
ARRIVALS = {
    "google ads": 42, "bing ads": 12, "facebook": 12, "tiktok": 8, "linkedin": 7, "organic": 10, "direct": 6, "assistant": 3,
}  # fmt: skip
"""Where the website's visitors come from, by share."""
CLICK = re.compile(r"[?&](gclid|msclkid|fbclid|ttclid|li_fat_id)=")
GA_SESSION = "_ga_EXAMPLE123"
"""The cookie of the sandbox's stream in Google Analytics."""
CAMPAIGNS = ("emergency", "drain-cleaning", "water-heater", "brand")
KEYWORDS = ("plumber near me", "burst pipe", "blocked drain", "water heater repair")


def day(config: Config, calls: int, seed: int) -> list[Story]:
    """The stories of one day, spread over the companies of `config`: `calls` calls, and one form for every dozen calls."""
    chance = random.Random(seed)  # noqa: S311 - a play, not a secret
    callers = {company.name: _Callers(company.name, chance) for company in config.companies}
    stories = [_story(chance.choice(config.companies), callers, chance, index, calls) for index in range(calls)]
    for index in range(max(1, calls // CALLS_A_FORM)):
        form = _form(chance.choice(config.companies), callers, chance, index)
        stories.insert(chance.randrange(len(stories) + 1), form)
    return stories


def _form(company: CompanySection, callers: dict[str, _Callers], chance: random.Random, index: int) -> Story:
    """A visitor who sends a form: new to the company, or an earlier caller."""
    sender, name, _ = callers[company.name].next()
    landing_page, referrer = _arrival(company, chance, index)
    return Story(
        company=company.name,
        dialed=None,
        landing_page=landing_page,
        referrer=referrer,
        gpc=chance.random() < 0.08,
        consent=_consent(chance, landing_page),
        cookies=_cookies(chance, landing_page),
        form="contact",
        caller=sender,
        caller_name=name,
        outcome="answered",
        talk=timedelta(),
    )


def _story(
    company: CompanySection, callers: dict[str, _Callers], chance: random.Random, index: int, calls: int
) -> Story:
    caller, name, known = callers[company.name].next()
    tracker = _print_tracker(company, chance) if chance.random() < 0.2 else None
    landing_page, referrer = (None, None) if tracker else _arrival(company, chance, index)
    endings: tuple[Ending, ...] = ("answered", "voicemail", "abandoned")
    outcome = chance.choices(endings, (78, 14, 8))[0]
    talk = timedelta(seconds=chance.choice((22, 45, 75, 95, 130, 180, 240)) if outcome == "answered" else 20)
    deal = _deal(chance) if outcome == "answered" and caller and chance.random() < 0.22 else None
    lasts = outcome == "answered" and talk > timedelta(minutes=1)
    abroad = caller is not None and not caller.startswith("+1")
    return Story(
        company=company.name,
        dialed=tracker.numbers[0] if tracker else None,
        landing_page=landing_page,
        referrer=referrer,
        gpc=landing_page is not None and chance.random() < 0.08,
        dnt=landing_page is not None and chance.random() < 0.04,
        consent=_consent(chance, landing_page),
        cookies=_cookies(chance, landing_page),
        country="GB" if abroad else None,
        leaves_first=landing_page is not None and chance.random() < 0.1,
        caller=caller,
        caller_name=name,
        outcome=outcome,
        talk=talk,
        known=known,
        deal=deal,
        amount=chance.choice((180, 240, 420, 650, 1250, 3400)),
        keys=_keys(company, tracker, chance, gives_up=outcome == "abandoned" and index % 2 == 0),
        webhooks_lost=index % 60 == 30,
        webhooks_doubled=chance.random() < 0.05,
        foreign_click=bool(lasts and landing_page and CLICK.search(landing_page) and chance.random() < 0.08),
    )


def _keys(
    company: CompanySection, tracker: TrackerSection | None, chance: random.Random, gives_up: bool
) -> tuple[str | None, ...]:
    """Some callers agree to a recording, some refuse it, most press nothing. Before that comes the menu, if the flow has one.
    A caller who gives up hangs up at the first of these."""
    notice = chance.choices(("", AGREE, REFUSE), (55, 30, 15))[0]
    called = tracker or next(iter(company.trackers), None)
    pressed: tuple[str | None, ...] = (notice,)
    if called is not None and any(step.do == "menu" for step in company.flow_of(called).steps.values()):
        pressed = (*chance.choice((("1",), ("2",), ("2",), ("", ""))), notice)
    return (None, *pressed[1:]) if gives_up else pressed


def _print_tracker(company: CompanySection, chance: random.Random) -> TrackerSection | None:
    fixed: Sequence[TrackerSection] = [
        t for t in company.trackers if t.type == "source" and not t.default and t.numbers
    ]
    return chance.choice(fixed) if fixed else None


def _arrival(company: CompanySection, chance: random.Random, index: int) -> tuple[str, str | None]:
    site = f"https://{company.domains[0]}/" if company.domains else "https://www.example.com/"
    campaign, keyword = chance.choice(CAMPAIGNS), chance.choice(KEYWORDS).replace(" ", "+")
    click = f"Cj0KCQjw{seeded_text(chance, 32)}"
    match chance.choices(tuple(ARRIVALS), tuple(ARRIVALS.values()))[0]:
        case "google ads":
            number = campaign_id(company.name, campaign)
            marks = f"utm_campaign={campaign}&utm_term={keyword}&gad_campaignid={number}&gclid={click}"
            return f"{site}?{marks}", "https://www.google.com/"
        case "bing ads":
            return f"{site}?utm_campaign={campaign}&msclkid={seeded_text(chance, 32)}", "https://www.bing.com/"
        case "facebook":
            tags = f"utm_source=facebook&utm_medium=paid_social&utm_campaign={campaign}"
            return f"{site}?{tags}&fbclid={seeded_text(chance, 24)}", None
        case "tiktok":
            click = f"E.C.P.{seeded_text(chance, 40)}"
            return f"{site}?utm_campaign={campaign}&ttclid={click}", "https://www.tiktok.com/"
        case "linkedin":
            return f"{site}?utm_campaign={campaign}&li_fat_id={seeded_text(chance, 36)}", "https://www.linkedin.com/"
        case "organic":
            return site, chance.choice(("https://www.google.com/", "https://duckduckgo.com/", "https://www.bing.com/"))
        case "assistant":
            return site, "https://chatgpt.com/"
        case _:
            return site, None


def _cookies(chance: random.Random, landing_page: str | None) -> tuple[tuple[str, str], ...]:
    """What the networks' tags on the page set: Google Analytics for everybody, the others after their ads."""
    if landing_page is None:
        return ()
    begun, number = f"17956{chance.randrange(10_000, 100_000)}", chance.randrange(10**8, 10**9)
    cookies = {"_ga": f"GA1.1.{number}.{begun}", GA_SESSION: f"GS2.1.s{begun}$o1$g0$t{begun}$j60$l0$h0"}
    if "fbclid" in landing_page:
        cookies["_fbp"] = f"fb.1.{begun}123.{number}"
    if "ttclid" in landing_page:
        cookies["_ttp"] = seeded_text(chance, 27)
    return tuple(cookies.items())


def campaign_id(company: str, campaign: str) -> str:
    """A campaign's id at its ad network."""
    return str(21_000_000_000 + zlib.crc32(f"{company}/{campaign}".encode()) % 1_000_000_000)


def _consent(chance: random.Random, landing_page: str | None) -> tuple[tuple[str, str], ...]:
    if landing_page is None:
        return ()
    match chance.choices(("silent", "ads granted", "ads denied", "nothing allowed"), (62, 25, 9, 4))[0]:
        case "ads granted":
            return (("analytics", "granted"), ("ad_user_data", "granted"))
        case "ads denied":
            return (("analytics", "granted"), ("ads", "denied"))
        case "nothing allowed":
            return (("analytics", "denied"), ("ads", "denied"))
        case _:
            return ()


def _deal(chance: random.Random) -> Deal:
    deals: tuple[Deal, ...] = ("won", "qualified", "won then changed", "won then lost")
    return chance.choices(deals, (70, 14, 10, 6))[0]


def seeded_text(chance: random.Random, length: int) -> str:
    """Random letters and digits, like a click id."""
    return "".join(chance.choices("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=length))


class _Callers:
    """The people who call one company: mostly new, some again, a few from abroad, a few with a hidden number."""

    def __init__(self, company: str, chance: random.Random) -> None:
        self._chance = chance
        home = HOME_AREAS.get(company, ("312",))
        numbers = [f"+1{area}5550{line}" for area in (*home, *OTHER_AREAS, *CANADIAN_AREAS) for line in range(130, 190)]
        weights = {**dict.fromkeys(home, 12), **dict.fromkeys(OTHER_AREAS, 1), **dict.fromkeys(CANADIAN_AREAS, 2)}
        numbers += [f"+44207946{line:04}" for line in range(100, 140)]
        self._fresh = sorted(
            numbers, key=lambda number: chance.random() ** (1 / weights.get(number[2:5], 1)), reverse=True
        )
        self._seen: list[tuple[str | None, str, bool]] = []

    def next(self) -> tuple[str | None, str, bool]:
        """(number or None, name, whether the CRM knows them)."""
        earlier = self._seen[:-RECENT_CALLERS]
        if earlier and self._chance.random() < 0.15:
            return self._chance.choice(earlier)
        if not self._fresh or self._chance.random() < 0.03:
            return None, "Hidden", False
        name = f"{self._chance.choice(FIRST)} {self._chance.choice(LAST)}"
        caller = (self._fresh.pop(0), name, self._chance.random() < 0.2)
        self._seen.append(caller)
        return caller
