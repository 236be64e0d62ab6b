from typing import Literal

EventReplayBodyStatesItem = Literal["dead", "delivered", "dropped", "held", "ready", "waiting"]

EVENT_REPLAY_BODY_STATES_ITEM_VALUES: set[EventReplayBodyStatesItem] = {
    "dead",
    "delivered",
    "dropped",
    "held",
    "ready",
    "waiting",
}


def check_event_replay_body_states_item(value: str) -> EventReplayBodyStatesItem:
    if value in EVENT_REPLAY_BODY_STATES_ITEM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {EVENT_REPLAY_BODY_STATES_ITEM_VALUES!r}")
