"""The seeded weeks: visitors, callers, how their calls end, and what becomes of them. Pure: the same seed gives the same."""

from __future__ import annotations

import random
import re
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Literal
from urllib.parse import parse_qs, quote_plus, urlsplit
from zoneinfo import ZoneInfo

from hub.config.callflow.walk_state import AGREE, REFUSE
from hub.config.models import CompanySection, Config, TrackerSection
from hub.contracts.sandbox import CallBackOutcome
from hub.plugin_host.captured import click_ids_of
from hub.proof.demo.tables import (
    AREAS,
    ARRIVALS,
    CAMPAIGNS,
    CANADIAN_AREAS,
    COMPANIES,
    DAYS,
    FIRST,
    FIRST_STORIES,
    HOURS,
    LAST,
    MARKS,
    MESSAGES,
    OTHER_AREAS,
    OWN_SHARE,
    WEEKDAYS,
)

Ending = Literal["answered", "voicemail", "abandoned"]
Deal = Literal["won", "won then changed", "won then lost", "qualified"]


@dataclass(frozen=True, kw_only=True)
class Story:
    """One person's story: a caller's, or that of a visitor who sends a form instead (`form` is its id).

    `dialed` is the number of a source tracker. Without it the website shows a number; without `landing_page` too, the caller
    dials the number of the call before.
    """

    at: datetime
    company: str
    dialed: str | None = None
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
    message: str = ""
    caller: str | None
    caller_name: str
    outcome: Ending = "answered"
    talk: timedelta = timedelta()
    deal: Deal | None = None
    amount: int = 0
    called_back: tuple[timedelta, CallBackOutcome] | None = None
    """How long after the missed call the office calls back, and how that goes."""
    mark: tuple[str, int, str] | None = None
    """The lead that a user marks: status, value in USD (0: none), note."""
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


CALLS_A_FORM = 12
APART = timedelta(minutes=6)
"""No story begins sooner after the one before: a call is over by then."""
AGAIN = (timedelta(minutes=7), timedelta(minutes=70))
"""How long after they were missed people call again, if nobody has called them back and reached them."""
CALLED_BACK = 0.55
CALL_BACKS: Mapping[CallBackOutcome, int] = {"answered": 7, "person_no_answer": 2, "person_busy": 1}
"""The share of the missed callers whom the office calls back, and how that goes."""
WAITING, WAITS = 0.5, timedelta(days=3)
"""Share of the callers missed in the last days who wait for a call back; all others call again."""
RECENT = timedelta(hours=2)
"""Who has called within this time does not call as a new story."""
RETURNING = 0.16
MARKED_DAYS = 20
"""Users marked leads on the last days."""
CLICK = re.compile(r"[?&](gclid|msclkid|fbclid|ttclid|li_fat_id)=")
GA_SESSION = "_ga_EXAMPLE123"
"""The cookie of the sandbox's stream in Google Analytics."""


def weeks(config: Config, calls: int, seed: int, until: datetime) -> list[Story]:
    """The stories of the weeks before `until`, in their order, spread over the companies of `config`: `calls` calls, and one
    form for every dozen calls."""
    chance = random.Random(seed)  # noqa: S311 - a play, not a secret
    zone = ZoneInfo(config.companies[0].time_zone)
    forms = max(1, calls // CALLS_A_FORM)
    moments = _moments(chance, calls + forms, until, zone)
    sent = set(chance.sample(range(len(moments)), forms))
    begun = moments[-1] - timedelta(days=DAYS)
    shares = [*COMPANIES, *[1] * len(config.companies)][: len(config.companies)]
    callers = {company.name: _Callers(company.name, chance, until) for company in config.companies}
    stories: list[Story] = []
    for index, at in enumerate(moments):
        company = chance.choices(config.companies, shares)[0]
        people = callers[company.name]
        again = None if index in sent else people.comes_again(at)
        if again is not None:
            stories.append(again)
            continue
        maker = _form if index in sent else _story
        when = at, min(max(0, (at - begun).days), DAYS - 1), _own_clicks(config, company.name)
        story = maker(company, people, chance, index, when)
        stories.append(people.note(story))
    return _marked(_with_a_lost_call(stories), until)


def _with_a_lost_call(stories: list[Story]) -> list[Story]:
    """The stories with a recent call whose webhooks never come: it is found in the carrier's own list."""
    able = [at for at, story in enumerate(stories) if len(stories) - FIRST_STORIES <= at and _can_be_lost(story)]
    return [replace(story, webhooks_lost=at in able[:1]) for at, story in enumerate(stories)]


def _can_be_lost(story: Story) -> bool:
    lasts = story.outcome == "answered" and story.talk > timedelta(minutes=1)
    return lasts and story.form is None and not story.foreign_click and not story.webhooks_doubled


def _moments(chance: random.Random, count: int, until: datetime, zone: ZoneInfo) -> list[datetime]:
    """When the stories begin: as the hours and weekdays are busy, a little more each week, the last one a while ago."""
    today = until.astimezone(zone).date()
    hours, shares = [], []
    for day in range(DAYS):
        date = today - timedelta(days=DAYS - 1 - day)
        for hour, share in HOURS.items():
            at = datetime.combine(date, time(hour), zone)
            if at + timedelta(hours=1) < until:
                hours.append(at)
                shares.append(share * WEEKDAYS[date.weekday()] * (DAYS + day / 2))
    drawn = [at + timedelta(seconds=chance.randrange(3600)) for at in chance.choices(hours, shares, k=count)]
    moments, latest = [], until - 2 * APART
    for at in sorted(drawn, reverse=True):
        latest = min(at, latest - APART)
        moments.append(latest.astimezone(until.tzinfo))
    return moments[::-1]


def _marked(stories: list[Story], until: datetime) -> list[Story]:
    """The stories with the leads that users mark, evenly over the last days; spam is a short call."""
    wanted: dict[bool, list[int]] = defaultdict(list)
    for index, story in enumerate(stories):
        if (
            story.caller
            and not story.deal
            and story.outcome == "answered"
            and until - story.at < timedelta(MARKED_DAYS)
        ):
            wanted[not story.form and story.talk < timedelta(minutes=1)].append(index)
    for place, mark in enumerate(MARKS):
        fitting = wanted[mark[0] == "spam"]
        if fitting:
            index = fitting[place * len(fitting) // len(MARKS)]
            stories[index] = replace(stories[index], mark=mark)
    return stories


Moment = tuple[datetime, int, tuple[str, ...]]
"""When a story begins, the day of the weeks, and the click ids that only this configuration knows."""


def _own_clicks(config: Config, company: str) -> tuple[str, ...]:
    """The click ids that the company's connectors read, besides those that every demo plays."""
    names = (each.name for each in click_ids_of(config, company) if each.source)
    return tuple(name for name in names if not CLICK.fullmatch(f"?{name}="))


def _form(company: CompanySection, people: _Callers, chance: random.Random, index: int, when: Moment) -> Story:
    """A visitor who sends a form: new to the company, or an earlier caller."""
    sender, name = people.next(when[0])
    landing_page, referrer = _arrival(company, chance, *when[1:])
    return Story(
        at=when[0],
        company=company.name,
        landing_page=landing_page,
        referrer=referrer,
        gpc=chance.random() < 0.08,
        consent=_consent(chance, landing_page),
        cookies=_cookies(chance, landing_page),
        form="contact",
        message=chance.choice(MESSAGES),
        caller=sender,
        caller_name=name,
    )


def _story(company: CompanySection, people: _Callers, chance: random.Random, index: int, when: Moment) -> Story:
    caller, name = people.next(when[0])
    tracker = _print_tracker(company, chance) if chance.random() < 0.2 else None
    landing_page, referrer = (None, None) if tracker else _arrival(company, chance, *when[1:])
    endings: tuple[Ending, ...] = ("answered", "voicemail", "abandoned")
    outcome = chance.choices(endings, (82, 11, 7))[0]
    talk = timedelta(seconds=chance.choice((22, 45, 75, 95, 130, 180, 240)) if outcome == "answered" else 20)
    deal = _deal(chance) if outcome == "answered" and caller and chance.random() < 0.22 else None
    lasts = outcome == "answered" and talk > timedelta(minutes=1)
    return Story(
        at=when[0],
        company=company.name,
        dialed=tracker.numbers[0] if tracker else None,
        landing_page=landing_page,
        referrer=referrer,
        gpc=landing_page is not None and chance.random() < 0.08,
        dnt=landing_page is not None and chance.random() < 0.04,
        consent=_consent(chance, landing_page),
        cookies=_cookies(chance, landing_page),
        country="GB" if caller is not None and not caller.startswith("+1") else None,
        leaves_first=landing_page is not None and chance.random() < 0.1,
        caller=caller,
        caller_name=name,
        outcome=outcome,
        talk=talk,
        deal=deal,
        amount=chance.choice((180, 240, 420, 650, 1250, 3400)),
        keys=_keys(company, tracker, chance, gives_up=outcome == "abandoned" and index % 2 == 0),
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


def _arrival(company: CompanySection, chance: random.Random, day: int, own: Sequence[str]) -> tuple[str, str | None]:
    site = f"https://{company.domains[0]}/" if company.domains else "https://www.example.com/"
    running = [each for each in CAMPAIGNS if each.begins <= day < each.ends]
    chosen = chance.choices(running, [each.share for each in running])[0]
    keyword, campaign = quote_plus(chance.choice(chosen.keywords)), campaign_name(company, chosen.name)
    click, tag = f"Cj0KCQjw{seeded_text(chance, 32)}", f"utm_campaign={quote_plus(campaign)}"
    match chance.choices(*zip(*(ARRIVALS | dict.fromkeys(own, OWN_SHARE)).items(), strict=True))[0]:
        case "google ads":
            number = campaign_id(company.name, campaign)
            marks = f"{tag}&utm_term={keyword}&gad_campaignid={number}&gclid={click}"
            return f"{site}?{marks}", "https://www.google.com/"
        case "bing ads":
            return f"{site}?{tag}&msclkid={seeded_text(chance, 32).encode().hex()[:32]}", "https://www.bing.com/"
        case "facebook":
            tags = f"utm_source=facebook&utm_medium=paid_social&{tag}"
            return f"{site}?{tags}&fbclid={seeded_text(chance, 24)}", None
        case "tiktok":
            click = f"E.C.P.{seeded_text(chance, 40)}"
            return f"{site}?{tag}&ttclid={click}", "https://www.tiktok.com/"
        case "linkedin":
            return f"{site}?{tag}&li_fat_id={seeded_text(chance, 36)}", "https://www.linkedin.com/"
        case name if name in own:
            return f"{site}?{tag}&{name}={seeded_text(chance, 24)}", None
        case "organic":
            return site, chance.choice(("https://www.google.com/", "https://duckduckgo.com/", "https://www.bing.com/"))
        case "assistant":
            return site, "https://chatgpt.com/"
        case _:
            return site, None


def campaign_name(company: CompanySection, campaign: str) -> str:
    """A company's campaign as its ad accounts and its links call it."""
    return f"{company.title.partition(' ')[0]} {campaign}"


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


def name_of(number: str) -> str:
    """The name of the person with this number."""
    drawn = zlib.crc32(number.encode())
    return f"{FIRST[drawn % len(FIRST)]} {LAST[drawn // len(FIRST) % len(LAST)]}"


class _Callers:
    """The people who call one company: mostly new, some again, a few from abroad, a few with a hidden number."""

    def __init__(self, company: str, chance: random.Random, until: datetime) -> None:
        self._chance, self._until = chance, until
        home = AREAS.get(company, AREAS["lakeside"])
        numbers = [f"+1{area}5550{line}" for area in (*home, *OTHER_AREAS, *CANADIAN_AREAS) for line in range(130, 190)]
        weights = {**dict.fromkeys(home, 12), **dict.fromkeys(OTHER_AREAS, 1), **dict.fromkeys(CANADIAN_AREAS, 1)}
        numbers += [f"+44207946{line:04}" for line in range(100, 140)]
        self._fresh = sorted(
            numbers, key=lambda number: chance.random() ** (1 / weights.get(number[2:5], 0.5)), reverse=True
        )
        self._seen: list[tuple[datetime, str]] = []
        self._missed: list[Story] = []

    def next(self, at: datetime) -> tuple[str | None, str]:
        """Number and name of who calls now; None and a word if the number is hidden."""
        earlier = [each for each in self._seen[-400:] if each[0] < at - RECENT]
        if earlier and (self._chance.random() < RETURNING or not self._fresh):
            caller = self._chance.choice(earlier)[1]
            return caller, name_of(caller)
        if not self._fresh or self._chance.random() < 0.03:
            return None, "Hidden"
        caller = self._fresh.pop(0)
        self._seen.append((at, caller))
        return caller, name_of(caller)

    def note(self, story: Story) -> Story:
        """The story as it goes on if it was missed: the caller waits, is called back, or may call again."""
        soonest, latest = AGAIN
        waits = self._chance.random() < WAITING and story.at > self._until - WAITS
        if story.outcome == "answered" or not story.caller or waits:
            return story
        wait, called_back = soonest + (latest - soonest) * self._chance.random(), None
        if self._chance.random() < CALLED_BACK and not story.country:
            called_back = wait / 2, self._chance.choices(tuple(CALL_BACKS), tuple(CALL_BACKS.values()))[0]
        if called_back is None or called_back[1] != "answered":
            self._missed.append(replace(story, at=story.at + wait))
        return replace(story, called_back=called_back)

    def comes_again(self, at: datetime) -> Story | None:
        """The call of somebody who was missed a while ago and is answered now; None if nobody is due."""
        due = next((each for each in self._missed if each.at <= at), None)
        if due is None:
            return None
        self._missed.remove(due)
        talk = timedelta(seconds=self._chance.choice((75, 130, 180)))
        keys = due.keys if None not in due.keys else ("2", *due.keys[-1:]) if len(due.keys) > 1 else ("",)
        plain = {"landing_page": None, "referrer": None, "cookies": (), "consent": (), "gpc": False, "dnt": False}
        lost = {"leaves_first": False, "webhooks_lost": False, "webhooks_doubled": False, "foreign_click": False}
        return replace(due, at=at, outcome="answered", talk=talk, keys=keys, **plain, **lost)  # type: ignore[arg-type]
