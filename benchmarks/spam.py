"""Misses and false alarms of the spam score over calls that are made from described patterns, from a seed.

Each pattern says what such callers do; no recorded traffic is used. All calls are in one database, so that patterns meet, and
are scored with the product's own facts and rules as when they have ended. The rules were set with other seeds than the one that
docs/spam.md reports.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from hub.config.sections.spam import DEFAULT_MARK
from hub.model import Account, Call, Company
from hub.spam.facts import CallFacts, CallKey
from hub.spam.history import CallEnvironment, load_facts, same_lengths
from hub.spam.rules import score
from hub.store.engine import Store
from hub.store.rows import write_rows
from hub.store.schema import upgrade

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
DAYS = 20
COMPANIES, NUMBERS = 4, 6
SETS = 60
"""How often each pattern is played."""
AREAS = ("312", "415", "206", "617", "713", "303", "602", "404")
BATCH = 200


@dataclass(frozen=True, slots=True)
class PlayedCall:
    """One call of a pattern."""

    caller: str
    called: str
    at: datetime
    seconds: int
    answered: bool = True
    voicemail: bool = False
    attestation: str | None = "A"
    silent: bool = False


class Callers:
    """Random callers and moments; fictional numbers, each exchange beyond 555 too, so that neighbors can be told apart."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.lines = [f"+1{AREAS[place % 8]}55501{place:02}" for place in range(COMPANIES * NUMBERS)]

    def number(self) -> str:
        """A number that a line can have."""
        exchange = self.random.choice([each for each in range(220, 990) if each % 100 != 11])
        return f"+1{self.random.choice(AREAS)}{exchange}{self.random.randint(1000, 9999)}"

    def moment(self) -> datetime:
        return START + timedelta(days=self.random.randrange(DAYS), seconds=self.random.randrange(36_000))

    def company(self) -> list[str]:
        place = self.random.randrange(COMPANIES)
        return self.lines[place * NUMBERS : (place + 1) * NUMBERS]

    def seconds(self, low: int, high: int) -> timedelta:
        return timedelta(seconds=self.random.randint(low, high))


Pattern = Callable[[Callers], Iterator[PlayedCall]]


def robocaller_burst(of: Callers) -> Iterator[PlayedCall]:
    caller, at, signed = of.number(), of.moment(), of.random.choice("CCBN")
    for called in of.random.sample(of.lines, of.random.randint(6, 18)):
        at += of.seconds(5, 35)
        yield PlayedCall(caller, called, at, of.random.randint(2, 12), attestation=signed)


def spoofed_neighbors(of: Callers) -> Iterator[PlayedCall]:
    called, at = of.random.choice(of.lines), of.moment()
    for _ in range(of.random.randint(5, 10)):
        at += of.seconds(10, 70)
        caller = f"{called[:8]}{of.random.randint(2000, 9999)}"
        yield PlayedCall(caller, called, at, of.random.randint(2, 25), attestation=of.random.choice("CCNB"))


def silent_probes(of: Callers) -> Iterator[PlayedCall]:
    caller, at = of.number(), of.moment()
    for called in of.random.sample(of.lines, of.random.randint(3, 6)):
        at += of.seconds(20, 110)
        yield PlayedCall(caller, called, at, of.random.randint(1, 8), attestation=of.random.choice("CN"), silent=True)


def voicemail_robots(of: Callers) -> Iterator[PlayedCall]:
    lines, at, length = of.company(), of.moment(), of.random.randint(14, 52)
    for _ in range(of.random.randint(3, 9)):
        at += of.seconds(300, 5_000)
        signed = of.random.choice("ABCN")
        yield PlayedCall(of.number(), of.random.choice(lines), at, length, False, True, signed)


def wangiri(of: Callers) -> Iterator[PlayedCall]:
    caller = f"{of.random.choice(('+232', '+222', '+1876', '+1473'))}{of.random.randint(2_000_000, 9_999_999)}"
    at = of.moment()
    for called in of.random.sample(of.lines, of.random.randint(1, 3)):
        at += of.seconds(30, 400)
        yield PlayedCall(caller, called, at, of.random.randint(1, 5), False, attestation=None)


def impossible_numbers(of: Callers) -> Iterator[PlayedCall]:
    caller = of.random.choice(
        (f"+1222{of.random.randint(2_200_000, 9_999_999)}", f"+1900{of.random.randint(2_200_000, 9_999_999)}")
    )
    yield PlayedCall(
        caller, of.random.choice(of.lines), of.moment(), of.random.randint(3, 40), attestation=of.random.choice("NC")
    )


def slow_robocaller(of: Callers) -> Iterator[PlayedCall]:
    caller, at = of.number(), of.moment()
    for called in of.random.sample(of.lines, 5):
        at += of.seconds(3_700, 7_200)
        yield PlayedCall(caller, called, at, of.random.randint(4, 20), attestation=of.random.choice("BC"))


def telemarketer(of: Callers) -> Iterator[PlayedCall]:
    yield PlayedCall(of.number(), of.random.choice(of.lines), of.moment(), of.random.randint(20, 90), attestation="A")


def short_calls(of: Callers) -> Iterator[PlayedCall]:
    yield PlayedCall(
        of.number(), of.random.choice(of.lines), of.moment(), of.random.randint(1, 8), of.random.random() < 0.6,
        attestation=of.random.choice("AABCN"),
    )  # fmt: skip


def repeat_callers(of: Callers) -> Iterator[PlayedCall]:
    caller, at, lines = of.number(), of.moment(), of.company()
    for _ in range(of.random.randint(3, 7)):
        at += of.seconds(30, 400)
        answered = of.random.random() < 0.4
        yield PlayedCall(caller, lines[0], at, of.random.randint(4, 200) if answered else 9, answered, attestation="B")


def wrong_numbers(of: Callers) -> Iterator[PlayedCall]:
    caller, at, called = of.number(), of.moment(), of.random.choice(of.lines)
    for _ in range(of.random.randint(1, 2)):
        at += of.seconds(15, 60)
        yield PlayedCall(caller, called, at, of.random.randint(3, 14), attestation=of.random.choice("ABC"))


def switchboard(of: Callers) -> Iterator[PlayedCall]:
    """A busy agency behind one caller id calls many companies of the hub, and talks."""
    caller, at = of.number(), of.moment()
    for called in of.random.sample(of.lines, of.random.randint(4, 9)):
        at += of.seconds(60, 900)
        talks = of.random.random() < 0.7
        yield PlayedCall(caller, called, at, of.random.randint(70, 500) if talks else 15, talks, attestation="B")


def ported_mobiles(of: Callers) -> Iterator[PlayedCall]:
    yield PlayedCall(
        of.number(),
        of.random.choice(of.lines),
        of.moment(),
        of.random.randint(15, 400),
        attestation=of.random.choice("BCN"),
    )


def honest_neighbors(of: Callers) -> Iterator[PlayedCall]:
    called = of.random.choice(of.lines)
    caller = f"{called[:8]}{of.random.randint(2000, 9999)}"
    yield PlayedCall(caller, called, of.moment(), of.random.randint(5, 300), attestation=of.random.choice("ABCN"))


def voicemails(of: Callers) -> Iterator[PlayedCall]:
    at = of.moment()
    for called in of.company()[:2]:
        yield PlayedCall(of.number(), called, at, of.random.randint(6, 60), False, True, of.random.choice("ABCN"))


def hurried_customers(of: Callers) -> Iterator[PlayedCall]:
    """Nobody picks up, so the caller tries all numbers of the company that the ads show."""
    caller, at = of.number(), of.moment()
    for called in of.random.sample(of.company(), 4):
        at += of.seconds(20, 90)
        yield PlayedCall(caller, called, at, of.random.randint(8, 25), False, attestation=of.random.choice("ABC"))


SPAM: tuple[Pattern, ...] = (
    robocaller_burst, spoofed_neighbors, silent_probes, voicemail_robots, wangiri, impossible_numbers, slow_robocaller,
    telemarketer,
)  # fmt: skip
HONEST: tuple[Pattern, ...] = (
    short_calls, repeat_callers, wrong_numbers, switchboard, ported_mobiles, honest_neighbors, voicemails, hurried_customers,
)  # fmt: skip


def play(random: Random) -> list[tuple[str, bool, PlayedCall]]:
    """All calls: (pattern, whether it is spam, call)."""
    of = Callers(random)
    return [
        (pattern.__name__.replace("_", " "), pattern in SPAM, call)
        for pattern in (*SPAM, *HONEST)
        for _ in range(SETS)
        for call in pattern(of)
    ]


def scored(calls: list[tuple[str, bool, PlayedCall]], folder: Path) -> list[int]:
    """The score of each call, with the product's facts and rules."""
    store = Store(f"sqlite:///{folder}/spam.db")
    upgrade(store)
    account = Account(name="agency", title="Agency")
    companies = [
        Company(account_id=account.id, name=f"c{place}", title="C", time_zone="UTC") for place in range(COMPANIES)
    ]
    lines = Callers(Random(0)).lines
    rows, keys = [], []
    for place, (_, _, call) in enumerate(calls):
        company = companies[lines.index(call.called) // NUMBERS]
        keys.append(CallKey(connector="carrier", call_id=f"C{place}", company_id=company.id, account_id=account.id,
                            caller=call.caller, called=call.called, at=call.at))  # fmt: skip
        rows.append(
            Call(
                connector="carrier", carrier_call_id=f"C{place}", company_id=company.id, caller_number=call.caller,
                tracking_number=call.called, started_at=call.at, duration=call.seconds, status="completed", state="done",
                due_at=call.at, answered_at=call.at if call.answered else None, voicemail=call.voicemail,
                recording_duration=call.seconds if call.voicemail else None,
            )
        )  # fmt: skip
    with store.writing() as session:
        write_rows(session, Account, [account])
        write_rows(session, Company, companies)
        write_rows(session, Call, rows)
    points = []
    with store.reading() as session:
        for begin in range(0, len(calls), BATCH):
            part = range(begin, min(begin + BATCH, len(calls)))
            signed = {keys[i].key: calls[i][2].attestation for i in part}
            facts = load_facts(session, [keys[i] for i in part], signed, CallEnvironment())
            left = [(keys[i], calls[i][2].seconds) for i in part if calls[i][2].voicemail]
            lengths = same_lengths(session, left)
            points += [score(_ended(facts[keys[i].key], calls[i][2], lengths.get(keys[i].key, 0))).points for i in part]
    store.close()
    return points


def _ended(facts: CallFacts, call: PlayedCall, same_length: int) -> CallFacts:
    return replace(
        facts, ended=True, answered=call.answered, voicemail=call.voicemail, seconds=call.seconds, silent=call.silent,
        same_length=same_length,
    )  # fmt: skip


def main() -> None:
    """Print a table: each pattern with its calls, and how many were marked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threshold", type=int, default=DEFAULT_MARK)
    chosen = parser.parse_args()
    calls = play(Random(chosen.seed))
    with tempfile.TemporaryDirectory() as folder:
        points = scored(calls, Path(folder))
    totals: Counter[tuple[str, bool]] = Counter((name, spam) for name, spam, _ in calls)
    marked: Counter[tuple[str, bool]] = Counter(
        (name, spam) for (name, spam, _), found in zip(calls, points, strict=True) if found >= chosen.threshold
    )
    for is_spam, title in ((True, "missed"), (False, "false alarms")):
        print(f"| pattern | calls | {title} |\n|---|---|---|")
        rows = [(name, count, marked[name, is_spam]) for (name, spam), count in totals.items() if spam == is_spam]
        wrong = [(name, count, count - hit if is_spam else hit) for name, count, hit in rows]
        wrong.append(("**all**", sum(count for _, count, _ in wrong), sum(bad for _, _, bad in wrong)))
        for name, count, bad in wrong:
            print(f"| {name} | {count:,} | {bad:,} ({bad / count:.1%}) |")
        print()


if __name__ == "__main__":
    main()
