"""Call flows that the checks accept, of every kind of step, and a config.yaml with two."""

from __future__ import annotations

from typing import Any

from config_on_disk import CONFIG
from hypothesis import assume
from hypothesis import strategies as st

from hub.config.callflow.checks import flow_problems
from hub.config.callflow.definition import END, STEP_TYPES, Flow

PHONES = [f"+13125550{number}" for number in range(100, 120)]
WORDS = st.text("abcdefghij klmno.,!?'\"#:{}", min_size=1, max_size=60).map(str.strip).filter(bool)
HOURS = st.sampled_from(["8:00-17:00", "closed", ["9:00-12:00", "13:00-24:00"], "0:00-6:30"])
TAGS = st.lists(st.sampled_from(["vip", "sales", "new: caller", "b2b"]), min_size=1, max_size=3)
PLACES = st.sampled_from(["US", "US-IL", "US-MI", "CA-ON", "DE"])
ZIPS = st.sampled_from(["482", "48201", "0"])
CASES = st.fixed_dictionaries(
    {},
    optional={
        "source": st.sampled_from(["google", "yellow_pages"]),
        "medium": st.sampled_from(["cpc", "print"]),
        "landing_page": st.just("*/drains*"),
        "caller": st.sampled_from(["first_time", "repeat"]),
        "tag": st.just("vip"),
        "caller_list": st.just("gold"),
        "owner": st.just("Maria*"),
    },
)


def phones(minimum: int, maximum: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(PHONES), min_size=minimum, max_size=maximum, unique=True)


def step(do: str, to: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    """A step of a kind, which leads to steps that `to` draws."""
    spoken = {"say": WORDS}
    dialing = {"unanswered": to}
    more: dict[str, Any] = {
        "ring_seconds": st.integers(5, 120), "record": st.booleans(), "whisper": WORDS
    }  # fmt: skip
    required: dict[str, dict[str, Any]] = {
        "greeting": {**spoken, "then": to},
        "dial": {"number": st.sampled_from(PHONES), **dialing},
        "simulcall": {"numbers": phones(2, 4), **dialing},
        "round_robin": {"numbers": phones(2, 4).map(lambda each: dict.fromkeys(each, 3)), **dialing},
        "queue": {**dialing},
        "schedule": {
            "hours": st.dictionaries(st.sampled_from(["mon-fri", "sat", "sun"]), HOURS, max_size=3),
            "open": to,
            "closed": to,
        },
        "menu": {**spoken, "keys": st.dictionaries(st.sampled_from("0123456789*#"), to, min_size=1), "otherwise": to},
        "zip_route": {
            **spoken,
            "zips": st.dictionaries(ZIPS, to, min_size=1),
            "otherwise": to,
        },
        "split": {"ways": st.dictionaries(st.sampled_from(["a", "b", "c"]), to, min_size=2)},
        "geo_route": {"places": st.dictionaries(PLACES, to, min_size=1), "otherwise": to},
        "attribution_route": {"cases": st.lists(_case(to), min_size=1, max_size=3), "otherwise": to},
        "tag": {"tags": TAGS, "then": to},
        "voicemail": {**spoken, "then": to},
        "text_back": {"text": WORDS, "then": to},
        "hang_up": {},
        "converse": {
            "agent": st.just("front_desk"),
            "opening": WORDS,
            "may": st.dictionaries(st.sampled_from(["emergency", "message"]), to, min_size=1),
            "otherwise": to,
        },
    }
    optional: dict[str, dict[str, Any]] = {
        "dial": more,
        "simulcall": more,
        "round_robin": {**more, "sticky": st.booleans(), "tries": st.integers(1, 10)},
        "queue": {**more, "announce_seconds": st.integers(0, 600), "call_back_key": st.sampled_from("0123456789*#")},
        "schedule": {
            "holidays": st.sampled_from(["US", "US-MI"]), "holiday": to, "time_zone": st.just("America/Chicago"),
            "dates": st.dictionaries(st.sampled_from(["2026-12-24", "2026-12-31"]), HOURS, max_size=2),
        },
        "menu": {"seconds": st.integers(1, 30), "repeat": st.integers(0, 5)},
        "voicemail": {"longest": st.integers(10, 600)},
        "hang_up": spoken,
    }  # fmt: skip
    made = st.fixed_dictionaries(required[do], optional=optional.get(do, {}))
    return made.map(lambda values: {"do": do, **values})


def _case(to: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(CASES, to).map(lambda both: {**both[0], "then": both[1]})


@st.composite
def flows(draw: st.DrawFn, max_steps: int = 9) -> Flow:
    """A flow without a problem; steps to which no call comes are left out."""
    names = [f"s{number}" for number in range(draw(st.integers(1, max_steps)))]
    steps = {}
    for index, name in enumerate(names):
        later = [*names[index + 1 :], END]
        do = draw(st.sampled_from(sorted(STEP_TYPES.keys() - {"messages", "sign_in"})))
        back = names[: index + 1] if do in ("menu", "dial", "voicemail") else []
        steps[name] = draw(step(do, st.sampled_from([*later, *later, *back])))
    made = {
        "name": "office",
        "forward": PHONES[0],
        "start": names[0],
        "recording": {"notice": "Recorded."},
        "agents": [{"name": "Ana", "phone": PHONES[1], "hours": {"mon-fri": "8:00-17:00"}, "skills": ["drains"]}],
    }
    flow = Flow.model_validate({**made, "steps": steps})
    reached, waiting = set(), [flow.start]
    while waiting:
        name = waiting.pop()
        if name not in reached and name in steps:
            reached.add(name)
            waiting += [target for _, target in flow.steps[name].leads()]
    flow = flow.model_copy(update={"steps": {name: each for name, each in flow.steps.items() if name in reached}})
    assume(not list(flow_problems(flow)))
    return flow


FLOW = """\
        flow: office
        flows:
          - name: office        # since the move
            forward: "+13125550190"
            start: menu
            steps:
              menu:
                do: menu
                say: Press 1.   # the owner's own words
                keys: {"1": desk, "2": night}
                otherwise: desk
              desk: {do: dial, number: "+13125550190", unanswered: night}
              night: {do: voicemail, say: "Leave a message."}
          - name: every
            forward: "+13125550190"
            start: hours
            steps:
              hours:
                do: schedule
                hours: {mon-fri: "8:00-17:00"}
                dates: {"2026-12-24": closed}
                open: menu
                closed: route
                holiday: place
              menu: {do: menu, say: Press 1., keys: {"1": turns, "2": all}, otherwise: hours_again}
              hours_again: {do: greeting, say: Good day., then: menu}
              turns: {do: round_robin, numbers: {"+13125550190": 2, "+13125550191": 1}, unanswered: sorry}
              all: {do: simulcall, numbers: ["+13125550190", "+13125550191"], unanswered: sorry}
              route:
                do: attribution_route
                cases: [{source: google, then: tag}, {caller: repeat, then: turns}]
                otherwise: bye
              place: {do: geo_route, places: {US-IL: tag, CA: bye}, otherwise: bye}
              tag: {do: tag, tags: [night, ads], then: sorry}
              sorry: {do: text_back, text: We will call you., then: bye}
              bye: {do: hang_up}
"""
ROUTE = '        route: {{dial: "+13125550190"}}\n'
OFFICE_TEXT = CONFIG.replace(ROUTE, FLOW.replace("{", "{{").replace("}", "}}"), 1)
"""A config.yaml whose Lakeside answers with the flow `office`; `every` has all kinds of steps."""
