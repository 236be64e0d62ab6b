from typing import Literal

QueueAgentDoing = Literal["break", "busy", "free", "off_hours", "rests", "rings", "signed_out", "talks"]

QUEUE_AGENT_DOING_VALUES: set[QueueAgentDoing] = {
    "break",
    "busy",
    "free",
    "off_hours",
    "rests",
    "rings",
    "signed_out",
    "talks",
}


def check_queue_agent_doing(value: str) -> QueueAgentDoing:
    if value in QUEUE_AGENT_DOING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {QUEUE_AGENT_DOING_VALUES!r}")
