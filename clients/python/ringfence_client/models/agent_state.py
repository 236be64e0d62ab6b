from typing import Literal

AgentState = Literal["break", "in", "out"]

AGENT_STATE_VALUES: set[AgentState] = {
    "break",
    "in",
    "out",
}


def check_agent_state(value: str) -> AgentState:
    if value in AGENT_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {AGENT_STATE_VALUES!r}")
