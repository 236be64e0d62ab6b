"""What a customer sets: where the model answers, and what it may say of the business."""

from __future__ import annotations

from pydantic import Field

from hub.api.chat import OwnModelSettings


class ChatAgentSettings(OwnModelSettings):
    """A model, and its notes."""

    notes: str = Field(
        default="",
        max_length=4_000,
        description="What the assistant may say of the business: opening hours, areas, prices. It says no other number.",
    )
