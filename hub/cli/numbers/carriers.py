"""Which carriers a command of `hub numbers` asks, and the numbers that a person types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from hub.contracts.phones import phone_number
from hub.errors import CannotDo
from hub.queries.lookup import known
from hub.startup.opening import Opened

Carrier = Annotated[str | None, typer.Argument(help="Only this carrier connector.", metavar="CONNECTOR")]


def able_carriers(opened: Opened, connector: str | None, hook: Callable[..., Any]) -> list[str]:
    """The carrier connectors that can do something, or only `connector` if it can; CannotDo if none can."""
    return chosen_carriers(opened.hub.plugins.with_hook(hook), connector)


def chosen_carriers(able: list[str], connector: str | None) -> list[str]:
    """The carriers that can do something, or only `connector` if it can; CannotDo if none can."""
    if connector is not None:
        return [known(connector, able, "carrier connector that can do this, named")]
    if not able:
        raise CannotDo("No connector of config.yaml can do this; add a carrier.")
    return able


def read_number(text: str) -> str:
    """The E.164 number that a person typed."""
    number = phone_number(text) if text.strip().startswith("+") else None
    if number is None:
        raise CannotDo("That is not a phone number; write it in E.164, like +13125550142.")
    return number
