"""How a demo ends: how much of it was played, and one call to look at."""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel import Session, col, select

from hub.config.models import Config
from hub.model import Call, Delivery
from hub.model.states import DeliveryState


def example_call(session: Session) -> str | None:
    """The id of a call that is worth a look: the newest one that a network refused, else the newest with a conversion, else
    the newest; None if none came in."""
    sent = select(Call.id).join(Delivery, col(Delivery.subject_id) == col(Call.id)).order_by(col(Call.id).desc())
    refused = sent.where(col(Delivery.state) == DeliveryState.REJECTED)
    for query in (refused, sent, select(Call.id).order_by(col(Call.id).desc())):
        found = session.exec(query).first()
        if found is not None:
            return found
    return None


def unplayed_lines(config: Config, wanted: int, played: int, unreached: Mapping[str, int]) -> list[str]:
    """How many of the wanted calls were not played and why, one sentence for each company; none if all were."""
    lines = [] if played >= wanted else [f"Only {played} of {wanted} calls were played."]
    for company in (each for each in config.companies if unreached.get(each.name)):
        shows = any(tracker.type == "session" or tracker.default for tracker in company.trackers)
        why = "no number was free" if shows else "it has no session tracker and no `default: true` number"
        count = unreached[company.name]
        visitors = "1 visitor" if count == 1 else f"{count} visitors"
        lines.append(f"{visitors} of {company.title} saw no tracking number and did not call: {why}.")
    return lines
