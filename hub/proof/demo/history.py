"""The weeks before now, played in the order in which somebody wants to see them, and today as it goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from functools import partial
from itertools import cycle, product
from zoneinfo import ZoneInfo

from hub.platform.clock import utc_now
from hub.proof.demo.ledger import unfinished
from hub.proof.demo.past import Agenda, PastWorker, PlayedClock
from hub.proof.demo.play import CHANGED_AFTER, KEPT, WON_AFTER, Play
from hub.proof.demo.scenario import Story
from hub.proof.demo.tables import DAYS, FIRST_STORIES
from hub.proof.demo.texting import Conversation
from hub.queries.needs import HISTORY_FILLED
from hub.startup.opening import Opened
from hub.store.connectors import StoredNotes

BEGINS = (timedelta(days=2), timedelta(days=9), timedelta(days=2 * DAYS))
"""How long ago each further part begins, or earlier; the newest is played first."""
SYNCED_AT = (range(7, 23), range(7, 23), range(8, 23, 2), (9, 12, 15, 19, 22))
"""The hours at which the hub of each part delivers. In the first two it does everything else at once, before that it does so
two minutes before it delivers: that takes a third of the time."""
AT_ONCE = 2
"""So many parts."""
DAY_ENDS = clock_time(22, 45)
SUNDAY = 6
FOLLOWED_DAYS = (WON_AFTER + CHANGED_AFTER).days + 2
"""On how many days, with its own, something may follow from a story."""
QUIET_WITHIN = 90.0
"""Seconds after the last story within which all work must be done."""
LAST_WAITS = timedelta(minutes=1)
"""How long before now the weeks end. What then waits for an earlier delivery, or was refused once, is sent in this minute of
played time, and nobody has to wait for it."""
LIVE_EVERY, FIRST_LIVE = timedelta(minutes=2), timedelta(seconds=8)
"""Between two people who call or send a form, and before the first."""


@dataclass(frozen=True)
class Part:
    """Stories and texts that are played one after the other."""

    index: int
    stories: Sequence[tuple[int, Story]]
    talks: Sequence[Conversation]


def parts(stories: Sequence[Story], talks: Sequence[Conversation], until: datetime) -> Iterator[Part]:
    """The last stories with all that their callers did before, then the days before. So the first call of each caller is
    played first."""
    left, unplayed = list(enumerate(stories)), list(talks)
    newest = min([*(each.at for each in stories[-FIRST_STORIES:]), *(each.at for each in talks[-1:])])
    for index, begins in enumerate((newest, *(until - ago for ago in BEGINS))):
        written = [talk for talk in unplayed if talk.at >= begins]
        callers = {story.caller for _, story in left if story.at >= begins and story.caller}
        callers |= {talk.person for talk in written}
        played = [each for each in left if each[1].at >= begins or each[1].caller in callers]
        left, unplayed = (
            [each for each in left if each not in played],
            [each for each in unplayed if each not in written],
        )
        if played or written:
            yield Part(index, played, written)


class History:
    """Plays the weeks that end at `until`, which have `stories` stories."""

    def __init__(self, play: Play, opened: Opened, clock: PlayedClock, until: datetime, stories: int) -> None:
        self._play, self._clock, self._until, self._stories = play, clock, until, stories
        self._played = 0
        self._hub, self._worker = opened.hub, PastWorker(opened)
        self._zone = ZoneInfo(opened.hub.config.companies[0].time_zone)
        play.waiting, play.kept_since = self._worker.turn, until - KEPT

    def play(self, part: Part, step: Callable[[], None]) -> None:
        """Play a part, each thing at its time; `step` is called after each story."""
        stories = [story for _, story in part.stories]
        self._clock.begin(min([*(each.at for each in stories), *(each.at for each in part.talks)]))
        self._worker.rewind(newest=part.index == 0)
        agenda = Agenda(self._clock.go, self._play.settle if part.index < AT_ONCE else lambda: None)
        self._play.plan(agenda, part.stories, part.talks, partial(self._step, step))
        for day, hour in product({self._day(story, 0) for story in stories}, SYNCED_AT[part.index]):
            at = datetime.combine(day, clock_time(hour), self._zone)
            if part.index >= AT_ONCE:
                agenda.add(at - timedelta(minutes=2), self._play.settle)
            agenda.add(at, self._worker.sync)
        followed = [story for story in stories if story.deal or story.webhooks_lost]
        for day in {self._day(story, later) for story in followed for later in range(FOLLOWED_DAYS)}:
            ends = self._worker.end_week if part.index and day.weekday() == SUNDAY else self._worker.end_day
            agenda.add(datetime.combine(day, DAY_ENDS, self._zone), ends)
        agenda.run(self._until)
        if part.index == 0:
            self._clock.go(self._until)
            self._worker.end_day()

    def _step(self, step: Callable[[], None]) -> None:
        """Let open pages know how much of the history there is."""
        before, self._played = self._played, self._played + 1
        if (percent := 100 * self._played // self._stories) > 100 * before // self._stories:
            StoredNotes(self._hub.store, "hub").put(HISTORY_FILLED, str(percent))
        step()

    def _day(self, story: Story, later: int) -> date:
        return story.at.astimezone(self._zone).date() + timedelta(days=later)

    def finish(self) -> None:
        """Do what is left: in the minute after the weeks, then at the time that it is."""
        self._clock.begin(self._until)
        self._worker.rewind(newest=True)
        self._worker.end_week()
        self._clock.go(self._until + LAST_WAITS)
        self._worker.sync()
        self._clock.release()
        self._play.forge()
        until = time.monotonic() + QUIET_WITHIN
        while unfinished(self._hub) and time.monotonic() < until:
            self._play.settle()
            self._worker.sync()
            time.sleep(0.1)
        self._worker.end_week()


def go_on(play: Play, stories: Sequence[Story]) -> None:
    """Let somebody call or send a form every two minutes, each at the pace of a real call, until an interrupt."""
    agenda = Agenda(wait_until, lambda: None)
    play.plan(agenda, (), (), lambda: None)
    due = utc_now() + FIRST_LIVE
    for index, story in enumerate(cycle(each for each in stories if each.dialed or each.landing_page), len(stories)):
        while (now := utc_now()) < due:
            agenda.run(now)
            play.texting.tell()
            time.sleep(2)
        lived = replace(story, at=now, mark=None, called_back=None, webhooks_lost=False)
        threading.Thread(target=play.act, args=(index, lived), name="player", daemon=True).start()
        due = now + LIVE_EVERY


def wait_until(at: datetime) -> None:
    """Let real time pass."""
    time.sleep(max(0.0, (at - utc_now()).total_seconds()))
