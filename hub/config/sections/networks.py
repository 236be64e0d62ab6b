"""An address or a network in config.yaml."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import AfterValidator


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        raise ValueError("is not an address or network; write it like 10.0.0.0/8") from None


Network = Annotated[str, AfterValidator(_network)]
