from typing import Literal

SignQueueAgentRingfenceVersion = Literal["2026-11-30"]

SIGN_QUEUE_AGENT_RINGFENCE_VERSION_VALUES: set[SignQueueAgentRingfenceVersion] = {
    "2026-11-30",
}


def check_sign_queue_agent_ringfence_version(value: str) -> SignQueueAgentRingfenceVersion:
    if value in SIGN_QUEUE_AGENT_RINGFENCE_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {SIGN_QUEUE_AGENT_RINGFENCE_VERSION_VALUES!r}")
